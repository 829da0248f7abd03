"""A run that was stopped, in whatever way, ends as if it never had been."""

import json
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
from simplecell.engines.choose import engine as choose
from simplecell.errors import ModelError
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train import sampler
from simplecell.train import training as loop
from simplecell.train.callbacks import Callback, Interrupted, Progress
from simplecell.train.checkpoint import read_checkpoint
from simplecell.train.loop import Run, fit
from simplecell.train.recipes import Recipe

ENGINES = ("reference", "lanes")
NAMES = ("adam", "sgd", "momentum", "sdlm", "averaged")

Fit = Callable[..., Run]


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


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NAMES)
def test_killed_anywhere_and_resumed_ends_with_the_same_bytes(
    recipes: dict[str, Recipe],
    train: Fit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    engine: str,
) -> None:
    """Killed after each look up in turn, the checkpoint one step behind or not."""
    monkeypatch.setattr(loop, "LOOK_UP_SECONDS", 0.0)
    monkeypatch.setattr(sampler, "STRETCH", 32)
    run = train(out=tmp_path / "whole", recipe=recipes[name], engine=engine)
    whole = (tmp_path / "whole" / "model.safetensors").read_bytes()
    # One at a time, an epoch has 60 steps: the ends of stretches and of epochs are looked at.
    for after in range(1, 10) if recipes[name].batch > 1 else (33, 61, 125):
        out = tmp_path / str(after)
        save_seconds = 0.0 if after % 3 else 1e9
        asked = {"out": out, "recipe": recipes[name], "engine": engine}
        with pytest.raises(Killed):
            train(**asked, save_seconds=save_seconds, callbacks=[Kill(after)])
        assert not (out / "model.safetensors").exists()
        resumed = train(**asked, resume=True)
        assert (out / "model.safetensors").read_bytes() == whole
        assert [row.train_loss for row in resumed.history] == [
            row.train_loss for row in run.history
        ]


KILLED_IN_MID_EPOCH = """
import os, signal, sys
from pathlib import Path
import simplecell.train.training as loop
from simplecell.train.loop import fit
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
fit(
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


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("work", ["train", "forward", "curvature"])
def test_ctrl_c_within_the_engine_puts_back_what_was_there_before(
    recipes: dict[str, Recipe],
    train: Fit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: str,
    engine: str,
) -> None:
    recipe = replace(recipes["sdlm"], validation=0.25)
    train(out=tmp_path / "whole", engine=engine, recipe=recipe)
    maker = choose(engine)
    program = type(maker.program(Network("n", (1, 6, 6), (Dense("F1", 3, "softmax"),))))
    does, calls = getattr(program, work), []

    def interrupted(*told: object, **how: object) -> object:
        done = does(*told, **how)
        calls.append(done)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return done

    out = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        patch.setattr(program, work, interrupted)
        with pytest.raises(Interrupted, match="saved in"):
            train(out=out, engine=engine, recipe=recipe)
    train(out=out, engine=engine, recipe=recipe, resume=True)
    whole, stopped = (tmp_path / name / "model.safetensors" for name in ("whole", "stopped"))
    assert whole.read_bytes() == stopped.read_bytes()


TERMINATED = """
import sys
from simplecell.train.loop import fit
from simplecell.train.callbacks import Callback

class Told(Callback):
    def progress(self, progress):
        print("begun", flush=True)

fit("lenet5", "digits", engine="reference", epochs=50, out=sys.argv[1], callbacks=[Told()],
    progress=False)
"""


def test_sigterm_saves_and_then_ends_the_process_by_sigterm(tmp_path: Path) -> None:
    code = [sys.executable, "-c", TERMINATED, str(tmp_path / "r")]
    env = {**os.environ, "PYTHONPATH": _src()}
    with subprocess.Popen(code, stdout=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(600) == -signal.SIGTERM
    saved = read_checkpoint(tmp_path / "r" / "checkpoint.safetensors")
    assert (saved.epoch, saved.step) > (0, 0)


def test_a_second_ctrl_c_does_not_wait(train: Fit) -> None:
    with pytest.raises(KeyboardInterrupt) as stopped:
        train(callbacks=[Interrupt(1, 1, times=2)])
    assert not isinstance(stopped.value, Interrupted)


def test_ctrl_c_without_a_folder_says_that_nothing_is_saved(train: Fit) -> None:
    with pytest.raises(Interrupted, match="nothing is saved, as no folder was named"):
        train(callbacks=[Interrupt(1, 1)])


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


def test_killed_between_the_last_checkpoint_and_its_history_loses_no_row(
    train: Fit, tmp_path: Path
) -> None:
    train(out=tmp_path / "r")
    history = tmp_path / "r" / "history.jsonl"
    whole = history.read_bytes()
    (tmp_path / "r" / "model.safetensors").unlink()
    for left in (b"".join(whole.splitlines(keepends=True)[:-1]), None):
        history.unlink() if left is None else history.write_bytes(left)
        train(out=tmp_path / "r", resume=True)
        assert history.read_bytes() == whole
        (tmp_path / "r" / "model.safetensors").unlink()


def test_a_second_start_is_refused_and_touches_nothing(train: Fit, tmp_path: Path) -> None:
    train(out=tmp_path / "r")
    before = {path: path.read_bytes() for path in (tmp_path / "r").iterdir()}
    with pytest.raises(ModelError, match="holds a finished run"):
        train(out=tmp_path / "r")
    assert {path: path.read_bytes() for path in (tmp_path / "r").iterdir()} == before


def test_resuming_with_other_data_is_refused(
    recipes: dict[str, Recipe], network: Network, data: Dataset, train: Fit, tmp_path: Path
) -> None:
    train(out=tmp_path / "r")
    pixels = data.train.pixels.copy()
    pixels[5, 0, 3, 3] ^= 1
    other = replace(data, train=Part(pixels, data.train.labels))
    with pytest.raises(ModelError, match="the training part has other bytes"):
        fit(
            network, other, recipe=recipes["adam"], engine="reference", seed=1,
            out=tmp_path / "r", resume=True,
        )  # fmt: skip


def test_resuming_from_other_first_values_is_refused(train: Fit, tmp_path: Path) -> None:
    kernels = np.ones((2, 1, 3, 3))
    train(out=tmp_path / "r", initial={"C1.w": kernels})
    train(out=tmp_path / "r", initial={"C1.w": kernels}, resume=True)
    with pytest.raises(ModelError, match="initial: other first values than when the run began"):
        train(out=tmp_path / "r", initial={"C1.w": 2 * kernels}, resume=True)
    with pytest.raises(ModelError, match=r"initial.names: \['C1.w'\] there, None asked for"):
        train(out=tmp_path / "r", resume=True)


def test_resuming_without_the_distortion_is_refused(
    recipes: dict[str, Recipe], train: Fit, tmp_path: Path
) -> None:
    train(out=tmp_path / "r", recipe=recipes["averaged"])
    plain = replace(recipes["averaged"], distortion=None)
    with pytest.raises(ModelError, match=r"recipe.distortion.shift: 0.5 there, None asked for"):
        train(out=tmp_path / "r", recipe=plain, resume=True)
    train(out=tmp_path / "plain", recipe=plain)
    with pytest.raises(ModelError, match=r"recipe.distortion.shift: None there, 0.5 asked for"):
        train(out=tmp_path / "plain", recipe=recipes["averaged"], resume=True)


def test_runs_of_an_earlier_version_are_gone_on_with(train: Fit, tmp_path: Path) -> None:
    """Their run.json does not say what was not there to be said."""
    with pytest.raises(Killed):
        train(out=tmp_path / "r", callbacks=[Kill(2)])
    file = tmp_path / "r" / "run.json"
    told = json.loads(file.read_text())
    del told["initial"]
    for name in ("distortion", "copies", "curvature_examples", "average"):
        del told["recipe"][name]
    file.write_text(json.dumps(told))
    train(out=tmp_path / "whole")
    train(out=tmp_path / "r", resume=True)
    r, whole = (tmp_path / name / "model.safetensors" for name in ("r", "whole"))
    assert r.read_bytes() == whole.read_bytes()


def test_resume_without_a_folder_is_refused(train: Fit) -> None:
    with pytest.raises(ModelError, match=r"resume needs the run's folder"):
        train(resume=True)
