"""Local connections in C."""

from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import every_map, loop, under
from simplecell.export.c.stage import Stage
from simplecell.spec.layers.kernel import by
from simplecell.spec.layers.local import Local


class LocalCode(Code[Local]):
    """Kernels of its own for each place."""

    lead = 3
    unit = "unit"

    def does(self) -> str:
        """Name the kernels."""
        return f"{super().does()}; every place has {by(self.layer.kernel)} kernels of its own"

    def body(self, stage: Stage) -> list[str]:
        """Write the loops over maps, places, maps below and the kernel."""
        layer = self.layer
        channels, height, width = stage.plain.below
        maps, rows, columns = stage.plain.above
        sums = under(stage, layer.kernel, layer.stride, (height * width, "c", channels))
        place = [
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
