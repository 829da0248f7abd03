"""Dropout in a plan."""

from simplecell.engines.lanes.draft import Site
from simplecell.engines.lanes.dropout import DROPOUT_BACKWARD, DROPOUT_FORWARD, ENTRY
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.formulas.dropout import limit
from simplecell.spec.layers import Dropout


class DropoutPlan(LayerPlan[Dropout]):
    """A dropout layer: up and down the same, with a mask that is drawn both times."""

    kernels = (ENTRY,)

    def up(self, site: Site) -> None:
        """Hand on what is kept."""
        site.emit(ENTRY, DROPOUT_FORWARD, flag=self._limit(site))

    def down(self, site: Site) -> None:
        """Hand the deltas on to what was kept."""
        if site.go_on:
            site.emit(ENTRY, DROPOUT_BACKWARD, flag=self._limit(site))

    def curvature(self, site: Site) -> None:
        """Hand curvature on: it is measured in use."""
        self.down(site)

    def _limit(self, site: Site) -> int:
        return limit(self.layer.rate) if site.options.learning else 0
