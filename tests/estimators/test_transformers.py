import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from simplecell.estimators import ConvolvedFeatures, SoftmaxRegression, SparseAutoencoder
from simplecell.features.autoencoder import Settings, learn

Digits = tuple[np.ndarray, np.ndarray]


def test_the_autoencoder_is_the_one_of_features(digits: Digits) -> None:
    x = digits[0] / 16
    ours = SparseAutoencoder(12, iterations=20, random_state=3).fit(x)
    theirs = learn(
        x.astype(np.float32), Settings(12, "sigmoid", 0.1, 3e-3, 3.0), iterations=20, seed=3
    )
    assert np.array_equal(ours.components_, theirs.autoencoder.weights.w1)
    assert ours.decoder_ == "sigmoid"
    h = ours.transform(x)
    assert h == pytest.approx(theirs.autoencoder.encode(x), abs=1e-5)
    y = ours.inverse_transform(h)
    assert ours.score(x) == pytest.approx(-0.5 * ((y - x) ** 2).sum(axis=1).mean())


def test_values_beyond_one_take_the_linear_decoder(digits: Digits) -> None:
    model = SparseAutoencoder(4, iterations=3, random_state=0).fit(digits[0])
    assert model.decoder_ == "linear"
    with pytest.raises(ValueError, match="the sigmoid decoder gives 0 to 1"):
        clone(model).set_params(decoder="sigmoid").fit(digits[0])


def test_a_warm_start_lowers_the_cost_further(digits: Digits) -> None:
    x = digits[0] / 16
    model = SparseAutoencoder(8, iterations=10, warm_start=True, random_state=0).fit(x)
    before = model.loss_curve_[-1]
    assert model.fit(x).loss_curve_[0] <= before


@pytest.mark.parametrize(
    "transformer",
    [
        make_pipeline(MinMaxScaler(), SparseAutoencoder(25, iterations=60, random_state=0)),
        ConvolvedFeatures(20, iterations=40, patches=3000, random_state=0),
    ],
    ids=["autoencoder", "convolved"],
)
def test_features_without_labels_tell_digits_apart(transformer: object, digits: Digits) -> None:
    x, y = digits
    model = make_pipeline(transformer, SoftmaxRegression()).fit(x[:450], y[:450])
    assert model.score(x[450:], y[450:]) > 0.93


def test_convolved_features_are_named_counted_and_of_the_precision_of_x(digits: Digits) -> None:
    x = digits[0]
    model = ConvolvedFeatures(5, grid=(2, 9), iterations=3, patches=500, random_state=0).fit(x)
    # Patches of 4x4 leave maps of 5x5, so that nine columns of regions become five.
    assert (model.image_shape_, model.grid_) == ((1, 8, 8), (2, 5))
    assert model.transform(x).shape == (600, 50)
    assert len(model.get_feature_names_out()) == 50
    assert model.transform(x.astype(np.float32)).dtype == np.float32
    narrow, wide = model.transform(x.astype(np.float32)), model.transform(x)
    assert wide.dtype == np.float64
    assert narrow == pytest.approx(wide, abs=1e-5)


def test_pictures_of_colour_have_features_too() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (30, 12, 10, 3)).astype(np.uint8)
    model = ConvolvedFeatures(4, patch=(3, 2), grid=(1, 2), iterations=3, patches=400)
    assert model.fit_transform(pictures).shape == (30, 8)
    assert model.dictionary_.shape == (3, 3, 2)
    with pytest.raises(ValueError, match="those of fit were"):
        model.transform(pictures.reshape(30, 10, 12, 3))


def test_pooling_that_cannot_be_is_refused_before_anything_is_learnt(
    digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simplecell.estimators.convolved.learn_dictionary", None)
    with pytest.raises(ValueError, match="no pooling is called 'median'"):
        ConvolvedFeatures(pooling="median").fit(digits[0])
    with pytest.raises(ValueError, match="grid is"):
        ConvolvedFeatures(grid=(0, 3)).fit(digits[0])
    with pytest.raises(ValueError, match="does not fit"):
        ConvolvedFeatures(patch=9).fit(digits[0])
