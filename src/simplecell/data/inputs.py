"""Pictures as people have them, as one array that a network can be asked about.

    a path, a PIL image             one picture
    (H, W)                          one grey picture
    (H, W, C), (C, H, W)            one picture in colour, C being 1 or 3
    (N, H, W)                       many grey pictures
    (N, H, W, C), (N, C, H, W)      many pictures
    (N, H*W)                        many pictures, each as a row of pixels
    a list of any of these          many pictures, which may be of several sizes

Anything that NumPy can turn into an array is one: lists, tensors of other libraries. A frame of
pandas is rows of pixels.
Where an array can be read in two ways, or its numbers can mean two things (`levels`), nothing is
guessed: the error says what is open, and which word (`layout`, `values`) answers it.
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

from simplecell.data.levels import Values, to_levels
from simplecell.data.normalise import Size, pad, pair
from simplecell.errors import DataError

Array = NDArray[Any]
Shape = tuple[int, int, int]

LAYOUTS = ("HW", "HWC", "CHW", "NHW", "NHWC", "NCHW", "rows")
"""What the axes of an array can mean: pictures N, height H, width W, channels C."""

SINGLE = ("HW", "HWC", "CHW")
"""The layouts of one single picture."""

SMALLEST, LONGEST = 5, 8
"""What is smaller, or so many times as long as it is wide, is a picture only if that is said."""

LEAST_ROW = 8
"""Rows of a square number of pixels may be square pictures from this side on."""

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


def told_layout(images: Any) -> str | None:
    """Say which layout what was given has by its kind; None if its shape must say it.

    The rows of a frame, as those of pandas, are pictures, and so is each array of a list.
    """
    if hasattr(images, "columns") and hasattr(images, "to_numpy"):
        return "rows"
    flat = isinstance(images, list | tuple) and all(getattr(a, "ndim", 0) == 2 for a in images)
    return "NHW" if flat and len(images) else None


def as_array(images: object) -> Array:
    """Make an array of whatever was given; NumPy says what it can.

    Raises
        DataError   nothing in it, pictures of several sizes, or no numbers
    """
    if hasattr(images, "detach") and hasattr(images, "cpu"):
        images = _tensor(images)
    elif isinstance(images, list | tuple) and any(hasattr(one, "detach") for one in images):
        images = [_tensor(one) if hasattr(one, "detach") else one for one in images]
    if np.ma.is_masked(images):
        raise DataError("some pixels are masked: say what they are, as by images.filled(0).")
    try:
        array = np.asarray(images)
        if array.dtype == object and array.ndim > 1:
            # Frames of whole numbers that may be missing are objects to NumPy.
            array = array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise DataError(
            "the pictures do not make one array: they are of several sizes, or no numbers.\n"
            "  Give pictures of one size, or a list of paths or PIL images, which are scaled"
            f" ({problem})."
        ) from None
    if array.dtype.kind not in "buif":
        kind = "" if array.dtype == object else f" of the type {array.dtype}"
        raise DataError(
            f"pictures are numbers; this is {type(images).__name__}{kind}.\n"
            "  Give an array of numbers, PIL images, or the paths of picture files."
        )
    if array.ndim == 0:
        raise DataError(f"{images} is one number; a picture has a height and a width.")
    if array.size == 0:
        raise DataError(f"there are no pictures in it: its shape is {array.shape}.")
    return array


def _tensor(images: Any) -> Any:
    """Take a tensor from where it is; NumPy has no bfloat16."""
    images = images.detach().cpu()
    return images.float() if "bfloat16" in str(images.dtype) else images


def readings(shape: Sequence[int], expected: Expected, *, many: bool = False) -> list[str]:
    """List the layouts that an array of this shape can have for a network.

    Layouts whose sides are the network's own come alone; only where there is none are sides of
    another size taken into account. With `many`, one single picture is no reading.

    >>> readings((5, 28, 28), Expected((1, 32, 32), (28, 28)))
    ['NHW']
    >>> readings((3, 28, 28), Expected((1, 32, 32), (28, 28)))
    ['CHW', 'NHW']
    >>> readings((100, 64), Expected((1, 32, 32)))
    ['HW', 'rows']
    """
    layouts = [name for name in LAYOUTS if not (many and name in SINGLE)]
    fitting = [name for name in layouts if _fits(name, shape, expected, exact=True)]
    return fitting or [
        name
        for name in layouts
        if _fits(name, shape, expected, exact=False) and _likely(name, shape)
    ]


def _fits(layout: str, shape: Sequence[int], expected: Expected, *, exact: bool) -> bool:
    if layout == "rows":
        return len(shape) == 2 and _row(shape[1], expected, exact=exact) is not None
    if len(layout) != len(shape):
        return False
    sides = dict(zip(layout, shape, strict=True))
    if sides.get("C", 1) not in (1, 3):
        return False
    return not exact or (sides["H"], sides["W"]) in expected.sides


def _row(cells: int, expected: Expected, *, exact: bool) -> tuple[int, int] | None:
    """Give (height, width) of the picture that a row of so many pixels is; None if it is none."""
    each, left = divmod(cells, expected.shape[0])
    side = next((s for s in expected.sides if math.prod(s) == each), None)
    if left or side is not None or exact:
        return None if left else side
    square = math.isqrt(each)
    return (square, square) if square * square == each and square >= LEAST_ROW else None


def _likely(layout: str, shape: Sequence[int]) -> bool:
    """Say whether pictures of another size than the network's look like pictures."""
    if layout == "rows":
        return True
    sides = dict(zip(layout, shape, strict=True))
    short, long = sorted((sides["H"], sides["W"]))
    return short >= SMALLEST and long <= LONGEST * short


def to_nchw(array: Array, layout: str, expected: Expected) -> Array:
    """Turn an array of a known layout into pictures (N, C, H, W)."""
    if layout == "rows":
        side = _row(array.shape[1], expected, exact=False)
        return array.reshape(len(array), expected.shape[0], *(side or ()))
    if "N" not in layout:
        array, layout = array[None], f"N{layout}"
    if "C" not in layout:
        return array[:, None]
    return np.moveaxis(array, 3, 1) if layout == "NHWC" else array


def find_layout(
    array: Array, expected: Expected, layout: str | None, *, many: bool = False
) -> str:
    """Say how the axes of an array are to be read, or ask.

    Raises
        DataError   no layout fits, two do, or the one that was named does not
    """
    shape = array.shape
    if layout is not None:
        if layout not in LAYOUTS or not _fits(layout, shape, expected, exact=False):
            raise DataError(
                f'an array of shape {shape} is not laid out as "{layout}".\n'
                f"  The layouts are {', '.join(LAYOUTS)}, with 1 or 3 channels C."
            )
        return layout
    found = readings(shape, expected, many=many)
    # One grey picture that is a list of one: both readings give the same pixels.
    if len(found) > 1 and {"NHW", "CHW"} == set(found) and shape[0] == 1:
        return "NHW"
    if len(found) == 1:
        return found[0]
    if found:
        ways = " or ".join(f'layout="{name}"' for name in found)
        raise DataError(f"an array of shape {shape} can be read in {len(found)} ways: say {ways}.")
    if many and set(SINGLE) & set(readings(shape, expected)):
        raise DataError(f"an array of shape {shape} is one picture: give many.")
    raise DataError(_unreadable(shape, expected))


def _unreadable(shape: Sequence[int], expected: Expected) -> str:
    """Say why an array of this shape holds no pictures, and what would."""
    last, first = shape[-1], shape[-3] if len(shape) > 2 else 0
    if 4 in (last, first):
        rest = "images[..., :3]" if last == 4 else "images[..., :3, :, :]"
        return (
            f"an array of shape {tuple(shape)} seems to have four channels, and a picture has 1 or"
            f" 3: leave the fourth, which says what is transparent, out, as in {rest}."
        )
    if len(shape) == 1:
        return (
            f"an array of shape {tuple(shape)} is one row of numbers: fold it to (height, width),"
            " as in images.reshape(28, 28)."
        )
    sides = ", ".join(map(str, expected.sides[-1]))
    return (
        f"an array of shape {tuple(shape)} holds no pictures for certain: give (N, height, width),"
        " (N, height, width, channels) or (N, channels, height, width), with 1 or 3 channels,"
        f" as in (N, {sides}); or say its layout, one of {', '.join(LAYOUTS)}."
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
    array: Array,
    expected: Expected,
    *,
    layout: str | None = None,
    values: Values | None = None,
    many: bool = False,
) -> tuple[NDArray[np.uint8], bool]:
    """Turn an array into pictures, and say whether it was one single picture.

    Pictures keep their size.

    Shapes
        gives (N, C, h, w) with the network's channels

    Raises
        DataError   what is open, and which word answers it
    """
    found = find_layout(array, expected, layout, many=many)
    pictures = to_channels(to_levels(to_nchw(array, found, expected), values), expected.shape[0])
    return pictures, found in SINGLE


def has_size(pixels: NDArray[np.uint8], expected: Expected) -> bool:
    """Say whether pictures have the size of the input, or of the training pictures."""
    return pixels.shape[2:] in expected.sides


def framed(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Put background around pictures of the training pictures' size."""
    return pixels if pixels.shape[2:] == pair(size) else pad(pixels, size)


def as_pictures(pixels: NDArray[np.uint8]) -> list[Image.Image]:
    """Turn pictures of any size into PIL images, to be read as files are."""
    return [Image.fromarray(one[0] if len(one) == 1 else np.moveaxis(one, 0, 2)) for one in pixels]


def listed(images: Any) -> list[str | Path | Image.Image] | None:
    """Give the pictures of a list of paths or PIL images; None if it is something else."""
    items = _items(images)
    if not items or not any(is_single(one) for one in items):
        return None
    strange = next((one for one in items if not is_single(one)), None)
    if strange is not None:
        raise DataError(
            "the list mixes paths or PIL images with something else"
            f" ({type(strange).__name__}): give pictures of one kind."
        )
    return items


def several(images: Any) -> list[Array] | None:
    """Give the arrays of a list of pictures that are of several sizes; None if it is none."""
    items = _items(images)
    if not items or any(not hasattr(one, "__len__") for one in items):
        return None
    try:
        arrays = [as_array(one) for one in items]
    except DataError:
        return None
    return arrays if len({array.shape for array in arrays}) > 1 or is_column(images) else None


def is_column(images: Any) -> bool:
    """Say whether it is an array, or a column of a frame, of objects: of paths or pictures."""
    kind = getattr(getattr(images, "dtype", None), "kind", "")
    return bool(kind in "OUT" and kind and len(getattr(images, "shape", ())) == 1)


def _items(images: Any) -> list[Any]:
    return list(images) if isinstance(images, list | tuple) or is_column(images) else []
