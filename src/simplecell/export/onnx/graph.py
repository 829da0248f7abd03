"""Nodes and constants of a graph in the making; the one door to the package onnx."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from simplecell.errors import ModelError
from simplecell.spec.layers import Pair, Shape
from simplecell.spec.padding import NO_PADS, Pads

OPSET, IR_VERSION = 18, 9


def package() -> Any:
    """Give the package onnx.

    Raises
        ModelError   it is not installed
    """
    try:
        return import_module("onnx")
    except ImportError as problem:
        raise ModelError(
            f"ONNX files need the package onnx: {problem}.\n"
            "  Install it: pip install 'simplecell[export]'."
        ) from None


class Graph:
    """Nodes and constants in the order in which they are needed.

    A value is called after its layer (`place`) and the operator that gave it: `C1.conv`.
    """

    def __init__(self) -> None:
        self.onnx = package()
        number = self.onnx.TensorProto
        self.types = {
            "float32": number.FLOAT,
            "uint8": number.UINT8,
            "int64": number.INT64,
        }
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.names: set[str] = set()
        self.flat: set[str] = set()
        self.place = ""

    def tensor(self, name: str, kind: str, *sides: int | str) -> Any:
        """Describe an input or output."""
        return self.onnx.helper.make_tensor_value_info(name, self.types[kind], sides)

    def constant(self, values: Any, own: str, kind: Any = np.float32) -> str:
        """Keep an array and give its name."""
        name = self._name(own)
        array = np.ascontiguousarray(values, kind).reshape(np.shape(values))
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def whole(self, own: str, *values: int) -> str:
        """Keep some whole numbers and give their name."""
        return self.constant(values, own, np.int64)

    def node(self, operator: str, *inputs: str, out: str = "", **settings: Any) -> str:
        """Add an operation and give the name of its output."""
        name = out or self._name(operator.lower())
        made = self.onnx.helper.make_node(operator, inputs, [name], name=name, **settings)
        self.nodes.append(made)
        return name

    def rows(self, x: str) -> str:
        """List each example's cells in a row, (N, cells)."""
        return x if x in self.flat else self.flatten(self.node("Flatten", x))

    def maps(self, x: str, shape: Shape) -> str:
        """Fold rows into maps, (N, M, H, W)."""
        return self.node("Reshape", x, self.whole("maps", 0, *shape)) if x in self.flat else x

    def close(self, name: str, inputs: list[Any], outputs: list[Any]) -> Any:
        """Give the whole model, checked by ONNX's own rules."""
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="simplecell")
        model.ir_version = IR_VERSION
        self.onnx.checker.check_model(model)
        return model

    def _name(self, own: str) -> str:
        stem = f"{self.place}.{own}" if self.place else own
        name, number = stem, 1
        while name in self.names:
            number += 1
            name = f"{stem}_{number}"
        self.names.add(name)
        return name

    def gemm(self, x: str, w: str, *b: str) -> str:
        """Weigh rows: x w' + b; without b, x w'."""
        return self.flatten(self.node("Gemm", x, w, *b, transB=1))

    def conv(
        self, x: str, weights: Sequence[str], kernel: Pair, stride: Pair, padding: Pads
    ) -> str:
        """Slide kernels, of which `weights` are w and, if there is one, b, over padded maps."""
        pads: dict[str, Any] = {} if padding == NO_PADS else {"pads": _begins_and_ends(padding)}
        return self.node("Conv", x, *weights, kernel_shape=kernel, strides=stride, **pads)

    def padded(self, x: str, padding: Pads) -> str:
        """Put rows and columns of 0 around maps."""
        top, left, bottom, right = _begins_and_ends(padding)
        return self.node("Pad", x, self.whole("pads", 0, 0, top, left, 0, 0, bottom, right))

    def spread(self, values: str, axes: str) -> str:
        """Give one number per map two axes more, to go with maps."""
        return self.node("Unsqueeze", values, axes)

    def flatten(self, x: str) -> str:
        """Note that a value is in rows, and give it back."""
        self.flat.add(x)
        return x


def _begins_and_ends(padding: Pads) -> tuple[int, int, int, int]:
    """Write padding as ONNX does: top, left, bottom, right."""
    (top, bottom), (left, right) = padding
    return top, left, bottom, right
