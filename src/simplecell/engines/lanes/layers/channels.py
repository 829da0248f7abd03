"""Wide layers in a plan, channels last: convolutions of sixteen maps or more, and their pooling.

They are the first layers of a network, up to the one that reads everything; all of them must be
such, so that maps are turned once on the way in and once on the way out.
"""

import math
from itertools import takewhile
from typing import Any

from simplecell.engines.lanes import channelpool
from simplecell.engines.lanes import channels as ch
from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.layers.conv import ConvPlan
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.engines.lanes.layers.pool import PoolPlan
from simplecell.engines.lanes.layout import LANES
from simplecell.spec.layers import Conv, Layer, Pool


class ChannelConvPlan(ConvPlan):
    """A convolution whose vectors are sixteen maps at a pixel."""

    @property
    def scratch(self) -> int:
        """One image's deltas below with their padding, or two blocks of sixteen vectors."""
        return -(-max(math.prod(self.wide), 2 * LANES * LANES) // self.lanes)

    def up(self, context: Context) -> None:
        """Lay the weights out, put padding around the maps, sum the inputs of every map."""
        (kh, kw), (channels, _, _) = self.layer.kernel, self.below
        kernel = context.builder.layout.kernel(self.above[0], kh * kw, channels)
        context.kernel, context.extra = kernel, context.source
        context.emit(ch.ENTRY, ch.KERNEL, extra=kernel)
        if self.wide != self.below:
            context.extra = context.node(self.wide)
            context.emit(ch.ENTRY, ch.PAD, extra=context.extra)
        context.emit(ch.ENTRY, ch.UP, source=context.extra, extra=kernel)

    def down(self, context: Context) -> None:
        """Sum the gradient of the kernels, hand deltas on."""
        (kh, kw), (channels, _, _) = self.layer.kernel, self.below
        layout = context.builder.layout
        sums = layout.kernel(self.above[0], kh * kw, channels)
        own = context.gradient()
        context.emit(ch.ENTRY, ch.GRADIENT_OF, source=context.extra, extra=sums, gradient=own)
        if context.go_on:
            back = layout.kernel(channels, kh * kw, self.above[0])
            context.emit(ch.ENTRY, ch.TURNED, source=context.kernel, extra=back)
            context.emit(ch.ENTRY, ch.DOWN, extra=back, ledger=context.extra)


class ChannelPoolPlan(PoolPlan):
    """Windows side by side, of sixteen maps at once."""

    @property
    def alone(self) -> bool:
        """Windows of any size are alike here."""
        return True

    def up(self, context: Context) -> None:
        """Take each window's mean or largest value."""
        context.emit(channelpool.ENTRY, channelpool.FORWARD)

    def down(self, context: Context) -> None:
        """Hand the deltas on."""
        context.emit(channelpool.ENTRY, channelpool.BACKWARD)


def channels_last(plans: list[LayerPlan[Layer]]) -> list[LayerPlan[Layer]]:
    """Give the plans with channels last of a network's first layers; none, if one cannot be."""
    first = list(takewhile(lambda plan: not plan.in_matrix, plans))
    made = [_channels(plan) for plan in first]
    found = [plan for plan in made if plan is not None]
    fits = len(found) == len(first) < len(plans)
    return found if fits and found and isinstance(found[0], ChannelConvPlan) else []


def _channels(plan: LayerPlan[Layer]) -> LayerPlan[Any] | None:
    """Give a layer's plan with channels last, None if it has none."""
    sides = plan.below, plan.above, plan.lanes
    layer: Layer = plan.layer
    if plan.above[0] % LANES:
        return None
    if isinstance(layer, Conv) and layer.table is None:
        return ChannelConvPlan(layer, *sides)
    if isinstance(layer, Pool) and layer.is_plain(plan.below):
        return ChannelPoolPlan(layer, *sides)
    return None
