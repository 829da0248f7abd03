"""Pooling: MaxPool or AveragePool."""

from collections.abc import Sequence
from typing import Any

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import NAME, Found, Names, Nodes
from simplecell.export.onnx.node import Node
from simplecell.spec.layers.layer import Pair, Shape
from simplecell.spec.layers.pool import Pool
from simplecell.spec.padding import NO_PADS


class PoolNodes(Nodes[Pool]):
    """MaxPool or AveragePool, before it Pad where padding is counted and a window hangs over.

    What hangs over is written as padding: older runtimes round up in ways of their own
    (microsoft/onnxruntime, issues 15446 and 16203).
    """

    reads = ("MaxPool", "AveragePool")
    letter = "S"

    @classmethod
    def read(cls, node: Node, below: Shape) -> Found[Pool]:
        """Read the window, its stride, its padding, and how its last places are counted."""
        node.check_dense()
        window, stride = node.pair("kernel_shape"), node.pair("strides")
        padding = node.padding(window, stride, below[1:])
        # Without padding there is none to count.
        counted = padding != NO_PADS and bool(node.whole("count_include_pad", 0))
        kind = "max" if node.operator == "MaxPool" else "mean"
        ceil = bool(node.whole("ceil_mode", 0))
        return Pool(
            NAME, kind, window, stride=stride, padding=padding, ceil=ceil, count_padding=counted
        ), {}

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node, or two."""
        layer = self.layer
        pads: Sequence[Pair] = layer.frame(self.below)
        x, counted = graph.maps(x, self.below), False
        if layer.count_padding:
            within, over = self._split(pads)
            counted = not any(map(any, over))
            if not counted:
                x, pads = graph.node("Pad", x, graph.whole("pads", *_listed(*within))), over
        settings: dict[str, Any] = {"kernel_shape": layer.window, "strides": layer.step}
        if any(map(any, pads)):
            settings["pads"] = _listed(*pads)
            settings |= {"count_include_pad": 1} if counted else {}
        return graph.node("MaxPool" if layer.kind == "max" else "AveragePool", x, **settings)

    def _split(self, frame: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
        """Part what windows reach into padding, which counts, and what hangs over, which does not.

        Padding is written for all four axes.
        """
        sides = zip(self.layer.pads(self.below), frame, strict=True)
        cut = [(before, min(after, last)) for (before, after), (_, last) in sides]
        over = [(0, last - after) for (_, after), (_, last) in zip(cut, frame, strict=True)]
        return [(0, 0), (0, 0), *cut], over


def _listed(*sides: Pair) -> list[int]:
    """Give padding as ONNX has it: all beginnings, then all ends."""
    return [before for before, _ in sides] + [after for _, after in sides]
