from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simplecell.data.digits import read_digits
from simplecell.data.negatives import negatives
from simplecell.data.normalise import pad
from simplecell.data.sources import Dataset, Part, load
from simplecell.engines.choose import engine
from simplecell.errors import ModelError
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train import rejection
from simplecell.train.answer import answers
from simplecell.train.loop import fit
from simplecell.train.model import Model, load_model, save_model

ENGINE = engine("auto")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """Four shifted copies of scikit-learn's digits, in MNIST's frame: as many as a guard asks."""
    data, (hands, _) = load("digits", size=28), read_digits(28)
    moved = [np.roll(hands.pixels, by, (2, 3)) for by in ((0, 0), (0, 1), (1, 0), (-1, -1))]
    part = Part(np.concatenate(moved), np.tile(hands.labels, 4))
    return replace(data, train=part, frame=(28, 28), reading="ink")


@pytest.fixture(scope="module")
def trained(digits: Dataset) -> Model:
    network = Network("two", (1, 28, 28), (Dense("F1", 40), Dense("F2", 10, "softmax")))
    return fit(network, digits, epochs=4).model


@pytest.fixture(scope="module")
def guarded(trained: Model, digits: Dataset) -> Model:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rejection, "STRANGERS", 8000)
        patch.setattr(rejection, "EPOCHS", 3)
        return rejection.with_rejection(trained, digits, engine=ENGINE)


def rejected(model: Model, pixels: np.ndarray) -> float:
    return float(np.mean([one.rejected for one in answers(model, pixels, ENGINE)]))


def test_the_guard_tells_digits_from_what_is_none(guarded: Model, digits: Dataset) -> None:
    assert digits.test is not None
    others = negatives(digits.train.pixels[:500], digits.train.labels[:500], 300, seed=77)
    assert rejected(guarded, digits.test.pixels) < 0.08
    assert rejected(guarded, others) > 0.7


def test_without_a_guard_nothing_is_rejected(trained: Model) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 1, 28, 28), np.uint8)
    found = answers(trained, noise, ENGINE)
    assert not any(one.rejected for one in found)
    assert all(one.sureness is None for one in found)


def test_the_answers_are_the_models_own(trained: Model, guarded: Model, digits: Dataset) -> None:
    assert digits.test is not None
    with_guard, without = (
        answers(model, digits.test.pixels[:50], ENGINE) for model in (guarded, trained)
    )
    for one, other in zip(with_guard, without, strict=True):
        assert replace(one, sureness=None, rejected=False) == other


def test_a_guard_is_kept_in_the_models_file(guarded: Model, tmp_path: Path) -> None:
    save_model(guarded, tmp_path / "m.safetensors")
    read = load_model(tmp_path / "m.safetensors")
    assert read.guard is not None
    assert guarded.guard is not None
    assert read.reading == "ink"
    assert read.guard.threshold == guarded.guard.threshold
    assert read.guard.network == guarded.guard.network
    assert read.parameters.keys() == guarded.parameters.keys()
    noise = np.random.default_rng(0).integers(0, 256, (9, 1, 28, 28), np.uint8)
    assert answers(read, noise, ENGINE) == answers(guarded, noise, ENGINE)


def test_a_guard_reads_the_middle_of_a_larger_picture(guarded: Model, digits: Dataset) -> None:
    assert guarded.guard is not None
    p = np.full((5, 10), 0.1)
    small = digits.train.pixels[:5]
    np.testing.assert_array_equal(
        guarded.guard.sureness(p, small, ENGINE),
        guarded.guard.sureness(p, pad(small, 32), ENGINE),
    )


def test_equal_seeds_teach_equal_guards(
    trained: Model, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejection, "STRANGERS", 500)
    monkeypatch.setattr(rejection, "DIGITS", 600)
    monkeypatch.setattr(rejection, "EPOCHS", 1)
    one, same, other = (
        rejection.with_rejection(trained, digits, engine=ENGINE, seed=seed).guard
        for seed in (1, 1, 2)
    )
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.threshold == same.threshold
    for name, w in one.parameters.items():
        np.testing.assert_array_equal(w, same.parameters[name])
    assert any((w != other.parameters[name]).any() for name, w in one.parameters.items())


def test_pictures_that_are_no_digits_have_no_guard(trained: Model, digits: Dataset) -> None:
    for data in (replace(digits, reading="plain"), replace(digits, frame=(20, 20))):
        assert rejection.with_rejection(trained, data, engine=ENGINE).guard is None
    few = replace(digits, train=digits.train.rows(np.arange(1000)))
    assert rejection.with_rejection(trained, few, engine=ENGINE).guard is None


def test_the_rubbish_class_of_map_rejects(trained: Model) -> None:
    """What is far from every code is none of them, with no guard at all."""
    from simplecell.spec.layers import RBF
    from simplecell.train.recipes import recipe

    codes = ("##..", "..##")
    network = Network("codes", (1, 2, 2), (Dense("F1", 4, "identity"), RBF("R", codes)))
    weights = {"F1.w": 20 * np.eye(4, dtype=np.float32), "F1.b": np.full(4, -10, np.float32)}
    told = {"recipe": replace(recipe("sgd"), loss="map").to_document()}
    model = Model(network, weights, trained.normalisation, ("a", "b"), metadata=told)
    model = replace(model, normalisation=replace(trained.normalisation, scale=1 / 255, shift=0))
    near = np.array([[140, 140, 115, 115]], np.uint8).reshape(1, 1, 2, 2)
    far = np.array([[255, 0, 255, 0]], np.uint8).reshape(1, 1, 2, 2)
    assert [one.rejected for one in answers(model, np.concatenate([near, far]), ENGINE)] == [
        False,
        True,
    ]


def test_an_unknown_reading_is_refused(trained: Model, tmp_path: Path) -> None:
    save_model(replace(trained, reading="tea leaves"), tmp_path / "m.safetensors")
    with pytest.raises(ModelError, match="read 'tea leaves': install a newer simplecell"):
        load_model(tmp_path / "m.safetensors")
