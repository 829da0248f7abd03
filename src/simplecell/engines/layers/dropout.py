"""Dropout by `formulas/dropout.py`."""

from collections.abc import Sequence

from simplecell.engines.layers.formulas import Formulas, Own
from simplecell.engines.protocol import Array
from simplecell.formulas.dropout import dropout_backward, dropout_forward, dropout_mask
from simplecell.spec.layers.dropout import Dropout


class DropoutFormulas(Formulas[Dropout]):
    """Nothing to learn, and nothing to do but while the network learns."""

    own = ()

    def forward(self, x: Array, own: Own) -> Array:
        """Give u, which is x."""
        return x

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx, which is du."""
        return du, ()

    def learning(self, x: Array, own: Own, chance: int) -> Array:
        """Silence some units."""
        return dropout_forward(x, dropout_mask(chance, x.shape, self.layer.rate))

    def learning_back(
        self, x: Array, own: Own, du: Array, chance: int
    ) -> tuple[Array, Sequence[Array]]:
        """Hand du on to the units that were kept."""
        return dropout_backward(dropout_mask(chance, x.shape, self.layer.rate), du), ()

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx, which is hu: curvature is measured with all units there."""
        return hu, ()
