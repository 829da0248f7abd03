"""Global pooling: GlobalMaxPool or GlobalAveragePool."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import NAME, Found, Names, Nodes
from simplecell.export.onnx.node import Node
from simplecell.spec.layers.globalpool import GlobalPool
from simplecell.spec.layers.layer import Shape


class GlobalPoolNodes(Nodes[GlobalPool]):
    """GlobalMaxPool or GlobalAveragePool; ReduceMax or ReduceMean of others."""

    reads = ("GlobalMaxPool", "GlobalAveragePool", "ReduceMax", "ReduceMean")
    takes = "whole"
    letter = "G"

    @classmethod
    def read(cls, node: Node, below: Shape) -> Found[GlobalPool]:
        """Read what is taken of each map."""
        return GlobalPool(NAME, "max" if "Max" in node.operator else "mean"), {}

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node."""
        operator = "GlobalMaxPool" if self.layer.kind == "max" else "GlobalAveragePool"
        return graph.node(operator, graph.maps(x, self.below))
