"""Local layers in a plan: a matrix product for every position."""

import math

from simplecell.engines.lanes.draft import Site
from simplecell.engines.lanes.fields import Floats
from simplecell.engines.lanes.layers.plan import LayerPlan, no_bias, pad_words, window_words
from simplecell.engines.lanes.local import ENTRY, LOCAL_BACKWARD, LOCAL_FORWARD, LOCAL_GRADIENT
from simplecell.spec.layers import Local


class LocalPlan(LayerPlan[Local]):
    """A layer whose kernels are not shared: packs only, position by position."""

    kernels = (ENTRY,)

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

    def up(self, site: Site) -> None:
        """Sum every position's patch."""
        site.emit(ENTRY, LOCAL_FORWARD)

    def down(self, site: Site) -> None:
        """Gather the gradient, and hand the deltas on."""
        site.emit(ENTRY, LOCAL_GRADIENT, gradient=site.gradient(math.prod(self.above)))
        if site.go_on:
            site.emit(ENTRY, LOCAL_BACKWARD)

    def curvature(self, site: Site) -> None:
        """Do the same with squares."""
        own = site.gradient(math.prod(self.above))
        site.emit(ENTRY, LOCAL_GRADIENT, source=site.squares(), gradient=own)
        if site.go_on:
            site.emit(ENTRY, LOCAL_BACKWARD, weight=site.squared_weight())
