"""Radial basis functions: |x|^2 - 2 x.code + |code|^2."""

from simplecell.engines.parameters import code_values
from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.rbf import RBF


class RBFNodes(Nodes[RBF]):
    """ReduceSumSquare, Mul, Gemm, ReduceSumSquare, Add."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Measure the squared distances, in rows."""
        x = graph.rows(x)
        learned = self.layer.learned
        codes = own["w"] if learned else graph.constant(code_values(self.layer), "codes")
        axis = graph.whole("cell_axis", 1)
        lengths = graph.node("ReduceSumSquare", codes, axis, keepdims=0)
        doubled = graph.node("Mul", codes, graph.constant(-2, "minus_two"))
        products = graph.gemm(x, doubled, lengths)
        squares = graph.node("ReduceSumSquare", x, axis, keepdims=1)
        return graph.flatten(graph.node("Add", products, squares))
