"""What a kind of layer says of its ONNX nodes: how it is written as such, and read from such."""

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from simplecell.engines.protocol import Array
from simplecell.errors import ModelError
from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.node import Node
from simplecell.spec.layers.layer import Layer, Shape

L = TypeVar("L", bound=Layer)
Names = Mapping[str, str]
"""The names of the constants that hold a layer's own arrays, by their short names."""
Found = tuple[L, dict[str, Array]]
"""A layer that was read, and its own arrays by their short names."""

NAME = "new"
"""What a layer is called until the whole network is known."""


class Nodes(Generic[L]):
    """One layer as nodes of a graph.

    Of somebody else's graph: `reads` lists the operators that are such a layer; `takes` says what
    they read: maps, a row, whole maps, channels (lists with a number for each), or cells in any
    order. `letter` begins the names of such layers.
    """

    reads: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[str] = "maps"
    letter: ClassVar[str] = "L"

    def __init__(self, layer: L, below: Shape, above: Shape) -> None:
        self.layer, self.below, self.above = layer, below, above

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add the nodes that give u from the x below, in maps or in rows; give u's name."""
        raise ModelError(
            f"layer {self.layer.name}: {self.layer.type} layers do not say what they are in ONNX."
        )

    @classmethod
    def read(cls, node: Node, below: Shape) -> Found[L]:
        """Make the layer, without a squashing function, that a node is over maps `below`.

        Arrays without a `b` mean that a layer that could have a bias has none.

        Raises
            ModelError   what the node asks for and no such layer does
        """
        raise node.refused("no layer is read from it.", "Export the network without it.")
