"""Radial basis functions in C."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.parameters import code_values
from simplecell.engines.protocol import Array
from simplecell.engines.walk import flat
from simplecell.export.c.format import Format, Whole
from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import at, every_map, loop
from simplecell.export.c.stage import Stage
from simplecell.export.c.text import number
from simplecell.spec.layers.rbf import RBF


class RBFCode(Code[RBF]):
    """Squared distances, in float in both kinds of header; scores are their negatives."""

    def does(self) -> str:
        """Name the classes."""
        classes = self.plain.above[0]
        return f"minus the squared distance to the code of each of {classes} classes"

    def scores(self) -> str:
        """Say what scores are."""
        return "minus the squared distance to each class's code"

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over classes and inputs."""
        codes = "codes" if "codes" in stage.arrays else "w"
        count = stage.plain.cells_below
        x, code = stage.begin.format(f"x[{at('', (1, 'k', count))}]"), "*code++"
        if "scale" in stage.arrays:
            code = f"@scale[m] * (float){code}"
        unit = [
            "float sum = 0.0f;",
            *loop("k", count, [f"const float away = {x} - {code};", "sum += away * away;"]),
            *stage.ends,
        ]
        before = f"const {stage.type_of(codes)} *code = @{codes};"
        return [before, *every_map(stage.plain.above[0], unit)]

    def real(self) -> Stage:
        """Choose its numbers in float: +1 and -1 are whole."""
        arrays = self._floats()
        if not self.layer.learned:
            arrays = {"codes": code_values(self.layer).astype(np.int8)}
        return Stage(self.plain, "float", "float", arrays, "{}", ("*y++ = -sum;",))

    def last(self, reads: Format) -> Whole | None:
        """Give whole codes; learned ones have a scale each."""
        offset = f" + {number(reads.offset)}" if reads.offset else ""
        read = f"({number(reads.step)} * (float){{}}{offset})"
        learned = self.layer.learned
        codes = self.plain.own["w"] if learned else code_values(self.layer)
        scale = np.abs(codes).max(axis=1) / 127 if learned else np.ones(len(codes))
        scale[scale == 0] = 1.0
        q = np.rint(codes / scale[:, None])
        arrays: dict[str, NDArray[Any]] = {"codes": q.ravel().astype(np.int8)}
        if learned:
            arrays["scale"] = scale.astype(np.float32)
        stage = Stage(self.plain, reads.type, "float", arrays, read, ("*y++ = -sum;",))
        return Whole(stage, reads, q)

    def answer(self, whole: Whole, q: Array) -> NDArray[np.float32] | None:
        """Measure the distances in float."""
        arrays = whole.stage.arrays
        x = np.float32(whole.reads.step) * flat(q).astype(np.float32)
        codes = np.float32(1) * arrays["codes"].reshape(len(self.layer.codes), -1)
        if "scale" in arrays:
            codes = codes * arrays["scale"][:, None]
        away = (x + np.float32(whole.reads.offset))[:, None] - codes
        distances: NDArray[np.float32] = (away * away).sum(axis=2)
        return -distances
