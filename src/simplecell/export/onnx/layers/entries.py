"""The ONNX nodes of a layer, found by its type; to put another entry in is to make it known."""

from typing import Any

from simplecell.errors import ModelError
from simplecell.export.onnx.layers.batchnorm import BatchNormNodes
from simplecell.export.onnx.layers.combine import CombineNodes
from simplecell.export.onnx.layers.conv import ConvNodes
from simplecell.export.onnx.layers.dense import DenseNodes
from simplecell.export.onnx.layers.dropout import DropoutNodes
from simplecell.export.onnx.layers.globalpool import GlobalPoolNodes
from simplecell.export.onnx.layers.local import LocalNodes
from simplecell.export.onnx.layers.nodes import Nodes
from simplecell.export.onnx.layers.pool import PoolNodes
from simplecell.export.onnx.layers.rbf import RBFNodes
from simplecell.export.onnx.layers.subsample import SubsampleNodes
from simplecell.spec.layers.layer import Layer, Shape

NODES: dict[str, type[Nodes[Any]]] = {
    "conv": ConvNodes,
    "combine": CombineNodes,
    "local": LocalNodes,
    "subsample": SubsampleNodes,
    "pool": PoolNodes,
    "global_pool": GlobalPoolNodes,
    "dense": DenseNodes,
    "rbf": RBFNodes,
    "dropout": DropoutNodes,
    "batch_norm": BatchNormNodes,
}


def reader_of(operator: str) -> type[Nodes[Any]] | None:
    """Find which kind of layer an operator of somebody else's graph is; None for no layer."""
    return next((kind for kind in NODES.values() if operator in kind.reads), None)


def nodes_of(layer: Layer, below: Shape, above: Shape) -> Nodes[Any]:
    """Find what a layer is in ONNX.

    Raises
        ModelError   a type that has no entry
    """
    if layer.type not in NODES:
        raise ModelError(
            f"layer {layer.name}: layers of the type {layer.type} cannot be written as ONNX.\n"
            "  Give the type an entry in simplecell.export.onnx.layers.entries.NODES."
        )
    return NODES[layer.type](layer, below, above)
