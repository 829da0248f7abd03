"""Subsampling in a plan."""

from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.layers.plan import LayerPlan, window_words
from simplecell.engines.lanes.subsample import ENTRY, SUBSAMPLE_BACKWARD, SUBSAMPLE_FORWARD
from simplecell.spec.layers import Subsample


class SubsamplePlan(LayerPlan[Subsample]):
    """A subsampling layer; the sums of its windows are kept for the way down."""

    def words(self) -> dict[str, int]:
        """Give the window's size."""
        return window_words(self.layer.window, self.layer.window)

    def up(self, context: Context) -> None:
        """Sum each window, keep the sums, scale them."""
        context.extra = context.node(context.above)
        context.emit(ENTRY, SUBSAMPLE_FORWARD, extra=context.extra)

    def down(self, context: Context) -> None:
        """Gather the gradients and hand the deltas on, in one instruction."""
        gradient, on = context.gradient(), int(context.go_on)
        context.emit(ENTRY, SUBSAMPLE_BACKWARD, extra=context.extra, gradient=gradient, flag=on)

    def curvature(self, context: Context) -> None:
        """Do the same with squares: of the kept sums, and of the gains."""
        context.square(context.extra, context.extra)
        weight, gradient, on = context.squared_weight(), context.gradient(), int(context.go_on)
        context.emit(
            ENTRY,
            SUBSAMPLE_BACKWARD,
            extra=context.extra,
            weight=weight,
            gradient=gradient,
            flag=on,
        )
