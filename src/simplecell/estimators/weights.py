"""How weights of examples enter: an example is read as many times as it weighs.

The losses are plain means over what is read, so that reading an example twice is weighing it
twice. Whole numbers are taken at their word, unless a pass would become more than LONGEST times
as long: weight 3 is the same, bit for bit, as the example three times, and weight 0 the same as
its absence. Other weights are brought to such numbers:
scaled until the lightest example is read once, yet all together at the most MOST times the
examples there are; what is left of a fraction, a seeded systematic draw rounds up or down, so
that each example is read, on average, exactly in proportion to its weight.

For the order in which rows come to change nothing, they are first put into one order of their
own, by class and contents.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import _check_sample_weight

Array = NDArray[Any]

MOST = 4
"""Weights that are no whole numbers make a pass at the most so many times as long."""

LONGEST = 16
"""And whole numbers at the most so many times."""

_DRAW = 11


def example_weights(
    x: Array,
    codes: NDArray[np.int64],
    classes: Array,
    sample_weight: Any,
    class_weight: Any,
    fewest: int = 2,
) -> NDArray[np.float64] | None:
    """Multiply sample_weight by the class's weight; None where neither is given.

    Raises
        ValueError   weights that are negative, NaN, of another number than the rows; fewer than
                     `fewest` classes that weigh anything; "balanced" where one class is enough
    """
    weights = None
    if sample_weight is not None:
        weights = np.array(
            _check_sample_weight(sample_weight, x, dtype=np.float64, ensure_non_negative=True)
        )
    if fewest == 1 and class_weight == "balanced":
        raise ValueError(
            "partial_fit sees a portion, of which nobody can say how the classes are balanced:"
            " give class_weight as a dict, or None."
        )
    if class_weight is not None:
        of_class = compute_class_weight(
            class_weight, classes=classes, y=classes[codes], sample_weight=weights
        )
        weights = of_class[codes] if weights is None else weights * of_class[codes]
    left = np.unique(codes if weights is None else codes[weights > 0])
    if len(left) < fewest:
        raise ValueError(
            f"{fewest} class{'es' * (fewest > 1)} or more are needed; examples that weigh"
            f" anything are of {len(left)} class{'es' * (len(left) != 1)}."
        )
    return weights


def times_read(weights: NDArray[np.float64] | None, seed: int) -> NDArray[np.int64] | None:
    """Say how many times each example is read in a pass.

    >>> times_read(np.array([2.0, 0.0, 1.0]), seed=0).tolist()
    [2, 0, 1]
    >>> times_read(np.array([0.5, 1.0, 1.5]), seed=0).tolist()
    [1, 2, 3]
    """
    if weights is None:
        return None
    whole = np.rint(weights)
    if np.array_equal(whole, weights) and weights.sum() <= LONGEST * len(weights):
        return whole.astype(np.int64)
    scale = min(1 / weights[weights > 0].min(), MOST * len(weights) / weights.sum())
    expected = weights * scale
    # Marks one apart, from a place that is drawn, along all the expected numbers end to end.
    start = np.random.PCG64(np.random.SeedSequence((seed, _DRAW))).random_raw() / 2**64
    ends = np.cumsum(expected)
    near = np.rint(ends)
    ends = np.where(np.isclose(ends, near, rtol=0, atol=1e-6), near, ends)
    times: NDArray[np.int64] = np.diff(np.floor(ends + start), prepend=np.floor(start)).astype(
        np.int64
    )
    return times


def reading_order(
    x: Array, codes: NDArray[np.int64], times: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Give the rows to learn from, each as often as it is read, in an order of their own.

    Shapes
        x (N, F)      codes, times (N,)      gives (sum of times,)
    """
    rows = np.ascontiguousarray(x)
    digests = np.fromiter(
        (int.from_bytes(hashlib.blake2b(row, digest_size=8).digest(), "little") for row in rows),
        np.uint64,
        len(rows),
    )
    order = np.lexsort((digests, codes)).astype(np.int64)
    return order if times is None else np.repeat(order, times[order])
