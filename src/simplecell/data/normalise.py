"""From bytes to the numbers a network reads: x = scale * pixel + shift; and room around them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simplecell.data.pack import forget
from simplecell.errors import DataError
from simplecell.repr import brief

Size = int | Sequence[int]

BACKGROUND, INK = -0.1, 1.175
"""What LeNet-5 read for the pixels 0 and 255.

The paper says that this makes the mean about 0 and the variance about 1. Over MNIST in 32x32 we
measure 0.03 and 0.12; a test holds both.
"""

_BLOCK = 1024

LONGEST = 65_500
"""The longest side of a picture, as of a JPEG."""


@brief
@dataclass(frozen=True)
class Normalisation:
    """x = scale * pixel + shift."""

    scale: float
    shift: float


def published() -> Normalisation:
    """Map the background 0 to -0.1 and ink 255 to 1.175.

    >>> n = published()
    >>> round(n.scale * 0 + n.shift, 6), round(n.scale * 255 + n.shift, 6)
    (-0.1, 1.175)

    Source
        LeCun et al. 1998, II.B.   Brief: F
    """
    return Normalisation(scale=(INK - BACKGROUND) / 255, shift=BACKGROUND)


def standard(pixels: NDArray[np.uint8]) -> Normalisation:
    """Map these pixels to mean 0 and variance 1; give the training part's.

        scale = 1 / sqrt(mean(p^2) - mean(p)^2),  shift = -scale * mean(p)

    The sums are sums of whole numbers and exact, so that their order changes nothing.

    Raises
        DataError   no pixels, or pixels that are all the same

    Source
        Brief: C8
    """
    n, (total, squares) = pixels.size, _sums(pixels)
    if n * squares == total * total:
        what = f"all {n} are {total // n}" if n else "there are none"
        raise DataError(
            f"pixels cannot be brought to variance 1: {what}.\n  check the pictures,"
            " or use the published normalisation, which does not look at them."
        )
    scale = n / float(n * squares - total * total) ** 0.5
    return Normalisation(scale=scale, shift=-scale * total / n)


def mean_square(pixels: NDArray[np.uint8], normalisation: Normalisation) -> float:
    """Give the mean of x^2 over all pixels: 1 after `standard`, 0.12 of MNIST after `published`.

        x = scale * p + shift

    >>> round(mean_square(np.array([[0, 255]], np.uint8), Normalisation(2 / 255, -1)), 9)
    1.0

    Raises
        DataError   no pixels
    """
    if not pixels.size:
        raise DataError("a mean over pixels was asked for, and there are none.")
    total, squares = _sums(pixels)
    scale, shift = normalisation.scale, normalisation.shift
    return (scale * scale * squares + 2 * scale * shift * total) / pixels.size + shift * shift


def _sums(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """Sum pixels and their squares: whole numbers, and exact."""
    total = squares = 0
    for start in range(0, len(pixels), _BLOCK):
        if start % (64 * _BLOCK) == 0:
            forget(pixels)
        block = pixels[start : start + _BLOCK].ravel().astype(np.float64)
        total += int(block.sum())
        squares += int(block @ block)
    return total, squares


def pair(size: Size) -> tuple[int, int]:
    """Read 32 or (32, 40) as (height, width).

    Raises
        DataError   anything else
    """
    told = (size, size) if isinstance(size, int) else size
    numbers = tuple(told) if isinstance(told, tuple | list) else ()
    if len(numbers) != 2 or any(not _is_side(n) for n in numbers):
        raise DataError(f"size is {size!r:.60}: give one whole number, or (height, width).")
    return (numbers[0], numbers[1])


def _is_side(value: object) -> bool:
    """Say whether it is a number of pixels: from 1, and of a picture that memory could hold."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST


def pad(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Centre pictures in larger ones of background, 0; an odd line goes below or to the right.

    Shapes
        pixels (..., h, w)      gives (..., H, W), the same array where nothing is to do

    Raises
        DataError   pictures larger than `size`
    """
    height, width = pair(size)
    *outer, h, w = pixels.shape
    if h > height or w > width:
        raise DataError(
            f"pictures of {h}x{w} do not fit {height}x{width}; padding adds background and"
            f" never cuts.\n  choose a network that reads {h}x{w} or more."
        )
    if (h, w) == (height, width):
        return pixels
    top, left = (height - h) // 2, (width - w) // 2
    padded = np.zeros((*outer, height, width), np.uint8)
    padded[..., top : top + h, left : left + w] = pixels
    return padded
