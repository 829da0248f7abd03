"""Runs of networks that learn batch by batch: masks and running statistics outlive a stop."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine
from simplecell.engines.protocol import State
from simplecell.errors import EngineError
from simplecell.spec.layers import BatchNorm, Conv, Dense
from simplecell.spec.network import Network
from simplecell.train import sampler
from simplecell.train import training as loop
from simplecell.train.average import SLOT
from simplecell.train.callbacks import Callback, Progress
from simplecell.train.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from simplecell.train.loop import fit
from simplecell.train.model import load_model
from simplecell.train.recipes import Recipe


class Killed(Exception):
    """What a kill looks like from inside."""


class Kill(Callback):
    """End everything after some looks up."""

    def __init__(self, after: int) -> None:
        self.after = after

    def progress(self, progress: Progress) -> None:
        self.after -= 1
        if self.after == 0:
            raise Killed


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("name", ["reference", "lanes", "torch"])
@pytest.mark.parametrize("rule", ["adam", "sgd", "averaged"])
def test_killed_anywhere_and_resumed_ends_with_the_same_bytes(
    learning: Network,
    data: Dataset,
    recipes: dict[str, Recipe],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rule: str,
    name: str,
    seed: int,
) -> None:
    """Not one mask is drawn twice or left out, and running statistics go on where they were."""
    if name == "torch":
        pytest.importorskip("torch", reason="PyTorch is not installed")
    monkeypatch.setattr(loop, "LOOK_UP_SECONDS", 0.0)
    monkeypatch.setattr(sampler, "STRETCH", 32)
    asked = {"recipe": recipes[rule], "engine": name, "seed": seed, "threads": 1}
    fit(learning, data, out=tmp_path / "whole", **asked)  # type: ignore[arg-type]
    whole = (tmp_path / "whole" / "model.safetensors").read_bytes()
    for after in (1, 2, 5, 6, 8):
        told = {**asked, "out": tmp_path / str(after), "save_seconds": 0.0 if after % 2 else 1e9}
        with pytest.raises(Killed):
            fit(learning, data, callbacks=[Kill(after)], **told)  # type: ignore[arg-type]
        fit(learning, data, resume=True, **told)  # type: ignore[arg-type]
        assert (tmp_path / str(after) / "model.safetensors").read_bytes() == whole


def test_a_model_keeps_its_running_statistics(
    learning: Network, data: Dataset, tmp_path: Path
) -> None:
    run = fit(learning, data, engine="reference", epochs=3, batch=16, out=tmp_path / "r")
    model = load_model(tmp_path / "r")
    for own in ("mean", "variance"):
        kept = model.parameters[f"N1.{own}"]
        assert kept.shape == (2,)
        assert np.array_equal(kept, run.model.parameters[f"N1.{own}"])
        assert not np.allclose(kept, {"mean": 0, "variance": 1}[own])


def test_a_seed_is_kept_and_files_without_one_have_the_seed_0(tmp_path: Path) -> None:
    state = State({"w": np.ones(2)}, steps=4, seed=2**40 + 1)
    for seed in (2**40 + 1, 0):
        state.seed = seed
        write_checkpoint(tmp_path / str(seed), Checkpoint("{}", state, [], 0, np.empty(0), 0.0))
        assert read_checkpoint(tmp_path / str(seed)).state.seed == seed
    assert b"seed" in (tmp_path / str(2**40 + 1)).read_bytes()
    assert b"seed" not in (tmp_path / "0").read_bytes()


def test_the_mean_of_the_weights_has_the_mean_of_the_statistics(
    learning: Network, data: Dataset, recipes: dict[str, Recipe], tmp_path: Path
) -> None:
    """What is validated is a whole network: its statistics are averaged as its weights are."""
    asked = {"engine": "reference", "epochs": 20, "seed": 1}
    still = replace(recipes["averaged"], distortion=None)
    run = fit(learning, data, recipe=still, out=tmp_path / "a", **asked)  # type: ignore[arg-type]
    state = read_checkpoint(tmp_path / "a" / "checkpoint.safetensors").state
    for name in ("N1.mean", "N1.variance"):
        mean = state.slots[SLOT][name]
        assert np.array_equal(run.model.parameters[name], mean.astype(np.float32))
        assert not np.array_equal(mean, state.parameters[name])
    error = run.history[-1].validation_error_percent
    assert error is not None
    assert error <= 10


def test_what_cannot_be_trained_is_refused_before_the_first_step(
    learning: Network, data: Dataset, recipes: dict[str, Recipe]
) -> None:
    with pytest.raises(EngineError, match="learning, layer N1: in training, batch normal"):
        fit(learning, data, recipe=recipes["sdlm"], engine="reference")
    single = Network(
        "single",
        (1, 6, 6),
        (Conv("C1", 4, (6, 6)), BatchNorm("N1"), Dense("F2", 3, "softmax")),
    )
    few = replace(recipes["sgd"], validation=0.0, batch=59)
    with pytest.raises(EngineError, match=r"of one example \(60 in batches of 59 leave 1\)"):
        fit(single, data, recipe=few, engine="reference")


def test_a_network_with_both_learns(learning: Network, data: Dataset) -> None:
    run = fit(learning, data, engine="reference", epochs=30, batch=16)
    program = engine("reference").program(learning)
    model = run.model
    outputs = program.forward(model.parameters, model.examples(data.test.pixels))
    assert (outputs.argmax(axis=1) == data.test.labels).mean() > 0.9
