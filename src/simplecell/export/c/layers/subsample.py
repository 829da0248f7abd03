"""Trainable subsampling in C."""

import math

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.engines.walk import layer_sum
from simplecell.export.c.format import NONE, Format
from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import windows
from simplecell.export.c.stage import Stage
from simplecell.spec.layers.kernel import by
from simplecell.spec.layers.subsample import Subsample


class SubsampleCode(Code[Subsample]):
    """Windows summed; the gain and the bias come at the end."""

    def does(self) -> str:
        """Name the windows."""
        window = by(self.layer.window)
        return f"{super().does()}; {window} windows summed, times a gain, plus a bias"

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over maps, windows and their cells."""
        return windows(stage, self.layer.window)

    def real(self) -> Stage:
        """Choose its numbers in float."""
        return self._stage(self._floats(), "0.0f", "@w[m] * sum + @b[m]")

    def gains(self, reads: Format) -> tuple[Array, Array, Array]:
        """Give the gains, which are no weights of single cells."""
        w, b = self.plain.own["w"], self.plain.own["b"]
        area = math.prod(self.layer.window)
        return NONE, w * reads.step, b + w * area * reads.offset

    def sums(self, w: Array, q: Array) -> Array:
        """Sum the windows."""
        maps = self.plain.above[0]
        return layer_sum(self.layer, q, {"w": np.ones(maps), "b": np.zeros(maps)})
