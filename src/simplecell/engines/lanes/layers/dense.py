"""Dense layers in a plan: matrix products, and gradients once a batch."""

from simplecell.engines.lanes.dense import (
    DENSE_BACKWARD,
    DENSE_FORWARD,
    DENSE_GRADIENT,
    ENTRY,
    TURN,
)
from simplecell.engines.lanes.draft import Site
from simplecell.engines.lanes.fields import Floats
from simplecell.engines.lanes.layers.plan import LayerPlan, no_bias
from simplecell.spec.layers import Conv, Dense


class DensePlan(LayerPlan[Dense | Conv]):
    """A dense layer, or a convolution whose kernel covers its maps."""

    kernels = (ENTRY,)
    in_matrix = True

    def words(self) -> dict[str, int]:
        """Say whether there is no bias."""
        return {"flag": int(not self.layer.bias)}

    def constants(self) -> Floats:
        """Give zeros for a bias that is not there."""
        return no_bias(self.layer.bias, self.above[0])

    def up(self, site: Site) -> None:
        """Sum, after the inputs are turned for the gradient that is taken once a batch."""
        if site.options.loss is not None:
            site.extra = site.draft.layout.turned(site.inputs)
            if not site.options.curved:
                site.emit(ENTRY, TURN, extra=site.extra)
        site.emit(ENTRY, DENSE_FORWARD)

    def down(self, site: Site) -> None:
        """Take the gradient once a batch, and hand the deltas on pack by pack."""
        site.emit(ENTRY, DENSE_GRADIENT, batch=True, extra=site.extra)
        if site.go_on:
            site.emit(ENTRY, DENSE_BACKWARD)

    def curvature(self, site: Site) -> None:
        """Do the same with squares."""
        site.emit(ENTRY, TURN, source=site.squares(), extra=site.extra)
        site.emit(ENTRY, DENSE_GRADIENT, batch=True, extra=site.extra)
        if site.go_on:
            site.emit(ENTRY, DENSE_BACKWARD, weight=site.squared_weight())
