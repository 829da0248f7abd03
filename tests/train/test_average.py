from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simplecell.engines.protocol import State
from simplecell.train import sampler
from simplecell.train.average import SLOT, follow, learned
from simplecell.train.checkpoint import read_checkpoint
from simplecell.train.loop import Run
from simplecell.train.recipes import Recipe


def test_the_mean_keeps_its_share_of_itself() -> None:
    state = State({"w": np.array([1.0, 2.0], np.float32)})
    follow(state, 0.75)
    assert learned(state)["w"].tolist() == [1.0, 2.0]
    state.parameters = {"w": np.array([5.0, 2.0], np.float32)}
    follow(state, 0.75)
    assert learned(state)["w"].tolist() == [2.0, 2.0]
    assert state.parameters["w"].tolist() == [5.0, 2.0]


def test_no_share_keeps_no_mean() -> None:
    state = State({"w": np.ones(2)})
    follow(state, 0.0)
    assert not state.slots
    assert learned(state) is state.parameters


def test_a_first_mean_is_a_copy() -> None:
    state = State({"w": np.ones(2)})
    follow(state, 0.5)
    state.parameters["w"] += 1
    assert learned(state)["w"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("engine", ["reference", "lanes"])
def test_the_model_and_validation_get_the_mean_and_training_does_not(
    recipes: dict[str, Recipe],
    train: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
) -> None:
    monkeypatch.setattr(sampler, "STRETCH", 16)
    asked = {"engine": engine, "epochs": 2}
    plain = replace(recipes["averaged"], average=0.0)
    with_mean = train(**asked, recipe=recipes["averaged"], out=tmp_path / "a")
    without = train(**asked, recipe=plain, out=tmp_path / "b")
    states = [read_checkpoint(tmp_path / n / "checkpoint.safetensors").state for n in "ab"]
    for name, w in states[0].parameters.items():
        assert np.array_equal(w, states[1].parameters[name])
        mean = states[0].slots[SLOT][name]
        assert np.array_equal(with_mean.parameters[name], mean.astype(np.float32))
        assert not np.array_equal(mean, w)
    assert SLOT not in states[1].slots
    rows = zip(with_mean.history, without.history, strict=True)
    for row, other in rows:
        assert row.train_loss == other.train_loss
        assert row.validation_loss != other.validation_loss
