"""Pictures as people have them, as one array that a network can be asked about.

    a path, a PIL image             one picture
    (H, W)                          one grey picture
    (H, W, C), (C, H, W)            one picture in colour, C being 1 or 3
    (N, H, W)                       many grey pictures
    (N, H, W, C), (N, C, H, W)      many pictures
    (N, H*W)                        many pictures, each as a row of pixels
    a list of any of these          many pictures

Anything that NumPy can turn into an array is one: lists, tensors of other libraries, frames.
Where an array can be read in two ways, or its numbers can mean two things, nothing is guessed:
the error says what is open, and which word (`layout`, `values`) answers it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.normalise import Size, pad, pair
from simplecell.errors import DataError

Array = NDArray[Any]
Shape = tuple[int, int, int]
Values = tuple[float, float]

LAYOUTS = ("HW", "HWC", "CHW", "NHW", "NHWC", "NCHW", "rows")
"""What the axes of an array can mean: pictures N, height H, width W, channels C."""

LUMA = np.array([0.299, 0.587, 0.114])
"""Shares of red, green and blue in grey: those that Pillow takes."""


@dataclass(frozen=True)
class Expected:
    """What a network reads, and what its training pictures were like.

    `frame` is (height, width) of a training picture within the background around it.

    Shapes
        shape (C, H, W)
    """

    shape: Shape
    frame: tuple[int, int] | None = None

    @property
    def sides(self) -> tuple[tuple[int, int], ...]:
        """Heights and widths that need no scaling: the input's, and the training pictures'."""
        whole = self.shape[1:]
        return (whole,) if self.frame is None or self.frame == whole else (whole, self.frame)


def is_single(images: object) -> bool:
    """Say whether one picture was given by its path or as a PIL image."""
    return isinstance(images, str | PathLike | Image.Image)


def as_array(images: object) -> Array:
    """Make an array of whatever was given; NumPy says what it can.

    Raises
        DataError   nothing in it, pictures of several sizes, or no numbers
    """
    try:
        array = np.asarray(images)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise DataError(
            "the pictures do not make one array: they are of several sizes, or no numbers.\n"
            "  Give pictures of one size, or a list of paths or PIL images, which are scaled"
            f" ({problem})."
        ) from None
    if array.dtype.kind not in "buif":
        raise DataError(
            f"pictures are numbers; this is {type(images).__name__} of the type {array.dtype}.\n"
            "  Give an array of numbers, PIL images, or the paths of picture files."
        )
    if array.size == 0:
        raise DataError(f"there are no pictures in it: its shape is {array.shape}.")
    return array


def readings(shape: Sequence[int], expected: Expected) -> list[str]:
    """List the layouts that an array of this shape can have for a network.

    Layouts whose sides are the network's own come alone; only where there is none are sides of
    another size taken into account.

    >>> readings((5, 28, 28), Expected((1, 32, 32), (28, 28)))
    ['NHW']
    >>> readings((3, 28, 28), Expected((1, 32, 32), (28, 28)))
    ['CHW', 'NHW']
    """
    fitting = [name for name in LAYOUTS if _fits(name, shape, expected, exact=True)]
    return fitting or [name for name in LAYOUTS if _fits(name, shape, expected, exact=False)]


def _fits(layout: str, shape: Sequence[int], expected: Expected, *, exact: bool) -> bool:
    if layout == "rows":
        cells = {expected.shape[0] * math.prod(side) for side in expected.sides}
        return exact and len(shape) == 2 and shape[1] in cells
    if len(layout) != len(shape):
        return False
    sides = dict(zip(layout, shape, strict=True))
    if sides.get("C", 1) not in (1, 3):
        return False
    return not exact or (sides["H"], sides["W"]) in expected.sides


def to_nchw(array: Array, layout: str, expected: Expected) -> Array:
    """Turn an array of a known layout into pictures (N, C, H, W)."""
    if layout == "rows":
        channels = expected.shape[0]
        side = next(s for s in expected.sides if channels * math.prod(s) == array.shape[1])
        return array.reshape(len(array), channels, *side)
    if "N" not in layout:
        array, layout = array[None], f"N{layout}"
    if "C" not in layout:
        return array[:, None]
    return np.moveaxis(array, 3, 1) if layout == "NHWC" else array


def find_layout(array: Array, expected: Expected, layout: str | None) -> str:
    """Say how the axes of an array are to be read, or ask.

    Raises
        DataError   no layout fits, two do, or the one that was named does not
    """
    shape = array.shape
    if layout is not None:
        if layout not in LAYOUTS or not (_fits(layout, shape, expected, exact=layout == "rows")):
            raise DataError(
                f'an array of shape {shape} is not laid out as "{layout}".\n'
                f"  The layouts are {', '.join(LAYOUTS)}, with 1 or 3 channels C."
            )
        return layout
    found = readings(shape, expected)
    # One grey picture that is a list of one: both readings give the same pixels.
    if len(found) > 1 and {"NHW", "CHW"} == set(found) and shape[0] == 1:
        return "NHW"
    if len(found) == 1:
        return found[0]
    if found:
        ways = " or ".join(f'layout="{name}"' for name in found)
        raise DataError(f"an array of shape {shape} can be read in {len(found)} ways: say {ways}.")
    if 4 in (shape[-1], shape[-3] if len(shape) > 2 else 0):
        raise DataError(
            f"an array of shape {shape} seems to have four channels, and a picture has 1 or 3:"
            " leave the fourth, which says what is transparent, out, as in images[..., :3]."
        )
    sides = "x".join(map(str, expected.sides[-1]))
    raise DataError(
        f"an array of shape {shape} holds no pictures: give (N, height, width),"
        f" (N, height, width, channels) or (N, channels, height, width), as in (N, {sides})."
    )


def to_levels(array: Array, values: Values | None) -> NDArray[np.uint8]:
    """Bring the numbers of pictures to 0..255, or ask what they mean.

    Whole numbers are taken for 0..255, and fractions up to 1 for 0..1, as training takes them.

    Raises
        DataError   NaN or infinity; numbers that can mean two things; numbers outside `values`
    """
    if array.dtype == np.uint8 and values is None and int(array.max()) > 1:
        return np.ascontiguousarray(array)
    low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise DataError(
            "some pixels are NaN or infinite: replace them first, as by np.nan_to_num(images)."
        )
    least, most = values if values is not None else _range(array, low, high)
    if low < least or high > most:
        raise DataError(
            f"pixels reach from {low:g} to {high:g}, and values=({least:g}, {most:g}) was said."
        )
    if not most > least:
        raise DataError(f"values=({least:g}, {most:g}) is no range: give black, then white.")
    scale = 255 / (most - least)
    return np.rint((array.astype(np.float64) - least) * scale).astype(np.uint8)


def _range(array: Array, low: float, high: float) -> Values:
    """Give what black and white are, where the numbers leave no doubt."""
    if array.dtype.kind == "b":
        return (0.0, 1.0)
    if array.dtype.kind in "ui":
        if high == 1 and low >= 0:
            raise DataError(
                "the pixels are the whole numbers 0 and 1: say values=(0, 1) if 1 is white,"
                " or values=(0, 255) if they are nearly black."
            )
        if low >= 0 and high <= 255:
            return (0.0, 255.0)
        if low >= 0 and array.dtype.itemsize == 2:
            raise DataError(
                f"the pixels are 16-bit numbers up to {high:g}: say what white is, as in"
                " values=(0, 65535)."
            )
    elif low >= 0 and high <= 1:
        return (0.0, 1.0)
    elif low >= 0 and 2 <= high <= 255:
        return (0.0, 255.0)
    raise DataError(
        f"pixels reach from {low:g} to {high:g}, neither 0..1 nor 0..255: say what black and"
        " white are, as in values=(-1, 1)."
    )


def to_channels(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Make colour grey, or grey a colour of equal parts, as a network needs it."""
    found = pixels.shape[1]
    if found == channels:
        return pixels
    if channels == 1:
        grey = np.tensordot(LUMA, pixels.astype(np.float64), axes=(0, 1))
        return np.rint(grey)[:, None].astype(np.uint8)
    if channels == 3:
        return np.repeat(pixels, 3, axis=1)
    raise DataError(f"the network reads {channels} channels; these pictures have {found}.")


def read_arrays(
    array: Array, expected: Expected, *, layout: str | None = None, values: Values | None = None
) -> tuple[NDArray[np.uint8], bool]:
    """Turn an array into pictures, and say whether it was one single picture.

    Pictures keep their size.

    Shapes
        gives (N, C, h, w) with the network's channels

    Raises
        DataError   what is open, and which word answers it
    """
    found = find_layout(array, expected, layout)
    pictures = to_channels(to_levels(to_nchw(array, found, expected), values), expected.shape[0])
    return pictures, found in ("HW", "HWC", "CHW")


def has_size(pixels: NDArray[np.uint8], expected: Expected) -> bool:
    """Say whether pictures have the size of the input, or of the training pictures."""
    return pixels.shape[2:] in expected.sides


def framed(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Put background around pictures of the training pictures' size."""
    return pixels if pixels.shape[2:] == pair(size) else pad(pixels, size)


def as_pictures(pixels: NDArray[np.uint8]) -> list[Image.Image]:
    """Turn pictures of any size into PIL images, to be read as files are."""
    return [Image.fromarray(one[0] if len(one) == 1 else np.moveaxis(one, 0, 2)) for one in pixels]


def listed(images: object) -> list[str | Path | Image.Image] | None:
    """Give the pictures of a list of paths or PIL images; None if it is something else."""
    if not isinstance(images, list | tuple) or not images:
        return None
    if any(is_single(one) for one in images):
        strange = next((one for one in images if not is_single(one)), None)
        if strange is not None:
            raise DataError(
                "the list mixes paths or PIL images with something else"
                f" ({type(strange).__name__}): give pictures of one kind."
            )
        return list(images)
    return None
