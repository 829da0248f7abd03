"""Full connection by `formulas/dense.py`."""

import math
from collections.abc import Sequence

from simplecell.engines.layers.formulas import Formulas, Own, flat, scaled_rows
from simplecell.engines.protocol import Array
from simplecell.formulas.dense import dense_backward, dense_curvature, dense_forward
from simplecell.spec.layers.dense import Dense
from simplecell.spec.layers.layer import Shape


class DenseFormulas(Formulas[Dense]):
    """w (M, inputs), b (M,) unless there is no bias."""

    def shapes(self, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
        """Give a weight for each input of each unit, a bias for each unit."""
        shapes: dict[str, tuple[int, ...]] = {"w": (above[0], math.prod(below))}
        return shapes | {"b": (above[0],)} if self.layer.bias else shapes

    def forward(self, x: Array, own: Own) -> Array:
        """Give u."""
        return dense_forward(flat(x), own["w"], own.get("b"))[:, :, None, None]

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, dw, db."""
        dx, *found = dense_backward(flat(x), own["w"], flat(du))
        return dx, found

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx, hw, hb."""
        hx, *found = dense_curvature(flat(x), own["w"], flat(hu))
        return hx, found

    def scaled(self, own: Own, gain: Array, shift: Array) -> dict[str, Array] | None:
        """Scale each map's weights, and scale and shift its bias."""
        return scaled_rows(own, gain, shift)

    def fan_out(self, below: Shape, above: Shape) -> int:
        """Count the units: every one reads every cell."""
        return above[0]

    def kernels(self, own: Own, below: Shape) -> tuple[Array, str] | None:
        """Arrange what each unit weighs as the maps that it reads; of units, in a row."""
        words = "what each unit weighs"
        if below[1:] == (1, 1):
            return own["w"][None, :, None], words
        grid = own["w"].reshape(-1, *below).swapaxes(0, 1)
        return grid, words if below[0] == 1 else f"{words} of each map"
