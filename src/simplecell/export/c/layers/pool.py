"""Pooling in C."""

import math

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.engines.walk import layer_sum
from simplecell.export.c.format import NONE, Format, Whole
from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import windows
from simplecell.export.c.stage import Stage
from simplecell.export.c.text import number
from simplecell.spec.layers.kernel import by
from simplecell.spec.layers.pool import Pool


class PoolCode(Code[Pool]):
    """The mean or the largest of each window: no more than what is read."""

    keeps_bounds = True

    def does(self) -> str:
        """Name the windows."""
        return f"{super().does()}; the {self.layer.kind} of {by(self.layer.window)} windows"

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over maps, windows and their cells."""
        return windows(stage, self.layer.window, largest=self._largest)

    def real(self) -> Stage:
        """Choose its numbers in float."""
        u = "sum" if self._largest else f"sum / {number(math.prod(self.layer.window))}"
        return self._stage({}, "0.0f", u)

    def gains(self, reads: Format) -> tuple[Array, Array, Array]:
        """Give one gain for all maps."""
        return NONE, np.array([reads.step / self._times]), np.array([reads.offset])

    def sums(self, w: Array, q: Array) -> Array:
        """Sum the windows, or take the largest."""
        sums: Array = np.rint(self._times * layer_sum(self.layer, q, {}))
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
