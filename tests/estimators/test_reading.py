import numpy as np
import pytest
from sklearn.base import BaseEstimator

from simplecell.errors import DataError, TrainingError
from simplecell.estimators.reading import (
    picture_shape,
    read_rows,
    seed_of,
    threads_of,
    to_bytes,
    value_errors,
    value_range,
)


def test_bytes_and_whole_greys_lose_nothing() -> None:
    picture = np.arange(256).reshape(1, -1)
    for x in (picture.astype(np.uint8), picture.astype(np.float64), picture / 255):
        assert to_bytes(x, value_range(x, table=False)).tolist() == picture.tolist()
    few = np.arange(17.0).reshape(1, -1)
    levels = to_bytes(few, value_range(few, table=False))
    assert np.array_equal(np.rint(levels / 255 * 16), few)


def test_bytes_keep_their_meaning_where_a_set_has_no_white() -> None:
    dark = np.array([[10, 20]], np.uint8)
    assert to_bytes(dark, value_range(dark, table=False)).tolist() == [[10, 20]]


def test_each_column_of_a_table_has_a_range_that_no_stray_value_stretches() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 3)) * [1, 1e6, 0]
    x[0, 0] = 1e9
    levels = to_bytes(x, value_range(x, table=True))
    assert len(np.unique(levels[:, 1])) > 150
    assert np.unique(levels[:, 2]).tolist() == [0]
    assert levels[0, 0] == 255


def test_what_lies_outside_the_range_is_cut_off() -> None:
    limits = np.array([[0.0], [10.0]])
    assert to_bytes(np.array([[-5.0, 5.0, 15.0]]), limits).tolist() == [[0, 128, 255]]


def test_shapes_are_found_or_told() -> None:
    assert picture_shape(None, None, 784) == (1, 28, 28)
    assert picture_shape(None, None, 49) == (1, 1, 49)
    assert picture_shape(None, (3, 4, 5), 60) == (3, 4, 5)
    assert picture_shape((1, 64), None, 64) == (1, 1, 64)
    assert picture_shape([3, 4, 5], None, 60) == (3, 4, 5)


def test_colour_comes_with_its_channels_last_or_first() -> None:
    pictures = np.random.default_rng(0).random((2, 3, 8, 9))
    first, _, shape = read_rows(BaseEstimator(), pictures, "no", reset=True)
    last, _, same = read_rows(BaseEstimator(), np.moveaxis(pictures, 1, 3), "no", reset=True)
    assert shape == same == (3, 8, 9)
    assert np.array_equal(first, last)


def test_a_whole_number_is_its_own_seed() -> None:
    assert seed_of(7) == 7
    assert seed_of(np.random.RandomState(0)) == seed_of(np.random.RandomState(0)) != 0
    assert len({seed_of(None) for _ in range(5)}) > 1


def test_jobs_are_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simplecell.estimators.reading.processors", lambda: 8)
    assert [threads_of(n) for n in (None, -1, 3, -2, -20)] == [None, None, 3, 7, 1]


def test_errors_keep_their_words_and_divergence_its_name() -> None:
    with pytest.raises(ValueError, match="these words") as caught, value_errors():
        raise DataError("these words")
    assert isinstance(caught.value.__cause__, DataError)
    with pytest.raises(TrainingError), value_errors():
        raise TrainingError("diverged")
