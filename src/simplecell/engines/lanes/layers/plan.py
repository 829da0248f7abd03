"""How a kind of layer comes into a plan: what every layer's `LayerPlan` has to say.

Each kind has one, in a file of its noun; `entries` finds it by the layer's `type`. A layer may
be made of other layers' instructions: then it needs no kernel of its own.
"""

import math
from typing import ClassVar, Generic, TypeVar

import numpy as np

from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.layout import Floats
from simplecell.errors import EngineError
from simplecell.spec.layers import Layer, Shape
from simplecell.spec.padding import Pads

Pair = tuple[int, int]
L = TypeVar("L", bound=Layer)


class LayerPlan(Generic[L]):
    """One layer's way into a plan of so many lanes; the defaults are what most layers share."""

    in_matrix: ClassVar[bool] = False
    """Whether its units read everything below: x and u then stand in matrices of the batch."""
    meets: ClassVar[bool] = False
    """Whether packs meet in the middle of a step of training: then they all stay in memory."""
    stored_turned: ClassVar[frozenset[str]] = frozenset()
    """Its own arrays that stand in memory columns before rows."""

    def __init__(self, layer: L, below: Shape, above: Shape, lanes: int) -> None:
        self.layer = layer
        self.below = below
        self.above = above
        self.lanes = lanes

    @property
    def inputs(self) -> int:
        """How many numbers it reads."""
        return math.prod(self.below)

    @property
    def alone(self) -> bool:
        """Whether its kernels can run one image by itself."""
        return True

    @property
    def scratch(self) -> int:
        """How many floats of working memory, for each lane, it needs beside the map below."""
        return 0

    @property
    def shared(self) -> int:
        """How many inputs share one delta in equal parts, as those of a mean do."""
        return 1

    def words(self) -> dict[str, int]:
        """Give what its instructions say beside nodes and parameters."""
        return {}

    def constants(self) -> Floats:
        """Give numbers that stand behind the parameters.

        Without an array w of its own, a layer's `weight` points there; without b, its `bias`.
        """
        return np.zeros(0, np.float32)

    def up(self, context: Context) -> None:
        """List the way up: x below to u, then x = f(u)."""
        raise self._lacks("way up")

    def down(self, context: Context) -> None:
        """List the way down: own gradients from du and, if deltas go on, du below."""
        raise self._lacks("way down")

    def curvature(self, context: Context) -> None:
        """List the way down of curvature: as `down`, with weights and values squared."""
        raise self._lacks("way down of curvature")

    def _lacks(self, what: str) -> EngineError:
        return EngineError(f"layers of the type {self.layer.type} have no {what} in lanes.")


def pad_words(pads: Pads) -> dict[str, int]:
    """Say in an instruction's words how a map is padded."""
    (top, bottom), (left, right) = pads
    return {"pad_top": top, "pad_bottom": bottom, "pad_left": left, "pad_right": right}


def no_bias(bias: bool, count: int) -> Floats:
    """Give the zeros that stand for a bias where there is none: `LayerPlan.constants`."""
    return np.zeros(0 if bias else count, np.float32)


def window_words(window: Pair, stride: Pair) -> dict[str, int]:
    """Say in an instruction's words how large a window is, and how far it moves."""
    return {
        "kernel_height": window[0],
        "kernel_width": window[1],
        "stride_height": stride[0],
        "stride_width": stride[1],
    }
