"""The training loop: `fit` is the only one.

An epoch is one pass over the training examples in an order that follows (seed, epoch). Its
steps are taken in runs of a fraction of a second; between two runs the loop reports, saves and
listens for Ctrl-C. Where a run of steps ends changes no bit of the result: that is why a
stopped run and one that never stopped end with the same bytes.
"""

import json
import math
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import order
from simplecell.data.normalise import Normalisation, published, standard
from simplecell.data.part import Part, split
from simplecell.data.sources import Dataset, check_classes
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.choose import must_compile
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Engine, Examples, State
from simplecell.engines.requests import check_loss
from simplecell.errors import DataError, ModelError, ShapeError, TrainingError
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback, Interrupted, Progress, Stop, stop_on_interrupt
from simplecell.train.checkpoint import Checkpoint
from simplecell.train.evaluation import Evaluation, measure
from simplecell.train.folder import RunFolder
from simplecell.train.history import Epoch, without_seconds
from simplecell.train.model import Model, version
from simplecell.train.recipes import Recipe, adjusted, default_loss
from simplecell.train.recipes import recipe as find_recipe
from simplecell.train.schedules import rates

LOOK_UP_SECONDS = 0.3
"""How long the loop trains before it looks up: long for a step, short for a person."""

LARGEST = np.finfo(np.float32).max
"""Weights are kept as float32: one past this has left the numbers."""


@dataclass(frozen=True)
class Run:
    """What training gave."""

    model: Model
    history: tuple[Epoch, ...]
    train_seconds: float
    compile_seconds: float
    recipe: Recipe
    seed: int
    engine: str
    threads: int
    folder: Path | None

    @property
    def network(self) -> Network:
        """The network that was trained."""
        return self.model.network

    @property
    def parameters(self) -> dict[str, NDArray[Any]]:
        """The trained weights by name, float32."""
        return dict(self.model.parameters)


def fit(
    network: Network,
    data: Dataset,
    *,
    recipe: str | Recipe = "fast",
    epochs: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
    seed: int = 0,
    engine: str | Engine = "auto",
    threads: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
    save_seconds: float = 10.0,
) -> Run:
    """Train a network on the training part of `data`; the test part is not looked at.

    `out` names the run folder; without it nothing is written. `resume` goes on with the run
    that is there. A checkpoint is saved after every epoch, and every `save_seconds` within one.

    Raises
        ShapeError      the network reads images of another shape
        DataError       fewer outputs than classes; nothing to learn from
        ModelError      a run folder that is taken, or was told something else; a full disk
        TrainingError   the loss is no longer a number
        Interrupted     Ctrl-C; what was learned so far is saved
    """
    base = find_recipe(recipe) if isinstance(recipe, str) else recipe
    told = adjusted(base, epochs=epochs, batch=batch, rate=rate)
    chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
    _check_data(network, data)
    settings = _settings(network, data, told, seed, chosen.name)
    folder = None if out is None else RunFolder(out)
    # Whatever can be refused is refused before the folder is claimed.
    training = _Training(
        network=network,
        recipe=told,
        seed=seed,
        engine=chosen,
        parts=split(data.train, told.validation, seed),
        folder=folder,
        callbacks=callbacks,
        save_seconds=save_seconds,
    )
    checkpoint = _open(folder, settings, resume)
    if folder is not None and folder.finished and checkpoint is not None:
        model = folder.model()
    else:
        checkpoint = training.run(checkpoint)
        model = _model(network, data, training.normalisation, checkpoint, settings)
        if folder is not None:
            folder.save_model(model)
    return Run(
        model=model,
        history=tuple(checkpoint.history),
        train_seconds=checkpoint.seconds,
        compile_seconds=training.compile_seconds,
        recipe=told,
        seed=seed,
        engine=chosen.name,
        threads=chosen.threads,
        folder=None if folder is None else folder.path,
    )


def _check_data(network: Network, data: Dataset) -> None:
    shape = data.train.pixels.shape[1:]
    if shape != network.input:
        wanted, found = ("x".join(map(str, s)) for s in (network.input, shape))
        raise ShapeError(
            f"{network.name} reads {wanted} images; {data.name} gives {found}.\n"
            f"  Ask for the size: load({data.name!r}, size={network.input[1]}); or give the"
            f" network another input."
        )
    check_classes(data, network.classes, network.name)
    if len(data.train.labels) == 0:
        raise DataError(f"{data.name} has no training examples.")


def _settings(
    network: Network, data: Dataset, recipe: Recipe, seed: int, engine: str
) -> dict[str, Any]:
    """Say all that decides the bits of the result; threads do not."""
    pixels, labels = data.train.pixels, data.train.labels
    crc = zlib.crc32(np.ascontiguousarray(pixels).data)
    crc = zlib.crc32(np.ascontiguousarray(labels).data, crc)
    return {
        "network": json.loads(network.to_json()),
        "data": {"name": data.name, "images": len(labels), "crc32": crc},
        "recipe": recipe.to_document(),
        "seed": seed,
        "engine": engine,
        "simplecell": version(),
    }


def _open(folder: RunFolder | None, settings: dict[str, Any], resume: bool) -> Checkpoint | None:
    if folder is None:
        if resume:
            raise ModelError("resume needs the run's folder: name it with --out (out=…).")
        return None
    if resume:
        return folder.resume(settings)
    folder.start(settings)
    return None


def _model(
    network: Network,
    data: Dataset,
    normalisation: Normalisation,
    checkpoint: Checkpoint,
    settings: dict[str, Any],
) -> Model:
    training = {name: value for name, value in settings.items() if name != "network"}
    training["history"] = without_seconds(checkpoint.history)
    weights = {n: w.astype(np.float32) for n, w in checkpoint.state.parameters.items()}
    unnamed = tuple(str(k) for k in range(len(data.classes), network.classes))
    classes = (*data.classes, *unnamed)
    return Model(network, weights, normalisation, classes, data.frame, training)


class _Training:
    """A run under way: where it is (`at`), and what takes it further."""

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        seed: int,
        engine: Engine,
        parts: tuple[Part, Part],
        folder: RunFolder | None,
        callbacks: Sequence[Callback],
        save_seconds: float,
    ) -> None:
        train, validation = parts
        self.network, self.recipe, self.seed = network, recipe, seed
        self.engine, self.folder = engine, folder
        self.program = engine.program(network)
        self.callbacks, self.save_seconds = callbacks, save_seconds
        self.loss = recipe.loss or default_loss(network)
        check_loss(network, self.loss)
        self.normalisation = (
            standard(train.pixels) if recipe.normalisation == "standard" else published()
        )
        self.train, self.validation = self._examples(train), self._examples(validation)
        self.steps = math.ceil(len(train) / recipe.batch)
        self.rates = rates(recipe.schedule, recipe.epochs, self.steps).tolist()
        self.pace = 1
        self.compile_seconds = 0.0

    def _examples(self, part: Part) -> Examples:
        scale, shift = self.normalisation.scale, self.normalisation.shift
        return Examples(part.pixels, part.labels, scale, shift)

    def run(self, checkpoint: Checkpoint | None) -> Checkpoint:
        """Train from a checkpoint, or from the seed, to the last epoch."""
        self.at = checkpoint or self._beginning()
        self.first = self._steps_done()
        for callback in self.callbacks:
            callback.begin(self.recipe.epochs, self.steps)
        self._warm_up()
        self.begun = self.clock = self.saved = time.perf_counter()
        with stop_on_interrupt() as stop:
            while self.at.epoch < self.recipe.epochs:
                self._epoch(stop)
        return self.at

    def _beginning(self) -> Checkpoint:
        parameters = initial_parameters(self.network, self.seed, self.recipe.initial)
        return Checkpoint(self.network.to_json(), State(parameters), [], 0, np.empty(0), 0.0)

    def _warm_up(self) -> None:
        """Take a step on a copy and throw it away: kernels compile before the clock starts."""
        started = time.perf_counter()
        if must_compile(self.engine):
            for callback in self.callbacks:
                callback.compiling()
        state = State({name: w.copy() for name, w in self.at.state.parameters.items()})
        batch = min(self.recipe.batch, len(self.train))
        told = (batch, [0.0], self.recipe.update, self.loss)
        self.program.train(state, self.train, np.arange(batch), *told)
        few = replace(self.train, pixels=self.train.pixels[:batch], labels=None)
        self.program.forward(state.parameters, few)
        self.compile_seconds = time.perf_counter() - started

    def _steps_done(self) -> int:
        return self.at.epoch * self.steps + self.at.step

    def _epoch(self, stop: Stop) -> None:
        rows = order(len(self.train), self.seed, self.at.epoch)
        while self.at.step < self.steps:
            self._some_steps(rows)
            self._report()
            if stop.asked:
                self._interrupt()
            if time.perf_counter() - self.saved >= self.save_seconds:
                self._save()
        self._close_epoch()

    def _some_steps(self, rows: NDArray[np.int64]) -> None:
        """Take as many steps as fit between two looks up, and no more than the epoch has."""
        at, batch, done = self.at, self.recipe.batch, self._steps_done()
        count = min(self.pace, self.steps - at.step)
        started = time.perf_counter()
        some = rows[at.step * batch : (at.step + count) * batch]
        per_step = self.rates[done : done + count]
        with np.errstate(all="ignore"):
            losses = self.program.train(
                at.state, self.train, some, batch, per_step, self.recipe.update, self.loss
            )
        self._check_finite(losses)
        at.losses = np.concatenate([at.losses, losses])
        at.step += count
        per_second = count / max(time.perf_counter() - started, 1e-6)
        self.pace = max(1, min(8 * self.pace, int(per_second * LOOK_UP_SECONDS)))

    def _check_finite(self, losses: NDArray[np.float64]) -> None:
        weights = self.at.state.parameters.values()
        # A NaN is not below anything.
        if np.isfinite(losses).all() and all((np.abs(w) < LARGEST).all() for w in weights):
            return
        at = self.at
        wrong = np.flatnonzero(~np.isfinite(losses))
        step = at.step + (int(wrong[0]) if len(wrong) else len(losses) - 1)
        rate = self.rates[at.epoch * self.steps + step]
        kept = ""
        if self.folder is not None and self.folder.checkpoint_file.exists():
            kept = f"\n  The last good checkpoint is kept: {self.folder.checkpoint_file}."
        raise TrainingError(
            f"{self.network.name} diverged in epoch {at.epoch + 1}, step {step + 1} of"
            f" {self.steps}: the loss or a weight is no longer a number.\n"
            f"  The rate there was {rate:.3g}, too high for this network and batch size: start"
            f" again with a lower one, e.g. --rate {self.recipe.schedule.rate / 10:.2g}.{kept}"
        )

    def _close_epoch(self) -> None:
        at, judged = self.at, self._validate()
        self._tick()
        row = Epoch(
            epoch=at.epoch + 1,
            train_loss=float(at.losses.mean()),
            validation_loss=None if judged is None else judged.loss,
            validation_error_percent=None if judged is None else judged.error_percent,
            rate=self.rates[self._steps_done() - 1],
            seconds=at.seconds - sum(row.seconds for row in at.history),
        )
        at.history.append(row)
        at.step, at.losses = 0, np.empty(0)
        self._save()
        for callback in self.callbacks:
            callback.epoch(row)

    def _validate(self) -> Evaluation | None:
        if len(self.validation) == 0:
            return None
        return measure(self.program, self.at.state.parameters, self.validation, self.loss)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.at.seconds += now - self.clock
        self.clock = now

    def _report(self) -> None:
        self._tick()
        at, done = self.at, self._steps_done()
        per_step = (self.clock - self.begun) / (done - self.first)
        progress = Progress(
            epoch=at.epoch + 1,
            epochs=self.recipe.epochs,
            step=at.step,
            steps=self.steps,
            loss=float(at.losses.mean()),
            seconds=at.seconds,
            seconds_left=per_step * (len(self.rates) - done),
        )
        for callback in self.callbacks:
            callback.progress(progress)

    def _save(self) -> None:
        self.saved = time.perf_counter()
        if self.folder is None:
            return
        self._tick()
        self.folder.save(self.at)
        for callback in self.callbacks:
            callback.saved(self.folder.path)

    def _interrupt(self) -> None:
        self._save()
        where = f"epoch {self.at.epoch + 1} of {self.recipe.epochs}, step {self.at.step}"
        if self.folder is None:
            raise Interrupted(f"stopped in {where}; nothing is saved, as no folder was named.")
        raise Interrupted(f"stopped in {where}; saved in {self.folder.path}.")
