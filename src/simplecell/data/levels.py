"""What the numbers of a picture mean: which are black and white, and 256 levels between them.

bytes                       0..255
true and false              0 and 1
fractions up to 1           0..1
other numbers up to 255     0..255, where one of them reaches DARK
anything else               is asked about; `values`, black and white, answers it
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import DataError

Array = NDArray[Any]
Values = tuple[float, float]

NEARLY = 1e-4
"""What arithmetic in float32 may put a value beyond black or white, of the range between them."""

DARK = 128
"""Numbers that are no bytes, and of which none is so large, may have another white than 255."""


def to_levels(array: Array, values: Values | None) -> NDArray[np.uint8]:
    """Bring the numbers of pictures to 0..255, or ask what they mean.

    Bytes are taken for 0..255, fractions up to 1 for 0..1, as training takes them.

    Raises
        DataError   NaN or infinity; numbers that can mean two things; numbers outside `values`
    """
    least, most = find_values(array, values)
    if array.dtype == np.uint8 and (least, most) == (0, 255):
        return np.ascontiguousarray(array)
    scale = 255 / (most - least)
    levels = np.rint((array.astype(np.float64) - least) * scale)
    return np.clip(levels, 0, 255).astype(np.uint8)


def find_values(array: Array, values: Values | None) -> Values:
    """Say which numbers are black and white, or ask.

    Raises
        DataError   NaN or infinity; numbers that can mean two things; numbers outside `values`
    """
    low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise DataError(
            "some pixels are NaN or infinite: replace them first, as by np.nan_to_num(images)."
        )
    if values is None:
        return _range(array, low, high)
    least, most = read_values(values)
    room = NEARLY * (most - least)
    if low < least - room or high > most + room:
        raise DataError(
            f"pixels reach from {low:g} to {high:g}, and values=({least:g}, {most:g}) was said."
        )
    return (least, most)


def read_values(values: Any) -> Values:
    """Read (black, white).

    Raises
        DataError   anything else
    """
    try:
        pair = np.asarray(values)
        if pair.dtype.kind not in "uif":
            raise TypeError
        least, most = (float(value) for value in pair)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"values={values!r} is no range: give black, then white.") from None
    if not (most > least and math.isfinite(most - least)):
        raise DataError(f"values=({least:g}, {most:g}) is no range: give black, then white.")
    return (least, most)


def _range(array: Array, low: float, high: float) -> Values:
    """Give what black and white are, where the numbers leave no doubt."""
    if array.dtype.kind == "b":
        return (0.0, 1.0)
    whole = array.dtype.kind in "ui"
    if whole and high == 1 and low >= 0:
        raise DataError(
            "the pixels are the whole numbers 0 and 1: say values=(0, 1) if 1 is white,"
            " or values=(0, 255) if they are nearly black."
        )
    if array.dtype == np.uint8 or (whole and low == high == 0):
        return (0.0, 255.0)
    if not whole and low >= -NEARLY and high <= 1 + NEARLY:
        return (0.0, 1.0)
    if low >= -NEARLY and DARK <= high <= 255 * (1 + NEARLY):
        return (0.0, 255.0)
    if low >= 0 and 2 <= high < DARK:
        raise DataError(
            f"pixels reach from {low:g} to {high:g}: say values=(0, {high:g}) if {high:g} is"
            " white, or values=(0, 255) if the pictures are dark."
        )
    if whole and low >= 0 and array.dtype.itemsize == 2:
        raise DataError(
            f"the pixels are 16-bit numbers up to {high:g}: say what white is, as in"
            " values=(0, 65535)."
        )
    raise DataError(
        f"pixels reach from {low:g} to {high:g}, neither 0..1 nor 0..255: say what black and"
        " white are, as in values=(-1, 1)."
    )
