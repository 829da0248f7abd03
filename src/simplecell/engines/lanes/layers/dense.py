"""Dense layers in a plan: matrix products, and gradients once a batch."""

from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.dense import (
    DENSE_BACKWARD,
    DENSE_FORWARD,
    DENSE_GRADIENT,
    ENTRY,
    TURN,
)
from simplecell.engines.lanes.layers.plan import LayerPlan, no_bias
from simplecell.engines.lanes.layout import Floats
from simplecell.spec.layers import Conv, Dense


class DensePlan(LayerPlan[Dense | Conv]):
    """A dense layer, or a convolution whose kernel covers its maps."""

    in_matrix = True

    def words(self) -> dict[str, int]:
        """Say whether there is no bias, and how long a row of weights is."""
        return {"flag": int(not self.layer.bias), "length": self.inputs}

    def constants(self) -> Floats:
        """Give zeros for a bias that is not there."""
        return no_bias(self.layer.bias, self.above[0])

    def up(self, context: Context) -> None:
        """Sum, after the inputs are turned for the gradient that is taken once a batch."""
        if context.options.loss is not None:
            context.extra = context.builder.layout.turned(context.inputs)
            if not context.options.curved:
                context.emit(ENTRY, TURN, extra=context.extra)
        context.emit(ENTRY, DENSE_FORWARD)

    def down(self, context: Context) -> None:
        """Take the gradient once a batch, and hand the deltas on pack by pack."""
        context.emit(ENTRY, DENSE_GRADIENT, batch=True, extra=context.extra)
        if context.go_on:
            context.emit(ENTRY, DENSE_BACKWARD)

    def curvature(self, context: Context) -> None:
        """Do the same with squares."""
        context.emit(ENTRY, TURN, source=context.squares(), extra=context.extra)
        context.emit(ENTRY, DENSE_GRADIENT, batch=True, extra=context.extra)
        if context.go_on:
            context.emit(ENTRY, DENSE_BACKWARD, weight=context.squared_weight())
