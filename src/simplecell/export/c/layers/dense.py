"""Full connection in C."""

from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import dot, every_map
from simplecell.export.c.stage import Stage
from simplecell.spec.layers.dense import Dense


class DenseCode(Code[Dense]):
    """A row of weights for each unit."""

    def does(self) -> str:
        """Count the units."""
        return f"{self.plain.above[0]} units that read everything below"

    def body(self, stage: Stage) -> list[str]:
        """Write the loop over units."""
        count = stage.plain.cells_below
        unit = [
            f"{stage.sums} sum = {stage.begin};",
            dot(stage, "w", "x", count),
            *stage.ends,
            f"w += {count};",
        ]
        before = f"const {stage.type_of('w')} *w = @w;"
        return [before, *every_map(stage.plain.above[0], unit)]
