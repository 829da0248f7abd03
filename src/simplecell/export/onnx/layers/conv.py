"""Convolution: Conv, the weights of absent connections 0."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.conv import Conv


class ConvNodes(Nodes[Conv]):
    """Conv."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node."""
        layer, x = self.layer, graph.maps(x, self.below)
        weights = [own[name] for name in ("w", "b") if name in own]
        return graph.conv(x, weights, layer.kernel, layer.stride, layer.pads(self.below))
