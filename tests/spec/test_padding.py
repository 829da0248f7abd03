"""Padding read, "same" turned into numbers, and windows counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.errors import SpecError
from simplecell.spec.padding import NO_PADS, places, read_padding, resolved

SIZES, SMALL = st.integers(1, 40), st.integers(1, 7)


@pytest.mark.parametrize(
    "value",
    [-1, 1.5, True, "valid", None, (1,), (1, 2, 3), ((1, 2), (3,)), (1, -1), ((1, "x"), 0)],
)
def test_what_is_no_padding_is_refused_with_what_is_taken(value: object) -> None:
    with pytest.raises(SpecError, match=r"layer C1: padding is .*; give a number.*\"same\"") as it:
        read_padding(value, "layer C1")
    assert "\n" not in str(it.value)


def test_a_side_may_have_padding_of_its_own() -> None:
    assert read_padding(((1, 2), (0, 3)), "layer C1") == ((1, 2), (0, 3))
    assert read_padding([1, [0, 3]], "layer C1") == ((1, 1), (0, 3))
    assert read_padding(0, "layer C1") == NO_PADS


@given(SIZES, SMALL, SMALL)
def test_same_gives_as_many_places_as_the_stride_leaves(
    size: int, window: int, stride: int
) -> None:
    rows, columns = resolved("same", (size, size), (window, window), (stride, stride))
    assert rows == columns
    assert places(size, window, stride, rows) == -(-size // stride)
    assert rows[1] - rows[0] in (0, 1)
    assert max(rows) < window, "every window has a cell of the map"


def test_numbers_stay_as_they_are() -> None:
    assert resolved(((1, 0), (2, 3)), (5, 5), (3, 3), (1, 1)) == ((1, 0), (2, 3))


@given(SIZES, SMALL, SMALL, st.integers(0, 6), st.integers(0, 6))
def test_ceil_drops_a_window_that_begins_behind_the_map(
    size: int, window: int, stride: int, before: int, after: int
) -> None:
    if before >= window or after >= window or size + before + after < window:
        return
    low = places(size, window, stride, (before, after))
    high = places(size, window, stride, (before, after), ceil=True)
    starts = [n * stride - before for n in range(size + window)]
    end = size + after
    assert low == sum(start + window <= end for start in starts)
    over = starts[low - 1] + window < end
    assert high == low + (over and starts[low] < size)
