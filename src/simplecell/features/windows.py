"""The windows of pictures: every place at which a patch fits, cut out, summed, or shared out.

    unfold      each window as a row of cells
    box_sums    the sum over each window, without cutting it out
    regions     where a map of places is cut, to be pooled

Source: UFLDL tutorial, Feature extraction using convolution; Pooling.   Brief: C4, C6
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from simplecell.errors import DataError

Array = NDArray[Any]
Pair = tuple[int, int]


def map_size(picture: Pair, patch: Pair) -> Pair:
    """Count the places of an a x b patch in an r x c picture: (r - a + 1) x (c - b + 1).

    Raises
        DataError   a patch larger than the picture

    >>> map_size((96, 96), (8, 8))
    (89, 89)

    Brief: C4
    """
    (r, c), (a, b) = picture, patch
    if a > r or b > c:
        raise DataError(
            f"a patch of {a}x{b} does not fit in a picture of {r}x{c}.\n"
            "  give larger pictures, or features that were learnt of smaller patches."
        )
    return r - a + 1, c - b + 1


def unfold(pictures: Array, patch: Pair) -> Array:
    """Cut every window out: each becomes a row of its cells, channel by channel.

    Shapes
        pictures (N, C, H, W)      gives (N, H-a+1, W-b+1, C*a*b)

    >>> unfold(np.arange(6.0).reshape(1, 1, 2, 3), (2, 2))[0, 0]
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.]])
    """
    windows = sliding_window_view(pictures, patch, axis=(2, 3)).transpose(0, 2, 3, 1, 4, 5)
    return windows.reshape(*windows.shape[:3], -1)


def box_sums(pictures: Array, patch: Pair) -> Array:
    """Add up each window, all channels of it: first down the columns, then along the rows.

    No difference of large sums is taken, so that nothing cancels.

    Shapes
        pictures (N, C, H, W)      gives (N, H-a+1, W-b+1)

    >>> box_sums(np.ones((1, 3, 2, 4)), (2, 2))
    array([[[12., 12., 12.]]])
    """
    rows, columns = map_size((pictures.shape[2], pictures.shape[3]), patch)
    flat = pictures.sum(axis=1)
    down = sum((flat[:, p : p + rows] for p in range(1, patch[0])), flat[:, :rows])
    sums: Array = sum(
        (down[:, :, q : q + columns] for q in range(1, patch[1])), down[:, :, :columns]
    )
    return sums


def deviations(pictures: Array, patch: Pair, floor: float) -> Array:
    """Give each window's own standard deviation, as `standardise` divides by it.

        sqrt( mean x^2 - (mean x)^2 + floor )

    In float64: the difference of the two means keeps too few digits in float32.

    Shapes
        pictures (N, C, H, W)      gives (N, H-a+1, W-b+1) float64
    """
    x = pictures.astype(np.float64)
    cells = x.shape[1] * patch[0] * patch[1]
    mean = box_sums(x, patch) / cells
    variance = box_sums(x * x, patch) / cells - mean * mean
    # Rounding may make a little less than nothing of no variance.
    deviation: Array = np.sqrt(np.maximum(variance, 0) + floor)
    return deviation


def regions(length: int, parts: int) -> list[slice]:
    """Cut a side of a map into so many parts, which differ by one place at most.

        part k reaches from floor(k L / parts) up to, not including, floor((k + 1) L / parts)

    No place is left out, and none is in two parts. Where the parts divide the side they are all
    alike, as in the tutorial: 57 places in 3 parts of 19.

    Raises
        DataError   no parts, or more than there are places

    >>> [(part.start, part.stop) for part in regions(21, 4)]
    [(0, 5), (5, 10), (10, 15), (15, 21)]

    Brief: C6
    """
    if not 1 <= parts <= length:
        raise DataError(
            f"a map of {length} places to a side cannot be pooled in {parts} regions: give 1 to"
            f" {length}."
        )
    cuts = [k * length // parts for k in range(parts + 1)]
    return [slice(start, stop) for start, stop in pairwise(cuts)]
