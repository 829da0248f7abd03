"""Local layers in a plan: a matrix product for every position."""

import math

from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.layers.plan import LayerPlan, no_bias, pad_words, window_words
from simplecell.engines.lanes.layout import Floats
from simplecell.engines.lanes.local import ENTRY, LOCAL_BACKWARD, LOCAL_FORWARD, LOCAL_GRADIENT
from simplecell.spec.layers import Local


class LocalPlan(LayerPlan[Local]):
    """A layer whose kernels are not shared: packs only, position by position."""

    @property
    def alone(self) -> bool:
        """One image alone is not supported: patches are copied sixteen images at a time."""
        return False

    @property
    def scratch(self) -> int:
        """Room for a patch, twice."""
        return 2 * self.below[0] * math.prod(self.layer.kernel)

    def words(self) -> dict[str, int]:
        """Give the kernel's size, stride and padding."""
        places = window_words(self.layer.kernel, self.layer.stride)
        return places | pad_words(self.layer.pads(self.below))

    def constants(self) -> Floats:
        """Give zeros for biases that are not there."""
        return no_bias(self.layer.bias, math.prod(self.above))

    def up(self, context: Context) -> None:
        """Sum every position's patch."""
        context.emit(ENTRY, LOCAL_FORWARD)

    def down(self, context: Context) -> None:
        """Gather the gradient, and hand the deltas on."""
        context.emit(ENTRY, LOCAL_GRADIENT, gradient=context.gradient(math.prod(self.above)))
        if context.go_on:
            context.emit(ENTRY, LOCAL_BACKWARD)

    def curvature(self, context: Context) -> None:
        """Do the same with squares."""
        own = context.gradient(math.prod(self.above))
        context.emit(ENTRY, LOCAL_GRADIENT, source=context.squares(), gradient=own)
        if context.go_on:
            context.emit(ENTRY, LOCAL_BACKWARD, weight=context.squared_weight())
