"""The training loop: the only one.

An epoch is one pass over the training examples; what it reads, and in which order, follows
(seed, epoch). Its steps are taken in runs of a fraction of a second; between two runs the loop
reports, saves and listens for Ctrl-C. Where a run of steps ends changes no bit of the result:
that is why a stopped run and one that never stopped end with the same bytes.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NoReturn

import numpy as np

from simplecell.compile import Compilation
from simplecell.data.normalise import Normalisation, published, standard
from simplecell.data.part import Part
from simplecell.engines.choose import must_compile
from simplecell.engines.parameters import check_parameters
from simplecell.engines.protocol import Array, Engine, Examples, Parameters, State
from simplecell.engines.requests import check_company, check_curved, check_loss
from simplecell.errors import Diverged, ModelError
from simplecell.spec.network import Network
from simplecell.train import average, timing
from simplecell.train.callbacks import (
    Callback,
    Halted,
    Interrupted,
    Progress,
    Stop,
    stop_on_interrupt,
)
from simplecell.train.checkpoint import Checkpoint, read_checkpoint
from simplecell.train.compiling import following
from simplecell.train.divergence import LARGEST, blame, shallow
from simplecell.train.evaluation import Evaluation, measure
from simplecell.train.folder import RunFolder
from simplecell.train.history import Epoch
from simplecell.train.recipes import Recipe, default_loss
from simplecell.train.sampler import Pass, Pictures, steps_of
from simplecell.train.schedules import rates
from simplecell.train.start import first_weights

LOOKED_AT = 1_000
"""Training pictures, at the most, by which it is measured how well they are known."""

LOOK_UP_SECONDS = 0.3
"""How long the loop trains before it looks up: long for a step, short for a person."""


class Training:
    """A run under way: where it is (`at`), and what takes it further."""

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        seed: int,
        engine: Engine,
        parts: tuple[Part, Part],
        normalisation: Normalisation | None,
        initial: Parameters,
        folder: RunFolder | None,
        callbacks: Sequence[Callback],
        save_seconds: float,
        class_weights: Array | None = None,
    ) -> None:
        train, validation = parts
        self.network, self.recipe, self.seed = network, recipe, seed
        self.engine, self.folder = engine, folder
        self.program = engine.program(network)
        self.callbacks, self.save_seconds = callbacks, save_seconds
        self.loss = recipe.loss or default_loss(network)
        check_loss(network, self.loss)
        check_company(network, len(train), recipe.batch)
        if recipe.update.rule == "sdlm":
            check_curved(network)
        self.normalisation = normalisation or (
            standard(train.pixels) if recipe.normalisation == "standard" else published()
        )
        self.train, self.validation = self._examples(train), self._examples(validation)
        weights = None if class_weights is None else class_weights[train.labels]
        mapped = train.mapped is not None
        self.pictures = Pictures(self.train, recipe, seed, engine.threads, weights, mapped)
        drawn = first_weights(network, recipe, seed, self.train)
        given = {name: np.array(values, np.float64) for name, values in initial.items()}
        self.start = {**drawn, **given}
        check_parameters(network, self.start)
        self.steps = steps_of(len(train), recipe.batch)
        self.rates = rates(recipe.schedule, recipe.epochs, self.steps).tolist()
        self.pace = 1
        self.compile_seconds = 0.0

    def _examples(self, part: Part) -> Examples:
        scale, shift = self.normalisation.scale, self.normalisation.shift
        return Examples(part.pixels, part.labels, scale, shift)

    def plan(
        self, seconds: float, kept: Recipe | None, span: tuple[int, int] | None = None
    ) -> Recipe:
        """Take as many epochs as fit into a time, or those the run was given when it began."""
        if kept is None:
            if self.folder is not None:
                self.folder.refuse_second_start()
            self._warm_up(self.start)
            started = time.perf_counter()
            each = timing.seconds_per_epoch(
                self.program, self.pictures, self.start, self.recipe, self.loss, self.validation,
                seconds,
            )  # fmt: skip
            left = max(0.0, seconds - (time.perf_counter() - started))
            kept = timing.fitted(self.recipe, each, left, span)
            for callback in self.callbacks:
                callback.planned(kept.epochs, each)
        self.recipe = kept
        self.rates = rates(kept.schedule, kept.epochs, self.steps).tolist()
        return kept

    def run(self, checkpoint: Checkpoint | None) -> Checkpoint:
        """Train from a checkpoint, or from the seed, to the last epoch."""
        self.at = checkpoint or self._beginning()
        self.first = self._steps_done()
        for callback in self.callbacks:
            callback.opened(self)
            callback.parts(len(self.train), len(self.validation))
            callback.begin(self.recipe.epochs, self.steps)
        self._warm_up(self.at.state.parameters)
        self.begun = self.clock = self.saved = time.perf_counter()
        with stop_on_interrupt() as stop:
            while self.at.epoch < self.recipe.epochs and not self._reached():
                self._epoch(stop)
                if any(callback.enough() for callback in self.callbacks):
                    break
        return self.at

    def _beginning(self) -> Checkpoint:
        state = State({name: w.copy() for name, w in self.start.items()}, seed=self.seed)
        return Checkpoint(self.network.to_json(), state, [], 0, np.empty(0), 0.0)

    def _reached(self) -> bool:
        """Say whether the last epoch came to the error that was asked for."""
        goal, past = self.recipe.until_error, self.at.history
        error = past[-1].validation_error_percent if past and self.at.step == 0 else None
        return goal is not None and error is not None and error <= goal

    def _warm_up(self, parameters: Parameters) -> None:
        """Take a step on a copy and throw it away: kernels compile before the clock starts."""
        started = time.perf_counter()
        if must_compile(self.engine):
            for callback in self.callbacks:
                callback.compiling()
            with following(self._tell_kernels):
                self._first_step(parameters)
        else:
            self._first_step(parameters)
        self.compile_seconds += time.perf_counter() - started

    def _tell_kernels(self, so_far: Compilation) -> None:
        for callback in self.callbacks:
            callback.kernels(so_far)

    def _first_step(self, parameters: Parameters) -> None:
        state = State({name: w.copy() for name, w in parameters.items()})
        batch = min(self.recipe.batch, len(self.train))
        few = self.pictures.of(np.arange(batch), 0)
        if self.recipe.update.rule == "sdlm":
            state.slots["h"] = self.program.curvature(state.parameters, few, self.loss)
        told = (batch, [0.0], self.recipe.update, self.loss)
        self.program.train(state, few, np.arange(batch), *told)
        self.program.forward(state.parameters, replace(few, labels=None))

    def _steps_done(self) -> int:
        return self.at.epoch * self.steps + self.at.step

    def _epoch(self, stop: Stop) -> None:
        if self.at.step == 0:
            with self._giving_up(stop):
                self._measure_curvature()
        with Pass(self.pictures, self.recipe.batch, self.at.epoch) as reading:
            while self.at.step < self.steps:
                self._some_steps(reading, stop)
                self._report()
                if stop.asked or any(callback.interrupts() for callback in self.callbacks):
                    self._interrupt(stop)
                if time.perf_counter() - self.saved >= self.save_seconds:
                    self._save()
        self._close_epoch(stop)

    @contextmanager
    def _giving_up(self, stop: Stop) -> Iterator[None]:
        """Let a wish to stop end the engine's work within, however long it would take.

        What was there before is put back: engines give new arrays, and write to none.
        """
        kept = shallow(self.at.state)
        try:
            with stop.giving_up():
                yield
        except Halted:
            self.at.state = kept
            self._interrupt(stop)

    def _measure_curvature(self) -> None:
        """Measure how E bends in each weight, on examples as this pass shows them."""
        if self.recipe.update.rule != "sdlm":
            return
        state = self.at.state
        some = self.pictures.sample(self.at.epoch, self.recipe.curvature_examples)
        state.slots["h"] = self.program.curvature(state.parameters, some, self.loss)

    def _some_steps(self, reading: Pass, stop: Stop) -> None:
        """Take as many steps as fit between two looks up, and no more than the stretch has."""
        at, batch, done = self.at, self.recipe.batch, self._steps_done()
        until = reading.until(at.step)
        count = min(self.pace, until - at.step)
        started = time.perf_counter()
        before = shallow(at.state)
        examples, rows = reading.read(at.step, count)
        per_step = self.rates[done : done + count]
        with self._giving_up(stop), np.errstate(all="ignore"):
            losses = self.program.train(
                at.state, examples, rows, batch, per_step, self.recipe.update, self.loss
            )
        if not _finite(losses, at.state):
            raise self._divergence(before, reading, count)
        at.losses = np.concatenate([at.losses, losses])
        at.step += count
        if at.step == until:
            length = until - reading.start(until)
            share = average.share_of(self.recipe, length, len(self.rates))
            average.follow(at.state, share)
        per_second = count / max(time.perf_counter() - started, 1e-6)
        self.pace = max(1, min(8 * self.pace, int(per_second * LOOK_UP_SECONDS)))

    def _divergence(self, state: State, reading: Pass, count: int) -> Diverged:
        """Walk the last steps again, one at a time, to say in which one what went first."""
        at, first = self.at, self._steps_done()
        with np.errstate(all="ignore"):
            for step in range(at.step, at.step + count):
                before = shallow(state)
                examples, rows = reading.read(step, 1)
                rate = self.rates[first + step - at.step]
                told = (self.recipe.batch, [rate], self.recipe.update, self.loss)
                losses = self.program.train(state, examples, rows, *told)
                if not _finite(losses, state):
                    break
            layer, what = blame(self.program, before, state, examples, rows, self.loss)
        kept = ""
        if self.folder is not None and self.folder.checkpoint_file.exists():
            kept = f"\n  The last good checkpoint is kept: {self.folder.checkpoint_file}."
        return Diverged(
            f"{self.network.name} diverged in epoch {at.epoch + 1}, step {step + 1} of"
            f" {self.steps}: the loss or a weight is no longer a number. Layer {layer} went first:"
            f" {what}.\n"
            f"  The rate there was {rate:.3g}, too high for this network and batch size: start"
            f" again with a lower one, e.g. --rate {self.recipe.schedule.rate / 10:.2g}.{kept}",
            layer,
            at.epoch + 1,
            step + 1,
        )

    def _close_epoch(self, stop: Stop) -> None:
        with self._giving_up(stop):
            judged = self._validate()
        at = self.at
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
        return measure(self.program, average.learned(self.at.state), self.validation, self.loss)

    def train_error(self) -> float:
        """Measure, in percent, how many of some training pictures are wrong, as they are."""
        few = np.unique(np.linspace(0, len(self.train) - 1, LOOKED_AT).astype(np.int64))
        labels = None if self.train.labels is None else self.train.labels[few]
        some = replace(self.train, pixels=self.train.pixels[few], labels=labels)
        found = measure(self.program, average.learned(self.at.state), some, self.loss)
        return found.error_percent

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
        try:
            self.folder.save(self.at)
        except ModelError as problem:
            raise ModelError(f"{problem}\n  {self._kept(self.folder)}") from None
        for callback in self.callbacks:
            callback.saved(self.folder.path)

    def _kept(self, folder: RunFolder) -> str:
        """Say what is safe of a run that could not be saved."""
        try:
            last = read_checkpoint(folder.checkpoint_file)
        except ModelError:
            return "Nothing of this run is saved."
        where = f"epoch {last.epoch + 1}, step {last.step}"
        return (
            f"What was learnt up to {where} is safe in {folder.checkpoint_file}: go on from there"
            " with --resume."
        )

    def _interrupt(self, stop: Stop) -> NoReturn:
        self._save()
        where = f"epoch {self.at.epoch + 1} of {self.recipe.epochs}, step {self.at.step}"
        if self.folder is None:
            told = f"stopped in {where}; nothing is saved, as no folder was named."
            raise Interrupted(told, stop.signum) from None
        told = f"stopped in {where}; saved in {self.folder.path}."
        raise Interrupted(told, stop.signum) from None


def _finite(losses: Array, state: State) -> bool:
    # A NaN is not below anything.
    below = all((np.abs(w) < LARGEST).all() for w in state.parameters.values())
    return bool(np.isfinite(losses).all() and below)
