"""Full connection: Gemm, or MatMul and Add."""

import numpy as np

from simplecell.export.onnx.graph import Graph
from simplecell.export.onnx.layers.nodes import NAME, Found, Names, Nodes
from simplecell.export.onnx.node import Node
from simplecell.spec.layers.dense import Dense
from simplecell.spec.layers.layer import Shape


class DenseNodes(Nodes[Dense]):
    """Gemm."""

    reads = ("Gemm", "MatMul")
    takes = "row"
    letter = "F"

    @classmethod
    def read(cls, node: Node, below: Shape) -> Found[Dense]:
        """Read a weight for each input of each unit, in the order of the file's inputs.

        alpha * x w + beta * b
        """
        w = node.array(1, "weights", 2)
        b = None
        if node.operator == "Gemm":
            if node.whole("transA", 0):
                raise node.refused(
                    "it turns the pictures' rows and columns round (transA).",
                    "A full connection reads each picture as one row.",
                )
            w = w if node.whole("transB", 0) else w.T
            w = w * node.number_of("alpha", 1.0)
            if node.has(2):
                bias = node.array(2, "biases", np.ndim(node.values.get(2, 0)))
                if bias.size not in (1, len(w)):
                    raise node.refused(
                        f"its bias has {bias.size} numbers for {len(w)} units.",
                        "The file is damaged: export it again.",
                    )
                b = np.broadcast_to(bias.ravel() * node.number_of("beta", 1.0), len(w))
        else:
            w = w.T
        cells = below[0] * below[1] * below[2]
        if w.shape[1] != cells:
            raise node.refused(
                f"it weighs {w.shape[1]} inputs, and there are {cells}.",
                "The file is damaged, or its exporter took pictures of another size.",
            )
        layer = Dense(NAME, len(w), squash="identity")
        return layer, {"w": w} if b is None else {"w": w, "b": np.array(b)}

    def write(self, graph: Graph, x: str, own: Names) -> str:
        """Add one node."""
        return graph.gemm(graph.rows(x), *(own[name] for name in ("w", "b") if name in own))
