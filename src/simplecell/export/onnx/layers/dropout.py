"""Dropout: nothing is written of it, since exports are for use; it is read from others' files."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import NAME, Found, Names, Nodes
from simplecell.export.onnx.node import Node
from simplecell.spec.layers.dropout import Dropout
from simplecell.spec.layers.layer import Shape


class DropoutNodes(Nodes[Dropout]):
    """No node."""

    reads = ("Dropout",)
    takes = "cells"
    letter = "D"

    @classmethod
    def read(cls, node: Node, below: Shape) -> Found[Dropout]:
        """Read the rate, an attribute before version 12 and an input since; 0.5 unless told."""
        if node.has(1):
            rate = node.rounded(float(node.array(1, "rate", 0)))
        else:
            rate = node.number_of("ratio", 0.5)
        return Dropout(NAME, rate), {}

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Hand x on."""
        return x
