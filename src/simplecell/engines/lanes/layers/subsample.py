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
        self._down(context, context.words["weight"])

    def curvature(self, context: Context) -> None:
        """Do the same with squares: of the kept sums, and of the gains."""
        context.square(context.extra, context.extra)
        self._down(context, context.squared_weight())

    def _down(self, context: Context, weight: int) -> None:
        context.emit(
            ENTRY,
            SUBSAMPLE_BACKWARD,
            extra=context.extra,
            weight=weight,
            gradient=context.gradient(),
            flag=int(context.go_on),
            row_last=self.above[0],
        )
