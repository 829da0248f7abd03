"""What is done to pixels is measured once, and done alike to whatever comes later."""

import numpy as np
import pytest

from simplecell.errors import DataError
from simplecell.features.preparation import Preparation, prepare

RNG = np.random.default_rng(5)
PATCHES = RNG.integers(0, 256, (300, 1, 4, 5), dtype=np.uint8)


def test_pixels_are_read_as_0_to_1_where_nothing_is_asked_for():
    x = prepare(PATCHES).apply(PATCHES)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, PATCHES.reshape(300, 20) / 255, rtol=1e-6)


def test_centred_and_squeezed_patches_are_the_tutorials():
    """Each loses its mean; three deviations of what is left become 0.1 .. 0.9."""
    x = PATCHES.reshape(300, 20) / 255
    x = x - x.mean(axis=1, keepdims=True)
    limit = 3 * x.std()
    expected = 0.5 + 0.4 * np.clip(x, -limit, limit) / limit
    got = prepare(PATCHES, centred=True, squeezed=True).apply(PATCHES)
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_whitened_patches_have_the_identity_for_covariance():
    x = prepare(PATCHES, epsilon=0.0).apply(PATCHES).astype(np.float64)
    away = x - x.mean(axis=0)
    np.testing.assert_allclose(away.T @ away / len(x), np.eye(20), atol=1e-5)


def test_new_patches_are_prepared_as_those_that_were_learnt_from():
    """A patch comes out the same alone as among the others."""
    told = prepare(PATCHES, centred=True, epsilon=0.1, squeezed=True)
    np.testing.assert_allclose(told.apply(PATCHES[:3]), told.apply(PATCHES)[:3], atol=1e-6)


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("epsilon", [None, 0.1])
def test_a_pattern_is_the_weights_as_the_pixels_feel_them(centred, epsilon):
    """What a unit hears of a patch, w1 . prepared, moves by pattern . change of the patch."""
    told = prepare(PATCHES, centred=centred, epsilon=epsilon)
    w1 = RNG.normal(size=(6, 20))
    pattern = told.patterns(w1).reshape(6, 20)
    one = RNG.random((1, 1, 4, 5))
    other = RNG.random((1, 1, 4, 5))
    heard = (told.apply(other) - told.apply(one)).astype(np.float64) @ w1.T
    np.testing.assert_allclose(heard, (other - one).reshape(1, 20) @ pattern.T, atol=1e-4)


def test_patches_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"see patches of 1x4x5; these are of 1x5x4"):
        Preparation((1, 4, 5)).apply(PATCHES.transpose(0, 1, 3, 2))


def test_patches_that_vary_by_nothing_are_refused():
    grey = np.full((10, 1, 3, 3), 7, np.uint8)
    with pytest.raises(DataError, match="all 10 patches are the same"):
        prepare(grey, centred=True, squeezed=True)


def test_fewer_patches_than_pixels_cannot_be_whitened():
    with pytest.raises(DataError, match="20 patches of 20 cells"):
        prepare(PATCHES[:20], epsilon=0.1)
