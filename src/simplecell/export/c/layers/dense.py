"""Full connection in C."""

from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import at, every_map, loop
from simplecell.export.c.stage import Stage
from simplecell.spec.layers.dense import Dense


class DenseCode(Code[Dense]):
    """A row of weights for each unit."""

    def does(self) -> str:
        """Count the units."""
        return f"{self.plain.above[0]} units that read everything below"

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over units and inputs."""
        count = stage.plain.cells_below
        unit = [
            f"{stage.sums} sum = {stage.begin};",
            *loop("k", count, [f"sum += *w++ * x[{at('', (1, 'k', count))}];"]),
            *stage.ends,
        ]
        before = f"const {stage.type_of('w')} *w = @w;"
        return [before, *every_map(stage.plain.above[0], unit)]
