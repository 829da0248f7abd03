"""Convolutions in a plan: by taps, as a dense layer, or cell by cell."""

from typing import Any, ClassVar

from simplecell.engines.lanes import conv, gradient, stride
from simplecell.engines.lanes.draft import Site
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.fields import LANES, Floats
from simplecell.engines.lanes.layers.dense import DensePlan
from simplecell.engines.lanes.layers.plan import LayerPlan, no_bias, pad_words, window_words
from simplecell.engines.lanes.taps import pitch
from simplecell.spec.layers import Conv, Shape
from simplecell.spec.padding import NO_PADS


class ConvPlan(LayerPlan[Conv]):
    """A convolution, of packs or of one image at stride 1."""

    kernels: ClassVar[tuple[Entry, ...]] = (conv.ENTRY, gradient.ENTRY)

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

    def up(self, site: Site) -> None:
        """Put padding around the maps, if there is any, and sum each map's taps.

        The padded maps have a node of their own, whose border is 0 from the beginning and is
        never written to.
        """
        site.extra = site.source
        if self.wide != self.below:
            site.extra = site.node(self.wide)
            site.emit(conv.ENTRY, conv.CONV_PAD, extra=site.extra)
        taps = site.draft.taps.up(self.layer, self.wide, site.step(site.extra))
        site.emit(conv.ENTRY, conv.CONV_FORWARD, source=site.extra, taps=taps)

    def down(self, site: Site) -> None:
        """Spread the deltas where the kernels need it, gather the gradient, hand deltas on."""
        self._down(site, site.extra, site.words["weight"])

    def curvature(self, site: Site) -> None:
        """Do the same with squares."""
        squares = site.node(self.wide)
        site.square(site.extra, squares)
        self._down(site, squares, site.squared_weight())

    def _down(self, site: Site, values: int, weight: int) -> None:
        own, taps = site.gradient(), site.draft.taps
        extra = self._spread(site)
        readers = taps.read(self.layer, self.below)
        site.emit(
            gradient.ENTRY,
            gradient.CONV_GRADIENT,
            source=values,
            extra=extra,
            readers=readers,
            gradient=own,
        )
        if site.go_on:
            back = taps.down(self.layer, self.wide)
            site.emit(conv.ENTRY, conv.CONV_BACKWARD, weight=weight, extra=extra, taps_back=back)

    def _spread(self, site: Site) -> int:
        """Spread the deltas where the kernels need it; give the node they stand in."""
        kh, kw = self.layer.kernel
        if not site.go_on and self.lanes > 1 and self.layer.stride == (1, 1):
            return site.target
        width = pitch(self.layer, self.wide, self.lanes)
        shape = (self.layer.maps, kh - 1 + self.wide[1], width)
        spread = site.node(shape, before=(kw - 1) * self.lanes, passing=True)
        site.emit(conv.ENTRY, conv.CONV_SPREAD, extra=spread)
        return spread


class StridePlan(LayerPlan[Conv]):
    """A convolution of one image at a stride."""

    kernels = (stride.ENTRY,)

    def words(self) -> dict[str, int]:
        """Give the kernel's size, stride and padding."""
        return _places(self.layer, self.below)

    def constants(self) -> Floats:
        """Give zeros for biases that are not there."""
        return no_bias(self.layer.bias, self.above[0])

    def up(self, site: Site) -> None:
        """Sum every link at every place."""
        readers = site.draft.taps.read(self.layer, self.below)
        site.emit(stride.ENTRY, stride.STRIDE_FORWARD, readers=readers)

    def down(self, site: Site) -> None:
        """Gather the gradient, and hand the deltas on."""
        readers = site.draft.taps.read(self.layer, self.below)
        site.emit(stride.ENTRY, stride.STRIDE_GRADIENT, readers=readers, gradient=site.gradient())
        if site.go_on:
            site.emit(stride.ENTRY, stride.STRIDE_BACKWARD, readers=readers)


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
