"""Batch normalisation that no layer below could take in: BatchNormalization."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import NAME, Found, Names, Nodes
from simplecell.export.onnx.node import Node
from simplecell.spec.layers.batchnorm import BatchNorm
from simplecell.spec.layers.layer import Shape


class BatchNormNodes(Nodes[BatchNorm]):
    """BatchNormalization, by the running mean and variance."""

    reads = ("BatchNormalization",)
    takes = "channels"
    letter = "N"

    @classmethod
    def read(cls, node: Node, below: Shape) -> Found[BatchNorm]:
        """Read gains, biases, running means and variances; ONNX keeps the rest of momentum."""
        names = {"w": "gains", "b": "biases", "mean": "means", "variance": "variances"}
        own = {key: node.array(k, what, 1) for k, (key, what) in enumerate(names.items(), 1)}
        if not (own["variance"] >= 0).all():
            raise node.refused("a variance is below 0.", "The file is damaged: export it again.")
        momentum = node.rounded(1 - node.number_of("momentum", 0.9))
        return BatchNorm(NAME, node.number_of("epsilon", 1e-5), momentum), own

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node; maps of one cell may be rows."""
        arrays = (own[name] for name in ("w", "b", "mean", "variance"))
        rows = x in graph.flat and self.below[1:] == (1, 1)
        read = x if rows else graph.maps(x, self.below)
        u = graph.node("BatchNormalization", read, *arrays, epsilon=self.layer.epsilon)
        return graph.flatten(u) if rows else u
