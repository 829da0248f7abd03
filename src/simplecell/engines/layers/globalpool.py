"""Global pooling by `formulas/globalpool.py`."""

from collections.abc import Sequence

from simplecell.engines.layers.formulas import Formulas, Own
from simplecell.engines.layers.pool import PoolFormulas
from simplecell.engines.protocol import Array
from simplecell.formulas.globalpool import (
    globalpool_backward,
    globalpool_curvature,
    globalpool_forward,
)
from simplecell.spec.layers.globalpool import GlobalPool


class GlobalPoolFormulas(Formulas[GlobalPool]):
    """Nothing to learn."""

    own = ()

    def forward(self, x: Array, own: Own) -> Array:
        """Give u."""
        return globalpool_forward(x, self.layer.kind)

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx."""
        return globalpool_backward(x, du, self.layer.kind), ()

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx."""
        return globalpool_curvature(x, hu, self.layer.kind), ()

    def margin(self, x: Array) -> Array | float:
        """Give the smallest lead of a map's largest cell over its second."""
        below = (x.shape[1], x.shape[2], x.shape[3])
        return PoolFormulas(self.layer.pool(below)).margin(x)
