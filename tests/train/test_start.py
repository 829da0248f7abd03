"""Training that goes on from a model: its weights, its pixels, its classes in any order."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simplecell as sc
from simplecell.data.normalise import Normalisation
from simplecell.data.sources import Dataset
from simplecell.errors import ModelError
from simplecell.train.callbacks import Callback
from simplecell.train.folder import RunFolder
from simplecell.train.model import Model
from simplecell.train.start import start_from

TEXT = "4c5-4m-10"


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return sc.load("digits", size=32)


@pytest.fixture(scope="module")
def model(digits: Dataset) -> Model:
    run = sc.fit(TEXT, digits, epochs=2, seed=0, progress=False)
    return replace(run.model, normalisation=Normalisation(0.005, -0.3))


class Heard(Callback):
    def __init__(self) -> None:
        self.said: list[str] = []

    def decided(self, sentence: str) -> None:
        self.said.append(sentence)


def test_a_model_goes_on_from_its_weights_and_its_pixels(model: Model, digits: Dataset) -> None:
    heard = Heard()
    told = {"epochs": 1, "rate": 1e-9, "seed": 1, "progress": False}
    run = sc.fit(model, digits, callbacks=[heard], **told)
    assert run.model.normalisation == model.normalisation
    for name, values in model.parameters.items():
        np.testing.assert_allclose(run.model.parameters[name], values, atol=1e-5)
    assert heard.said == [f"Training begins with the weights of {model.network.name}."]


def test_classes_in_another_order_change_places(model: Model, digits: Dataset) -> None:
    turned = replace(model, classes=tuple("abcdefghij"))
    other = replace(digits, classes=tuple("jihgfedcba"))
    start = start_from(turned, other)
    last = model.network.layers[-1].name
    for name, values in start.parameters.items():
        kept = model.parameters[name]
        assert np.array_equal(values, kept[::-1] if name.startswith(last + ".") else kept)


def test_outputs_that_nobody_named_are_taken_for_as_many_classes(
    model: Model, digits: Dataset
) -> None:
    assert model.classes == tuple("0123456789")
    start = start_from(model, replace(digits, classes=tuple("abcdefghij")))
    assert start.network == model.network
    assert start.parameters.keys() == model.parameters.keys()


def test_other_classes_get_a_new_last_layer(model: Model, digits: Dataset) -> None:
    keep = digits.train.labels < 3
    few = replace(digits.train, pixels=digits.train.pixels[keep], labels=digits.train.labels[keep])
    data = Dataset("three", ("x", "y", "z"), few, None)
    start = start_from(model, data)
    last = model.network.layers[-1].name
    assert start.network.classes == 3
    assert not [name for name in start.parameters if name.startswith(last + ".")]
    assert "is drawn anew for 3 other classes: x, y, z in place of 0, 1, 2 …" in start.said[0]
    run = sc.fit(model, data, epochs=1, progress=False)
    assert run.model.network.classes == 3


def test_codes_cannot_get_other_classes(digits: Dataset) -> None:
    run = sc.fit("lenet5", digits, epochs=1, progress=False)
    data = replace(digits, classes=("a", "b"))
    with pytest.raises(ModelError, match="cannot have another number of outputs"):
        start_from(run.model, data)


def test_a_run_that_went_on_is_resumed_to_the_same_bytes(
    model: Model, digits: Dataset, tmp_path: Path
) -> None:
    class Stop(Callback):
        def epoch(self, row: object) -> None:
            raise KeyboardInterrupt

    told = {"epochs": 3, "seed": 2, "progress": False}
    sc.fit(model, digits, out=tmp_path / "whole", **told)
    with pytest.raises(KeyboardInterrupt):
        sc.fit(model, digits, out=tmp_path / "cut", callbacks=[Stop()], **told)
    kept = RunFolder(tmp_path / "cut").start_model()
    assert kept is not None
    sc.fit(kept, digits, out=tmp_path / "cut", resume=True, **told)
    one, other = (
        (tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")
    )
    assert one == other
    with pytest.raises(ModelError, match="other settings"):
        sc.fit(model.network, digits, out=tmp_path / "cut", resume=True, **told)


def test_a_start_that_was_killed_before_its_settings_starts_again(
    model: Model, digits: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "start.safetensors").write_bytes(b"half")
    run = sc.fit(model, digits, out=tmp_path / "run", epochs=1, progress=False)
    assert run.folder == tmp_path / "run"
