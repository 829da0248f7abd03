"""Training as a job: the one training loop, watched by the studio, in a process of its own.

The run folder is that of `simplecell train`: the same settings, files and bytes, so that either
goes on with what the other left. In its folder `studio/` lie the snapshots and what is needed to
show a run under way. Who writes there claims the folder, as `simplecell train` does; a run that
is paused is free, and the command may go on with it.

    pause      saved and left, as by Ctrl-C, and waiting
    continue   as --resume
    rewind     a snapshot is put in the place of the checkpoint, then as --resume
    stop       saved and left; the process ends
"""

import json
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simplecell.compile import Compilation
from simplecell.data.picture import FITTED
from simplecell.data.sources import Dataset, load
from simplecell.engines.choose import engine as choose
from simplecell.errors import Diverged, ModelError, SimplecellError
from simplecell.spec.network import Network
from simplecell.spec.preset import preset
from simplecell.spec.zoo import find
from simplecell.studio.models import MODEL_FILE, STUDIO, arrays_of
from simplecell.studio.pipe import GO_ON, PAUSE, REWIND, STOP, Command, Pipe
from simplecell.studio.snapshots import Snapshots
from simplecell.train.atomic import make_folder, write_file
from simplecell.train.callbacks import Callback, Interrupted, Progress, Watched
from simplecell.train.checkpoint import read_checkpoint
from simplecell.train.compiling import in_words
from simplecell.train.departures import depart
from simplecell.train.folder import RunFolder
from simplecell.train.history import Epoch
from simplecell.train.loop import fit, model_of
from simplecell.train.model import to_document
from simplecell.train.origin import Origin
from simplecell.train.outcome import outcome
from simplecell.train.recipes import Recipe, adjusted, lengthened, recipe
from simplecell.train.task import fitting

OFTEN = 0.2
"""Seconds between two snapshots, at the least."""

MANY = 20_000
"""Of a run with more events than this, events become rarer, in proportion to its length."""

SHARE = 0.05
"""The share of the training's own time that snapshots may take."""


class Watcher(Callback):
    """Tells the studio how a run goes, keeps snapshots, and stops it when a command waits."""

    def __init__(self, pipe: Pipe, folder: RunFolder, data: Dataset) -> None:
        self.pipe, self.folder, self.data = pipe, folder, data
        self.snapshots = Snapshots(folder.path / STUDIO)
        self.next = 0.0
        self.keeps = True

    def opened(self, training: Watched) -> None:
        """Write down what a run under way is, so that it can be looked into."""
        self.training = training
        settings = self.folder.settings()
        model = model_of(
            training.network, self.data, training.normalisation, training.at, settings
        )
        studio = self.folder.path / STUDIO
        make_folder(studio)
        write_file(studio / MODEL_FILE, json.dumps(to_document(model)).encode())

    def parts(self, train: int, validation: int) -> None:
        """Keep how many pictures there are, to be told with the beginning."""
        self.counts = {"train": train, "validation": validation}

    def begin(self, epochs: int, steps: int) -> None:
        """Tell what begins, or goes on, and keep where it stands."""
        at = self.training.at
        self.snapshots.drop_past(self._step())
        told = {"epoch": at.epoch, "step": at.step, "epochs": epochs, "steps": steps}
        arrays = arrays_of(self.training.network)
        self.pipe.say("begun", **told, **self.counts, arrays=arrays, snapshot=self._keep())
        self.pipe.say("state", state="training")

    def compiling(self) -> None:
        """Tell why nothing seems to happen."""
        self.pipe.say("state", state="compiling")

    def kernels(self, so_far: Compilation) -> None:
        """Tell how many kernels are ready."""
        self.pipe.say("compiling", message=in_words(so_far))

    def progress(self, progress: Progress) -> None:
        """Tell where the run is, and keep a snapshot, at most five times a second."""
        now = time.perf_counter()
        if now < self.next:
            return
        snapshot = self._keep()
        self.pipe.say("progress", **asdict(progress), snapshot=snapshot)
        took = time.perf_counter() - now
        # Large networks take longer to write: then snapshots are rarer, and training as fast.
        self.next = now + max(OFTEN, took / SHARE, progress.seconds / MANY)

    def epoch(self, row: Epoch) -> None:
        """Tell what an epoch came to."""
        last = row.epoch == self.training.recipe.epochs
        due = last or time.perf_counter() >= self.next
        if due:
            self.next = time.perf_counter() + OFTEN
        elif row.epoch > MANY:
            return
        self.pipe.say("epoch", **asdict(row), snapshot=self._keep() if due else None)

    def interrupts(self) -> bool:
        """Stop, saved, when a command waits."""
        return self.pipe.asked()

    def _step(self) -> int:
        """Count the steps since the beginning of the run."""
        return self.training.at.epoch * self.training.steps + self.training.at.step

    def _keep(self) -> int | None:
        """Keep a snapshot; on a full disk training goes on without."""
        if not self.keeps:
            return None
        step, last = self._step(), self.snapshots.last()
        if last is not None and last.step == step:
            return last.number
        try:
            return self.snapshots.keep(self.training.at, step).number
        except ModelError as problem:
            self.keeps = False
            self.pipe.say("warning", message=f"no more snapshots are kept: {problem}")
            return None


def teach(task: dict[str, Any], pipe: Pipe) -> None:
    """Train as a task says, until the end or until the studio says stop.

    Raises
        SimplecellError   as `fit`, but for a loss that is no number: that is told, and waits
    """
    folder = RunFolder(task["run"])
    resume = bool(task.get("resume"))
    pipe.say("state", state="loading")
    if task.get("rewind") is not None:
        rewind(folder, Command(REWIND, int(task["rewind"])), pipe)
    elif resume:
        _catch_up(folder)
    there = folder.settings() if resume else {}
    network, data = _subject(task, there)
    start = folder.start_model() if resume else None
    how = _recipe(task, there, data)
    if not resume:
        network, how = depart(network, how, task.get("depart") or ())
    engine = choose(there.get("engine", "auto"), task.get("threads"))
    watchers = [
        Origin(folder, data, task["data"], _path(task.get("data_dir"))),
        Watcher(pipe, folder, data),
    ]
    while True:
        try:
            run = fit(
                start or network,
                data,
                recipe=how,
                seed=there.get("seed", task.get("seed", 0)),
                engine=engine,
                out=folder.path,
                resume=resume,
                callbacks=watchers,
                progress=False,
            )
            break
        except Interrupted as stopped:
            # A signal from elsewhere stops too.
            command = pipe.take() if pipe.asked() else Command(STOP)
            told = {"state": "paused", "message": str(stopped)}
        except Diverged as problem:
            _go_back(folder, problem, pipe)
            command, told = Command(PAUSE), {"state": "diverged", "message": str(problem)}
        if not _goes_on(command, told, folder, pipe):
            return
        resume = True
    pipe.say("state", state="testing")
    pipe.say("finished", result=outcome(run, data, engine, folder))
    pipe.say("state", state="finished")


def _goes_on(command: Command, told: dict[str, str], folder: RunFolder, pipe: Pipe) -> bool:
    """Do what commands say until training is to go on; False where it is to end."""
    while True:
        if command.verb == STOP:
            pipe.say("state", state="stopped", message=told["message"])
            return False
        if command.verb == REWIND:
            try:
                rewind(folder, command, pipe)
            except SimplecellError as problem:
                command = Command(PAUSE)
                pipe.say("warning", message=str(problem))
        if command.verb == GO_ON or (command.verb == REWIND and not command.paused):
            return True
        pipe.say("state", **told)
        command = pipe.take()
        told = {**told, "state": "paused"}


def rewind(folder: RunFolder, command: Command, pipe: Pipe) -> None:
    """Put a snapshot in the place of the run's checkpoint, and forget what came after it."""
    snapshots = Snapshots(folder.path / STUDIO)
    found = snapshots.find(command.snapshot)
    with folder.claim(new=False):
        folder.save(snapshots.read(found.number))
        for file in (folder.model_file, folder.result_file):
            file.unlink(missing_ok=True)
        snapshots.drop_after(found.number)
    pipe.say("rewound", snapshot=found.number, epoch=found.epoch, step=found.step)


def _catch_up(folder: RunFolder) -> None:
    """Go on from the last snapshot, if a process that was killed left it after its checkpoint."""
    snapshots = Snapshots(folder.path / STUDIO)
    last = snapshots.last()
    if last is None or folder.finished:
        return
    # One that was being written when the power failed may be damaged: then the checkpoint it is.
    with folder.claim(new=False), suppress(ModelError):
        newest = snapshots.read(last.number)
        saved = (
            read_checkpoint(folder.checkpoint_file) if folder.checkpoint_file.exists() else None
        )
        if saved is None or (newest.epoch, newest.step) > (saved.epoch, saved.step):
            folder.save(newest)


def _go_back(folder: RunFolder, problem: Diverged, pipe: Pipe) -> None:
    """Say which layer went first, and go back to the last snapshot, which is good."""
    snapshots = Snapshots(folder.path / STUDIO)
    last = snapshots.last()
    if last is not None:
        with folder.claim(new=False):
            folder.save(snapshots.read(last.number))
    pipe.say(
        "diverged",
        layer=problem.layer,
        epoch=problem.epoch,
        step=problem.step,
        message=str(problem),
        snapshot=None if last is None else last.number,
    )


def _subject(task: dict[str, Any], there: dict[str, Any]) -> tuple[Network, Dataset]:
    """Give the network and the pictures as it reads them; without one, make it for them."""
    told = there.get("network") or task.get("network")
    data_dir = _path(task.get("data_dir"))
    if told is None:
        data = load(task["data"], data_dir=data_dir, channels=task.get("channels") or 1)
        channels, height, width = data.train.pixels.shape[1:]
        return preset(len(data.classes), (channels, height, width)), data
    named = isinstance(told, str)
    network = find(told) if named else Network.from_json(json.dumps(told))
    channels, *sides = network.input
    data = load(task["data"], size=(sides[0], sides[1]), data_dir=data_dir, channels=channels)
    return (fitting(network, data) if named else network), data


def _recipe(task: dict[str, Any], there: dict[str, Any], data: Dataset) -> Recipe:
    if there:
        return Recipe.from_document(there["recipe"])
    name = task.get("recipe")
    base = Recipe.from_document(name) if isinstance(name, dict) else recipe(name or "fast")
    if name is None and data.reading in FITTED:
        base = lengthened(base, len(data.train))
    numbers = {key: task.get(key) for key in ("epochs", "batch", "rate")}
    return adjusted(base, **numbers)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
