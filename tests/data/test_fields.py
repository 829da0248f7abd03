"""Digits of a row put together to numbers, and numbers to columns."""

from simplecell.data.fields import fields
from simplecell.data.strokes import Box


def row(top: int, *lefts: int) -> list[Box]:
    return [Box(top, left, top + 20, left + 12) for left in lefts]


def test_a_wide_gap_ends_a_number_and_columns_stand_below_each_other() -> None:
    rows = [row(0, 0, 16, 32, 100, 116), row(40, 4, 20, 200), row(80, 102)]
    found = [(one.row, one.column, len(one.digits)) for one in fields(rows)]
    assert found == [(0, 0, 3), (0, 1, 2), (1, 0, 2), (1, 2, 1), (2, 1, 1)]
    assert [k for one in fields(rows) for k in one.digits] == list(range(9))


def test_digits_set_apart_alike_are_one_number() -> None:
    assert [one.digits for one in fields([row(0, 0, 40, 80, 120)])] == [(0, 1, 2, 3)]
    assert fields([]) == []
