"""Local connections: Gather cuts the patches, Einsum weighs them, one kernel per place."""

import math

import numpy as np

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import Names, Nodes
from simplecell.spec.layers.local import Local


class LocalNodes(Nodes[Local]):
    """Pad, Gather, Reshape, Einsum, Reshape, Add."""

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Gather the cells under every place of the kernel, (N, places, taps), and weigh them."""
        kernel, stride, (rows, columns) = (
            self.layer.kernel,
            self.layer.stride,
            self.layer.pads(self.below),
        )
        wide = self.below[0], self.below[1] + sum(rows), self.below[2] + sum(columns)
        if wide != self.below:
            x = graph.padded(graph.maps(x, self.below), (rows, columns))
        x = graph.rows(x)
        cells = np.arange(math.prod(wide)).reshape(wide)
        windows = np.lib.stride_tricks.sliding_window_view(cells, kernel, axis=(1, 2))
        windows = windows[:, :: stride[0], :: stride[1]]
        taps = self.below[0] * math.prod(kernel)
        under = windows.transpose(1, 2, 0, 3, 4).reshape(-1, taps)
        patches = graph.node("Gather", x, graph.constant(under, "taps", np.int64), axis=1)
        shape = graph.whole("w_shape", self.above[0], len(under), taps)
        w = graph.node("Reshape", own["w"], shape)
        u = graph.node("Einsum", patches, w, equation="npk,mpk->nmp")
        u = graph.node("Reshape", u, graph.whole("u_shape", 0, *self.above))
        return graph.node("Add", u, own["b"]) if "b" in own else u
