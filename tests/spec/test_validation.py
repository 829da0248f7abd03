"""What is a figure, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.errors import SpecError
from simplecell.spec.validation import LARGEST, read_number, read_pair, read_table, read_whole

NO_COUNTS = [True, False, 0, -1, 5.0, "5", b"5", None, [5], float("nan"), {}, np.array([1, 2])]


@pytest.mark.parametrize("value", NO_COUNTS, ids=repr)
def test_what_is_no_count_is_refused_by_name(value: object) -> None:
    with pytest.raises(SpecError, match=r"layer C1: maps is .*; it takes a whole number"):
        read_whole(value, "layer C1: maps")


@given(st.integers(1, LARGEST))
def test_every_count_up_to_the_largest_is_read(number: int) -> None:
    assert read_whole(number, "n") == number


@pytest.mark.parametrize("digits", [18, 5000])
def test_a_number_past_the_largest_is_refused_without_printing_it(digits: int) -> None:
    with pytest.raises(SpecError, match="n is larger than 1,000,000,000,000,000,000") as caught:
        read_whole(10**digits + 1, "n")
    assert len(str(caught.value)) < 100


def test_numbers_of_numpy_become_plain_ints() -> None:
    assert type(read_whole(np.int64(6), "maps")) is int
    assert read_pair([np.uint8(5), 3], "kernel") == (5, 3)


@pytest.mark.parametrize("value", [5, [5, 5], (5, 5)])
def test_a_square_may_be_one_number(value: object) -> None:
    assert read_pair(value, "kernel") == (5, 5)


BAD_PAIRS = [True, 0, -5, 5.0, "55", None, [], [5], [5, 5, 5], [5, 0], [True, 5], (5, "5"), {5: 5}]


@pytest.mark.parametrize("value", BAD_PAIRS, ids=repr)
def test_what_is_no_pair_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match=r"kernel is .*: give one whole number, or \(height"):
        read_pair(value, "kernel")


def test_a_negative_number_of_thousands_of_digits_is_refused_too() -> None:
    with pytest.raises(SpecError, match="n is a number of thousands of digits"):
        read_whole(-(10**5000), "n")
    with pytest.raises(SpecError, match=r"\[1, a number of thousands of digits\]"):
        read_pair([1, -(10**5000)], "kernel")


def test_a_table_is_sorted_row_by_row() -> None:
    assert read_table([[2, 0], (np.int64(1),)], "layer C3") == ((0, 2), (1,))


BAD_ROWS = [[], [0, 0], [-1], ["0"], "01", 0, None, [0.0], [True, False], [[0]]]


@pytest.mark.parametrize("row", BAD_ROWS, ids=repr)
def test_a_bad_row_of_a_table_is_named_by_its_number(row: object) -> None:
    with pytest.raises(SpecError, match="layer C3: row 1 of the connection table is"):
        read_table([[0, 1], row], "layer C3")


@pytest.mark.parametrize("table", [[], "01", 3, {0: [1]}], ids=repr)
def test_what_is_no_table_is_refused(table: object) -> None:
    with pytest.raises(SpecError, match=r"layer C3: the connection table is .* per map"):
        read_table(table, "layer C3")


@pytest.mark.parametrize("value", [0, 0.25, np.float32(0.25), np.int64(3), 2**60])
def test_numbers_from_0_become_plain_floats(value: object) -> None:
    read = read_number(value, "strength")
    assert type(read) is float
    assert read == value


@pytest.mark.parametrize(
    "value", [True, -1, float("nan"), float("inf"), 10**400, "1", None, 1j, [1]], ids=repr
)
def test_what_is_no_number_from_0_is_refused_by_name(value: object) -> None:
    with pytest.raises(SpecError, match=r"strength is .*; it takes a number, 0 or more"):
        read_number(value, "strength")
