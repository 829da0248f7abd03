"""Convolution in C."""

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.protocol import Array
from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import at, every_map, loop, on_map, under, under_padded
from simplecell.export.c.stage import Stage
from simplecell.export.c.text import smallest
from simplecell.formulas.conv import conv_forward
from simplecell.spec.layers.conv import Conv
from simplecell.spec.layers.kernel import by, padded_by
from simplecell.spec.padding import NO_PADS, Pads


class ConvCode(Code[Conv]):
    """Kernels that slide; with a table, over the maps that it names."""

    def does(self) -> str:
        """Name the kernels, what they slide over, and the stride."""
        does = f"{super().does()}; each slides {by(self.layer.kernel)} kernels over "
        does += "all maps below" if self.layer.table is None else "the maps that its table names"
        if self.layer.stride != (1, 1):
            does += f", in steps of {by(self.layer.stride)}"
        return does + padded_by(self.pads)

    @property
    def pads(self) -> Pads:
        """The padding in numbers."""
        return self.layer.pads(self.plain.below)

    @cached_property
    def kinds(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Number the rows, and the columns, by which cells of a kernel are on the map there.

        Places that read the same cells are of one kind: of a 3x3 kernel with padding 1 there are
        three kinds of rows, at the top, in the middle, at the bottom.
        """
        found = []
        for n, (before, _) in enumerate(self.pads):
            starts = np.arange(self.plain.above[n + 1]) * self.layer.stride[n] - before
            first = np.maximum(0, -starts)
            last = np.minimum(self.layer.kernel[n], self.plain.below[n + 1] - starts)
            found.append(np.unique(np.stack([first, last]), axis=1, return_inverse=True)[1])
        return found[0].ravel(), found[1].ravel()

    def totals(self, q: Array) -> Array:
        """Sum the weights that are on the map: of each kind of place, if there is padding.

        In whole numbers 0 is no whole number of steps, so what is on padding is left out.
        """
        if self.pads == NO_PADS:
            return super().totals(q)
        ones, layer = np.ones((1, *self.plain.below), np.float64), self.layer
        total: Array = conv_forward(ones, q, None, layer.stride, layer.table, self.pads)[0]
        rows, columns = (np.unique(kinds, return_index=True)[1] for kinds in self.kinds)
        return total[:, rows][:, :, columns]

    def places(self, scales: int) -> tuple[str, str]:
        """Say which scale and which offset a unit takes: one per map, or per kind of place."""
        m, unit = super().places(scales)
        return m, unit if self.pads == NO_PADS else "kind"

    def placed(self, values: NDArray[Any]) -> NDArray[Any]:
        """Give each unit the offset of its kind."""
        rows, columns = self.kinds
        maps, count = self.plain.above[0], (rows.max() + 1) * (columns.max() + 1)
        if self.pads == NO_PADS or values.size != maps * count or count == 1:
            return super().placed(values)
        own = values.reshape(maps, rows.max() + 1, columns.max() + 1)
        return own[:, rows][:, :, columns]

    def packed(self, w: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """List the weights that exist.

        With a table, `links` counts the maps that each map reads, and `reads` says which.
        """
        table, kinds = self.layer.table, dict[str, NDArray[Any]]()
        if w.dtype == np.int8 and self.pads != NO_PADS:
            rows, columns = self.kinds
            kinds = {"rows": smallest(rows.tolist()), "columns": smallest(columns.tolist())}
        if table is None:
            return super().packed(w) | kinds
        present = [w[m, list(row)].ravel() for m, row in enumerate(table)]
        return kinds | {
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
        if self.pads == NO_PADS:
            sums, before_sum = under(stage, layer.kernel, layer.stride, channel), list[str]()
        else:
            sums = under_padded(stage, layer.kernel, channel)
            before_sum = self._kind(stage)
            before_sum += on_map(stage, layer.kernel, layer.stride, self.pads)
        place = [
            *before_sum,
            f"const {weights} *k = w;",
            f"{stage.sums} sum = {stage.begin};",
            *loop("c", 1 if count == "1" else count, sums),
            *stage.ends,
        ]
        places = loop("i", rows, loop("j", columns, place))
        if layer.table is not None:
            places = ["const int links = @links[m];", *places]
        return [*before, *every_map(maps, [*places, *after])]

    def _kind(self, stage: Stage) -> list[str]:
        """Say of what kind the place (i, j) is, where offsets are given by kinds."""
        if "rows" not in stage.arrays:
            return []
        rows, columns = self.kinds
        sides = rows.max() + 1, columns.max() + 1
        i, j = at("", (1, "i", len(rows))), at("", (1, "j", len(columns)))
        row = f"({at('', (sides[0], 'm', 2))} + @rows[{i}])"
        return [f"const int kind = {at('', (sides[1], row, 2))} + @columns[{j}];"]
