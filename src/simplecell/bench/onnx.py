"""ONNX Runtime, which runs networks and does not train them; and the file it reads.

Subsample   the mean of each window, times n*m*w, plus b
RBF         |x|^2 - 2 x.code + |code|^2
"""

import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from simplecell.bench.system import Forms, Runner, System
from simplecell.bench.task import Task
from simplecell.engines.parameters import code_values
from simplecell.engines.protocol import Array, Parameters
from simplecell.errors import EngineError
from simplecell.formulas.activations import AMPLITUDE, STEEPNESS
from simplecell.spec.layers import RBF, Conv, Dense, Layer, Pool, Subsample
from simplecell.spec.network import Network

OPSET, IR_VERSION = 18, 9
SQUASHES = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}


class OnnxRuntime(System):
    """ONNX Runtime on the processor."""

    def __init__(self, threads: int) -> None:
        import_module("onnx")
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
            "session": lambda: Outputs(self.session(write(task.network, task.parameters)), task)
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


def write(network: Network, parameters: Parameters) -> bytes:
    """Write a network and its weights as an ONNX file, for any number of images."""
    graph = Graph()
    x = "x"
    for layer in network.layers:
        w, b = (parameters.get(f"{layer.name}.{own}") for own in ("w", "b"))
        x = graph.squash(layer.squash, graph.weigh(layer, x, w, b))
    return graph.close(network, x)


class Graph:
    """Nodes and constants in the order in which they are needed."""

    def __init__(self) -> None:
        self.onnx = import_module("onnx")
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, values: Any) -> str:
        """Keep an array and give its name."""
        name = f"constant{len(self.constants)}"
        array = np.ascontiguousarray(values, np.float32)
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, operator: str, *inputs: str, **settings: Any) -> str:
        """Add an operation and give the name of its output."""
        name = f"value{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [name], **settings))
        return name

    def weigh(self, layer: Layer, x: str, w: Array | None, b: Array | None) -> str:
        """Give a layer's u. Weights of absent connections are 0 and stay so."""
        match layer:
            case Conv():
                settings = {"kernel_shape": layer.kernel, "strides": layer.stride}
                return self.node("Conv", x, self.constant(w), self.constant(b), **settings)
            case Dense():
                return self._gemm(self.node("Flatten", x), w, b)
            case RBF():
                codes, flat = code_values(layer), self.node("Flatten", x)
                lengths = self.node("ReduceSumSquare", flat, self._axes(), keepdims=1)
                products = self._gemm(flat, -2 * codes, (codes * codes).sum(1))
                return self.node("Add", products, lengths)
            case Subsample() if w is not None and b is not None:
                gains = math.prod(layer.window) * w[:, None, None]
                mean = self._pool("AveragePool", layer, x)
                scaled = self.node("Mul", mean, self.constant(gains))
                return self.node("Add", scaled, self.constant(b[:, None, None]))
            case Pool():
                return self._pool("MaxPool" if layer.kind == "max" else "AveragePool", layer, x)
        raise EngineError(f"the bench does not write {layer.type} layers as ONNX.")

    def squash(self, name: str, u: str) -> str:
        """Give x = f(u)."""
        if name in SQUASHES:
            return self.node(SQUASHES[name], u)
        if name == "softmax":
            return self.node("Softmax", self.node("Flatten", u), axis=1)
        if name == "scaled_tanh":
            inner = self.node("Tanh", self.node("Mul", u, self.constant(STEEPNESS)))
            return self.node("Mul", inner, self.constant(AMPLITUDE))
        return u

    def close(self, network: Network, outputs: str) -> bytes:
        """Give the file."""
        helper, number = self.onnx.helper, self.onnx.TensorProto.FLOAT
        read = helper.make_tensor_value_info("x", number, ["N", *network.input])
        self.node("Flatten", outputs)
        given = helper.make_tensor_value_info(self.nodes[-1].output[0], number, ["N", None])
        graph = helper.make_graph(self.nodes, network.name, [read], [given], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = IR_VERSION
        written: bytes = model.SerializeToString()
        return written

    def _pool(self, operator: str, layer: Pool | Subsample, x: str) -> str:
        return self.node(operator, x, kernel_shape=layer.window, strides=layer.window)

    def _gemm(self, x: str, w: Array | None, b: Array | None) -> str:
        return self.node("Gemm", x, self.constant(w), self.constant(b), transB=1)

    def _axes(self) -> str:
        self.constants.append(self.onnx.numpy_helper.from_array(np.array([1]), "axes"))
        return "axes"
