"""What the engines ask of a kind of layer: its arrays, its way forward, back, and down once more.

An entry takes a layer of the spec and answers by the functions of `formulas/`, which know arrays
only. What most layers share has a default here.

    own arrays    `own` lists their names in the order in which the formulas take and give them
    forward       u from the x below
    backward      dx and the gradients of the layer's own arrays from du
    learning      the same two while the network learns, where that is something else
    curvature     hx and the same of the second derivatives from hu
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.errors import EngineError
from simplecell.spec.layers.layer import Layer, Shape

L = TypeVar("L", bound=Layer)
Own = Mapping[str, Array]
"""A layer's own arrays by their short names: `w`, `b`."""
Draw = Callable[[tuple[int, ...], Any, int], Array]
"""Draw weights of a shape for a fan-in, a number or one per map, and a fan-out."""


def flat(x: Array) -> Array:
    """List each example's cells in a row: (N, M, H, W) to (N, M*H*W)."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def scaled_rows(own: Own, gain: Array, shift: Array) -> dict[str, Array]:
    """Scale arrays whose first axis is the map, and add a shift to the bias, which may be new."""

    def rows(values: Array) -> Array:
        return gain.reshape(-1, *[1] * (values.ndim - 1)) * values

    b = rows(own["b"]) if "b" in own else np.zeros(len(shift))
    return {"w": rows(own["w"]), "b": b + shift.reshape(-1, *[1] * (b.ndim - 1))}


class Formulas(Generic[L]):
    """One layer's mathematics.

    Shapes
        x (N, C, H, W) below      u, du, hu (N, M, H, W)      dx, hx may come flat, (N, C*H*W)
    """

    own: ClassVar[tuple[str, ...]] = ("w", "b")
    keeps: ClassVar[tuple[str, ...]] = ()
    """Arrays that are saved with the others and not learned by gradient, such as running means."""

    def __init__(self, layer: L) -> None:
        self.layer = layer

    def shapes(self, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
        """Give the shapes of the arrays that are learned, in the order of `own`."""
        return {}

    def kept(self, below: Shape) -> dict[str, tuple[int, ...]]:
        """Give the shapes of the arrays that are kept and not learned, in the order of `keeps`."""
        return {}

    def forward(self, x: Array, own: Own) -> Array:
        """Give u."""
        raise self._lacks("way forward")

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, and the gradients in the order of `own`."""
        raise self._lacks("way back")

    def learning(self, x: Array, own: Own, chance: int) -> Array:
        """Give u in a step of training; `chance` is what the layer draws from in this step."""
        return self.forward(x, own)

    def learning_back(
        self, x: Array, own: Own, du: Array, chance: int
    ) -> tuple[Array, Sequence[Array]]:
        """Give dx, and the gradients in the order of `own`, in a step of training."""
        return self.backward(x, own, du)

    def remembered(self, x: Array, own: Own) -> dict[str, Array]:
        """Give the arrays that are kept, as they are after a step of training that read x."""
        return {}

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx, and the curvature of the layer's own arrays in the order of `own`."""
        raise self._lacks("curvature")

    def scale(self, own: Own) -> tuple[Array, Array] | None:
        """Give what the layer is in use, if that is a gain and a shift for each map, (C,) each."""
        return None

    def scaled(self, own: Own, gain: Array, shift: Array) -> dict[str, Array] | None:
        """Give the arrays with which the layer makes gain * u + shift of u, map by map.

        None where no arrays do that.
        """
        return None

    def penalty(self, own: Own) -> tuple[float, dict[str, Array]]:
        """Give what the layer adds to the mean loss by itself, and its gradient by short name."""
        return 0.0, {}

    def fan_in(self, below: Shape) -> Array | int:
        """Count the inputs of a unit: a number, or one per map."""
        return math.prod(below)

    def fan_out(self, below: Shape, above: Shape) -> int:
        """Count the units that read a map below, on average where some are left out."""
        inside = self.fan_in(below)
        total = int(np.sum(inside)) if isinstance(inside, np.ndarray) else inside * above[0]
        return max(1, round(total / below[0]))

    def start(
        self, below: Shape, above: Shape, draw: Draw, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Give the first values of the layer's own arrays: `w` drawn, the rest 0."""
        shapes = self.shapes(below, above)
        if not shapes:
            return {}
        w = draw(shapes["w"], self.fan_in(below), self.fan_out(below, above))
        return {"w": w, **{own: np.zeros(shapes[own]) for own in shapes if own != "w"}}

    def gabor(self, below: Shape, rng: np.random.Generator) -> Array | None:
        """Give kernels that are Gabor functions, where the layer has kernels for them."""
        return None

    def present(self, below: Shape) -> Array | None:
        """Say which map reads which map below, (M, C); None where all read all."""
        return None

    def disturbed(
        self, own: dict[str, Array], below: Shape, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Move first values to where a check can see everything: weights larger, biases not 0.

        From the paper's +-2.4/F to +-sqrt(6/F), which keeps the variance from layer to layer.
        """
        if "w" not in own:
            return own
        w = own["w"]
        grow = np.sqrt(6 * np.broadcast_to(self.fan_in(below), w.shape[:1])) / 2.4
        w = w * grow.reshape(-1, *[1] * (w.ndim - 1))
        biases = {"b": rng.uniform(-0.5, 0.5, own["b"].shape)} if "b" in own else {}
        return {**own, "w": w, **biases}

    def margin(self, x: Array) -> Array | float:
        """Measure how near each example comes to a tie, where there is no gradient, (N,)."""
        return math.inf

    def undecided(self) -> Array | None:
        """Give the x below at which the layer's answers are most open, if one is known."""
        return None

    def codes(self, own: Own) -> Array | None:
        """Give what its outputs compare x with, (M, inputs); None for a layer that does not."""
        return None

    def kernels(self, own: Own, below: Shape) -> tuple[Array, str] | None:
        """Arrange what is learned as pictures (maps below, maps, height, width), and name them.

        NaN where there is no connection; None for a layer that has no kernels.
        """
        return None

    def shares(self, own: Own | None, below: Shape) -> Array | None:
        """Give how much of each map below goes into each map, (C, M); None for no such choice.

        Learned shares need the layer's own arrays.
        """
        return None

    def _lacks(self, what: str) -> EngineError:
        kind = self.layer.type
        return EngineError(f"layer {self.layer.name}: layers of the type {kind} have no {what}.")
