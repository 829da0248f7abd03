"""Learned combinations: Conv, with kernels Mul(Softmax(choice), w)."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.combine import Combine


class CombineNodes(Nodes[Combine]):
    """Softmax, Unsqueeze, Mul, Conv."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Mix the kernels, then slide them."""
        x = graph.maps(x, self.below)
        shares = graph.node("Softmax", own["choice"], axis=1)
        shares = graph.node("Unsqueeze", shares, graph.whole("kernel_axes", 2, 3))
        w = graph.node("Mul", shares, own["w"])
        layer = self.layer
        return graph.conv(x, [w, own["b"]], layer.kernel, layer.stride, layer.pads(self.below))
