"""A layer as a C function: what it reads and gives, its arrays, how a sum begins and ends.

The loops of a convolution are the same in float and in int8. What differs is here: the types,
how a sum begins, and what is done at its end. There `sum` is the sum, `m` the map, `unit` the
place of a Local layer's unit; `@w` stands for the layer's own array w, `$tanh` for the header's
own function tanh. Of an RBF layer `begin` gives x from what was read, `{}`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.export.c.text import TYPES
from simplecell.spec.layers import Layer, Shape
from simplecell.spec.network import Network
from simplecell.spec.squashes import SQUASHES

PARTS = ("w", "b", "codes", "reads", "links", "scale", "offset", "rows", "columns", "table")
"""What a layer's arrays may be called."""
RESERVED = ("predict", "predict_in", "class", "read", "softmax", "place", "dot", "dot_pixels")


@dataclass(frozen=True)
class Plain:
    """A layer that C has a function for, with its arrays in float64."""

    symbol: str
    layer: Layer
    below: Shape
    above: Shape
    own: Mapping[str, NDArray[np.float64]]

    @property
    def cells_below(self) -> int:
        """How many numbers the layer reads."""
        return math.prod(self.below)

    @property
    def cells(self) -> int:
        """How many numbers the layer gives."""
        return math.prod(self.above)


@dataclass(frozen=True)
class Stage:
    """A plain layer with its numbers chosen: ready to be written."""

    plain: Plain
    reads: str
    gives: str
    arrays: Mapping[str, NDArray[Any]]
    begin: str
    ends: tuple[str, ...]

    @property
    def sums(self) -> str:
        """The type that is summed in."""
        return "float" if self.reads == "float" else "int32_t"

    def type_of(self, own: str) -> str:
        """Give the type of one of the layer's arrays in C."""
        return TYPES[str(self.arrays[own].dtype)]


def symbols(network: Network) -> list[str]:
    """Name the layers in C: as the network does, or layer1, layer2 … where that cannot be.

    It cannot where a name has letters that C does not know, or is one that the header needs.
    """
    names = [layer.name for layer in network.layers]
    taken = [*names, *(f"{name}_{part}" for name in names for part in PARTS)]
    squashes = [name for name in SQUASHES if name not in ("identity", "softmax")]
    reserved = {*RESERVED, *squashes, *(f"{name}_table" for name in squashes)}
    sound = len(set(taken)) == len(taken) and not reserved & set(taken)
    if sound and all(name.isascii() for name in names):
        return names
    return [f"layer{number}" for number in range(1, len(names) + 1)]


def constants_bytes(stages: Sequence[Stage]) -> int:
    """Count the bytes of all constants."""
    return sum(values.nbytes for stage in stages for values in stage.arrays.values())


def scratch_cells(sizes: Sequence[int]) -> int:
    """Count the numbers that must be kept at once: each layer's input beside its output.

    >>> scratch_cells([1024, 4704, 1176])
    5880
    """
    return max((a + b for a, b in pairwise(sizes)), default=max(sizes))
