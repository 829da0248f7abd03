"""Convolutions in a plan: by taps, as a dense layer, or cell by cell."""

from typing import Any

from simplecell.engines.lanes import conv, gradient, stride
from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layers.dense import DensePlan
from simplecell.engines.lanes.layers.plan import LayerPlan, no_bias, pad_words, window_words
from simplecell.engines.lanes.layout import LANES, Floats
from simplecell.engines.lanes.taps import pitch
from simplecell.spec.layers import Conv, Shape
from simplecell.spec.padding import NO_PADS


class ConvPlan(LayerPlan[Conv]):
    """A convolution, of packs or of one image at stride 1."""

    @property
    def sums(self) -> Entry:
        """The kernel of the way up and of the deltas."""
        return conv.ENTRY if self.lanes > 1 else conv.SINGLE

    @property
    def scratch(self) -> int:
        """One image's deltas turned to lanes of maps, and their sums twice: `gradient.by_maps`."""
        if self.lanes > 1:
            return 0
        return 2 * LANES * (self.above[1] * self.above[2] + 3 * LANES)

    @property
    def wide(self) -> Shape:
        """The shape of the maps below with their padding, which the kernels read."""
        rows, columns = self.layer.pads(self.below)
        channels, height, width = self.below
        return channels, height + sum(rows), width + sum(columns)

    def words(self) -> dict[str, int]:
        """Give the kernel's size, stride and padding."""
        return _places(self.layer, self.below)

    def constants(self) -> Floats:
        """Give zeros for biases that are not there."""
        return no_bias(self.layer.bias, self.above[0])

    def up(self, context: Context) -> None:
        """Put padding around the maps, if there is any, and sum each map's taps.

        The padded maps have a node of their own, whose border is 0 from the beginning and is
        never written to.
        """
        context.extra = context.source
        if self.wide != self.below:
            context.extra = context.node(self.wide)
            context.emit(self.sums, conv.CONV_PAD, extra=context.extra)
        taps = context.builder.taps.up(self.layer, self.wide, context.step(context.extra))
        context.emit(self.sums, conv.CONV_FORWARD, source=context.extra, taps=taps)

    def down(self, context: Context) -> None:
        """Spread the deltas where the kernels need it, gather the gradient, hand deltas on."""
        self._down(context, context.extra, context.words["weight"])

    def curvature(self, context: Context) -> None:
        """Do the same with squares."""
        squares = context.node(self.wide)
        context.square(context.extra, squares)
        self._down(context, squares, context.squared_weight())

    def _down(self, context: Context, values: int, weight: int) -> None:
        own, taps = context.gradient(), context.builder.taps
        extra = self._spread(context)
        readers = taps.read(self.layer, self.below)
        context.emit(
            gradient.ENTRY if self.lanes > 1 else gradient.SINGLE,
            gradient.CONV_GRADIENT,
            source=values,
            extra=extra,
            readers=readers,
            gradient=own,
        )
        if context.go_on:
            back = taps.down(self.layer, self.wide)
            context.emit(self.sums, conv.CONV_BACKWARD, weight=weight, extra=extra, taps_back=back)

    def _spread(self, context: Context) -> int:
        """Spread the deltas where the kernels need it; give the node they stand in."""
        kh, kw = self.layer.kernel
        if not context.go_on and self.lanes > 1 and self.layer.stride == (1, 1):
            return context.target
        width = pitch(self.layer, self.wide, self.lanes)
        shape = (self.layer.maps, kh - 1 + self.wide[1], width)
        spread = context.node(shape, before=(kw - 1) * self.lanes, passing=True)
        context.emit(self.sums, conv.CONV_SPREAD, extra=spread)
        return spread


class StridePlan(LayerPlan[Conv]):
    """A convolution of one image at a stride."""

    def words(self) -> dict[str, int]:
        """Give the kernel's size, stride and padding."""
        return _places(self.layer, self.below)

    def constants(self) -> Floats:
        """Give zeros for biases that are not there."""
        return no_bias(self.layer.bias, self.above[0])

    def up(self, context: Context) -> None:
        """Sum every link at every place."""
        readers = context.builder.taps.read(self.layer, self.below)
        context.emit(stride.ENTRY, stride.STRIDE_FORWARD, readers=readers)

    def down(self, context: Context) -> None:
        """Gather the gradient, and hand the deltas on."""
        readers = context.builder.taps.read(self.layer, self.below)
        context.emit(
            stride.ENTRY, stride.STRIDE_GRADIENT, readers=readers, gradient=context.gradient()
        )
        if context.go_on:
            context.emit(stride.ENTRY, stride.STRIDE_BACKWARD, readers=readers)


def _places(layer: Conv, below: Shape) -> dict[str, int]:
    return window_words(layer.kernel, layer.stride) | pad_words(layer.pads(below))


def plan_conv(layer: Conv, below: Shape, above: Shape, lanes: int) -> LayerPlan[Any]:
    """Choose how a convolution runs: as a dense layer, cell by cell, or by its taps."""
    padded = layer.pads(below) != NO_PADS
    if layer.table is None and layer.kernel == below[1:] and not padded:
        return DensePlan(layer, below, above, lanes)
    if lanes == 1 and layer.stride != (1, 1):
        return StridePlan(layer, below, above, lanes)
    return ConvPlan(layer, below, above, lanes)
