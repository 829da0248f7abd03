"""What a kind of layer says of its ONNX nodes."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from simplecell.errors import ModelError
from simplecell.export.onnx.graph import Graph
from simplecell.spec.layers.layer import Layer, Shape

L = TypeVar("L", bound=Layer)
Names = Mapping[str, str]
"""The names of the constants that hold a layer's own arrays, by their short names."""


class Nodes(Generic[L]):
    """One layer as nodes of a graph."""

    def __init__(self, layer: L, below: Shape, above: Shape) -> None:
        self.layer, self.below, self.above = layer, below, above

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add the nodes that give u from the x below, in maps or in rows; give u's name."""
        raise ModelError(
            f"layer {self.layer.name}: {self.layer.type} layers do not say what they are in ONNX."
        )
