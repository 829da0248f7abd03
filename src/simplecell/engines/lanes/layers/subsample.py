"""Subsampling in a plan."""

from simplecell.engines.lanes.draft import Site
from simplecell.engines.lanes.layers.plan import LayerPlan, window_words
from simplecell.engines.lanes.subsample import ENTRY, SUBSAMPLE_BACKWARD, SUBSAMPLE_FORWARD
from simplecell.spec.layers import Subsample


class SubsamplePlan(LayerPlan[Subsample]):
    """A subsampling layer; the sums of its windows are kept for the way down."""

    kernels = (ENTRY,)

    def words(self) -> dict[str, int]:
        """Give the window's size."""
        return window_words(self.layer.window, self.layer.window)

    def up(self, site: Site) -> None:
        """Sum each window, keep the sums, scale them."""
        site.extra = site.node(site.above)
        site.emit(ENTRY, SUBSAMPLE_FORWARD, extra=site.extra)

    def down(self, site: Site) -> None:
        """Gather the gradients and hand the deltas on, in one instruction."""
        gradient, on = site.gradient(), int(site.go_on)
        site.emit(ENTRY, SUBSAMPLE_BACKWARD, extra=site.extra, gradient=gradient, flag=on)

    def curvature(self, site: Site) -> None:
        """Do the same with squares: of the kept sums, and of the gains."""
        site.square(site.extra, site.extra)
        weight, gradient, on = site.squared_weight(), site.gradient(), int(site.go_on)
        site.emit(
            ENTRY, SUBSAMPLE_BACKWARD, extra=site.extra, weight=weight, gradient=gradient, flag=on
        )
