"""A network as a graph of standard ONNX operators; the one door to the package onnx.

    pixels  ->  x = scale * pixel + shift  ->  the layers  ->  label, probabilities, scores

`write` puts that graph into a file that any ONNX runtime runs by itself; `decode` reads such a
file back; `bare` gives the layers alone, which is what the bench times. Each layer is what it is
in `formulas/`, in the operators there are:

    Conv        Conv; the weights of absent connections are 0
    Combine     Conv, with kernels Mul(Softmax(choice), w)
    Local       Gather cuts the patches, Einsum weighs them, one kernel per place
    Subsample   AveragePool, times n*m*w, plus b
    Pool        MaxPool or AveragePool
    Dense       Gemm
    RBF         |x|^2 - 2 x.code + |code|^2

Constants that are parameters have their names, `C1.w`; what is reckoned from constants alone, a
runtime reckons once, when it opens the file.
"""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from simplecell.engines.parameters import (
    check_parameters,
    code_values,
    layer_parameters,
)
from simplecell.engines.protocol import Array, Parameters
from simplecell.errors import ModelError, UnknownName
from simplecell.formulas.activations import AMPLITUDE, STEEPNESS
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Layer, Local, Pool, Shape, Subsample
from simplecell.spec.network import Network
from simplecell.train.disk import write_file
from simplecell.train.model import Model, from_document, to_document

FORMAT, VERSION = "simplecell.onnx", 1
"""What the file says of itself; a change of the graph is a new version."""
OPSET, IR_VERSION = 18, 9
PIXELS = ("uint8", "float32")
"""What the graph may read: pixels of 0 … 255, as bytes or as floats."""

SQUASHES = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}
LEAST = 1e-12
"""No output counts as less likely than this: `train.evaluation.probabilities` has the same."""


def write(model: Model, path: str | Path, pixels: str = "uint8") -> int:
    """Write a model as an ONNX file, whole or not at all; give its size in bytes.

    The metadata hold, as JSON, what `to_document` says: `network`, `classes`, `normalisation` …

    Shapes
        reads   pixels (N, C, H, W) of the type `pixels`, 0 … 255, any N
        gives   label (N,) int64      probabilities, scores (N, classes) float32

    Raises
        UnknownName   a type of pixels that is not in `PIXELS`
        ModelError    onnx is not installed; weights that are not the network's; a full disk
    """
    if pixels not in PIXELS:
        raise UnknownName("type of pixels", pixels, PIXELS)
    check_parameters(model.network, model.parameters)
    content: bytes = _encode(model, pixels).SerializeToString(deterministic=True)
    write_file(Path(path), content)
    return len(content)


def bare(network: Network, parameters: Parameters) -> bytes:
    """Give the file of the layers alone.

    Shapes
        reads x (N, C, H, W) float32, scaled already      gives the last layer's x, (N, classes)
    """
    graph = Graph()
    read = graph.tensor("x", "float32", "N", *network.input)
    outputs = graph.rows(graph.layers(network, parameters, "x"))
    given = graph.tensor(outputs, "float32", "N", network.classes)
    content: bytes = graph.close(network.name, [read], [given]).SerializeToString()
    return content


def decode(content: bytes, name: str) -> Model:
    """Read a model from the bytes of a file `name` that `write` wrote.

    Its description and its weights make a model, whose graph must be the one in the file.

    Raises
        ModelError   onnx is not installed; no ONNX file, or somebody else's; one that was
                     changed, damaged, or written by a newer simplecell
    """
    file, found = Path(name), _parse(content, name)
    told = {entry.key: entry.value for entry in found.metadata_props}
    if told.get("format") != FORMAT:
        raise ModelError(
            f"{file} is an ONNX file that simplecell export did not write: it does not say which"
            " network it is.\n  Run it in ONNX Runtime; here, name a model.safetensors, or a file"
            " of simplecell export."
        )
    version = told.get("version", "")
    if not version.isdecimal() or not 1 <= int(version) <= VERSION:
        raise ModelError(
            f"{file} was written as version {version or 'none'}; this simplecell reads versions 1"
            f" to {VERSION}.\n  Install a newer simplecell."
        )
    document: dict[str, Any] = {}
    for key, value in told.items():
        with suppress(ValueError, RecursionError):  # another tool may have added notes of its own
            document[key] = json.loads(value)
    model = from_document(document, _parameters(found), file)
    if int(version) == VERSION:
        _check_same(file, found, model)
    return model


def _parse(content: bytes, name: str) -> Any:
    onnx = _package()
    try:
        return onnx.load_model_from_string(content)
    # The class of protobuf's own error is not onnx's to give.
    except Exception:
        raise ModelError(f"{name} is no ONNX file, or a damaged one. Copy it again.") from None


def _parameters(found: Any) -> dict[str, Array]:
    """Give the constants whose names are those of parameters."""
    to_array = _package().numpy_helper.to_array
    return {
        constant.name: np.array(to_array(constant))
        for constant in found.graph.initializer
        if constant.name.rpartition(".")[2] in ("w", "choice", "b")
    }


def _check_same(file: Path, found: Any, model: Model) -> None:
    """Refuse a graph that its own description and weights do not make."""
    kinds = {entry.type.tensor_type.elem_type for entry in found.graph.input}
    number = _package().TensorProto
    pixels = "uint8" if kinds == {number.UINT8} else "float32"
    if _encode(model, pixels).graph != found.graph:
        raise ModelError(
            f"{file} was changed after simplecell export wrote it: its graph is not that of its"
            " description.\n  Run it in ONNX Runtime, or export the model again."
        )


def _package() -> Any:
    try:
        return import_module("onnx")
    except ImportError as problem:
        raise ModelError(
            f"ONNX files need the package onnx: {problem}.\n"
            "  Install it: pip install 'simplecell[export]'."
        ) from None


def _encode(model: Model, pixels: str) -> Any:
    network, graph = model.network, Graph()
    read = graph.tensor("pixels", pixels, "N", *network.input)
    graph.place = "x"
    x = graph.node("Cast", "pixels", to=graph.types["float32"])
    x = graph.node("Mul", x, graph.constant(model.normalisation.scale, "scale"))
    x = graph.node("Add", x, graph.constant(model.normalisation.shift, "shift"))
    outputs = graph.rows(graph.layers(network, model.parameters, x))
    graph.place = "output"
    given = [
        graph.tensor(name, kind, "N", *sides)
        for name, kind, sides in (
            ("label", "int64", ()),
            ("probabilities", "float32", (network.classes,)),
            ("scores", "float32", (network.classes,)),
        )
    ]
    rbf = isinstance(network.layers[-1], RBF)
    graph.node("Neg" if rbf else "Identity", outputs, out="scores")
    graph.probabilities(network.layers[-1].squash)
    graph.node("ArgMax", "scores", out="label", axis=1, keepdims=0)
    proto = graph.close(network.name, [read], given)
    document = {"format": FORMAT, "version": str(VERSION)} | {
        key: json.dumps(value, sort_keys=True, ensure_ascii=False)
        for key, value in to_document(model).items()
    }
    graph.onnx.helper.set_model_props(proto, document)
    return proto


class Graph:
    """Nodes and constants in the order in which they are needed.

    A value is called after its layer (`place`) and the operator that gave it: `C1.conv`.
    """

    def __init__(self) -> None:
        self.onnx = _package()
        number = self.onnx.TensorProto
        self.types = {
            "float32": number.FLOAT,
            "uint8": number.UINT8,
            "int64": number.INT64,
        }
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.names: set[str] = set()
        self.flat: set[str] = set()
        self.place = ""

    def tensor(self, name: str, kind: str, *sides: int | str) -> Any:
        """Describe an input or output."""
        return self.onnx.helper.make_tensor_value_info(name, self.types[kind], sides)

    def constant(self, values: Any, own: str, kind: Any = np.float32) -> str:
        """Keep an array and give its name."""
        name = self._name(own)
        array = np.ascontiguousarray(values, kind).reshape(np.shape(values))
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def whole(self, own: str, *values: int) -> str:
        """Keep some whole numbers and give their name."""
        return self.constant(values, own, np.int64)

    def node(self, operator: str, *inputs: str, out: str = "", **settings: Any) -> str:
        """Add an operation and give the name of its output."""
        name = out or self._name(operator.lower())
        made = self.onnx.helper.make_node(operator, inputs, [name], name=name, **settings)
        self.nodes.append(made)
        return name

    def layers(self, network: Network, parameters: Parameters, x: str) -> str:
        """Run x up through the layers."""
        for layer, below, above in zip(
            network.layers, network.inputs, network.shapes, strict=True
        ):
            self.place = layer.name
            own = {
                name: self.constant(parameters[f"{layer.name}.{name}"], name)
                for name in layer_parameters(layer, below, above)
            }
            x = self.squash(layer.squash, self.weigh(layer, x, own, below, above))
        return x

    def weigh(
        self, layer: Layer, x: str, own: Mapping[str, str], below: Shape, above: Shape
    ) -> str:
        """Give a layer's u, in maps or in rows. Weights of absent connections are 0."""
        if isinstance(layer, Dense):
            return self._gemm(self.rows(x), own["w"], own["b"])
        if isinstance(layer, RBF):
            return self._distances(layer, self.rows(x), own)
        if isinstance(layer, Local):
            return self._local(layer, self.rows(x), own, below, above)
        x = self.maps(x, below)
        match layer:
            case Conv():
                return self._convolve(layer, x, own["w"], own["b"])
            case Combine():
                shares = self.node("Softmax", own["choice"], axis=1)
                shares = self.node("Unsqueeze", shares, self.whole("kernel_axes", 2, 3))
                return self._convolve(layer, x, self.node("Mul", shares, own["w"]), own["b"])
            case Subsample():
                gains = self.node("Mul", own["w"], self.constant(math.prod(layer.window), "area"))
                axes = self.whole("map_axes", 1, 2)
                scaled = self.node("Mul", self._pool(layer, x), self._spread(gains, axes))
                return self.node("Add", scaled, self._spread(own["b"], axes))
        return self._pool(layer, x)

    def squash(self, name: str, u: str) -> str:
        """Give x = f(u); softmax is over all the classes of an example."""
        if name == "softmax":
            return self._flat(self.node("Softmax", self.rows(u), axis=1))
        x = u
        if name in SQUASHES:
            x = self.node(SQUASHES[name], u)
        if name == "scaled_tanh":
            x = self.node("Tanh", self.node("Mul", u, self.constant(STEEPNESS, "S")))
            x = self.node("Mul", x, self.constant(AMPLITUDE, "A"))
        return self._flat(x) if u in self.flat else x

    def probabilities(self, squash: str) -> None:
        """Turn `scores` into `probabilities`, as `train.evaluation.probabilities` does."""
        if squash == "softmax":
            self.node("Identity", "scores", out="probabilities")
        elif squash not in ("sigmoid", "tanh", "scaled_tanh"):
            self.node("Softmax", "scores", out="probabilities", axis=1)
        else:
            reach = AMPLITUDE if squash == "scaled_tanh" else 1.0
            low = 0.0 if squash == "sigmoid" else -reach
            share = self.node("Sub", "scores", self.constant(low, "low"))
            share = self.node("Div", share, self.constant(reach - low, "range"))
            share = self.node("Clip", share, self.constant(LEAST, "least"), self.constant(1, "1"))
            total = self.node("ReduceSum", share, self.whole("class_axis", 1), keepdims=1)
            self.node("Div", share, total, out="probabilities")

    def rows(self, x: str) -> str:
        """List each example's cells in a row, (N, cells)."""
        return x if x in self.flat else self._flat(self.node("Flatten", x))

    def maps(self, x: str, shape: Shape) -> str:
        """Fold rows into maps, (N, M, H, W)."""
        return self.node("Reshape", x, self.whole("maps", 0, *shape)) if x in self.flat else x

    def close(self, name: str, inputs: list[Any], outputs: list[Any]) -> Any:
        """Give the whole model, checked by ONNX's own rules."""
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="simplecell")
        model.ir_version = IR_VERSION
        self.onnx.checker.check_model(model)
        return model

    def _name(self, own: str) -> str:
        stem = f"{self.place}.{own}" if self.place else own
        name, number = stem, 1
        while name in self.names:
            number += 1
            name = f"{stem}_{number}"
        self.names.add(name)
        return name

    def _convolve(self, layer: Conv | Combine, x: str, w: str, b: str) -> str:
        return self.node("Conv", x, w, b, kernel_shape=layer.kernel, strides=layer.stride)

    def _local(
        self, layer: Local, x: str, own: Mapping[str, str], below: Shape, above: Shape
    ) -> str:
        """Gather the cells under every place of the kernel, (N, places, taps), and weigh them."""
        channels, height, width = below
        cells = np.arange(channels * height * width).reshape(below)
        windows = np.lib.stride_tricks.sliding_window_view(cells, layer.kernel, axis=(1, 2))
        windows = windows[:, :: layer.stride[0], :: layer.stride[1]]
        taps = channels * math.prod(layer.kernel)
        under = windows.transpose(1, 2, 0, 3, 4).reshape(-1, taps)
        patches = self.node("Gather", x, self.constant(under, "taps", np.int64), axis=1)
        shape = self.whole("w_shape", above[0], len(under), taps)
        w = self.node("Reshape", own["w"], shape)
        u = self.node("Einsum", patches, w, equation="npk,mpk->nmp")
        u = self.node("Reshape", u, self.whole("u_shape", 0, *above))
        return self.node("Add", u, own["b"])

    def _pool(self, layer: Pool | Subsample, x: str) -> str:
        largest = isinstance(layer, Pool) and layer.kind == "max"
        operator = "MaxPool" if largest else "AveragePool"
        return self.node(operator, x, kernel_shape=layer.window, strides=layer.window)

    def _distances(self, layer: RBF, x: str, own: Mapping[str, str]) -> str:
        codes = own["w"] if layer.learned else self.constant(code_values(layer), "codes")
        axis = self.whole("cell_axis", 1)
        lengths = self.node("ReduceSumSquare", codes, axis, keepdims=0)
        doubled = self.node("Mul", codes, self.constant(-2, "minus_two"))
        products = self._gemm(x, doubled, lengths)
        squares = self.node("ReduceSumSquare", x, axis, keepdims=1)
        return self._flat(self.node("Add", products, squares))

    def _gemm(self, x: str, w: str, b: str) -> str:
        return self._flat(self.node("Gemm", x, w, b, transB=1))

    def _spread(self, values: str, axes: str) -> str:
        """Give one number per map two axes more, to go with maps."""
        return self.node("Unsqueeze", values, axes)

    def _flat(self, x: str) -> str:
        self.flat.add(x)
        return x
