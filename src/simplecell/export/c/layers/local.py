"""Local connections in C."""

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import every_map, loop, on_map, under, under_padded
from simplecell.export.c.stage import Stage
from simplecell.formulas.local import local_forward
from simplecell.spec.layers.kernel import by, padded_by
from simplecell.spec.layers.local import Local
from simplecell.spec.padding import NO_PADS, Pads


class LocalCode(Code[Local]):
    """Kernels of its own for each place."""

    lead = 3
    unit = "unit"

    def does(self) -> str:
        """Name the kernels, and a padding."""
        does = f"{super().does()}; every place has {by(self.layer.kernel)} kernels of its own"
        return does + padded_by(self.pads)

    @property
    def pads(self) -> Pads:
        """The padding in numbers."""
        return self.layer.pads(self.plain.below)

    def totals(self, q: Array) -> Array:
        """Sum the weights of each unit that lie on the map: those on padding read 0."""
        ones = np.ones((1, *self.plain.below), np.float64)
        total: Array = local_forward(ones, q, None, self.layer.stride, self.pads)[0]
        return total

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over maps, places, maps below and the kernel."""
        layer = self.layer
        channels, height, width = stage.plain.below
        maps, rows, columns = stage.plain.above
        channel, before = (height * width, "c", channels), list[str]()
        if self.pads == NO_PADS:
            sums = under(stage, layer.kernel, layer.stride, channel)
        else:
            sums = under_padded(stage, layer.kernel, channel)
            before = on_map(stage, layer.kernel, layer.stride, self.pads)
        place = [
            *before,
            f"{stage.sums} sum = {stage.begin};",
            *loop("c", channels, sums),
            *stage.ends,
            "unit++;",
        ]
        return [
            f"const {stage.type_of('w')} *k = @w;",
            "int unit = 0;",
            *every_map(maps, loop("i", rows, loop("j", columns, place))),
        ]
