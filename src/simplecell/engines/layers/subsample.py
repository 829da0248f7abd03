"""Trainable subsampling by `formulas/subsample.py`."""

import math
from collections.abc import Sequence

from simplecell.engines.layers.formulas import Formulas, Own, scaled_rows
from simplecell.engines.protocol import Array
from simplecell.formulas.subsample import (
    subsample_backward,
    subsample_curvature,
    subsample_forward,
)
from simplecell.spec.layers.layer import Shape
from simplecell.spec.layers.subsample import Subsample


class SubsampleFormulas(Formulas[Subsample]):
    """w (C,), one gain per map, b (C,)."""

    def shapes(self, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
        """Give a gain and a bias for each map."""
        return {"w": (above[0],), "b": (above[0],)}

    def forward(self, x: Array, own: Own) -> Array:
        """Give u."""
        return subsample_forward(x, own["w"], own["b"], self.layer.window)

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, dw, db."""
        dx, *found = subsample_backward(x, own["w"], du, self.layer.window)
        return dx, found

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx, hw, hb."""
        hx, *found = subsample_curvature(x, own["w"], hu, self.layer.window)
        return hx, found

    def scaled(self, own: Own, gain: Array, shift: Array) -> dict[str, Array] | None:
        """Scale each map's weights, and scale and shift its bias."""
        return scaled_rows(own, gain, shift)

    def fan_in(self, below: Shape) -> Array | int:
        """Count the cells of a window."""
        return math.prod(self.layer.window)

    def fan_out(self, below: Shape, above: Shape) -> int:
        """Give 1: each cell is in one window."""
        return 1
