"""Full connection: Gemm."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.dense import Dense


class DenseNodes(Nodes[Dense]):
    """Gemm."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node."""
        return graph.gemm(graph.rows(x), *(own[name] for name in ("w", "b") if name in own))
