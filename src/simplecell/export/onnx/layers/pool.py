"""Pooling: MaxPool or AveragePool."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.pool import Pool


class PoolNodes(Nodes[Pool]):
    """MaxPool or AveragePool."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node."""
        operator = "MaxPool" if self.layer.kind == "max" else "AveragePool"
        window = self.layer.window
        x = graph.maps(x, self.below)
        return graph.node(operator, x, kernel_shape=window, strides=window)
