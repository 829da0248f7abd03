"""A classifier on pooled features. Brief: C6."""

import numpy as np
import pytest

from simplecell.data.patches import rows
from simplecell.data.photographs import bundled_photographs
from simplecell.data.sources import load
from simplecell.errors import DataError
from simplecell.features.autoencoder import Settings
from simplecell.features.convolved import ConvolvedFeatures
from simplecell.features.dictionary import Dictionary, learn_dictionary
from simplecell.features.pooled import fit_pooled, standard_scale
from simplecell.features.softmax import fit_softmax

DIGITS = load("digits", size=28)
TRAIN, TEST = DIGITS.train, DIGITS.test
assert TEST is not None


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    settings = Settings(40, "linear", rho=0.05, decay=1e-3, beta=1)
    learnt = learn_dictionary(
        bundled_photographs(), 8, settings, count=5000, floor=0.01, iterations=60
    )
    return learnt.dictionary


def test_features_of_photographs_read_digits_better_than_pixels_do(dictionary: Dictionary) -> None:
    found = fit_pooled(ConvolvedFeatures(dictionary), TRAIN.pixels, TRAIN.labels, iterations=60)
    accuracy = found.classifier.accuracy_percent(TEST.pixels, TEST.labels)
    baseline = fit_softmax(rows(TRAIN.pixels), TRAIN.labels).softmax
    assert accuracy > 99
    assert accuracy > baseline.accuracy_percent(rows(TEST.pixels), TEST.labels) + 2
    right = found.classifier.predict(TEST.pixels) == TEST.labels
    assert accuracy == pytest.approx(100 * right.mean())


def test_the_scale_is_folded_into_the_weights(dictionary: Dictionary) -> None:
    features = ConvolvedFeatures(dictionary, dtype=np.float64)
    few = TRAIN.rows(np.arange(60))
    found = fit_pooled(features, few.pixels, few.labels, iterations=5)
    z = features.encode(few.pixels)
    mean, scale = standard_scale(z)
    wanted = found.fitted.softmax.scores((z - mean) / scale)
    np.testing.assert_allclose(found.classifier.scores(few.pixels), wanted, rtol=1e-9, atol=1e-9)


def test_a_feature_that_hardly_varies_is_not_blown_up() -> None:
    z = np.array([[0.0, 5.0, 1.0], [2.0, 5.0, 1.0 + 1e-9]])
    mean, scale = standard_scale(z)
    np.testing.assert_allclose(mean, [1, 5, 1])
    np.testing.assert_allclose(scale, [1, 1e-3 / 3, 1e-3 / 3], rtol=1e-6)


def test_pictures_that_all_look_alike_are_refused(dictionary: Dictionary) -> None:
    features = ConvolvedFeatures(dictionary)
    with pytest.raises(DataError, match="all 4 pictures have the same features"):
        fit_pooled(features, np.zeros((4, 1, 20, 20)), np.array([0, 1, 0, 1]))


def test_labels_and_pictures_must_match(dictionary: Dictionary) -> None:
    features = ConvolvedFeatures(dictionary)
    with pytest.raises(DataError, match="give one label per example"):
        fit_pooled(features, TRAIN.pixels[:4], TRAIN.labels[:5])
    classifier = fit_pooled(features, TRAIN.pixels[:30], TRAIN.labels[:30], iterations=2)
    with pytest.raises(DataError, match="there are no pictures"):
        classifier.classifier.predict(TRAIN.pixels[:0])
