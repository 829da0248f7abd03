import numpy as np
import pytest

from simplecell.errors import DataError
from simplecell.formulas.examples import centre, check_examples, squeeze, standardise

RNG = np.random.default_rng(0)


def test_brightness_and_only_brightness_is_taken_away():
    x = RNG.normal(size=(5, 8))
    assert centre(x + 3 * RNG.normal(size=(5, 1))).mean(axis=1) == pytest.approx(np.zeros(5))
    assert centre(x + 7) == pytest.approx(centre(x))


def test_squeezed_patches_fill_a_tenth_to_nine_tenths():
    x = RNG.normal(size=(1000, 8))
    y = squeeze(x)
    assert (y.min(), y.max()) == pytest.approx((0.1, 0.9))
    assert squeeze(np.array([[0.0, 1.0]]), spread=2.0)[0, 0] == pytest.approx(0.5)
    inside = np.abs(x) < 3 * x.std()
    assert 0.99 < inside.mean() < 1
    assert np.corrcoef(x[inside], y[inside])[0, 1] == pytest.approx(1)


def test_new_patches_are_squeezed_as_the_old_ones_were():
    x = RNG.normal(size=(100, 8))
    c = 3 * x.std()
    assert np.array_equal(squeeze(x)[:3], squeeze(x[:3], spread=c))


def test_patches_that_are_all_alike_are_refused():
    with pytest.raises(DataError, match=r"the 4 patches vary by nothing"):
        squeeze(np.zeros((4, 9)))


def test_one_constant_patch_among_others_becomes_the_middle_grey():
    x = centre(np.vstack([np.full(8, 7.0), RNG.normal(size=8)]))
    assert squeeze(x)[0] == pytest.approx(np.full(8, 0.5))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_cells_that_are_no_numbers_are_counted_and_the_first_is_placed(wrong):
    x = np.zeros((5, 4))
    x[2, 3] = x[4, 0] = wrong
    with pytest.raises(DataError, match=r"2 of 20 cells .*\(2, 3\)"):
        check_examples(x)


def test_a_sum_beyond_all_numbers_is_not_taken_for_one():
    x = np.full((2, 2), np.finfo(np.float64).max)
    assert check_examples(x) is x


@pytest.mark.parametrize("shape", [(4,), (2, 3, 4), (0, 3), (3, 0)])
def test_what_are_no_rows_is_refused_by_its_shape(shape):
    with pytest.raises(DataError, match=r"shape .*; give rows"):
        check_examples(np.zeros(shape))


def test_bytes_are_refused_before_they_are_taken_for_0_to_255():
    with pytest.raises(DataError, match=r"type uint8; give floating point, e\.g\. pixels / 255"):
        check_examples(np.zeros((2, 2), np.uint8))


def test_standardised_examples_have_no_mean_and_the_deviation_of_the_floor() -> None:
    x = 5 + 3 * RNG.normal(size=(6, 40))
    y = standardise(x, 0.5)
    assert y.mean(axis=1) == pytest.approx(np.zeros(6), abs=1e-12)
    assert y.var(axis=1) == pytest.approx(x.var(axis=1) / (x.var(axis=1) + 0.5))


def test_neither_brightness_nor_contrast_is_left() -> None:
    x = RNG.normal(size=(4, 20))
    assert standardise(7 * x - 3, 1e-12) == pytest.approx(standardise(x, 1e-12))


def test_an_example_in_which_nothing_varies_becomes_nothing() -> None:
    assert standardise(np.full((1, 8), 9.0), 1e-6) == pytest.approx(np.zeros((1, 8)))


@pytest.mark.parametrize("floor", [0, -1, np.nan, np.inf])
def test_a_floor_that_is_none_is_refused(floor: float) -> None:
    with pytest.raises(DataError, match="give a little above 0"):
        standardise(np.eye(2), floor)
