"""A system: somebody who can run a task; and the list of those the bench knows."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol

from simplecell.bench.task import Task
from simplecell.engines.protocol import Array
from simplecell.errors import EngineError, UnknownName
from simplecell.spec.network import Network


class Runner(Protocol):
    """A task made ready to run."""

    def reset(self) -> None:
        """Go back to the task's weights."""
        ...

    def advance(self, steps: int) -> None:
        """Run so many batches from the task's first one on, and return when it is done."""
        ...

    def answer(self) -> Mapping[str, Array]:
        """Give what came out: parameters and the last `loss`; or the first batch's `outputs`."""
        ...


Forms = Mapping[str, Callable[[], Runner]]
"""The ways in which a good user may write it, by name; the fastest counts."""


class System(Protocol):
    """A framework, or an engine of ours."""

    version: str

    def network(self, task: Task) -> Network:
        """Give the network it runs: the task's, unless it stands there for scale."""
        return task.network

    def training(self, task: Task) -> Forms:
        """Give the ways to take training steps; none if it cannot train."""
        return {}

    def inference(self, task: Task) -> Forms:
        """Give the ways to go forward."""
        ...


_MAKERS = {
    "lanes": ("engines", "Lanes"),
    "torch": ("pytorch", "Eager"),
    "torch-compiled": ("pytorch", "Compiled"),
    "jax": ("xla", "Jax"),
    "onnxruntime": ("onnx", "OnnxRuntime"),
    "mlp": ("perceptron", "Perceptron"),
}
SYSTEMS = ("lanes", "reference", *list(_MAKERS)[1:])
"""The names of all systems. The reference is the judge: its answers are the ones compared."""


def make_system(name: str, threads: int) -> System:
    """Make a system ready for so many threads.

    Raises
        UnknownName   no such system
        EngineError   it is absent, and why
    """
    if name not in _MAKERS:
        raise UnknownName("system", name, SYSTEMS)
    file, maker = _MAKERS[name]
    try:
        made: System = getattr(import_module(f"simplecell.bench.{file}"), maker)(threads)
    except ImportError as problem:
        raise EngineError(f"{name} is not installed: {problem}.") from None
    return made
