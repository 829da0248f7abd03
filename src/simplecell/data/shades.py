"""What the numbers of a picture file mean as shades, where they are not bytes; and hue as shade.

16 bits                 the high byte; all of the number where none is beyond 255
32 bits, fractions      0..1, -1..1, 0..255 or 16 bits where that is plain; refused where not
Lab                     its colours
red on blue, as light   in grey, by the channel that separates them
"""

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from simplecell.data.levels import DARK
from simplecell.errors import DataError

BYTE, SIXTEEN = 255, 65535
FAINT, CLEAR, TIMES = 24, 40, 2.5
"""Grey that spreads over less than FAINT of 255 gives way to a channel that spreads over CLEAR or
more, and TIMES as far."""

PROBE = (32, 32)
BLACK = 4
"""A picture of which no pixel is lighter is black all over."""


def in_bytes(picture: Image.Image, name: str = "the picture") -> Image.Image:
    """Give a picture whose numbers are bytes.

    Raises
        DataError   numbers of which none is white for certain
    """
    if picture.mode.startswith("I;16"):
        values = np.asarray(picture)
        return _eight(values if values.max(initial=0) <= BYTE else values >> 8)
    if picture.mode in ("I", "F"):
        return _eight(_plain(np.asarray(picture), picture.mode, name))
    if picture.mode == "LAB":
        return ImageCms.applyTransform(picture, _from_lab()) or picture
    return picture


def remarks(picture: Image.Image) -> list[str]:
    """Say what is odd about a picture as it was read: a word for each kind."""
    found = []
    if "frames" in picture.info:
        found.append("frames")
    if picture.mode.startswith("I;16") and 0 < np.asarray(picture).max(initial=0) <= BYTE:
        found.append("sixteen")
    if picture.mode in ("RGB", "L") and _is_black(picture):
        found.append("black")
    if picture.mode == "RGB" and separating(picture) is not None:
        found.append("hue")
    return found


SAID = {
    "frames": "{} of several frames or pages: the first that is not blank is read ({}).",
    "sixteen": "{} of 16 bits that hold 8-bit values: they are read as those ({}).",
    "black": "{} black all over ({}): a canvas that is saved as JPEG loses its transparent ground;"
    " save it as PNG.",
    "hue": "{} of colours of one lightness: in grey, the channel that separates is read ({}).",
}
"""What a word of `remarks` means, of how many pictures, and which is the first."""


def separating(picture: Image.Image) -> Image.Image | None:
    """Give the channel that separates colours which grey does not; None if grey does."""
    few = np.asarray(picture.resize(PROBE, Image.Resampling.NEAREST), np.float64)
    low, high = np.percentile(few.reshape(-1, 3), (2, 98), axis=0)
    spread = high - low
    if spread.max() < CLEAR:
        return None
    grey = np.percentile(few @ (0.299, 0.587, 0.114), (2, 98))
    of_grey = float(grey[1] - grey[0])
    if of_grey >= FAINT or spread.max() < TIMES * of_grey:
        return None
    return picture.getchannel(int(spread.argmax()))


def _is_black(picture: Image.Image) -> bool:
    extrema = picture.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(band[1] <= BLACK for band in bands if isinstance(band, tuple))


def _plain(values: NDArray[Any], mode: str, name: str) -> NDArray[Any]:
    """Bring numbers to 0..255 where it is plain what they mean."""
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if math.isfinite(low) and math.isfinite(high):
        if mode == "F" and values.min() >= 0 and 0.5 < high <= 1 and values.min() < high:
            return np.asarray(np.rint(values * BYTE))
        if low >= 0 and DARK <= high <= BYTE:
            return np.asarray(np.rint(values))
        if -1 <= low <= -0.9 and 0.9 <= high <= 1:
            return np.asarray(np.rint((values + 1) * (BYTE / 2)))
        whole = bool((values == np.floor(values)).all())
        if low >= 0 and SIXTEEN // 2 < high <= SIXTEEN and whole:
            return values.astype(np.int64) >> 8
    raise DataError(
        f"{name} holds 32-bit numbers ({mode}) from {low:g} to {high:g}, of which none is white"
        " for certain.\n  save it as an 8-bit picture."
    )


def _eight(values: NDArray[Any]) -> Image.Image:
    return Image.fromarray(values.astype(np.uint8))


@cache
def _from_lab() -> ImageCms.ImageCmsTransform:
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, rgb, "LAB", "RGB")
