"""What is decided before pictures of one's own are learnt, within the time that was given."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.errors import SpecError
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train import plan
from simplecell.train.callbacks import Callback, Interrupted
from simplecell.train.loop import fit
from simplecell.train.recipes import mirrored, recipe
from simplecell.train.trial import Trial, some_of

NETWORK = Network("one", (1, 32, 32), (Dense("F1", 2, "softmax"),))


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Bars that lie and bars that stand, somewhere on paper."""
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for name, (high, wide) in {"lies": (4, 16), "stands": (16, 4)}.items():
        (tmp_path / "marks" / name).mkdir(parents=True)
        for k in range(25):
            picture = np.full((60, 60), 200, np.uint8)
            top, left = rng.integers(2, 40, 2)
            picture[top : top + high, left : left + wide] = 30
            Image.fromarray(picture).save(tmp_path / "marks" / name / f"{k}.png")
    return tmp_path / "marks"


class Ear(Callback):
    """Hear warnings; stop a run after its first epoch, if asked to."""

    def __init__(self, stop: bool = False) -> None:
        self.heard: list[str] = []
        self.planned_epochs = 0
        self.stop, self.over = stop, False

    def warned(self, sentence: str) -> None:
        self.heard.append(sentence)

    def planned(self, epochs: int, seconds: float) -> None:
        self.planned_epochs = epochs

    def epoch(self, row: Any) -> None:
        self.over = True

    def interrupts(self) -> bool:
        return self.stop and self.over


def noise(wrong: bool) -> Dataset:
    """Pictures with labels that nothing in them tells, or with those that they show."""
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (600, 1, 8, 8), np.uint8)
    labels = rng.integers(0, 2, 600)
    if not wrong:
        pixels[:, 0, :4] = np.where(labels == 1, 250, 5)[:, None, None]
    return Dataset("noise", ("a", "b"), Part(pixels, labels), None)


@pytest.mark.parametrize("wrong", [True, False])
def test_what_is_known_by_heart_and_not_understood_is_warned_of(wrong: bool) -> None:
    ear = Ear()
    network = Network("two", (1, 8, 8), (Dense("F1", 120, "relu"), Dense("F2", 2, "softmax")))
    fit(network, noise(wrong), recipe="fast", epochs=40, callbacks=[ear], progress=False)
    assert len(ear.heard) == wrong
    for sentence in ear.heard:
        assert "are known by heart (0.0 % wrong)" in sentence
        assert "of 50 others are wrong. More pictures would help, or the recipe" in sentence


def test_no_time_is_refused_before_anything_is_tried(
    marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*told: Any) -> None:
        raise AssertionError("tried")

    monkeypatch.setattr(plan, "try_crop", never)
    with pytest.raises(SpecError, match="give a time above 0"):
        fit(NETWORK, marks, minutes=0, progress=False)


def test_the_time_of_trials_counts_into_the_time_that_was_given(
    marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def slow(data: Dataset, *told: Any) -> plan.Cropping:
        asked.append(told[-1])
        return plan.Cropping(Trial(1, 1, 10, False, 1e-4), data)

    clock = iter((0.0, 20.0))
    monkeypatch.setattr(plan, "try_crop", slow)
    monkeypatch.setattr("simplecell.train.loop.perf_counter", lambda: next(clock))
    monkeypatch.setattr("simplecell.train.timing.seconds_per_epoch", lambda *told: 9.5)
    ear = Ear()
    fit(NETWORK, marks, minutes=1, callbacks=[ear], progress=False)
    assert asked == [60]
    assert ear.planned_epochs == 3  # of 40 seconds, less what the rehearsal took


def test_a_cropped_run_that_was_stopped_ends_with_the_same_bytes(
    marks: Path, tmp_path: Path
) -> None:
    told: dict[str, Any] = {"epochs": 3, "progress": False}
    told["class_weights"] = {"lies": 2.0, "stands": 1.0}
    whole = fit(NETWORK, marks, crop=True, out=tmp_path / "a", **told)
    assert whole.model.reading == "cropped"
    with pytest.raises(Interrupted):
        fit(NETWORK, marks, crop=True, out=tmp_path / "b", callbacks=[Ear(stop=True)], **told)
    fit(NETWORK, marks, out=tmp_path / "b", resume=True, **told)
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert one == other


def test_mirrored_pictures_are_for_recipes_that_distort() -> None:
    found = mirrored(recipe("pictures")).distortion
    assert found is not None and found.mirror
    with pytest.raises(SpecError, match="the recipe fast distorts none"):
        mirrored(recipe("fast"))


def test_an_export_says_that_pictures_were_cropped(marks: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from simplecell.export.c.header import write_header
    from simplecell.export.onnx import write
    from simplecell.studio.page import page

    for crop in (True, False):
        model = fit(NETWORK, marks, epochs=1, crop=crop, progress=False).model
        write(model, tmp_path / "m.onnx")
        told = (
            onnx.load(tmp_path / "m.onnx").doc_string,
            write_header(model, "m").text.replace("\n  ", ""),
            page(model),
        )
        for text in told:
            assert ("learned pictures cropped to their one object" in text) == crop


def test_a_trial_takes_pictures_of_a_hundred_classes_at_the_most() -> None:
    """Of a thousand classes every part of five thousand pictures would have five of each."""
    labels = np.repeat(np.arange(250), 30)
    part = Part(np.zeros((len(labels), 1, 4, 4), np.uint8), labels, "many")
    some = some_of(part, 2000)
    counts = np.bincount(some.labels)
    assert len(some) == 2000
    assert (np.count_nonzero(counts), counts[counts > 0].min()) == (100, 20)
    few = Part(part.pixels[:300], labels[:300], "few")
    assert some_of(few, 2000) is few
