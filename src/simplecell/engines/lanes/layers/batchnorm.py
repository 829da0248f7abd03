"""Batch normalisation in a plan: two instructions up, two down, and the packs meet between."""

import numpy as np

from simplecell.engines.lanes.batchnorm import (
    COLUMNS,
    ENTRY,
    NORM_BACKWARD,
    NORM_COUNT,
    NORM_FORWARD,
    NORM_SUMS,
    NORM_USED,
    NORM_USED_BACK,
)
from simplecell.engines.lanes.draft import Site
from simplecell.engines.lanes.fields import Floats
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.spec.layers import BatchNorm


class BatchNormPlan(LayerPlan[BatchNorm]):
    """A layer whose packs reckon with each other in training; in use a gain and a shift."""

    kernels = (ENTRY,)
    meets = True

    def constants(self) -> Floats:
        """Give epsilon and momentum."""
        return np.array([self.layer.epsilon, self.layer.momentum], np.float32)

    def up(self, site: Site) -> None:
        """Count, meet, and normalise."""
        kept = {name: start for name, (start, _) in site.kept.items()}
        site.words |= {**kept, "constants": site.constants}
        if not site.options.learning:
            site.emit(ENTRY, NORM_USED)
            return
        floats = COLUMNS * self.below[0]
        site.words["ledger"] = site.draft.layout.ledger(floats)
        site.words["extra"] = site.draft.layout.scratch(floats)
        site.emit(ENTRY, NORM_COUNT)
        site.draft.meet()
        site.emit(ENTRY, NORM_FORWARD)

    def down(self, site: Site) -> None:
        """Gather the gradients; if deltas go on, meet, and hand them on."""
        gradient, on = site.gradient(), int(site.go_on)
        if not site.options.learning:
            site.emit(ENTRY, NORM_USED_BACK, gradient=gradient, flag=on)
            return
        site.emit(ENTRY, NORM_SUMS, gradient=gradient)
        if site.go_on:
            site.draft.meet()
            site.emit(ENTRY, NORM_BACKWARD)
