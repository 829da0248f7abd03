"""Rows of digits are read, without being told how many there are.   Brief: C12, F"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simplecell.data.normalise import published
from simplecell.data.rows import NONE, Rows, make_rows, windows
from simplecell.data.sources import Dataset, load
from simplecell.engines.choose import engine
from simplecell.engines.parameters import initial_parameters
from simplecell.errors import DataError, ModelError
from simplecell.formulas.path import Found
from simplecell.spec.zoo import find
from simplecell.train.loop import fit
from simplecell.train.model import Model
from simplecell.train.rows import (
    DECODING,
    Decoding,
    Reading,
    Score,
    decode,
    look,
    read_rows,
    score,
)

CLASSES = ("a", "b", NONE)
COLUMNS = np.arange(16, 16 + 2 * 6, 2)
EVERY_SECOND = Decoding(shifts=2, near=1, far=2, apart=4, price=0)


@pytest.fixture(scope="module")
def reader() -> Model:
    """LeNet-5 taught on rows written with 1,438 digits: a second's work."""
    digits = load("digits", size=28)
    cut = windows(digits.train, 10, 1000)
    taught = Dataset("digits-rows", (*digits.classes, NONE), cut, None)
    return fit(find("lenet5_rows"), taught, epochs=4, threads=1).model


@pytest.fixture(scope="module")
def rows_of() -> Callable[..., Rows]:
    test = load("digits", size=28).test
    assert test is not None

    def make(digits: int, gap: tuple[int, int]) -> Rows:
        return make_rows(test, 60, digits, gap=gap, seed=3)

    return make


@pytest.mark.parametrize("digits", [1, 3, 8])
def test_rows_of_any_length_are_read(
    reader: Model, rows_of: Callable[..., Rows], digits: int
) -> None:
    rows = rows_of(digits, (-3, 3))
    held = score(read_rows(reader, rows.pixels, threads=1), rows)
    # Measured: 2 to 6 % of digits wrong; a reader that is told nothing is wrong in all.
    assert held.digit_error_percent < 12
    assert held.digits == 60 * digits


def test_nothing_is_read_on_an_empty_row(reader: Model) -> None:
    (reading,) = read_rows(reader, np.zeros((1, 1, 32, 90), np.uint8), threads=1)
    assert reading.text == ""
    assert (reading.answers.argmax(axis=1) == 10).all()


def test_every_place_has_its_answer_in_order(reader: Model, rows_of: Callable[..., Rows]) -> None:
    rows = rows_of(3, (0, 3))
    chosen = engine("lanes", 1)
    coarse, columns = look(reader, rows.pixels, 1, chosen)
    fine, between = look(reader, rows.pixels, 4, chosen)
    assert columns.tolist()[:3] == [16, 20, 24]
    assert between.tolist()[:6] == [16, 17, 18, 19, 20, 21]
    np.testing.assert_allclose(fine[:, ::4], coarse, atol=1e-5)
    moved, _ = look(reader, rows.pixels[..., 3:], 1, chosen)
    np.testing.assert_allclose(moved[:, :5], fine[:, 3:23:4], atol=1e-5)
    np.testing.assert_allclose(fine.sum(axis=2), 1, atol=1e-5)


def test_a_digit_is_read_where_it_stands(reader: Model, rows_of: Callable[..., Rows]) -> None:
    rows = rows_of(3, (2, 6))
    readings = read_rows(reader, rows.pixels, threads=1)
    right = [k for k, r in enumerate(readings) if len(r.digits) == 3]
    assert len(right) > 40
    for k in right:
        middles = [readings[k].columns[one.place] for one in readings[k].digits]
        assert np.abs(np.array(middles) - rows.centres[k]).max() < 6


def test_a_row_is_read_the_same_alone_and_among_others(
    reader: Model, rows_of: Callable[..., Rows]
) -> None:
    pixels = rows_of(3, (0, 3)).pixels[:20]
    together = [one.text for one in read_rows(reader, pixels, threads=1)]
    assert together == [read_rows(reader, one[None], threads=1)[0].text for one in pixels]


def answers(*labels: int) -> np.ndarray:
    shares = np.full((1, len(labels), 3), 0.02)
    shares[0, np.arange(len(labels)), labels] = 0.96
    return shares


def test_what_is_read_is_the_names_of_the_classes_on_the_path() -> None:
    (reading,) = decode(CLASSES, answers(2, 0, 2, 2, 1, 2), COLUMNS, EVERY_SECOND)
    assert reading.text == "ab"
    assert reading.digits == (Found(1, 0), Found(4, 1))


def test_columns_are_counted_whatever_lies_between_two_places() -> None:
    row = answers(2, 0, 0, 0, 2, 1, 1, 1, 2)
    fine, coarse = Decoding(near=1, far=3, apart=3), Decoding(near=2, far=6, apart=6)
    found = [
        decode(CLASSES, row, apart * np.arange(9), told)[0].digits
        for apart, told in ((1, fine), (2, coarse))
    ]
    assert found[0] == found[1] == (Found(2, 0), Found(6, 1))


def test_a_probability_of_0_is_no_end_of_the_world() -> None:
    sure = np.eye(3)[None, [2, 0, 2, 2, 1, 2]]
    assert decode(CLASSES, sure, COLUMNS, EVERY_SECOND)[0].text == "ab"


def test_rows_and_digits_are_scored_apart() -> None:
    rows = Rows(
        np.zeros((3, 1, 32, 40), np.uint8),
        np.array([[0, 1], [1, 1], [0, 0]]),
        np.ones((3, 2), np.int64),
    )
    paths = [
        tuple(Found(k, label) for k, label in enumerate(labels))
        for labels in ([0, 1], [1], [1, 1, 1])
    ]
    read = [Reading("", path, np.zeros(0), COLUMNS) for path in paths]
    held = score(read, rows)
    assert held == Score(rows=3, right=1, digits=6, edits=4)
    assert held.rows_percent == pytest.approx(100 / 3)
    assert held.digit_error_percent == pytest.approx(400 / 6)


def test_a_network_that_does_not_know_none_is_sent_to_be_taught() -> None:
    network = find("lenet5")
    model = Model(network, initial_parameters(network, 0), published(), tuple("0123456789"))
    with pytest.raises(ModelError) as caught:
        read_rows(model, np.zeros((1, 1, 32, 40), np.uint8))
    assert str(caught.value) == (
        "this lenet5 knows no class 'none': it was never shown what lies between two digits.\n"
        "  Train one that was: simplecell train mnist-rows --net lenet5_rows\n"
        "  Single pictures are read by simplecell predict."
    )


def test_rows_of_another_height_and_shifts_that_do_not_divide_are_refused(reader: Model) -> None:
    with pytest.raises(DataError, match="reads rows of 1 x 32 pixels high; these are 1 x 28"):
        read_rows(reader, np.zeros((1, 1, 28, 90), np.uint8))
    with pytest.raises(DataError, match="steps of 4 columns, which 3 shifts do not divide"):
        odd = replace(DECODING, shifts=3)
        read_rows(reader, np.zeros((1, 1, 32, 90), np.uint8), decoding=odd)
