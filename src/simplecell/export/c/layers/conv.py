"""Convolution in C."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import every_map, loop, under
from simplecell.export.c.stage import Stage
from simplecell.export.c.text import smallest
from simplecell.spec.layers.conv import Conv
from simplecell.spec.layers.kernel import by


class ConvCode(Code[Conv]):
    """Kernels that slide; with a table, over the maps that it names."""

    def does(self) -> str:
        """Name the kernels, what they slide over, and the stride."""
        does = f"{super().does()}; each slides {by(self.layer.kernel)} kernels over "
        does += "all maps below" if self.layer.table is None else "the maps that its table names"
        if self.layer.stride != (1, 1):
            does += f", in steps of {by(self.layer.stride)}"
        return does

    def packed(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """List the weights that exist.

        With a table, `links` counts the maps that each map reads, and `reads` says which.
        """
        table = self.layer.table
        if table is None:
            return super().packed(w)
        present = [w[m, list(row)].ravel() for m, row in enumerate(table)]
        return {
            "w": np.concatenate(present),
            "reads": smallest([c for row in table for c in row]),
            "links": smallest([len(row) for row in table]),
        }

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over maps, places, maps below and the kernel."""
        layer = self.layer
        channels, height, width = stage.plain.below
        maps, rows, columns = stage.plain.above
        area, weights = math.prod(layer.kernel), stage.type_of("w")
        before = [f"const {weights} *w = @w;"]
        if layer.table is None:
            channel, count = (height * width, "c", channels), str(channels)
            after = [f"w += {channels * area};"]
        else:
            # Never 1: then the loop over the links of a map would be left out.
            channel, count = (height * width, "reads[c]", 2), "links"
            before += [f"const {stage.type_of('reads')} *reads = @reads;"]
            after = [f"w += {area} * links;", "reads += links;"]
        sums = under(stage, layer.kernel, layer.stride, channel)
        place = [
            f"const {weights} *k = w;",
            f"{stage.sums} sum = {stage.begin};",
            *loop("c", 1 if count == "1" else count, sums),
            *stage.ends,
        ]
        places = loop("i", rows, loop("j", columns, place))
        if layer.table is not None:
            places = ["const int links = @links[m];", *places]
        return [*before, *every_map(maps, [*places, *after])]
