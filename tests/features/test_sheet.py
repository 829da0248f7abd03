"""A sheet shows every feature at its own scale, in an order that means something."""

import numpy as np
import pytest

from simplecell.errors import DataError, UnknownName
from simplecell.features.sheet import (
    alike,
    arranged,
    bytes_of,
    frequencies,
    gabor_shares,
    normalised,
    orientations,
    sheet,
)
from simplecell.formulas.gabor import Gabor, gabor


def wave(orientation: float, wavelength: float, side: int = 12) -> np.ndarray:
    return gabor(Gabor(1, 0, 0, orientation, wavelength, 0.4, side / 4, 1), (side, side))[None]


@pytest.mark.parametrize("angle", [0.3, 1.1, 1.9, 2.8])
def test_the_orientation_is_the_gabor_functions(angle: float):
    assert orientations(wave(angle, 4)[None])[0] == pytest.approx(angle, abs=0.05)


def test_the_frequency_is_one_over_the_wavelength():
    assert frequencies(wave(0.7, 4)[None])[0] == pytest.approx(1 / 4, rel=0.06)


def test_features_are_sorted_by_angle_by_frequency_or_not_at_all():
    patterns = np.stack([wave(2.0, 3), wave(0.5, 5), wave(1.2, 4)])
    assert arranged(patterns, "orientation").tolist() == [1, 2, 0]
    assert arranged(patterns, "frequency").tolist() == [1, 2, 0]
    assert arranged(patterns[::-1], "none").tolist() == [0, 1, 2]
    with pytest.raises(UnknownName, match="did you mean 'frequency'"):
        arranged(patterns, "frequenzy")


def test_a_flat_pattern_breaks_nothing():
    patterns = np.concatenate([np.ones((1, 1, 6, 6)), wave(0.5, 3, 6)[None]])
    assert np.isfinite(orientations(patterns)).all()
    assert frequencies(patterns)[0] == 0
    assert normalised(patterns)[0].max() - normalised(patterns)[0].min() == 0
    shares = gabor_shares(patterns)
    assert shares[0] == 0
    assert shares[1] == pytest.approx(1, abs=1e-6)


def test_gabor_functions_are_fitted_to_the_channel_that_varies_most():
    noise = 0.01 * np.random.default_rng(0).normal(size=(2, 8, 8))
    assert gabor_shares(np.stack([*noise, *wave(0.9, 4, 8)])[None])[0] > 0.99


def test_every_feature_fills_its_own_scale():
    """A feature a thousand times weaker is drawn as strong; its mean is grey."""
    pattern = wave(0.5, 4)
    shown = normalised(np.stack([pattern, pattern / 1000 + 5]))
    np.testing.assert_allclose(shown[0].astype(int), shown[1], atol=1)
    assert min(255 - int(shown.max()), int(shown.min())) == 0


def test_output_is_shown_at_its_inputs_scale():
    x = np.array([[[[0.0, 1.0]]]])
    first, second = alike(x, 0.5 + (x - 0.5) / 2)
    assert first.ravel().tolist() == [0, 255]
    assert second.ravel().tolist() == [64, 191]
    assert bytes_of(np.array([-1.0, 0.5, 2.0])).tolist() == [0, 128, 255]


def test_pictures_lie_row_after_row_with_lines_between():
    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None] + np.full((3, 1, 2, 2), 100, "u1")
    got = sheet(pictures, columns=2, scale=2)
    assert got.shape == (2 * 4 + 3, 2 * 4 + 3, 3)
    assert got[1:5, 1:5].tolist() == np.full((4, 4, 3), 100).tolist()
    assert got[1, 6, 0] == 101
    assert got[6, 1, 0] == 102
    assert set(got[0].ravel()) == set(got[6:, 6:].ravel()) == {40}


def test_no_pictures_make_no_sheet():
    with pytest.raises(DataError, match="one at least"):
        sheet(np.empty((0, 1, 2, 2), np.uint8))
    with pytest.raises(DataError, match="features, channels"):
        orientations(np.ones((3, 4)))
