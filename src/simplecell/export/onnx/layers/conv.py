"""Convolution: Conv, the weights of absent connections 0."""

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.conv import Conv


class ConvNodes(Nodes[Conv]):
    """Conv."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node."""
        kernel, stride = self.layer.kernel, self.layer.stride
        x = graph.maps(x, self.below)
        return graph.node("Conv", x, own["w"], own["b"], kernel_shape=kernel, strides=stride)
