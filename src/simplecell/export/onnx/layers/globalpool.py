"""Global pooling: GlobalMaxPool or GlobalAveragePool."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.globalpool import GlobalPool


class GlobalPoolNodes(Nodes[GlobalPool]):
    """GlobalMaxPool or GlobalAveragePool."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node."""
        operator = "GlobalMaxPool" if self.layer.kind == "max" else "GlobalAveragePool"
        return graph.node(operator, graph.maps(x, self.below))
