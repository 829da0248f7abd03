"""Batch normalisation that no layer below could take in: BatchNormalization."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.batchnorm import BatchNorm


class BatchNormNodes(Nodes[BatchNorm]):
    """BatchNormalization, by the running mean and variance."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node; maps of one cell may be rows."""
        arrays = (own[name] for name in ("w", "b", "mean", "variance"))
        rows = x in graph.flat and self.below[1:] == (1, 1)
        read = x if rows else graph.maps(x, self.below)
        u = graph.node("BatchNormalization", read, *arrays, epsilon=self.layer.epsilon)
        return graph.flatten(u) if rows else u
