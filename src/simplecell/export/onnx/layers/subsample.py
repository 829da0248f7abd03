"""Trainable subsampling: AveragePool, times n*m*w, plus b."""

import math

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.subsample import Subsample


class SubsampleNodes(Nodes[Subsample]):
    """AveragePool, Mul, Add."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Average the windows; the gain makes sums of means."""
        x, window = graph.maps(x, self.below), self.layer.window
        gains = graph.node("Mul", own["w"], graph.constant(math.prod(window), "area"))
        axes = graph.whole("map_axes", 1, 2)
        means = graph.node("AveragePool", x, kernel_shape=window, strides=window)
        scaled = graph.node("Mul", means, graph.spread(gains, axes))
        return graph.node("Add", scaled, graph.spread(own["b"], axes))
