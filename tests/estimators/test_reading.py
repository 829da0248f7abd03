import numpy as np
import pytest
from sklearn.base import BaseEstimator

from simplecell.errors import DataError, TrainingError
from simplecell.estimators import ConvNetClassifier
from simplecell.estimators.reading import (
    check_range,
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


@pytest.mark.parametrize("shape", [(5, 9, 9, 4), (5, 4, 9, 9), (5, 9, 9, 2)])
def test_four_channels_are_refused_and_not_taken_for_the_width(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pictures have 1 or 3 channels, first or last") as caught:
        read_rows(ConvNetClassifier(), np.ones(shape), "no", reset=True)
    assert ("X[..., :3]" in str(caught.value)) == (shape[3] == 4)
    told = ConvNetClassifier(image_shape=(shape[3], 9, 9))
    if shape[3] < 9:
        assert read_rows(told, np.ones(shape), "no", reset=True)[2] == (shape[3], 9, 9)


@pytest.mark.parametrize("shape", [(5, 3, 3, 3), (5, 3, 9, 3), (5, 1, 9, 1)])
def test_channels_at_both_ends_are_asked_about(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="channels may come first or last: say image_shape="):
        read_rows(ConvNetClassifier(), np.ones(shape), "no", reset=True)
    last = (shape[3], shape[1], shape[2])
    for told in {shape[1:], last}:
        estimator = ConvNetClassifier(image_shape=told)
        assert read_rows(estimator, np.ones(shape), "no", reset=True)[2] == told


@pytest.mark.parametrize(
    ("values", "limits"),
    [((0, 1), (0, 255)), ((0, 1), (0, 16)), ((0, 16), (0, 255)), ((0, 255), (0, 1)),
     ((-1, 1), (0, 1)), ((-1, 1), (0, 255)), ((0, 255), (-1, 1)), ((0, 255), (0, 16)),
     ((0, 65535), (0, 255))],
)  # fmt: skip
def test_other_units_than_those_of_fit_are_refused(
    values: tuple[float, float], limits: tuple[float, float]
) -> None:
    ink = np.where(np.arange(784) % 20 == 0, 1.0, 0.0).reshape(1, -1)
    x = values[0] + ink * (values[1] - values[0])
    fitted = np.array(limits, float).reshape(2, 1)
    words = (
        f"X reaches from {values[0]:g} to {values[1]:g}, and what fit saw from {limits[0]:g} to"
        f" {limits[1]:g}: give X in the units of fit"
    )
    with pytest.raises(ValueError, match=words):
        check_range(x, fitted)


def test_dark_pictures_empty_ones_and_stray_values_are_no_other_units() -> None:
    limits, x = np.array([[0.0], [255.0]]), np.zeros((1, 784))
    check_range(x, limits)
    check_range(np.full((1, 784), 30.0) + np.arange(784) % 3, limits)
    check_range((np.arange(784) % 9).astype(np.uint8)[None], limits)
    x[0, :10] = 9000
    check_range(x, limits)
    scaled = np.random.default_rng(0).normal(size=(1, 784))
    check_range(scaled, np.array([[-3.0], [40.0]]))
