from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from simplecell.errors import TrainingError
from simplecell.estimators import ConvNetClassifier
from simplecell.estimators.convnet import Patience, steady
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.history import Epoch
from simplecell.train.model import load_model
from simplecell.train.recipes import recipe
from simplecell.train.schedules import Schedule

Digits = tuple[np.ndarray, np.ndarray]


def test_a_pipeline_in_a_search_learns_digits(net: ConvNetClassifier, digits: Digits) -> None:
    x, y = digits
    search = GridSearchCV(
        make_pipeline(MinMaxScaler(), net),
        {"convnetclassifier__epochs": [1, 4], "convnetclassifier__network": ["auto", "lenet5"]},
        cv=2,
    )
    search.fit(x[:450], y[:450])
    assert search.best_params_["convnetclassifier__epochs"] == 4
    assert search.score(x[450:], y[450:]) > 0.93


def test_rows_and_pictures_of_every_layout_are_the_same(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    p = net.fit(x, y).predict_proba(x[:9])
    assert net.image_shape_ == (1, 8, 8)
    for shape in ((-1, 8, 8), (-1, 1, 8, 8), (-1, 8, 8, 1)):
        again = clone(net).fit(x.reshape(shape), y)
        assert np.array_equal(again.predict_proba(x[:9].reshape(shape)), p)


def test_pictures_turned_on_their_side_are_refused_though_the_cells_are_as_many(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    net.fit(x.reshape(-1, 8, 8), y)
    with pytest.raises(ValueError, match=r"shape \(1, 4, 16\); those of fit were \(1, 8, 8\)"):
        net.predict(x.reshape(-1, 4, 16))


def test_labels_may_be_text(net: ConvNetClassifier, digits: Digits) -> None:
    x, y = digits
    names = np.array(["zero", "one", "two", "three"])
    named = clone(net).fit(x, names[y])
    assert named.classes_.tolist() == sorted(names)
    assert named.model_.classes == tuple(sorted(names))
    assert named.score(x, names[y]) > 0.93


def test_what_is_learnt_does_not_depend_on_the_order_of_rows_nor_on_threads(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    p = net.fit(x, y).predict_proba(x)
    mixed = np.random.default_rng(0).permutation(len(x))
    other = clone(net).set_params(n_jobs=2).fit(x[mixed], y[mixed])
    assert np.array_equal(other.predict_proba(x), p)


def test_an_answer_does_not_depend_on_who_else_is_asked_about(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    p = net.fit(x, y).predict_proba(x[:40])
    assert all(np.array_equal(net.predict_proba(x[k : k + 1])[0], p[k]) for k in range(40))


def test_passes_over_the_same_rows_are_the_epochs_of_fit(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    constant = replace(recipe("fast"), schedule=Schedule("constant", 0.003))
    net.set_params(recipe=constant, rate=None, epochs=3)
    whole = clone(net).fit(x, y)
    for _ in range(3):
        net.partial_fit(x, y, classes=[0, 1, 2, 3])
    for name, w in whole.model_.parameters.items():
        assert np.array_equal(net.model_.parameters[name], w), name
    assert net.loss_curve_ == whole.loss_curve_
    # And on from there, the rule's running means kept.
    longer = clone(net).set_params(epochs=4).fit(x, y)
    assert np.array_equal(whole.partial_fit(x, y).predict_proba(x), longer.predict_proba(x))


def test_a_stream_of_portions_is_learnt_as_well_as_the_whole(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    for _ in range(4):
        for start in range(0, 450, 90):
            part = slice(start, start + 90)
            net.partial_fit(x[part], y[part], classes=[0, 1, 2, 3])
    assert net.n_iter_ == 20
    assert net.score(x[450:], y[450:]) > 0.93


def test_a_stream_takes_the_mean_rate_of_its_recipe() -> None:
    fast = recipe("fast")
    # Up from a tenth in a tenth of the run, then down along half a cosine: a mean of about half.
    assert steady(fast).schedule.shape == "constant"
    assert steady(fast).schedule.rate == pytest.approx(fast.schedule.rate * 0.505, rel=0.01)
    assert steady(recipe("sgd")) == recipe("sgd")


def test_portions_of_one_class_are_taken_and_unknown_labels_are_not(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    with pytest.raises(ValueError, match="the first call of partial_fit takes classes"):
        net.partial_fit(x, y)
    net.partial_fit(x[y == 2], y[y == 2], classes=[0, 1, 2])
    with pytest.raises(ValueError, match="y has the label 3; the classes are"):
        net.partial_fit(x[y == 3], y[y == 3])
    with pytest.raises(ValueError, match="they cannot change"):
        net.partial_fit(x, y, classes=[0, 1, 2, 3])
    net.set_params(class_weight="balanced")
    with pytest.raises(ValueError, match="nobody can say how the classes are balanced"):
        net.partial_fit(x[y == 2], y[y == 2])


def test_patience_ends_after_so_many_epochs_without_a_rise() -> None:
    patience = Patience(2, 0.01)
    errors = [50.0, 40.0, 39.5, 38.0, 38.0, 37.5]
    ended = []
    for k, error in enumerate(errors, start=1):
        patience.epoch(Epoch(k, 1.0, 1.0, error, 0.1, 0.0))
        ended.append(patience.enough())
    assert ended == [False, False, False, False, False, True]


def test_early_stopping_stops_before_the_last_epoch_and_not_without_it(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    net.set_params(epochs=40, n_iter_no_change=2, tol=0.02, validation_fraction=0.25)
    assert clone(net).set_params(epochs=5).fit(x, y).n_iter_ == 5
    net.set_params(early_stopping=True).fit(x, y)
    assert net.n_iter_ < 40
    scores = net.validation_scores_
    assert scores is not None
    assert len(scores) == net.n_iter_
    assert max(scores[-2:]) <= max(scores[:-2]) + 0.02
    # A portion is not judged.
    assert net.partial_fit(x, y).validation_scores_ == scores
    with pytest.raises(ValueError, match="test_size"):
        net.set_params(validation_fraction=2.0).fit(x, y)


def test_a_warm_start_goes_on_from_the_weights_there_are(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    net.set_params(epochs=1, warm_start=True).fit(x, y)
    first = net.loss_curve_[0]
    net.fit(x, y)
    assert net.loss_curve_[0] < 0.7 * first
    net.set_params(warm_start=False).fit(x, y)
    assert net.loss_curve_[0] == first


def test_weights_of_examples_are_repetitions_with_early_stopping_too(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    net.set_params(early_stopping=True, epochs=2)
    absent = np.arange(len(x)) % 5 == 0
    weights = np.where(absent, 0, 1)
    p = clone(net).fit(x, y, sample_weight=weights).predict_proba(x)
    assert np.array_equal(clone(net).fit(x[~absent], y[~absent]).predict_proba(x), p)
    weights[0 if weights[0] else 1] = 3
    assert not np.array_equal(net.fit(x, y, sample_weight=weights).predict_proba(x), p)


def test_a_class_that_weighs_more_is_answered_more_often(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    noise = np.random.default_rng(0).permutation(y)
    net.set_params(class_weight={1: 3.5})
    answers = net.fit(x, noise).predict(x)
    assert (answers == 1).mean() > 0.6


def test_a_network_is_named_given_or_read_and_fitted_to_the_classes(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    net.set_params(epochs=1)
    tutorial = clone(net).set_params(network="lenet5_tutorial").fit(x, y)
    assert tutorial.model_.network.classes == 4
    assert tutorial.model_.network.input == (1, 32, 32)
    rbf = clone(net).set_params(network="lenet5").fit(x, y)
    assert rbf.model_.network.classes == 10
    assert rbf.predict_proba(x[:5]).shape == (5, 4)
    own = Network("own", (1, 8, 8), (Dense("F1", 4, "softmax"),))
    assert clone(net).set_params(network=own).fit(x, y).model_.network == own
    with pytest.raises(ValueError, match="did you mean 'lenet5'"):
        clone(net).set_params(network="lenet6").fit(x, y)
    narrow = Network("narrow", (1, 8, 8), (Dense("F1", 3, "softmax"),))
    with pytest.raises(ValueError, match="narrow"):
        clone(net).set_params(network=narrow).fit(x, y)


def test_the_model_it_saves_answers_as_it_does(
    net: ConvNetClassifier, digits: Digits, tmp_path: pytest.TempPathFactory
) -> None:
    from simplecell.engines.choose import engine
    from simplecell.train.answer import answers

    x, y = digits
    net.fit(x, y)
    file = f"{tmp_path}/digits.safetensors"
    net.model_.save(file)
    pixels = np.rint(x[:20].reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)
    found = answers(load_model(file), pixels, engine("lanes", 1))
    assert [answer.label for answer in found] == net.predict(x[:20]).tolist()


def test_what_cannot_be_is_refused_as_a_wrong_value_and_divergence_as_what_it_is(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    for told, words in (
        ({"recipe": "fats"}, "did you mean 'fast'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"image_shape": (7, 7)}, "image_shape is"),
        ({"image_shape": 8}, "image_shape is 8"),
        ({"n_jobs": 0}, "n_jobs is 0"),
        ({"engine": "jax"}, "no engine is called"),
    ):
        with pytest.raises(ValueError, match=words):
            clone(net).set_params(**told).fit(x, y)
    with pytest.raises(TrainingError, match="diverged"):
        net.set_params(recipe="sgd", rate=1e9).fit(x, y)


def test_frames_keep_their_columns_names(net: ConvNetClassifier, digits: Digits) -> None:
    pandas = pytest.importorskip("pandas")
    x, y = digits
    frame = pandas.DataFrame(x, columns=[f"pixel{k}" for k in range(64)])
    named = clone(net).fit(frame, pandas.Series(y))
    assert named.feature_names_in_[1] == "pixel1"
    assert np.array_equal(named.predict_proba(frame), net.fit(x, y).predict_proba(x))
    with pytest.raises(ValueError, match="feature names"):
        named.predict(frame.rename(columns={"pixel1": "dot1"}))


def test_arrays_of_other_libraries_are_taken_over(net: ConvNetClassifier, digits: Digits) -> None:
    class Foreign:
        """An array that only knows DLPack."""

        def __init__(self, values: np.ndarray) -> None:
            self.values = values
            self.ndim = values.ndim

        def __dlpack__(self, **told: object) -> object:
            return self.values.__dlpack__(**told)

        def __dlpack_device__(self) -> tuple[int, int]:
            return self.values.__dlpack_device__()

    x, y = digits
    p = clone(net).fit(Foreign(x), Foreign(y)).predict_proba(Foreign(x))
    assert np.array_equal(p, net.fit(x, y).predict_proba(x))


def test_pictures_in_other_units_are_refused_in_one_sentence(
    net: ConvNetClassifier, digits: Digits
) -> None:
    """Fitted on 0..255 and asked with 0..1 it once answered, with 9.9 % right and no word."""
    x, y = digits
    net.fit(x / 16 * 255, y)
    assert net.score(x / 16 * 255, y) > 0.9
    for other in (x / 16, x, x.astype(np.uint8) // 16):
        with pytest.raises(
            ValueError, match=r"and what fit saw from 0 to 255: give X in the units"
        ):
            net.predict(other)
    with pytest.raises(ValueError, match="give X in the units of fit"):
        clone(net).set_params(warm_start=True).fit(x, y).fit(x / 16, y)


def test_pictures_with_an_alpha_channel_are_refused(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    rgba = np.stack([x.reshape(-1, 8, 8)] * 4, 3)
    with pytest.raises(ValueError, match="pictures have 1 or 3 channels"):
        net.fit(rgba, y)
    net.fit(rgba[..., :3], y)
    assert net.image_shape_ == (3, 8, 8)
    with pytest.raises(ValueError, match="pictures have 1 or 3 channels"):
        net.predict(rgba)


def test_pictures_in_lists_are_pictures_and_paths_are_refused(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    pictures = (x * 15.9).astype(np.uint8).reshape(-1, 8, 8)
    net.fit(pictures, y)
    images = [Image.fromarray(one) for one in pictures[:9]]
    for made in (images, pictures[:9].tolist(), list(pictures[:9])):
        assert np.array_equal(net.predict_proba(made), net.predict_proba(pictures[:9]))
    for paths in ("a.png", ["a.png", "b.png"]):
        with pytest.raises(ValueError, match=r"X is paths of pictures.*model_\.predict"):
            net.predict(paths)


def test_one_picture_and_another_shape_are_named_before_cells_are_counted(
    net: ConvNetClassifier, digits: Digits
) -> None:
    x, y = digits
    net.fit(x.reshape(-1, 8, 8), y)
    with pytest.raises(ValueError, match=r"shape \(8, 8\), that of one picture: .* as X\[None\]"):
        net.predict(x[0].reshape(8, 8))
    with pytest.raises(ValueError, match=r"shape \(3, 8, 8\); those of fit were \(1, 8, 8\)"):
        net.predict(np.stack([x.reshape(-1, 8, 8)] * 3, 3))
