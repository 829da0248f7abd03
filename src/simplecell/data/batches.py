"""In which order a training part is read.

    random numbers r[0 .. n-1] drawn from a key;  order = the indices that sort r

The key is (seed, epoch), so that a resumed run reads on as if it had never stopped.
"""

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import DataError

_ORDER, _TURN = 1, 6


def shuffle(n: int, *key: int) -> NDArray[np.int64]:
    """Permute 0 .. n-1; the same key gives the same permutation, for ever.

    The streams of PCG64 and SeedSequence never change, while NumPy may change those of
    `Generator.permutation`: a run that is resumed years later must read in the same order.

    Source
        NumPy enhancement proposal 19, "stream compatibility".
    """
    numbers = np.random.PCG64(np.random.SeedSequence(key)).random_raw(n)
    return np.argsort(numbers, kind="stable").astype(np.int64, copy=False)


def check_seed(seed: int) -> int:
    """Give the seed back if it is a whole number from 0 to 2^32 - 1.

    Raises
        DataError   it is not
    """
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise DataError(f"the seed is {seed!r}: give a whole number from 0 to {2**32 - 1}.")
    return int(seed)


def order(n: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Give the order in which an epoch reads n examples; it depends on nothing else.

    >>> order(5, seed=0, epoch=0).tolist() == order(5, seed=0, epoch=0).tolist()
    True
    >>> sorted(order(5, seed=0, epoch=1).tolist())
    [0, 1, 2, 3, 4]

    Shapes
        (n,) int64
    """
    return shuffle(n, _ORDER, check_seed(seed), epoch)


def weighted_order(
    weights: NDArray[np.float64], seed: int, epoch: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give n examples in the order in which an epoch reads them, and for the how-manieth time.

    v[n] = N weights[n] / sum weights: example n is read floor(v) or ceil(v) times. The examples
    lie end to end, each as long as its v, shuffled among those of one weight; marks at 1/2, 3/2,
    ... pick.

    >>> rows, again = weighted_order(np.array([2.0, 1.0, 1.0]), seed=0, epoch=0)
    >>> sorted(np.bincount(rows, minlength=3).tolist())
    [1, 1, 1]

    Shapes
        weights (n,) above 0      gives rows (n,), again (n,) from 0 on

    Source
        Madow 1949, systematic sampling.
    """
    count = len(weights)
    laid = order(count, seed, epoch)
    laid = laid[np.argsort(weights[laid], kind="stable")]
    ends = np.cumsum(weights[laid])
    marks = (np.arange(count) + 0.5) * (ends[-1] / max(count, 1)) if count else np.empty(0)
    places = np.minimum(np.searchsorted(ends, marks), count - 1)
    again = np.arange(count) - np.searchsorted(places, places)
    turn = shuffle(count, _TURN, check_seed(seed), epoch)
    return laid[places][turn], again[turn].astype(np.int64)
