"""Pooling in a plan: there is nothing to learn."""

import math

from simplecell.engines.lanes.draft import Site
from simplecell.engines.lanes.layers.plan import LayerPlan, window_words
from simplecell.engines.lanes.pool import ENTRY, POOL_BACKWARD, POOL_FORWARD
from simplecell.spec.layers import Pool


class PoolPlan(LayerPlan[Pool]):
    """A pooling layer, of means or of largest values."""

    kernels = (ENTRY,)

    @property
    def alone(self) -> bool:
        """For one image alone, windows of the largest value are two wide."""
        return self.layer.kind == "mean" or self.layer.window[1] == 2

    @property
    def shared(self) -> int:
        """A mean shares its delta among all cells of its window."""
        return math.prod(self.layer.window) if self.layer.kind == "mean" else 1

    def words(self) -> dict[str, int]:
        """Give the window's size, and which of the two it takes."""
        largest = int(self.layer.kind == "max")
        return {**window_words(self.layer.window, self.layer.window), "flag": largest}

    def up(self, site: Site) -> None:
        """Take each window's mean or largest value."""
        site.emit(ENTRY, POOL_FORWARD)

    def down(self, site: Site) -> None:
        """Hand the deltas on; there is nothing of its own to learn."""
        if site.go_on:
            site.emit(ENTRY, POOL_BACKWARD)

    def curvature(self, site: Site) -> None:
        """Hand curvature on as deltas are; what a mean shares is divided once more: `shared`."""
        self.down(site)
