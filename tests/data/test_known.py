"""What is known of a data set by its name is so, and refuses what cannot fit."""

import re

import pytest

from simplecell.data.known import Known, check_known, known
from simplecell.data.sources import NAMES, load
from simplecell.errors import DataError

DIGITS = tuple("0123456789")


def test_something_is_known_of_every_data_set() -> None:
    assert all(isinstance(known(name), Known) for name in NAMES)
    assert known("some-folder") is None


@pytest.mark.parametrize("name", ["digits", "digits-rows"])
def test_what_is_known_is_what_is_loaded(name: str) -> None:
    there, data = known(name), load(name)
    assert there == Known(data.classes, data.train.pixels.shape[1:])


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_digits_fit_a_model_of_digits(name: str) -> None:
    check_known(name, DIGITS, (1, 32, 32), named=True)


def test_classes_that_are_only_numbers_may_be_anybodys() -> None:
    check_known("fashion-mnist", DIGITS, (1, 32, 32), named=False)


@pytest.mark.parametrize(
    ("name", "classes", "shape", "message"),
    [
        (
            "fashion-mnist", DIGITS, (1, 32, 32),
            "fashion-mnist has 10 classes (T-shirt/top, Trouser, Pullover, Dress, Coat …), and"
            " lenet5 knows 10 (0, 1, 2, 3, 4 …)."
        ),
        ("mnist", ("owl", "heron"), (1, 32, 32), "mnist has 10 classes (0, 1, 2, 3, 4 …)"),
        ("mnist", DIGITS, (1, 8, 8), "mnist has pictures of 1x28x28, and lenet5"),
        ("mnist", DIGITS, (3, 32, 32), "reads 3x32x32"),
        ("stl10", DIGITS, (1, 32, 32), "stl10 has 10 classes (airplane"),
    ],
)  # fmt: skip
def test_what_cannot_fit_is_refused(
    name: str, classes: tuple[str, ...], shape: tuple[int, int, int], message: str
) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        check_known(name, classes, shape, named=True, network="lenet5")
