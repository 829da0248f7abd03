"""A node of somebody else's graph: its attributes and constants, read with care."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.errors import ModelError
from simplecell.repr import brief
from simplecell.spec.layers.layer import Pair
from simplecell.spec.padding import NO_PADS, SAME, Padding


@brief
@dataclass(frozen=True)
class Node:
    """One operation: what it is called, what it reads and gives, and its settings.

    `number` counts the nodes of the file from 1. `values` holds the inputs that are constants, by
    their place; `opset` says by which version of ONNX the operator is meant.
    """

    operator: str
    name: str
    number: int
    file: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Mapping[str, Any]
    opset: int = 18
    values: Mapping[int, Array] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the node is, in words: its number, its operator, its own name."""
        named = f" {self.name!r}" if self.name else ""
        return f"node {self.number}, {self.operator}{named}"

    def refused(self, what: str, instead: str) -> ModelError:
        """Make the error that says what cannot be taken, where, and what could be."""
        return ModelError(f"{self.file}, {self.place}: {what}\n  {instead}")

    def with_values(self, values: Mapping[int, Array]) -> "Node":
        """Give the same node with the constants that it reads."""
        return replace(self, values=values)

    def has(self, place: int) -> bool:
        """Say whether an input is given."""
        return place < len(self.inputs) and self.inputs[place] != ""

    def array(self, place: int, what: str, axes: int) -> Array:
        """Give a constant input as float64 numbers of so many axes.

        Raises
            ModelError   an input that is missing, of another shape, or reckoned from the pictures
        """
        if place not in self.values:
            found = "depend on the pictures" if self.has(place) else "are missing"
            raise self.refused(
                f"its {what} {found}.",
                f"The {what} of a layer are constants of the file, as the exporters write them.",
            )
        found_array = np.asarray(self.values[place])
        if found_array.ndim != axes or found_array.dtype.kind not in "fiu":
            raise self.refused(
                f"its {what} have the shape {found_array.shape} and the type {found_array.dtype}.",
                f"simplecell takes numbers in {axes} {'axis' if axes == 1 else 'axes'} there:"
                " layers that slide over the height and width of pictures, and full connections.",
            )
        return np.asarray(found_array, np.float64)

    def whole(self, name: str, default: int) -> int:
        """Give a setting that is a whole number."""
        value = self.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise self._senseless(name, value)
        return int(value)

    def number_of(self, name: str, default: float) -> float:
        """Give a setting that is a number."""
        value = self.settings.get(name, default)
        if not isinstance(value, int | float | np.number) or not np.isfinite(value):
            raise self._senseless(name, value)
        return self.rounded(float(value))

    @staticmethod
    def rounded(value: float) -> float:
        """Give a number with as many digits as float32 has: 0.01 is kept as 0.00999999977."""
        return float(np.format_float_positional(np.float32(value)))

    def wholes(self, name: str, count: int, default: int | tuple[int, ...]) -> tuple[int, ...]:
        """Give a setting that is a list of so many whole numbers."""
        value = self.settings.get(name)
        if value is None:
            return default if isinstance(default, tuple) else (default,) * count
        if not isinstance(value, list | tuple) or not all(type(one) is int for one in value):
            raise self._senseless(name, value)
        if len(value) != count:
            raise self.refused(
                f"its {name} are {list(value)}.",
                f"simplecell takes {count} numbers there: maps have a height and a width.",
            )
        return tuple(value)

    def pair(self, name: str, default: int = 1) -> Pair:
        """Give a setting for height and width."""
        height, width = self.wholes(name, 2, default)
        if height < 1 or width < 1:
            raise self._senseless(name, [height, width])
        return height, width

    def check_dense(self) -> None:
        """Refuse a window with holes."""
        if self.wholes("dilations", 2, 1) != (1, 1):
            raise self.refused(
                f"its window is dilated by {list(self.settings['dilations'])}.",
                "simplecell's windows have no holes. The nearest is a larger kernel without"
                " dilation, which would have to be trained anew.",
            )

    def padding(self, window: Pair, stride: Pair, below: Pair) -> Padding:
        """Give the padding of a window that slides over maps of the size `below`."""
        kind = self.settings.get("auto_pad", b"NOTSET")
        kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else str(kind)
        if kind == "SAME_UPPER":
            return SAME
        if kind == "SAME_LOWER":
            needed = [
                max((-(-side // step) - 1) * step + size - side, 0)
                for side, step, size in zip(below, stride, window, strict=True)
            ]
            (height, width) = needed
            return ((height - height // 2, height // 2), (width - width // 2, width // 2))
        if kind == "VALID":
            return NO_PADS
        if kind != "NOTSET":
            raise self._senseless("auto_pad", kind)
        top, left, bottom, right = self.wholes("pads", 4, 0)
        if min(top, left, bottom, right) < 0:
            raise self.refused(
                f"its pads are {[top, left, bottom, right]}: it cuts the maps.",
                "simplecell pads maps and cuts none; cut the pictures before they come in.",
            )
        return ((top, bottom), (left, right))

    def _senseless(self, name: str, value: object) -> ModelError:
        return self.refused(
            f"its {name} is {str(value)[:60]}, which makes no sense.",
            "The file is damaged: export it again.",
        )
