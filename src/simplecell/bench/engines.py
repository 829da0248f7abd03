"""Our own engines as systems."""

from collections.abc import Callable, Mapping
from importlib import metadata

import numpy as np

from simplecell.bench.system import Forms, Runner, System
from simplecell.bench.task import Task
from simplecell.engines import lanes as engine
from simplecell.engines.protocol import Array, Examples, Program, State, Update


class Lanes(System):
    """The compiled engine."""

    def __init__(self, threads: int) -> None:
        self.engine = engine.Lanes(threads)
        self.version = f"numba {metadata.version('numba')}"

    def training(self, task: Task) -> Forms:
        """Give the one way to train: all the steps in one call, as `train.fit` does."""
        return {"train": lambda: Steps(self.engine.program(task.network), task)}

    def inference(self, task: Task) -> Forms:
        """Give the ways forward: the weights laid out once, as peers' are, or given each time."""
        program = self.engine.program(task.network)

        def given(examples: Examples) -> Array:
            return program.forward(task.parameters, examples)

        return {
            "reader": lambda: Outputs(program.reader(task.parameters), task),
            "forward": lambda: Outputs(given, task),
        }


class Steps(Runner):
    """Training steps of a program."""

    def __init__(self, program: Program, task: Task) -> None:
        self.program, self.task = program, task
        self.rows = task.order[: task.batches[-1].stop]
        self.reset()

    def reset(self) -> None:
        """Go back to the task's weights."""
        self.state = State({name: w.copy() for name, w in self.task.parameters.items()})
        self.losses = np.empty(0)

    def advance(self, steps: int) -> None:
        """Take so many steps."""
        task = self.task
        order = np.resize(self.rows, steps * task.batch)
        rates = [task.rate] * steps
        self.losses = self.program.train(
            self.state, task.examples, order, task.batch, rates, Update(), task.loss
        )

    def answer(self) -> Mapping[str, Array]:
        """Give the parameters and the loss of the last step."""
        return {"loss": self.losses[-1:], **self.state.parameters}


class Outputs(Runner):
    """Batches going forward through a program."""

    def __init__(self, read: Callable[[Examples], Array], task: Task) -> None:
        self.read = read
        self.batches = [task.examples_of(rows) for rows in task.batches]

    def reset(self) -> None:
        """Do nothing: going forward changes no weights."""

    def advance(self, steps: int) -> None:
        """Run so many batches."""
        for s in range(steps):
            self.read(self.batches[s % len(self.batches)])

    def answer(self) -> Mapping[str, Array]:
        """Give the outputs of the first batch."""
        return {"outputs": self.read(self.batches[0])}
