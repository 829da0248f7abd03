"""Read the figures a description is made of, and refuse what is no figure.

They come from people, from JSON and from NumPy: a square kernel may be `5`, a pair a list,
a whole number one of NumPy's. `True`, `5.0` and `"5"` are none of these.
"""

import math
import operator
import reprlib
from collections.abc import Sequence
from contextlib import suppress
from numbers import Real
from typing import SupportsIndex

from simplecell.errors import SpecError, UnknownName

LARGEST = 10**18
"""The largest number a description may hold; past it lies a slip of the finger."""
LONGEST, THOUSANDS = 13_288, "a number of thousands of digits"
"""Bits of a number of four thousand digits, and what is said of a longer one."""


def read_whole(value: object, what: str, least: int = 1) -> int:
    """Read a whole number from `least` to `LARGEST`.

    >>> read_whole(6, "layer C1: maps")
    6
    """
    number = _index(value)
    if number is None or number < least:
        raise SpecError(f"{what} is {shown(value)}; it takes a whole number, {least} or more.")
    if number > LARGEST:
        raise SpecError(f"{what} is larger than {LARGEST:,}, which is as far as we count.")
    return number


def read_number(value: object, what: str) -> float:
    """Read a number from 0, whole or not.

    >>> read_number(2, "layer C3: strength")
    2.0
    """
    number = math.nan
    if not isinstance(value, bool) and isinstance(value, Real):
        with suppress(OverflowError):  # a whole number of more than 308 digits
            number = float(value)
    if not 0 <= number < math.inf:
        raise SpecError(f"{what} is {shown(value)}; it takes a number, 0 or more.")
    return number


def read_pair(value: object, what: str) -> tuple[int, int]:
    """Read `(5, 3)`, `[5, 3]` or, for a square, `5` as (height, width), both at least 1.

    >>> read_pair(5, "layer C1: kernel")
    (5, 5)
    """
    numbers = (value, value) if _index(value) is not None else _items(value)
    if len(numbers) != 2 or any((_index(n) or 0) < 1 for n in numbers):
        raise SpecError(
            f"{what} is {shown(value)}:"
            " give one whole number, or (height, width), each at least 1."
        )
    return (read_whole(numbers[0], f"{what} height"), read_whole(numbers[1], f"{what} width"))


def read_truth(value: object, what: str) -> bool:
    """Read true or false; 0 and 1 are numbers, and are refused.

    >>> read_truth(False, "layer C1: bias")
    False
    """
    if isinstance(value, bool):
        return value
    raise SpecError(f"{what} is {shown(value)}; it takes true or false.")


def read_table(value: object, what: str) -> tuple[tuple[int, ...], ...]:
    """Read a connection table: for each map, the maps below that it reads, counted from 0.

    >>> read_table([[1, 0], [2]], "layer C3")
    ((0, 1), (2,))
    """
    rows = _items(value)
    if not rows:
        raise SpecError(
            f"{what}: the connection table is {shown(value)}; it takes one list of maps per map."
        )
    read: list[tuple[int, ...]] = []
    for m, row in enumerate(rows):
        inputs = [_index(c) for c in _items(row)]
        found = sorted({c for c in inputs if c is not None and c >= 0})
        if not found or len(found) != len(inputs):
            raise SpecError(
                f"{what}: row {m} of the connection table is {shown(row)};"
                " it takes one or more different input maps, counted from 0."
            )
        read.append(tuple(found))
    return tuple(read)


def read_choice(value: object, kind: str, choices: Sequence[str]) -> str:
    """Read one of a list of names.

    >>> read_choice("max", "pooling", ("mean", "max"))
    'max'
    """
    if isinstance(value, str) and value in choices:
        return value
    short = isinstance(value, str) and len(value) <= 60
    raise UnknownName(kind, str(value) if short else shown(value), choices)


class _Short(reprlib.Repr):
    """Python refuses to print whole numbers of thousands of digits; 3.14 tells their address."""

    def repr_int(self, x: int, level: int) -> str:
        return THOUSANDS if x.bit_length() > LONGEST else super().repr_int(x, level)


_SHORT = _Short()


def shown(value: object) -> str:
    """Write a value into a message, shortened where it is long."""
    try:
        text = _SHORT.repr(value)
    except ValueError:  # such a number within something that writes itself
        return THOUSANDS
    return text if len(text) <= 80 else f"{text[:77]}..."


def _index(value: object) -> int | None:
    # A mask of True and False is no list of map numbers, though Python counts with bools.
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return None
    try:
        return operator.index(value)
    except TypeError:  # an array of several numbers has the method and refuses
        return None


def _items(value: object) -> tuple[object, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(value)
    return ()
