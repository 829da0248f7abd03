"""Which of a file's numbers are black and white, found where it is plain, and asked where not.

    true and false, 0 and 1       0..1
    bytes, numbers up to 255      0..255, where one of them reaches DARK
    fractions up to 1             0..1
    fractions around 0            -1..1, where they reach both
    16-bit numbers                0..65535, where one of them is beyond half of that
    anything else                 from the lowest to the highest, where half of the pictures come
                                  near both; or it is asked about

What is not as everybody has it is said in a note.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simplecell.data.levels import DARK, NEARLY, Values, read_values
from simplecell.errors import DataError

Array = NDArray[Any]

NEAR, HALF = 0.05, 0.5
"""A range is plain where HALF of the pictures come within NEAR of both its ends."""

_BLOCK = 1024
_PROBED = 2000


class Span(NamedTuple):
    """Black, white, and what a person should know of them."""

    black: float
    white: float
    note: str = ""


def find_range(
    arrays: Sequence[Array], sources: Sequence[str], values: Values | None = None
) -> Span:
    """Say which numbers of pictures (N, …) are black and white; of several parts, of all alike.

    Raises
        DataError   NaN or infinity; numbers outside `values`; numbers that could mean two things
    """
    for array, source in zip(arrays, sources, strict=True):
        _check_finite(array, source)
    low = min(float(array.min()) for array in arrays)
    high = max(float(array.max()) for array in arrays)
    if values is not None:
        black, white = read_values(values)
        room = NEARLY * (white - black)
        if low < black - room or high > white + room:
            raise DataError(
                f"{sources[0]}: pixels reach from {low:g} to {high:g}, and the range {black:g} to"
                f" {white:g} was given."
            )
        return Span(black, white)
    whole = all(array.dtype.kind in "bui" for array in arrays)
    size = max(array.dtype.itemsize for array in arrays)
    found = _plain(low, high, whole, size)
    if found is not None:
        return found
    if high > low and _reached(arrays, low, high):
        return Span(low, high, f"pixels from {low:g} to {high:g} are read as black to white.")
    if whole and size == 1 and low >= 0:
        return Span(0, 255)
    raise DataError(
        f"{sources[0]}: pixels reach from {low:g} to {high:g}, neither 0..1 nor 0..255: which are"
        f" black and white?\n  say --range {low:g} {_guess(high)}; in Python,"
        f" values=({low:g}, {_guess(high)})."
    )


def _plain(low: float, high: float, whole: bool, size: int) -> Span | None:
    """Give what the lowest and the highest number leave no doubt of."""
    if low >= 0 and high <= 1:
        note = "pixels are 0 and 1: they are read as black and white." if whole and high else ""
        return Span(0, 1, note if size == 1 else "")
    if whole and size == 1 and low < 0:
        return None
    if low >= -NEARLY and high <= 1 + NEARLY:
        return Span(0, 1)
    if low >= -NEARLY and DARK <= high <= 255 * (1 + NEARLY):
        note = "16-bit numbers hold 8-bit values, 0 to 255." if whole and size == 2 else ""
        return Span(0, 255, note)
    if -1 - NEARLY <= low <= -0.9 and 0.9 <= high <= 1 + NEARLY:
        return Span(-1, 1, "pixels from -1 to 1 are read as black to white.")
    if whole and size == 2 and low >= 0 and 32767 < high <= 65535:
        return Span(0, 65535, "16-bit pixels, 0 to 65535, are read as black to white.")
    return None


def _reached(arrays: Sequence[Array], low: float, high: float) -> bool:
    """Tell whether half of the pictures come near both ends."""
    array = arrays[0][:: max(1, len(arrays[0]) // _PROBED)]
    flat = array.reshape(len(array), -1).astype(np.float64)
    room = NEAR * (high - low)
    both = (flat.min(axis=1) <= low + room) & (flat.max(axis=1) >= high - room)
    return bool(both.mean() >= HALF)


def _guess(high: float) -> str:
    """Offer the next number that white often is."""
    often = (16, 63, 100, 127, 255, 1023, 4095, 16383, 65535)
    return f"{next((n for n in often if n >= high > 2), high):g}"


def _check_finite(array: Array, source: str) -> None:
    # A single NaN makes both the lowest and the highest value NaN.
    if array.dtype.kind != "f" or np.isfinite([array.min(), array.max()]).all():
        return
    wrong = ~np.isfinite(array)
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    raise DataError(
        f"{source}: {int(wrong.sum())} of {array.size} pixels are NaN or infinite, the first at"
        f" (picture, channel, row, column) = {place}.\n  replace them before saving, e.g. by"
        " np.nan_to_num(x)."
    )


def to_bytes(array: Array, span: Span) -> NDArray[np.uint8]:
    """Bring pictures to 0..255, block by block.

    p = round(255 * (x - black) / (white - black))
    """
    if array.dtype == np.uint8 and (span.black, span.white) == (0, 255):
        return np.ascontiguousarray(array)
    pixels = np.empty(array.shape, np.uint8)
    scale = 255 / (span.white - span.black)
    for start in range(0, len(array), _BLOCK):
        block = slice(start, start + _BLOCK)
        levels = (array[block].astype(np.float64) - span.black) * scale
        pixels[block] = np.clip(np.rint(levels), 0, 255)
    return pixels
