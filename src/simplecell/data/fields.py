"""Rows of digits as people fill them in: numbers of several digits, one below the other.

    a field ends where the gap to the next digit is wider than
        max(APART * height, TIMES * usual)      height: the row's median one; usual: a gap that a
                                                quarter of the row's are no wider than
    columns are what is left of the page's width where no field of any row stands

So digits set far apart alike, as in the boxes of a form, stay one number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simplecell.data.strokes import Box

APART, TIMES = 1.0, 2.5


@dataclass(frozen=True)
class Field:
    """One number: its row and column, from 0 on, and its digits in reading order."""

    row: int
    column: int
    digits: tuple[int, ...]


def fields(rows: Sequence[Sequence[Box]]) -> list[Field]:
    """Put digits together to fields, in reading order; digits are counted over all rows.

    >>> row = [Box(0, 0, 20, 12), Box(0, 16, 20, 28), Box(0, 60, 20, 72)]
    >>> [(one.row, one.column, one.digits) for one in fields([row])]
    [(0, 0, (0, 1)), (0, 1, (2,))]
    """
    found: list[tuple[int, tuple[int, ...], int, int]] = []
    first = 0
    for number, row in enumerate(rows):
        for start, end in _spans(row):
            some = row[start:end]
            left, right = min(box.left for box in some), max(box.right for box in some)
            found.append((number, tuple(range(first + start, first + end)), left, right))
        first += len(row)
    starts = _columns([(left, right) for _, _, left, right in found])
    return [
        Field(row, int(np.searchsorted(starts, left, "right")) - 1, digits)
        for row, digits, left, _ in found
    ]


def _spans(row: Sequence[Box]) -> list[tuple[int, int]]:
    gaps = np.array([after.left - box.right for box, after in pairwise(row)])
    if not len(gaps):
        return [(0, len(row))] if row else []
    height = float(np.median([box.height for box in row]))
    usual = float(np.quantile(gaps, 0.25, method="lower")) if len(gaps) > 1 else 0.0
    ends = np.flatnonzero(gaps > max(APART * height, TIMES * usual)) + 1
    marks = [0, *ends.tolist(), len(row)]
    return list(pairwise(marks))


def _columns(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Give where columns begin: fields that share some of the width are of one."""
    starts: list[int] = []
    reach = -1
    for left, right in sorted(spans):
        if left >= reach:
            starts.append(left)
        reach = max(reach, right)
    return starts
