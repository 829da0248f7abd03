"""The best path along a row of answers: where each class is, and what is none.

At every place there is a log-probability of each class, the last of which is "none". A path
says at which places there is a class. Round each of them, a run of 2*near + 1 places must be of
that class; the next on either side may be anything; and all that is `far` or more from every
one of them must be none:

    worth = sum over classes found, k at t, of  sum over i = t-near .. t+near of logs[i,k] - price
          + sum over i, far or more from every t, of  logs[i,none]

Two are `apart` places from each other at the least. The best path is found by Viterbi's
recursion, from left to right; best[t] is the best worth of what ends with a class at t:

    best[t] = run[t] - price + max( none[0 .. t-far],
                                    max over s, s + apart <= t, of best[s] + none[s+far .. t-far] )

with run[t] that of the likeliest class there, none[a .. b] the sum of logs[a .. b,none].

Source: Viterbi 1967; LeCun et al. 1998, VII.A.   Brief: C12, F
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simplecell.errors import DataError
from simplecell.formulas import Array


@dataclass(frozen=True)
class Found:
    """A class, and the place in the middle of its run."""

    place: int
    label: int


def best_path(
    logs: Array, near: int, far: int, apart: int = 1, price: float = 0.0
) -> list[list[Found]]:
    """Find the classes, none left out, of the path that is worth the most, from left to right.

    How many there are is not told.

    Shapes
        logs (N, T, K+1), none last      gives N lists

    Raises
        DataError   no places, no class but none, or runs that cannot be

    >>> logs = np.log([[[0.1, 0.9], [0.4, 0.6], [0.8, 0.2], [0.4, 0.6], [0.1, 0.9]]])
    >>> best_path(logs, near=0, far=2)
    [[Found(place=2, label=0)]]
    """
    if logs.ndim != 3 or logs.shape[1] < 1 or logs.shape[2] < 2:
        raise DataError(
            "a path takes answers of shape (rows, places, classes and none);"
            f" these are {logs.shape}."
        )
    if near < 0 or far <= near or apart < 1:
        raise DataError(
            f"near is {near}, far {far} and apart {apart}: near takes 0 or more places, far more"
            " than near, apart 1 or more."
        )
    rows, places, none = logs.shape[0], logs.shape[1], logs.shape[2] - 1
    sums = np.concatenate([np.zeros((rows, 1, none + 1)), np.cumsum(logs, axis=1)], axis=1)
    run, labels = _runs(sums[..., :none], near)
    empty = sums[..., none]
    best = np.empty((rows, places))
    before = np.full((rows, places), -1)
    # Of all that lie so far back that none comes between, the best and where it is.
    most, where = np.full(rows, -np.inf), np.full(rows, -1)
    for t in range(places):
        until = empty[:, max(0, t - far + 1)]
        value, last = until.copy(), np.full(rows, -1)
        s = t - max(2 * far, apart)
        if s >= 0:
            _keep(most, where, best[:, s] - empty[:, min(s + far, places)], s)
            better = most + until > value
            value[better], last[better] = (most + until)[better], where[better]
        for s in range(max(0, t - 2 * far + 1), t - apart + 1):
            _keep(value, last, best[:, s], s)
        best[:, t], before[:, t] = value + run[:, t] - price, last
    after = np.minimum(np.arange(places) + far, places)
    worth = best + empty[:, -1:] - empty[:, after]
    ends = np.where(worth.max(axis=1) > empty[:, -1], worth.argmax(axis=1), -1)
    return [_walk_back(*row) for row in zip(ends.tolist(), before, labels, strict=True)]


def _runs(sums: Array, near: int) -> tuple[Array, Array]:
    """Sum each class over the run round every place; give the largest sum and its class."""
    places = np.arange(sums.shape[1] - 1)
    first, stop = np.maximum(places - near, 0), np.minimum(places + near + 1, len(places))
    over = sums[:, stop] - sums[:, first]
    return over.max(axis=2), over.argmax(axis=2)


def _keep(value: Array, where: Array, other: Array, place: int) -> None:
    """Replace values by larger ones, row by row, and note whence these are."""
    better = other > value
    value[better], where[better] = other[better], place


def _walk_back(end: int, before: Array, labels: Array) -> list[Found]:
    found: list[Found] = []
    while end >= 0:
        found.append(Found(end, int(labels[end])))
        end = int(before[end])
    return found[::-1]


def edit_distance(read: Sequence[int], written: Sequence[int]) -> int:
    """Count the fewest digits to put in, take out or change, to make one row of the other.

    Source
        Levenshtein 1966.

    >>> edit_distance([1, 2, 3], [1, 3, 3, 7])
    2
    """
    above = list(range(len(written) + 1))
    for i, x in enumerate(read, 1):
        here = [i]
        for j, y in enumerate(written, 1):
            here.append(min(above[j] + 1, here[-1] + 1, above[j - 1] + int(x != y)))
        above = here
    return above[-1]
