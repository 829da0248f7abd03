import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.errors import DataError, EngineError, ModelError, ShapeError, TrainingError
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train import loop
from simplecell.train.callbacks import Callback, Interrupted, Progress
from simplecell.train.checkpoint import read_checkpoint
from simplecell.train.evaluation import evaluate
from simplecell.train.history import Epoch, read_lines
from simplecell.train.loop import Run, fit
from simplecell.train.model import load_model
from simplecell.train.recipes import Recipe, recipe
from simplecell.train.schedules import Schedule

ADAM = recipe("fast", epochs=3, batch=16, rate=0.05)
RECIPES = {
    "adam": ADAM,
    "sgd": replace(recipe("sgd"), epochs=3, batch=7, schedule=Schedule("constant", 0.3)),
    "momentum": replace(
        ADAM,
        update=replace(recipe("sgd").update, momentum=0.9, decay=0.01),
        schedule=Schedule("passes", 0.05, passes=((1, 1.0), (1, 0.5))),
        normalisation="standard",
        initial="glorot",
        validation=0.25,
    ),
}

ENGINES = ("reference", "lanes")

Fit = Callable[..., Run]


@pytest.fixture
def train(network: Network, data: Dataset) -> Fit:
    def train(**settings: object) -> Run:
        asked = {"recipe": ADAM, "engine": "reference", "seed": 1, **settings}
        return fit(network, data, **asked)  # type: ignore[arg-type]

    return train


class Killed(Exception):
    """What a kill looks like from inside."""


class Kill(Callback):
    """End everything after some looks up, saved or not."""

    def __init__(self, after: int) -> None:
        self.after = after

    def progress(self, progress: Progress) -> None:
        self.after -= 1
        if self.after == 0:
            raise Killed


def test_training_lowers_the_error(train: Fit, data: Dataset) -> None:
    run = train(epochs=20)
    assert data.test is not None
    assert run.history[-1].train_loss < 0.5 * run.history[0].train_loss
    assert evaluate(run.model, data.test, engine="reference").error_percent < 20


def test_the_readmes_lines_hold(network: Network, data: Dataset, tmp_path: Path) -> None:
    import simplecell as sc

    run = sc.fit(network, data, epochs=1, seed=0, engine="reference")
    assert 0 <= sc.evaluate(run.model, data.test, engine="reference").error_percent <= 100
    run.model.save(tmp_path / "m.safetensors")
    assert sc.load_model(tmp_path / "m.safetensors").network == run.network
    assert set(run.parameters) == {"C1.w", "C1.b", "S2.w", "S2.b", "F3.w", "F3.b"}


def test_the_run_folder_holds_what_the_run_gave(train: Fit, tmp_path: Path) -> None:
    run = train(out=tmp_path / "r")
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [
        "checkpoint.safetensors",
        "history.jsonl",
        "model.safetensors",
        "run.json",
    ]
    rows = read_lines((tmp_path / "r" / "history.jsonl").read_text())
    assert tuple(rows) == run.history
    assert [row.epoch for row in rows] == [1, 2, 3]
    assert sum(row.seconds for row in rows) <= run.train_seconds
    model = load_model(tmp_path / "r")
    assert model.metadata["seed"] == 1
    assert model.metadata["history"][2]["train_loss"] == rows[2].train_loss
    assert all(np.array_equal(model.parameters[n], w) for n, w in run.parameters.items())


def test_without_a_folder_nothing_is_written(
    train: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert train().folder is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", RECIPES)
def test_the_same_seed_gives_the_same_bytes(train: Fit, tmp_path: Path, name: str) -> None:
    for folder in "ab":
        train(out=tmp_path / folder, recipe=RECIPES[name])
    a, b = ((tmp_path / folder / "model.safetensors").read_bytes() for folder in "ab")
    assert a == b
    train(out=tmp_path / "c", recipe=RECIPES[name], seed=2)
    assert (tmp_path / "c" / "model.safetensors").read_bytes() != a


def test_the_number_of_threads_changes_no_bit(train: Fit, tmp_path: Path) -> None:
    for threads in (1, 2, 3):
        train(out=tmp_path / str(threads), engine="lanes", threads=threads, epochs=1, batch=50)
    bytes_ = {(tmp_path / n / "model.safetensors").read_bytes() for n in "123"}
    assert len(bytes_) == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("look_up_seconds", [0.0, 1e-4, 1e9])
def test_where_the_loop_looks_up_changes_no_bit(
    train: Fit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    look_up_seconds: float,
    engine: str,
) -> None:
    train(out=tmp_path / "a", engine=engine)
    monkeypatch.setattr(loop, "LOOK_UP_SECONDS", look_up_seconds)
    train(out=tmp_path / "b", engine=engine)
    a, b = ((tmp_path / folder / "model.safetensors").read_bytes() for folder in "ab")
    assert a == b


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", RECIPES)
def test_killed_anywhere_and_resumed_ends_with_the_same_bytes(
    train: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, engine: str
) -> None:
    """Killed after each look up in turn, the checkpoint one step behind or not."""
    monkeypatch.setattr(loop, "LOOK_UP_SECONDS", 0.0)
    run = train(out=tmp_path / "whole", recipe=RECIPES[name], engine=engine)
    whole = (tmp_path / "whole" / "model.safetensors").read_bytes()
    for after in range(1, 10):
        out = tmp_path / str(after)
        save_seconds = 0.0 if after % 3 else 1e9
        asked = {
            "out": out,
            "recipe": RECIPES[name],
            "save_seconds": save_seconds,
            "engine": engine,
        }
        with pytest.raises(Killed):
            train(**asked, callbacks=[Kill(after)])
        assert not (out / "model.safetensors").exists()
        resumed = train(**asked, resume=True)
        assert (out / "model.safetensors").read_bytes() == whole
        assert [row.train_loss for row in resumed.history] == [
            row.train_loss for row in run.history
        ]


KILLED_IN_MID_EPOCH = """
import os, signal, sys
from pathlib import Path
import simplecell.train.loop as loop
from simplecell.data.sources import load
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback
from simplecell.train.checkpoint import read_checkpoint

class Kill(Callback):
    def saved(self, path):
        at = read_checkpoint(path / "checkpoint.safetensors")
        if at.epoch == 1 and at.step == 30:
            self.soon = True
    soon = False
    def progress(self, progress):
        if self.soon and progress.step == 33:
            os.kill(os.getpid(), signal.SIGKILL)

net, out, engine, resume = sys.argv[1:]
if resume == "kill":
    loop.LOOK_UP_SECONDS = 0
loop.fit(
    Network.read(Path(net)), load("digits"), engine=engine, epochs=3, batch=32, out=out,
    resume=resume == "resume", save_seconds=0.0,
    callbacks=[Kill()] if resume == "kill" else [],
)
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_sigkill_in_mid_epoch_and_resume_end_with_the_same_bytes(
    tmp_path: Path, engine: str
) -> None:
    net = tmp_path / "net.json"
    layers = (Dense("F1", 12), Dense("F2", 10, "softmax"))
    net.write_text(Network("two", (1, 8, 8), layers).to_json())

    def run(out: str, what: str) -> int:
        code = [sys.executable, "-c", KILLED_IN_MID_EPOCH]
        done = subprocess.run(
            [*code, str(net), str(tmp_path / out), engine, what],
            check=False,
            env={**os.environ, "PYTHONPATH": _src()},
        )
        return done.returncode

    assert run("killed", "kill") == -signal.SIGKILL
    checkpoint = read_checkpoint(tmp_path / "killed" / "checkpoint.safetensors")
    assert (checkpoint.epoch, checkpoint.step) == (1, 32)
    assert not (tmp_path / "killed" / "model.safetensors").exists()
    assert run("killed", "resume") == 0
    assert run("whole", "whole") == 0
    killed, whole = (tmp_path / out / "model.safetensors" for out in ("killed", "whole"))
    assert killed.read_bytes() == whole.read_bytes()


def _src() -> str:
    return str(Path(loop.__file__).parents[2])


class Interrupt(Callback):
    """Press Ctrl-C at a step of an epoch."""

    def __init__(self, epoch: int, step: int, times: int = 1) -> None:
        self.where, self.times = (epoch, step), times

    def progress(self, progress: Progress) -> None:
        if (progress.epoch, progress.step) == self.where:
            for _ in range(self.times):
                os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_ctrl_c_finishes_the_step_and_saves(
    train: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(loop, "LOOK_UP_SECONDS", 0.0)
    with pytest.raises(Interrupted, match=rf"stopped in epoch 2 of 3, step {step}; saved in .*/r"):
        train(out=tmp_path / "r", callbacks=[Interrupt(2, step)])
    checkpoint = read_checkpoint(tmp_path / "r" / "checkpoint.safetensors")
    assert (checkpoint.epoch, checkpoint.step) == (1, step)
    train(out=tmp_path / "r", resume=True)
    train(out=tmp_path / "whole")
    r, whole = (tmp_path / name / "model.safetensors" for name in ("r", "whole"))
    assert r.read_bytes() == whole.read_bytes()


def test_a_second_ctrl_c_does_not_wait(train: Fit) -> None:
    with pytest.raises(KeyboardInterrupt) as stopped:
        train(callbacks=[Interrupt(1, 1, times=2)])
    assert not isinstance(stopped.value, Interrupted)


def test_ctrl_c_without_a_folder_says_that_nothing_is_saved(train: Fit) -> None:
    with pytest.raises(Interrupted, match="nothing is saved, as no folder was named"):
        train(callbacks=[Interrupt(1, 1)])


def test_a_rate_too_high_stops_with_the_step_and_keeps_the_last_good_checkpoint(
    train: Fit, tmp_path: Path
) -> None:
    late = Schedule("passes", 1e300, passes=((1, 1e-303), (1, 1.0)))
    wild = replace(RECIPES["sgd"], schedule=late)
    with pytest.raises(TrainingError, match=r"diverged in epoch 2, step \d of 8") as stopped:
        train(out=tmp_path / "r", recipe=wild)
    message = str(stopped.value)
    assert "The rate there was 1e+300" in message
    assert "--rate 1e+299" in message
    assert "checkpoint.safetensors" in message
    checkpoint = read_checkpoint(tmp_path / "r" / "checkpoint.safetensors")
    assert checkpoint.epoch == 1
    assert all(np.isfinite(w).all() for w in checkpoint.state.parameters.values())
    assert not (tmp_path / "r" / "model.safetensors").exists()


def test_resuming_a_finished_run_trains_nothing(train: Fit, tmp_path: Path) -> None:
    class Busy(Callback):
        def begin(self, epochs: int, steps: int) -> None:
            raise AssertionError("a finished run began again")

    first = train(out=tmp_path / "r")
    before = {path: path.read_bytes() for path in (tmp_path / "r").iterdir()}
    again = train(out=tmp_path / "r", resume=True, callbacks=[Busy()])
    assert again.history == first.history
    assert all(np.array_equal(again.parameters[n], w) for n, w in first.parameters.items())
    assert {path: path.read_bytes() for path in (tmp_path / "r").iterdir()} == before


def test_a_second_start_is_refused_and_touches_nothing(train: Fit, tmp_path: Path) -> None:
    train(out=tmp_path / "r")
    before = {path: path.read_bytes() for path in (tmp_path / "r").iterdir()}
    with pytest.raises(ModelError, match="holds a finished run"):
        train(out=tmp_path / "r")
    assert {path: path.read_bytes() for path in (tmp_path / "r").iterdir()} == before


def test_resuming_with_other_data_is_refused(
    network: Network, data: Dataset, train: Fit, tmp_path: Path
) -> None:
    train(out=tmp_path / "r")
    pixels = data.train.pixels.copy()
    pixels[5, 0, 3, 3] ^= 1
    other = replace(data, train=Part(pixels, data.train.labels))
    with pytest.raises(ModelError, match="the training part has other bytes"):
        fit(
            network, other, recipe=ADAM, engine="reference", seed=1,
            out=tmp_path / "r", resume=True,
        )  # fmt: skip


def test_resume_without_a_folder_is_refused(train: Fit) -> None:
    with pytest.raises(ModelError, match=r"resume needs the run's folder"):
        train(resume=True)


def test_without_a_validation_part_the_history_says_none(train: Fit) -> None:
    run = train(recipe=replace(ADAM, validation=0.0))
    assert {row.validation_error_percent for row in run.history} == {None}
    assert {row.validation_loss for row in run.history} == {None}


def test_the_test_part_chooses_nothing(network: Network, data: Dataset, train: Fit) -> None:
    without = fit(network, replace(data, test=None), recipe=ADAM, engine="reference", seed=1)
    assert without.model.parameters.keys() == train().model.parameters.keys()
    assert all(np.array_equal(without.parameters[n], w) for n, w in train().parameters.items())


def test_the_first_epoch_starts_from_the_seeds_weights(network: Network, train: Fit) -> None:
    """At a rate of next to nothing training leaves the weights where they were drawn."""
    from simplecell.engines.parameters import initial_parameters

    for scheme in ("fan_in", "glorot"):
        still = replace(RECIPES["sgd"], schedule=Schedule("constant", 1e-30), initial=scheme)
        found = train(recipe=still, seed=4).parameters
        drawn = initial_parameters(network, 4, scheme)
        assert all(np.allclose(found[n], w, rtol=1e-6, atol=1e-20) for n, w in drawn.items())


def test_callbacks_hear_every_epoch_and_the_time_left(
    train: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LOOK_UP_SECONDS", 0.0)
    heard: list[Progress] = []
    rows: list[Epoch] = []

    class Watch(Callback):
        def progress(self, progress: Progress) -> None:
            heard.append(progress)

        def epoch(self, row: Epoch) -> None:
            rows.append(row)

    run = train(callbacks=[Watch()])
    assert tuple(rows) == run.history
    assert [(p.epoch, p.step) for p in heard] == [(e, s) for e in (1, 2, 3) for s in (1, 2, 3, 4)]
    assert all(p.seconds_left > 0 for p in heard[:-1])
    assert heard[-1].seconds_left == 0


class TestWhatCannotBeTrained:
    def test_pictures_of_another_size(self, network: Network, data: Dataset) -> None:
        with pytest.raises(ShapeError, match=r"rows reads 1x8x8 images; rows gives 1x6x6"):
            fit(network.with_input((1, 8, 8)), data, engine="reference")

    def test_more_classes_than_outputs(self, data: Dataset, tmp_path: Path) -> None:
        narrow = Network("narrow", (1, 6, 6), (Dense("F1", 2, "softmax"),))
        with pytest.raises(DataError, match="out of range: narrow tells 2 classes"):
            fit(narrow, data, engine="reference", out=tmp_path / "r")
        assert not (tmp_path / "r").exists()

    def test_a_validation_part_that_leaves_nothing(self, train: Fit, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="asked for validation"):
            train(recipe=replace(ADAM, validation=0.999), out=tmp_path / "r")
        assert not (tmp_path / "r").exists()

    def test_a_loss_the_output_has_none_of(self, train: Fit, tmp_path: Path) -> None:
        with pytest.raises(EngineError, match="squared_error takes outputs"):
            train(recipe=replace(ADAM, loss="squared_error"), out=tmp_path / "r")
        assert not (tmp_path / "r").exists()


def test_fewer_classes_than_outputs_are_named_by_number(
    network: Network, data: Dataset, train: Fit
) -> None:
    two = Part(data.train.pixels, data.train.labels % 2)
    fewer = replace(data, classes=("even", "odd"), train=two, test=None)
    assert fit(network, fewer, recipe=ADAM, engine="reference").model.classes == (
        "even",
        "odd",
        "2",
    )


def test_a_recipe_is_found_by_its_name(train: Fit) -> None:
    run = train(recipe="sgd", epochs=1)
    assert isinstance(run.recipe, Recipe)
    assert (run.recipe.name, run.recipe.epochs, run.engine, run.threads) == (
        "sgd",
        1,
        "reference",
        1,
    )


@pytest.mark.parametrize("cold", [True, False])
def test_compiling_is_announced_before_the_wait_and_not_counted_as_training(
    train: Fit, monkeypatch: pytest.MonkeyPatch, cold: bool
) -> None:
    heard = []

    class Listen(Callback):
        def compiling(self) -> None:
            heard.append("compiling")

        def progress(self, progress: Progress) -> None:
            heard.append("step")

    monkeypatch.setattr(loop, "must_compile", lambda engine: cold)
    run = train(callbacks=[Listen()])
    assert heard.count("compiling") == cold
    assert heard[: 1 + cold][-1] == "step"
    assert run.compile_seconds > 0
