"""Dropout in a plan."""

from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.dropout import DROPOUT_BACKWARD, DROPOUT_FORWARD, ENTRY
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.formulas.dropout import limit
from simplecell.spec.layers import Dropout


class DropoutPlan(LayerPlan[Dropout]):
    """A dropout layer: up and down the same, with a mask that is drawn both times."""

    def up(self, context: Context) -> None:
        """Hand on what is kept."""
        context.emit(ENTRY, DROPOUT_FORWARD, flag=self._limit(context))

    def down(self, context: Context) -> None:
        """Hand the deltas on to what was kept."""
        if context.go_on:
            context.emit(ENTRY, DROPOUT_BACKWARD, flag=self._limit(context))

    def curvature(self, context: Context) -> None:
        """Hand curvature on: it is measured in use."""
        self.down(context)

    def _limit(self, context: Context) -> int:
        return limit(self.layer.rate) if context.options.learning else 0
