"""Pooling in C."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.protocol import Array
from simplecell.engines.walk import layer_sum
from simplecell.export.c.format import NONE, Format, Whole
from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import at, windows
from simplecell.export.c.stage import Stage
from simplecell.export.c.text import number
from simplecell.spec.layers.kernel import by
from simplecell.spec.layers.pool import Pool
from simplecell.spec.padding import NO_PADS, Pads


class PoolCode(Code[Pool]):
    """The mean or the largest of each window: no more than what is read."""

    keeps_bounds = True

    def does(self) -> str:
        """Name the windows."""
        layer = self.layer
        does = f"{super().does()}; the {layer.kind} of {by(layer.window)} windows"
        if layer.stride is not None:
            does += f", in steps of {by(layer.stride)}"
        if self._frame != NO_PADS:
            does += ", cut off at the edges of the map"
        return does + (", padding counting as 0" if self._counted else "")

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over maps, windows and their cells."""
        before: list[str] = []
        if self._by_place and stage.sums == "float":
            before = [f"const int area = ({self._side(0)}) * ({self._side(1)});"]
        elif self._by_place:
            _, rows, columns = self.plain.above
            before = [f"const int unit = {at('', (columns, 'i', rows), (1, 'j', columns))};"]
        layer, largest = self.layer, self._largest
        return windows(
            stage, layer.window, layer.stride, self._frame, largest=largest, before=before
        )

    def real(self) -> Stage:
        """Choose its numbers in float."""
        if self._largest:
            return self._stage({}, "0.0f", "sum")
        area = "(float)area" if self._by_place else number(math.prod(self.layer.window))
        return self._stage({}, "0.0f", f"sum / {area}")

    def gains(self, reads: Format) -> tuple[Array, Array, Array]:
        """Give one gain for all maps, or one for each place; a maximum has the gain 1."""
        areas = self._areas if self._by_place else np.array([self._times])
        share = self._read / areas if self._by_place else np.ones(1)
        return NONE, (reads.step / areas).ravel(), (reads.offset * share).ravel()

    def bounds(self, reads: Format) -> tuple[float, float]:
        """Give what is read, and 0 where padding counts."""
        low, high = reads.bounds
        return (min(low, 0.0), max(high, 0.0)) if self._counted else (low, high)

    def places(self, scales: int) -> tuple[str, str]:
        """Say which scale and which offset a place takes."""
        return ("unit", "unit") if self._by_place else ("0", "0")

    def placed(self, values: NDArray[Any]) -> NDArray[Any]:
        """Give one number for each place, or one for all."""
        return values.reshape(self.plain.above[1:] if self._by_place else (1, 1, 1))

    def sums(self, w: Array, q: Array) -> Array:
        """Sum the windows, or take the largest."""
        times = self._areas if self._by_place else self._times
        sums: Array = np.rint(times * layer_sum(self.layer, q, {}))
        return sums

    def hidden(self, reads: Format) -> tuple[Whole, Format] | None:
        """Hand on the largest as it was read."""
        if not self._largest or self.layer.squash != "identity":
            return None
        gives = Format(reads.step, reads.bounds[0] + 128 * reads.step)
        end = "*y++ = (int8_t)sum;" if reads.least else "*y++ = (int8_t)(sum - 128);"
        stage = Stage(self.plain, reads.type, "int8_t", {}, "0", (end,))
        return Whole(stage, reads, NONE), gives

    @property
    def _largest(self) -> bool:
        return self.layer.kind == "max"

    @property
    def _times(self) -> int:
        return 1 if self._largest else math.prod(self.layer.window)

    @property
    def _frame(self) -> Pads:
        return self.layer.frame(self.plain.below)

    @property
    def _areas(self) -> Array:
        """By how many cells the mean at each place is divided."""
        return np.outer(*self.layer.cells(self.plain.below))

    @property
    def _read(self) -> Array:
        """How many cells of the map there are in the mean at each place."""
        return np.outer(*replace(self.layer, count_padding=False).cells(self.plain.below))

    @property
    def _by_place(self) -> bool:
        """Whether means at the edges are of fewer cells than others."""
        return not self._largest and bool((self._read != self._times).any())

    @property
    def _counted(self) -> bool:
        """Whether some cells of a mean are padding."""
        return bool((self._areas != self._read).any())

    def _side(self, axis: int) -> str:
        """Write how many rows, or columns, of a window count."""
        name, cell = ("row", "column")[axis], "pq"[axis]
        if not self._counted:
            return f"{cell}1 - {cell}0"
        end = self.plain.below[1 + axis] + self.layer.pads(self.plain.below)[axis][1]
        n = self.layer.window[axis]
        return f"{name} + {n} > {end} ? {end} - {name} : {n}"
