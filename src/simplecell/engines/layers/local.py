"""Local connections by `formulas/local.py`."""

import math
from collections.abc import Sequence

from simplecell.engines.layers.formulas import Formulas, Own, scaled_rows
from simplecell.engines.protocol import Array
from simplecell.formulas.local import local_backward, local_curvature, local_forward
from simplecell.spec.layers.layer import Pair, Shape
from simplecell.spec.layers.local import Local
from simplecell.spec.padding import Pads


class LocalFormulas(Formulas[Local]):
    """w (M, H, W, C, kh, kw), b (M, H, W) unless there is no bias."""

    def shapes(self, below: Shape, above: Shape) -> dict[str, tuple[int, ...]]:
        """Give kernels and a bias for each place."""
        shapes: dict[str, tuple[int, ...]] = {"w": (*above, below[0], *self.layer.kernel)}
        return shapes | {"b": above} if self.layer.bias else shapes

    def forward(self, x: Array, own: Own) -> Array:
        """Give u."""
        return local_forward(x, own["w"], own.get("b"), *self._places(x))

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, dw, db."""
        dx, *found = local_backward(x, own["w"], du, *self._places(x))
        return dx, found

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx, hw, hb."""
        hx, *found = local_curvature(x, own["w"], hu, *self._places(x))
        return hx, found

    def scaled(self, own: Own, gain: Array, shift: Array) -> dict[str, Array] | None:
        """Scale each map's weights, and scale and shift its bias."""
        return scaled_rows(own, gain, shift)

    def fan_in(self, below: Shape) -> Array | int:
        """Count a kernel's cells for each map below."""
        return below[0] * math.prod(self.layer.kernel)

    def kernels(self, own: Own, below: Shape) -> tuple[Array, str] | None:
        """Arrange the first map's kernels."""
        first = own["w"][0, :, :, 0]
        grid = first.reshape(1, -1, *first.shape[2:])
        return grid, "kernels of its first map, place by place"

    def _places(self, x: Array) -> tuple[Pair, Pads]:
        return self.layer.stride, self.layer.pads(x.shape[1:])
