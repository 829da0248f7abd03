"""What follows from constants alone, as exporters write shapes: reckoned when it is read.

The number of pictures in a batch is not known. `BATCH` stands for it in shapes, and may be moved
about but not reckoned with.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import ModelError
from simplecell.export.onnx.node import Node
from simplecell.export.onnx.tensor import MOST_NUMBERS, TYPES
from simplecell.importer.refusal import instead_of

Values = NDArray[Any]

BATCH = 1_234_567_891
"""In place of the number of pictures. It fits 32 bits, and no side is so long."""


def evaluate(node: Node, inputs: list[Values | None]) -> Values:
    """Give a node's first output from its inputs.

    Raises
        ModelError   an operator that is not known for constants; a result too large; a shape
                     that is reckoned from the number of pictures
    """
    if node.operator not in OPERATORS:
        raise node.refused("it is worked out from constants.", instead_of(node.operator))
    of, copies = OPERATORS[node.operator]
    if not copies and any(_open(values) for values in inputs):
        raise node.refused(
            "it reckons with the number of pictures.",
            "Each picture is read by itself; export the network so that it keeps them apart.",
        )
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(of(node, inputs))
    except ModelError:
        raise
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as problem:
        raise node.refused(
            f"it makes no sense: {str(problem)[:80]}.", "The file is damaged: export it again."
        ) from None
    _check_size(node, found.size)
    return found


def axes_of(node: Node, inputs: list[Values | None], place: int = 1) -> list[int] | None:
    """Give the axes that an operator is told, as an attribute before and as an input since."""
    told = node.settings.get("axes")
    if told is None and place < len(inputs):
        told = inputs[place]
    return None if told is None else [int(axis) for axis in np.ravel(told)]


def _open(values: Values | None) -> bool:
    return values is not None and values.dtype.kind in "iu" and bool((values == BATCH).any())


def _check_size(node: Node, size: int) -> None:
    if size > MOST_NUMBERS:
        raise node.refused(
            f"it makes {size:,} numbers; simplecell reads up to {MOST_NUMBERS:,}.",
            "Such a network is not for this program.",
        )


def _constant(node: Node, inputs: list[Values | None]) -> Values:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in node.settings:
            kind = np.float32 if "float" in name else None
            return np.asarray(node.settings[name], kind)
    raise node.refused("it holds no numbers.", "Export the network again.")


def _cast(node: Node, inputs: list[Values | None]) -> Values:
    kind = node.whole("to", 1)
    if kind not in TYPES:
        raise node.refused(f"it makes the type {kind}.", "Export the network in float32.")
    return _first(inputs).astype(TYPES[kind])


def _first(inputs: list[Values | None]) -> Values:
    if not inputs or inputs[0] is None:
        raise ValueError("an input is missing")
    return inputs[0]


def _unsqueeze(node: Node, inputs: list[Values | None]) -> Values:
    return np.expand_dims(_first(inputs), tuple(axes_of(node, inputs) or ()))


def _squeeze(node: Node, inputs: list[Values | None]) -> Values:
    axes = axes_of(node, inputs)
    return np.squeeze(_first(inputs), None if axes is None else tuple(axes))


def _slice(node: Node, inputs: list[Values | None]) -> Values:
    told = [node.settings.get(name) for name in ("starts", "ends", "axes")]
    given = [*inputs[1:], None, None, None, None]
    starts, ends, axes = (
        given[k] if told[k] is None else np.ravel(np.asarray(told[k])) for k in range(3)
    )
    steps = given[3]
    if starts is None or ends is None:
        raise ValueError("a slice without an end")
    x = _first(inputs)
    places = range(len(starts)) if axes is None else np.ravel(axes).tolist()
    strides = [1] * len(starts) if steps is None else np.ravel(steps).tolist()
    cut = [slice(None)] * x.ndim
    for axis, start, end, step in zip(places, starts.tolist(), ends.tolist(), strides,
                                      strict=True):  # fmt: skip
        cut[axis] = slice(start, end, step)
    return x[tuple(cut)]


def _reshape(node: Node, inputs: list[Values | None]) -> Values:
    x = _first(inputs)
    if inputs[1] is None:
        raise ValueError("no shape")
    told = np.ravel(inputs[1]).tolist()
    keep = not node.whole("allowzero", 0)
    return x.reshape([x.shape[k] if s == 0 and keep else s for k, s in enumerate(told)])


def _filled(node: Node, inputs: list[Values | None]) -> Values:
    shape = np.ravel(_first(inputs)).tolist()
    _check_size(node, math.prod(shape))
    value = node.settings.get("value", np.zeros(1, np.float32))
    return np.full(shape, np.ravel(value)[0])


def _expand(node: Node, inputs: list[Values | None]) -> Values:
    x, shape = _first(inputs), np.ravel(_second(inputs)).tolist()
    whole = np.broadcast_shapes(x.shape, tuple(shape))
    _check_size(node, math.prod(whole))
    return np.broadcast_to(x, whole)


def _second(inputs: list[Values | None]) -> Values:
    if len(inputs) < 2 or inputs[1] is None:
        raise ValueError("an input is missing")
    return inputs[1]


def _two(of: Callable[[Values, Values], Values]) -> "Operator":
    def apply(node: Node, inputs: list[Values | None]) -> Values:
        x, y = _first(inputs), _second(inputs)
        _check_size(node, math.prod(np.broadcast_shapes(x.shape, y.shape)))
        return of(x, y)

    return apply


def _one(of: Callable[[Values], Values]) -> "Operator":
    return lambda node, inputs: of(_first(inputs))


def _divide(x: Values, y: Values) -> Values:
    whole = x.dtype.kind in "iu" and y.dtype.kind in "iu"
    return np.trunc(x / y).astype(x.dtype) if whole else x / y


def _gather(node: Node, inputs: list[Values | None]) -> Values:
    x, places = _first(inputs), _second(inputs)
    axis = node.whole("axis", 0)
    _check_size(node, x.size // max(x.shape[axis], 1) * places.size)
    return np.take(x, places, axis)


def _concat(node: Node, inputs: list[Values | None]) -> Values:
    there = [values for values in inputs if values is not None]
    return np.concatenate(there, node.whole("axis", 0))


def _transpose(node: Node, inputs: list[Values | None]) -> Values:
    return np.transpose(_first(inputs), node.settings.get("perm"))


def _matmul(x: Values, y: Values) -> Values:
    if x.ndim != 2 or y.ndim != 2:
        raise ValueError("no matrices")
    return x @ y


Operator = Callable[[Node, list[Values | None]], Values]

OPERATORS: dict[str, tuple[Operator, bool]] = {
    "Constant": (_constant, True),
    "Identity": (_one(lambda x: x), True),
    "Cast": (_cast, True),
    "Unsqueeze": (_unsqueeze, True),
    "Squeeze": (_squeeze, True),
    "Concat": (_concat, True),
    "Gather": (_gather, True),
    "Slice": (_slice, True),
    "Reshape": (_reshape, True),
    "Transpose": (_transpose, True),
    "ConstantOfShape": (_filled, False),
    "Expand": (_expand, False),
    "Add": (_two(np.add), False),
    "Sub": (_two(np.subtract), False),
    "Mul": (_two(np.multiply), False),
    "Div": (_two(_divide), False),
    "Pow": (_two(np.power), False),
    "MatMul": (_two(_matmul), False),
    "Neg": (_one(np.negative), False),
    "Sqrt": (_one(np.sqrt), False),
    "Reciprocal": (_one(np.reciprocal), False),
    "Exp": (_one(np.exp), False),
    "Shape": (_one(lambda x: np.array(x.shape, np.int64)), False),
    "ReduceProd": (_one(lambda x: np.prod(x, keepdims=True)), False),
}
"""By operator: how it is reckoned, and whether it only moves numbers about."""
