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
from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.engines.lanes.layout import Floats
from simplecell.spec.layers import BatchNorm


class BatchNormPlan(LayerPlan[BatchNorm]):
    """A layer whose packs reckon with each other in training; in use a gain and a shift."""

    meets = True

    def constants(self) -> Floats:
        """Give epsilon and momentum."""
        return np.array([self.layer.epsilon, self.layer.momentum], np.float32)

    def up(self, context: Context) -> None:
        """Count, meet, and normalise."""
        kept = {name: start for name, (start, _) in context.kept.items()}
        context.words |= {**kept, "constants": context.constants}
        if not context.options.learning:
            context.emit(ENTRY, NORM_USED)
            return
        floats = COLUMNS * self.below[0]
        context.words["ledger"] = context.builder.layout.ledger(floats)
        context.words["extra"] = context.builder.layout.scratch(floats)
        context.emit(ENTRY, NORM_COUNT)
        context.builder.barrier()
        context.emit(ENTRY, NORM_FORWARD)

    def down(self, context: Context) -> None:
        """Gather the gradients; if deltas go on, meet, and hand them on."""
        gradient, on = context.gradient(), int(context.go_on)
        if not context.options.learning:
            context.emit(ENTRY, NORM_USED_BACK, gradient=gradient, flag=on)
            return
        context.emit(ENTRY, NORM_SUMS, gradient=gradient)
        if context.go_on:
            context.builder.barrier()
            context.emit(ENTRY, NORM_BACKWARD)
