"""Convolution: Conv, the weights of absent connections 0."""

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import NAME, Found, Names, Nodes
from simplecell.export.onnx.node import Node
from simplecell.spec.layers.conv import Conv, Table
from simplecell.spec.layers.layer import Shape


def _table(w: Array, groups: int) -> tuple[Table | None, Array]:
    """Say of convolution in groups which maps each map reads, and put its kernels there."""
    if groups == 1:
        return None, w
    maps, inside = w.shape[:2]
    each = maps // groups
    whole = np.zeros((maps, inside * groups, *w.shape[2:]))
    table = []
    for m in range(maps):
        first = m // each * inside
        whole[m, first : first + inside] = w[m]
        table.append(tuple(range(first, first + inside)))
    return tuple(table), whole


class ConvNodes(Nodes[Conv]):
    """Conv."""

    reads = ("Conv",)
    letter = "C"

    @classmethod
    def read(cls, node: Node, below: Shape) -> Found[Conv]:
        """Read kernels and biases; of groups make a table."""
        w = node.array(1, "kernels", 4)
        b = node.array(2, "biases", 1) if node.has(2) else None
        maps, inside, *sides = w.shape
        kernel = (sides[0], sides[1])
        groups = node.whole("group", 1)
        if groups < 1 or maps % groups or inside * groups != below[0]:
            raise node.refused(
                f"its {maps} kernels of {inside} maps in {groups} groups do not fit the"
                f" {below[0]} maps below.",
                "The file is damaged: export it again.",
            )
        if "kernel_shape" in node.settings and node.pair("kernel_shape") != kernel:
            raise node.refused(
                f"its kernel_shape is {node.settings['kernel_shape']}, and its kernels are"
                f" {kernel[0]}x{kernel[1]}.",
                "The file is damaged: export it again.",
            )
        node.check_dense()
        stride = node.pair("strides")
        table, w = _table(w, groups)
        padding = node.padding(kernel, stride, below[1:])
        layer = Conv(NAME, maps, kernel, stride, table, "identity", padding=padding)
        return layer, {"w": w} if b is None else {"w": w, "b": b}

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node."""
        layer, x = self.layer, graph.maps(x, self.below)
        weights = [own[name] for name in ("w", "b") if name in own]
        return graph.conv(x, weights, layer.kernel, layer.stride, layer.pads(self.below))
