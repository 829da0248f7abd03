"""A contest: every system runs one task; first the answers, then, turn about, the time.

Each repeat gives every system the same fraction of a second, in an order that moves on by one,
so that a noisy moment falls on all alike. Medians count; the lowest and highest are kept.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from simplecell.bench.answers import STEPS, TOLERANCE, Oracle, forwarded, trained
from simplecell.bench.machine import Bystanders
from simplecell.bench.networks import inference_flops, training_flops
from simplecell.bench.system import Forms, Runner, System
from simplecell.bench.task import Task
from simplecell.errors import SimplecellError
from simplecell.spec.network import Network

PAUSE_SECONDS = 0.15
"""Threads of the one before go on looking for work: OpenBLAS's do for a ninth of a second."""
WARM_SECONDS = 0.03
"""After the pause the processor's clock, and the threads, are not yet what they will be."""
TRIALS = 2


@dataclass(frozen=True)
class Pace:
    """How long to time, and how often."""

    repeats: int = 5
    seconds: float = 0.2


@dataclass(frozen=True)
class Figures:
    """What one system needs for one image; `forms` has the ways that were tried.

    `difference` is that of its answer from the reference's, None for another network.
    """

    microseconds_per_image: float
    lowest: float
    highest: float
    gflops: float
    repeats: int
    warm_up_seconds: float
    form: str
    forms: Mapping[str, float]
    difference: float | None


class WrongAnswer(SimplecellError):
    """A system that does not compute what it is timed for."""


@dataclass(frozen=True)
class Outcome:
    """Who took how long; who was not timed and why; how busy others were meanwhile."""

    figures: dict[str, Figures]
    refused: dict[str, str]
    others_percent: float


@dataclass
class _Entry:
    """A runner that gave the right answer, timed `steps` at a time."""

    form: str
    runner: Runner
    warm_up_seconds: float
    difference: float | None
    steps: int = 1
    microseconds: float = float("inf")

    def settle(self, seconds: float) -> None:
        """Take more steps at a time until they are no less than a tenth of so long."""
        self.runner.reset()
        while self._time_once() < seconds / 10:
            self.steps *= 2

    def time(self, seconds: float, batch: int) -> float:
        """Run from the task's weights on for about so long; give microseconds per image."""
        time.sleep(PAUSE_SECONDS)
        self._run(WARM_SECONDS)
        self.runner.reset()
        took, turns = self._run(seconds)
        return 1e6 * took / (turns * self.steps * batch)

    def _run(self, seconds: float) -> tuple[float, int]:
        took, turns = 0.0, 0
        while took < seconds:
            took, turns = took + self._time_once(), turns + 1
        return took, turns

    def _time_once(self) -> float:
        begun = time.perf_counter()
        self.runner.advance(self.steps)
        return time.perf_counter() - begun


def train(task: Task, systems: Mapping[str, System], pace: Pace) -> Outcome:
    """Time training steps."""
    forms = {name: system.training(task) for name, system in systems.items()}
    return _contest(task, systems, forms, trained(task), training_flops, pace)


def infer(task: Task, systems: Mapping[str, System], pace: Pace) -> Outcome:
    """Time batches going forward."""
    forms = {name: system.inference(task) for name, system in systems.items()}
    return _contest(task, systems, forms, forwarded(task), inference_flops, pace)


def _contest(
    task: Task,
    systems: Mapping[str, System],
    forms: Mapping[str, Forms],
    oracle: Oracle,
    flops: Callable[[Network], int],
    pace: Pace,
) -> Outcome:
    entries: dict[str, list[_Entry]] = {}
    refused: dict[str, str] = {}
    for name, ways in forms.items():
        networks = task.network, systems[name].network(task)
        judge = oracle if networks[0] == networks[1] else None
        for form, make in ways.items():
            try:
                entry = _enter(form, make, judge)
            # A peer fails in its own ways, a compiler that it lacks among them; others go on.
            except Exception as problem:
                refused[f"{name}: {form}"] = _reason(problem)
            else:
                entries.setdefault(name, []).append(entry)
    chosen = {name: _fastest(ways, task.batch, pace) for name, ways in entries.items()}
    bystanders = Bystanders()
    figures = {
        name: _figures(times, flops(systems[name].network(task)), chosen[name], entries[name])
        for name, times in _turn_about(chosen, task.batch, pace, bystanders).items()
    }
    figures["reference"] = _of_reference(oracle, flops(task.network))
    return Outcome(figures, refused, bystanders.percent)


def _enter(form: str, make: Callable[[], Runner], oracle: Oracle | None) -> _Entry:
    """Make a runner, warm it up, hold its answer against the reference's.

    Raises
        WrongAnswer   it gives another answer
    """
    begun = time.perf_counter()
    runner = make()
    runner.advance(1)
    warm_up = time.perf_counter() - begun
    if oracle is None:
        return _Entry(form, runner, warm_up, None)
    runner.reset()
    runner.advance(STEPS)
    difference = oracle.difference(runner.answer())
    if not difference <= TOLERANCE:
        raise WrongAnswer(
            f"its answer is {difference:.2g} away from the reference's, relatively;"
            f" {TOLERANCE:g} is allowed."
        )
    return _Entry(form, runner, warm_up, difference)


def _fastest(ways: list[_Entry], batch: int, pace: Pace) -> _Entry:
    """Try each way for a moment, in turn, and give the one that was fastest in its best."""
    for entry in ways:
        entry.settle(pace.seconds)
    for _ in range(TRIALS):
        for entry in ways:
            entry.microseconds = min(entry.microseconds, entry.time(pace.seconds / 4, batch))
    return min(ways, key=lambda entry: entry.microseconds)


def _turn_about(
    chosen: Mapping[str, _Entry], batch: int, pace: Pace, bystanders: Bystanders
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in chosen}
    names = list(chosen)
    for repeat in range(pace.repeats):
        first = repeat % max(1, len(names))
        for name in names[first:] + names[:first]:
            with bystanders.watched():
                times[name].append(chosen[name].time(pace.seconds, batch))
    return times


def _figures(times: Sequence[float], flops: int, entry: _Entry, ways: Sequence[_Entry]) -> Figures:
    middle = median(times)
    return Figures(
        microseconds_per_image=middle,
        lowest=min(times),
        highest=max(times),
        gflops=flops / middle / 1e3,
        repeats=len(times),
        warm_up_seconds=entry.warm_up_seconds,
        form=entry.form,
        forms={way.form: way.microseconds for way in ways},
        difference=entry.difference,
    )


def _of_reference(oracle: Oracle, flops: int) -> Figures:
    once = 1e6 * oracle.seconds / oracle.images
    gflops = flops / once / 1e3
    return Figures(once, once, once, gflops, 1, 0.0, "formulas", {"formulas": once}, 0.0)


def _reason(problem: Exception) -> str:
    lines = str(problem).strip().splitlines() or ["no reason given"]
    known = isinstance(problem, WrongAnswer)
    return lines[0] if known else f"{type(problem).__name__}: {lines[0]}"
