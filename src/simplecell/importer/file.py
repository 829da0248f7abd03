"""An ONNX file of somebody else's, opened with limits: one graph, whole, that ends in one output.

Nothing is run and no other file is opened. What is too large, truncated or undefined is refused
before anything is made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from simplecell.errors import ModelError
from simplecell.export.onnx.graph import package
from simplecell.export.onnx.node import Node
from simplecell.export.onnx.tensor import check_names, read_tensor
from simplecell.importer.refusal import instead_of

MOST_BYTES, MOST_NODES = 1 << 28, 2000
STANDARD = ("", "ai.onnx")
OPSETS = range(7, 31)

Side = int | str
"""A side of the input: a number, or the name of one that is open."""


@dataclass(frozen=True)
class File:
    """What was found in a file: nodes in order, constants by name, the input, the output."""

    name: str
    producer: str
    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[Any]]
    input: str
    sides: tuple[Side, ...]
    number: int
    output: str
    metadata: Mapping[str, str]


def parse(content: bytes, name: str) -> File:
    """Open the bytes of a file.

    Raises
        ModelError   no ONNX; too large; several inputs or outputs; functions, loops, other
                     people's operators; an old or unknown version; an array that is damaged
    """
    if len(content) > MOST_BYTES:
        raise ModelError(
            f"{name} has more than {MOST_BYTES:,} bytes, the most that simplecell reads.\n"
            "  Such a network is not for this program."
        )
    model = _model(content, name)
    graph = model.graph
    check_names(model, name)
    opset = _opset(model, name)
    if len(graph.node) > MOST_NODES:
        raise ModelError(
            f"{name} has {len(graph.node):,} nodes; simplecell reads up to {MOST_NODES:,}.\n"
            "  It takes chains of layers, not networks of that size."
        )
    if model.functions:
        raise ModelError(
            f"{name} has functions of its own, as {model.functions[0].name[:60]!r}.\n  Write them"
            ' out: onnx.save(onnx.inliner.inline_local_functions(onnx.load("in.onnx")),'
            ' "out.onnx").'
        )
    if graph.sparse_initializer:
        raise ModelError(f"{name} has sparse arrays.\n  Export it with whole arrays.")
    constants = {tensor.name: read_tensor(tensor, name) for tensor in graph.initializer}
    nodes = tuple(_node(node, k, name, opset) for k, node in enumerate(graph.node, 1))
    read = _only_input(graph, constants, name)
    return File(
        name=name,
        producer=f"{model.producer_name[:40]} {model.producer_version[:40]}".strip(),
        nodes=nodes,
        constants=constants,
        input=read.name,
        sides=_sides(read),
        number=read.type.tensor_type.elem_type,
        output=_only_output(graph, name),
        metadata={entry.key[:100]: entry.value for entry in model.metadata_props},
    )


def _model(content: bytes, name: str) -> Any:
    onnx = package()
    try:
        model = onnx.load_model_from_string(content)
    # The class of protobuf's own error is not onnx's to give.
    except Exception:
        model = None
    if model is None or not (model.graph.node or model.graph.output):
        raise ModelError(
            f"{name} is no ONNX file, or a damaged one.\n  Copy it again, or export it again."
        )
    return model


def _opset(model: Any, name: str) -> int:
    found: int = max(
        (entry.version for entry in model.opset_import if entry.domain in STANDARD), default=0
    )
    if found not in OPSETS:
        raise ModelError(
            f"{name} is of version {found} of ONNX's operators; simplecell reads"
            f" {OPSETS[0]} to {OPSETS[-1]}.\n  Export it with opset_version=18."
        )
    return found


def _node(proto: Any, number: int, file: str, opset: int) -> Node:
    settings: dict[str, Any] = {}
    node = Node(
        operator=proto.op_type[:60],
        name=proto.name[:120],
        number=number,
        file=file,
        inputs=tuple(proto.input),
        outputs=tuple(proto.output),
        settings=settings,
        opset=opset,
    )
    if proto.domain not in STANDARD:
        raise node.refused(
            f"the operator is of {proto.domain[:60]!r}, and not of ONNX itself.",
            "Export the network without optimisations for one runtime.",
        )
    for attribute in proto.attribute:
        settings[attribute.name] = _setting(attribute, node)
    return node


def _setting(attribute: Any, node: Node) -> Any:
    """Read an attribute: a number, a text, a list of either, or an array."""
    match attribute.type:
        case 1:
            return attribute.f
        case 2:
            return attribute.i
        case 3:
            return attribute.s
        case 4:
            return read_tensor(attribute.t, node.file)
        case 6:
            return list(attribute.floats)
        case 7:
            return list(attribute.ints)
        case 8:
            return list(attribute.strings)
        case 5 | 10:
            raise node.refused("it has a graph inside.", instead_of(node.operator))
    raise node.refused(
        f"its {attribute.name[:60]} is of a kind that simplecell does not read.",
        instead_of(node.operator),
    )


def _only_input(graph: Any, constants: Mapping[str, Any], name: str) -> Any:
    found = [entry for entry in graph.input if entry.name not in constants]
    if len(found) != 1:
        names = ", ".join(repr(entry.name[:40]) for entry in found[:6]) or "none"
        raise ModelError(
            f"{name} has {len(found)} inputs ({names}); simplecell takes networks that read one,"
            " the pictures.\n  Export it with the others as constants, or without them."
        )
    return found[0]


def _only_output(graph: Any, name: str) -> str:
    if len(graph.output) != 1:
        names = ", ".join(repr(entry.name[:40]) for entry in graph.output[:6]) or "none"
        raise ModelError(
            f"{name} has {len(graph.output)} outputs ({names}); simplecell takes networks that"
            " give one, the scores.\n  Export it with that output alone."
        )
    return str(graph.output[0].name)


def _sides(entry: Any) -> tuple[Side, ...]:
    kind = entry.type.tensor_type
    if not entry.type.HasField("tensor_type") or not kind.HasField("shape"):
        return ()
    return tuple(
        int(side.dim_value)
        if side.HasField("dim_value") and side.dim_value > 0
        else side.dim_param or "?"
        for side in kind.shape.dim
    )
