"""Answers first: nobody is timed whose answer is not the reference's.

    training    after three steps: the loss of the last, and how far each array moved
    inference   the outputs of the first batch

A difference is the largest of an array, over the largest size in it; of a parameter, over the
largest move, so that a step not taken counts as 1. What float32 must round away of a weight at
each step is taken off first.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simplecell.bench.task import Task
from simplecell.engines.protocol import Array, State, Update
from simplecell.engines.reference import Reference

STEPS = 3
TOLERANCE = 1e-3
"""Float32 against float64; what is measured is below 1e-4."""


@dataclass(frozen=True)
class Oracle:
    """The reference's answer, and how long it took."""

    answer: Mapping[str, Array]
    start: Mapping[str, Array]
    seconds: float
    images: int

    def difference(self, found: Mapping[str, Array]) -> float:
        """Give the largest relative difference; infinite if an array is missing or NaN."""
        return max(self._difference(name, found) for name in self.answer)

    def _difference(self, name: str, found: Mapping[str, Array]) -> float:
        wanted = self.answer[name]
        if name not in found or found[name].shape != wanted.shape:
            return float("inf")
        away = np.abs(np.asarray(found[name], np.float64) - wanted).max()
        if not np.isfinite(away):
            return float("inf")
        size = np.abs(wanted).max()
        if name in self.start:
            away = max(0.0, away - STEPS * np.finfo(np.float32).eps * size)
            size = np.abs(wanted - self.start[name]).max()
        return float(away / size) if away else 0.0


def trained(task: Task) -> Oracle:
    """Let the reference take the first steps of a task."""
    start = {name: w.astype(np.float64) for name, w in task.parameters.items()}
    state = State(dict(start))
    order = np.resize(task.order[: task.batches[-1].stop], STEPS * task.batch)
    program = Reference().program(task.network)
    begun = time.perf_counter()
    losses = program.train(
        state, task.examples, order, task.batch, [task.rate] * STEPS, Update(), task.loss
    )
    seconds = time.perf_counter() - begun
    return Oracle({"loss": losses[-1:], **state.parameters}, start, seconds, len(order))


def forwarded(task: Task) -> Oracle:
    """Let the reference run the first batch of a task."""
    program = Reference().program(task.network)
    begun = time.perf_counter()
    outputs = program.forward(task.parameters, task.examples_of(task.batches[0]))
    seconds = time.perf_counter() - begun
    return Oracle({"outputs": outputs}, {}, seconds, task.batch)
