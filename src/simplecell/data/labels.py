"""Labels as people have them, made into class numbers and the classes' names.

0, 1, 2 …           the classes are 0, 1, 2 …, those without a picture too
1, 2, 3 …; 10, 20   the classes are those numbers
owl, heron          the classes are those words
one-of-c rows       the column is the class
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simplecell.data.part import MOST_CLASSES
from simplecell.data.tree import shown, some
from simplecell.errors import DataError

Array = NDArray[Any]

ALL_APART = 20
"""So many pictures or more, each with a label that no other has, have no classes."""


BYTE = 256
"""Labels of bytes count from 0, also where many numbers are missing."""


class Labels(NamedTuple):
    """One whole number or word for each picture, and where they were read."""

    values: Array
    source: str


class Classes(NamedTuple):
    """The classes' names, the numbers of the parts' labels among them, and what to know."""

    names: tuple[str, ...]
    numbers: tuple[NDArray[np.int64], ...]
    notes: tuple[str, ...] = ()


def one_each(array: Array, count: int, source: str, pictures: str) -> Labels:
    """Give one label for each picture.

    Raises
        DataError   another number of labels, several for a picture, or no labels at all
    """
    values = np.asarray(array)
    if values.ndim == 2 and 1 in values.shape:
        values = values.reshape(-1)
    elif values.ndim == 2 and values.dtype.kind in "buif":
        values = _one_of_c(values, source)
    if values.ndim != 1:
        raise DataError(
            f"{source}: labels have shape {values.shape}; give one class for each picture, (N,)."
        )
    if len(values) != count:
        raise DataError(
            f"{source}: {len(values)} labels for {count} pictures in {pictures}; every picture"
            " takes one label."
        )
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    if values.dtype.kind == "U":
        return Labels(np.char.strip(values), source)
    return Labels(_whole(values, source), source)


def _one_of_c(rows: Array, source: str) -> Array:
    if np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all():
        return np.asarray(rows.argmax(axis=1))
    at = int(np.flatnonzero((rows != 0).sum(axis=1) != 1)[:1].sum())
    raise DataError(
        f"{source}: labels of shape {rows.shape} are no one-of-c rows: row {at} is"
        f" {np.array2string(rows[at], threshold=8)}.\n  a picture takes one class here, not"
        " several, and no weights: give one class for each picture, (N,)."
    )


def _whole(values: Array, source: str) -> Array:
    if values.dtype.kind not in "buif":
        raise DataError(
            f"{source}: labels are of type {values.dtype}; give whole numbers or words."
        )
    if values.dtype.kind == "f":
        broken = ~np.isfinite(values) | (values != np.floor(values))
        if broken.any():
            at = int(np.flatnonzero(broken)[0])
            raise DataError(
                f"{source}: labels[{at}] is {values[at]}; classes are whole numbers or words."
            )
    whole = values.astype(np.int64)
    minus = whole < 0
    if minus.any() and not set(np.unique(whole).tolist()) <= {-1, 1}:
        at = int(np.flatnonzero(minus)[0])
        raise DataError(
            f"{source}: labels[{at}] is {values[at]}, out of range; classes are counted from 0,"
            f" up to {MOST_CLASSES - 1}.\n  does it mean that nobody has said the class? leave"
            " such pictures out."
        )
    return whole


def to_classes(
    train: Labels, test: Labels | None = None, names: Sequence[str] | None = None
) -> Classes:
    """Give the classes numbers and names.

    Raises
        DataError   a word for a class that the training part has not; as many classes as pictures
    """
    values = train.values
    distinct = np.unique(values)
    if len(distinct) == len(values) >= ALL_APART:
        raise DataError(
            f"{train.source}: each of the {len(values)} labels is another one"
            f" ({some([str(one) for one in distinct.tolist()])}): these are no classes."
        )
    parts = [train] if test is None else [train, test]
    if values.dtype.kind == "i" and _counts(distinct, names):
        return _numbered(parts, distinct, names)
    if values.dtype.kind == "U":
        order = sorted(distinct.tolist(), key=by_number)
    else:
        order = distinct.tolist()
    numbers = {label: number for number, label in enumerate(order)}
    notes = []
    if values.dtype.kind == "i":
        notes.append(f"the labels are {_runs(order)}: the {len(order)} classes are called so.")
    return Classes(
        tuple(shown(str(label)) for label in order),
        tuple(_numbers(part, numbers) for part in parts),
        tuple(notes),
    )


def _counts(distinct: Array, names: Sequence[str] | None) -> bool:
    """Tell whether labels count from 0, so that a missing number is a class without a picture."""
    if int(distinct[0]) < 0 or int(distinct[-1]) >= MOST_CLASSES:
        return False
    if names is not None:
        return int(distinct[-1]) < len(names)
    most = max(2 * len(distinct), BYTE if len(distinct) > 2 else 0)
    return int(distinct[0]) == 0 and int(distinct[-1]) < most


def _numbered(parts: Sequence[Labels], distinct: Array, names: Sequence[str] | None) -> Classes:
    count = int(distinct[-1]) + 1 if names is None else len(names)
    called = [str(k) for k in range(count)] if names is None else [shown(n) for n in names]
    return Classes(tuple(called), tuple(part.values.astype(np.int64) for part in parts))


def _numbers(part: Labels, numbers: dict[Any, int]) -> NDArray[np.int64]:
    found = np.array([numbers.get(label, -1) for label in part.values.tolist()], np.int64)
    if (found < 0).any():
        at = int(np.flatnonzero(found < 0)[0])
        raise DataError(
            f"{part.source}: labels[{at}] is {part.values[at]!s}, and the training part has no"
            f" such class; it has {some([str(name) for name in numbers])}.\n  leave such pictures"
            " out, or let it have examples of them."
        )
    return found


def by_number(name: str) -> tuple[bool, int, str]:
    """Sort 2 before 10, and numbers before words."""
    digits = name.isascii() and name.isdigit()
    return (not digits, int(name) if digits else 0, name)


def _runs(order: Sequence[int]) -> str:
    if len(order) > 1 and order[-1] - order[0] == len(order) - 1:
        return f"the numbers {order[0]} to {order[-1]}"
    return some([str(label) for label in order])
