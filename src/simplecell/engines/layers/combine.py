"""Learned combinations by `formulas/combine.py`."""

import math
from collections.abc import Sequence

import numpy as np

from simplecell.engines.layers.formulas import Draw, Formulas, Own
from simplecell.engines.protocol import Array
from simplecell.formulas.activations import softmax
from simplecell.formulas.combine import (
    absolute_penalty,
    combine_backward,
    combine_curvature,
    combine_forward,
    entropy_penalty,
)
from simplecell.spec.layers.combine import Combine
from simplecell.spec.layers.layer import Pair, Shape
from simplecell.spec.padding import Pads

PENALTIES = {"absolute": absolute_penalty, "entropy": entropy_penalty}

FIRST_CHOICE = 1.0
"""How far from 0 the choice starts."""


class CombineFormulas(Formulas[Combine]):
    """w (C, kh, kw), choice (M, C), whose softmax mixes, b (M,)."""

    own = ("w", "choice", "b")

    def shapes(self, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
        """Give a kernel for each map below, a choice for each pair, a bias for each map."""
        maps = above[0]
        return {"w": (below[0], *self.layer.kernel), "choice": (maps, below[0]), "b": (maps,)}

    def forward(self, x: Array, own: Own) -> Array:
        """Give u."""
        return combine_forward(x, own["w"], own["choice"], own["b"], *self._places(x))

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, dw, dchoice, db."""
        dx, *found = combine_backward(x, own["w"], own["choice"], du, *self._places(x))
        return dx, found

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx, hw, hchoice, hb."""
        hx, *found = combine_curvature(x, own["w"], own["choice"], hu, *self._places(x))
        return hx, found

    def penalty(self, own: Own) -> tuple[float, dict[str, Array]]:
        """Weigh the penalty on the choice by its strength.   Brief: E3."""
        layer = self.layer
        if layer.penalty not in PENALTIES:
            return 0.0, {}
        value, gradient = PENALTIES[layer.penalty](own["choice"])
        return layer.strength * value, {"choice": layer.strength * gradient}

    def fan_in(self, below: Shape) -> Array | int:
        """Count the cells of one kernel: a mixture weighs as much, for its shares sum to 1."""
        return math.prod(self.layer.kernel)

    def start(
        self, below: Shape, above: Shape, draw: Draw, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Give first values, the choice drawn too."""
        own = super().start(below, above, draw, rng)
        # Guess: no source says where the choice starts. Ours is drawn in +-1: shares of six
        # maps then lie between 0.03 and 0.6. From about equal shares, a penalty on their
        # entropy leaves nearly all maps one and the same map below.
        shape = self.shapes(below, above)["choice"]
        choice = rng.uniform(-FIRST_CHOICE, FIRST_CHOICE, shape)
        return {**own, "choice": choice}

    def disturbed(
        self, own: dict[str, Array], below: Shape, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Draw the choice anew as well."""
        own = super().disturbed(own, below, rng)
        return {**own, "choice": rng.normal(size=own["choice"].shape)}

    def kernels(self, own: Own, below: Shape) -> tuple[Array, str] | None:
        """Arrange the kernels in one row."""
        return own["w"][None], "kernels, one for each map below"

    def shares(self, own: Own | None, below: Shape) -> Array | None:
        """Give the shares that it has learned."""
        return None if own is None else softmax(np.asarray(own["choice"], np.float64)).T

    def _places(self, x: Array) -> tuple[Pair, Pads]:
        return self.layer.stride, self.layer.pads(x.shape[1:])
