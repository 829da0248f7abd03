"""Batch normalisation in C, where no layer below could take it in: a gain and a shift."""

import math

from simplecell.engines.layers.batchnorm import BatchNormFormulas
from simplecell.engines.protocol import Array
from simplecell.export.c.format import NONE, Format
from simplecell.export.c.layers.code import Code, Own
from simplecell.export.c.loops import every_map, loop
from simplecell.export.c.stage import Stage
from simplecell.spec.layers.batchnorm import BatchNorm
from simplecell.spec.layers.layer import Layer


class BatchNormCode(Code[BatchNorm]):
    """Each cell times its map's gain, plus its map's shift."""

    @classmethod
    def plainly(cls, layer: BatchNorm, own: Own) -> tuple[Layer, Own]:
        """Make a gain and a shift of the statistics."""
        scale = BatchNormFormulas(layer).scale(own)
        return layer, dict(zip(("w", "b"), scale or (), strict=True))

    def does(self) -> str:
        """Say what is done with a cell."""
        return f"{super().does()}; batch normalisation: each cell times a gain, plus a shift"

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over maps and cells."""
        cell = [f"{stage.sums} sum = *x++;", *stage.ends]
        return every_map(self.plain.above[0], loop("i", math.prod(self.plain.above[1:]), cell))

    def real(self) -> Stage:
        """Choose its numbers in float."""
        return self._stage(self._floats(), "0.0f", "@w[m] * sum + @b[m]")

    def gains(self, reads: Format) -> tuple[Array, Array, Array]:
        """Give the gains, which are no weights of single cells."""
        w, b = self.plain.own["w"], self.plain.own["b"]
        return NONE, w * reads.step, b + w * reads.offset

    def sums(self, w: Array, q: Array) -> Array:
        """Give what is read."""
        return q
