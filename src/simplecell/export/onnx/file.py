"""ONNX files written, and read back.

Constants that are parameters have their names, `C1.w`; what is reckoned from constants alone, a
runtime reckons once, when it opens the file.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from simplecell.document import read_json
from simplecell.engines.layers.entries import FORMULAS
from simplecell.engines.parameters import check_parameters, layer_parameters
from simplecell.engines.protocol import Array, Parameters
from simplecell.errors import ModelError, UnknownName
from simplecell.export.fold import fold, folded
from simplecell.export.onnx.graph import Graph, package
from simplecell.export.onnx.layers.entries import nodes_of
from simplecell.export.onnx.squash import probabilities, squash
from simplecell.export.onnx.tensor import check_names, read_tensor
from simplecell.export.preparation import preparation
from simplecell.spec.network import Network
from simplecell.train.atomic import write_file
from simplecell.train.model import Model, from_document, to_document

FORMAT, VERSION = "simplecell.onnx", 1
"""What the file says of itself; a change of the graph is a new version."""
PIXELS = ("uint8", "float32")
"""What the graph may read: pixels of 0 … 255, as bytes or as floats."""


def write(model: Model, path: str | Path, pixels: str = "uint8") -> int:
    """Write a model as an ONNX file, whole or not at all; give its size in bytes.

    The network is written as it is used: see `export.fold`.

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
    content: bytes = _encode(folded(model), pixels).SerializeToString(deterministic=True)
    write_file(Path(path), content)
    return len(content)


def bare(network: Network, parameters: Parameters) -> bytes:
    """Give the file of the layers alone.

    Shapes
        reads x (N, C, H, W) float32, scaled already      gives the last layer's x, (N, classes)
    """
    network, parameters = fold(network, parameters)
    graph = Graph()
    read = graph.tensor("x", "float32", "N", *network.input)
    outputs = graph.rows(_layers(graph, network, parameters, "x"))
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
            document[key] = read_json(value)
    model = from_document(document, _parameters(found, name), file)
    if int(version) == VERSION:
        _check_same(file, found, model)
    return model


def _parse(content: bytes, name: str) -> Any:
    onnx = package()
    try:
        found = onnx.load_model_from_string(content)
    # The class of protobuf's own error is not onnx's to give.
    except Exception:
        raise ModelError(f"{name} is no ONNX file, or a damaged one. Copy it again.") from None
    check_names(found, name)
    return found


def _parameters(found: Any, name: str) -> dict[str, Array]:
    """Give the constants whose names are those of parameters."""
    names = {own for formulas in FORMULAS.values() for own in (*formulas.own, *formulas.keeps)}
    return {
        constant.name: np.array(read_tensor(constant, name))
        for constant in found.graph.initializer
        if constant.name.rpartition(".")[2] in names
    }


def _check_same(file: Path, found: Any, model: Model) -> None:
    """Refuse a graph that its own description and weights do not make."""
    kinds = {entry.type.tensor_type.elem_type for entry in found.graph.input}
    number = package().TensorProto
    pixels = "uint8" if kinds == {number.UINT8} else "float32"
    if _encode(model, pixels).graph != found.graph:
        raise ModelError(
            f"{file} was changed after simplecell export wrote it: its graph is not that of its"
            " description.\n  Run it in ONNX Runtime, or export the model again."
        )


def _encode(model: Model, pixels: str) -> Any:
    network, graph = model.network, Graph()
    read = graph.tensor("pixels", pixels, "N", *network.input)
    graph.place = "x"
    x = graph.node("Cast", "pixels", to=graph.types["float32"])
    x = graph.node("Mul", x, graph.constant(model.normalisation.scale, "scale"))
    x = graph.node("Add", x, graph.constant(model.normalisation.shift, "shift"))
    outputs = graph.rows(_layers(graph, network, model.parameters, x))
    graph.place = "output"
    given = [
        graph.tensor(name, kind, "N", *sides)
        for name, kind, sides in (
            ("label", "int64", ()),
            ("probabilities", "float32", (network.classes,)),
            ("scores", "float32", (network.classes,)),
        )
    ]
    last = network.layers[-1]
    graph.node("Neg" if last.gives_distances else "Identity", outputs, out="scores")
    probabilities(graph, last.squash)
    graph.node("ArgMax", "scores", out="label", axis=1, keepdims=0)
    proto = graph.close(network.name, [read], given)
    document = {"format": FORMAT, "version": str(VERSION)} | {
        key: json.dumps(value, sort_keys=True, ensure_ascii=False)
        for key, value in to_document(model).items()
    }
    graph.onnx.helper.set_model_props(proto, document)
    if preparation(model):
        proto.doc_string = preparation(model)
    return proto


def _layers(graph: Graph, network: Network, parameters: Parameters, x: str) -> str:
    """Run x up through the layers."""
    for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True):
        graph.place = layer.name
        own = {
            name: graph.constant(parameters[f"{layer.name}.{name}"], name)
            for name in layer_parameters(layer, below, above)
        }
        x = squash(graph, layer.squash, nodes_of(layer, below, above).write(graph, x, own))
    return x
