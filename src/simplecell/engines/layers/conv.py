"""Convolution by `formulas/conv.py`."""

import math
from collections.abc import Sequence

import numpy as np

from simplecell.engines.layers.formulas import Draw, Formulas, Own, scaled_rows
from simplecell.engines.protocol import Array
from simplecell.formulas.conv import conv_backward, conv_curvature, conv_forward, table_mask
from simplecell.formulas.gabor import gabor_bank
from simplecell.spec.layers.conv import Conv, Table
from simplecell.spec.layers.layer import Pair, Shape
from simplecell.spec.padding import Pads


class ConvFormulas(Formulas[Conv]):
    """w (M, C, kh, kw), b (M,) unless there is no bias; absent connections of a table stay 0."""

    def shapes(self, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
        """Give a kernel for each map and map below, a bias for each map."""
        shapes: dict[str, tuple[int, ...]] = {"w": (above[0], below[0], *self.layer.kernel)}
        return shapes | {"b": (above[0],)} if self.layer.bias else shapes

    def forward(self, x: Array, own: Own) -> Array:
        """Give u."""
        return conv_forward(x, own["w"], own.get("b"), *self._places(x))

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, dw, db."""
        dx, *found = conv_backward(x, own["w"], du, *self._places(x))
        return dx, found

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx, hw, hb."""
        hx, *found = conv_curvature(x, own["w"], hu, *self._places(x))
        return hx, found

    def scaled(self, own: Own, gain: Array, shift: Array) -> dict[str, Array] | None:
        """Scale each map's weights, and scale and shift its bias."""
        return scaled_rows(own, gain, shift)

    def fan_in(self, below: Shape) -> Array | int:
        """Count a kernel's cells for each map that is read."""
        area = math.prod(self.layer.kernel)
        if self.layer.table is None:
            return below[0] * area
        return np.array([len(row) * area for row in self.layer.table])

    def start(
        self, below: Shape, above: Shape, draw: Draw, rng: np.random.Generator
    ) -> dict[str, Array]:
        """Give first values, 0 where there is no connection."""
        own = super().start(below, above, draw, rng)
        own["w"] *= self._mask(below)
        return own

    def gabor(self, below: Shape, rng: np.random.Generator) -> Array | None:
        """Give one Gabor function for each map and channel, as long as what fan_in draws."""
        maps, kernel = self.layer.maps, self.layer.kernel
        bank = gabor_bank(maps * below[0], kernel, rng)
        # A cell drawn in +-2.4/F has the root mean square 2.4 / (sqrt(3) F).
        w = bank.reshape(maps, below[0], *kernel) * math.sqrt(math.prod(kernel) / 3) * 2.4
        w /= np.broadcast_to(self.fan_in(below), maps)[:, None, None, None]
        found: Array = w * self._mask(below)
        return found

    def present(self, below: Shape) -> Array | None:
        """Say what the table says."""
        if self.layer.table is None:
            return None
        return table_mask(self.layer.table, self.layer.maps, below[0])

    def kernels(self, own: Own, below: Shape) -> tuple[Array, str] | None:
        """Arrange the kernels, a row for each map below."""
        grid = own["w"].swapaxes(0, 1).copy()
        for m, row in enumerate(self.layer.table or ()):
            grid[[c for c in range(below[0]) if c not in row], m] = np.nan
        return grid, "kernels"

    def shares(self, own: Own | None, below: Shape) -> Array | None:
        """Give 1 for each connection of the table."""
        return table_mask(self.layer.table, self.layer.maps, below[0]).T.astype(np.float64)

    def _places(self, x: Array) -> tuple[Pair, Table | None, Pads]:
        layer = self.layer
        return layer.stride, layer.table, layer.pads(x.shape[1:])

    def _mask(self, below: Shape) -> Array:
        return table_mask(self.layer.table, self.layer.maps, below[0])[:, :, None, None]
