"""ONNX Runtime, which runs networks and does not train them; its file is `export.onnx`'s."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from simplecell.bench.system import Forms, Runner, System
from simplecell.bench.task import Task
from simplecell.engines.protocol import Array
from simplecell.export.onnx import bare


class OnnxRuntime(System):
    """ONNX Runtime on the processor."""

    def __init__(self, threads: int) -> None:
        runtime = import_module("onnxruntime")
        self.version = f"onnxruntime {runtime.__version__}"
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1

        def session(model: bytes) -> Any:
            return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

        self.session = session

    def inference(self, task: Task) -> Forms:
        """Give a session of the network's file."""
        return {
            "session": lambda: Outputs(self.session(bare(task.network, task.parameters)), task)
        }


class Outputs(Runner):
    """Batches going forward."""

    def __init__(self, session: Any, task: Task) -> None:
        self.session = session
        self.batches = [{"x": task.x[rows]} for rows in task.batches]

    def reset(self) -> None:
        """Do nothing: going forward changes no weights."""

    def advance(self, steps: int) -> None:
        """Run so many batches."""
        for s in range(steps):
            self.session.run(None, self.batches[s % len(self.batches)])

    def answer(self) -> Mapping[str, Array]:
        """Give the outputs of the first batch."""
        return {"outputs": self.session.run(None, self.batches[0])[0]}
