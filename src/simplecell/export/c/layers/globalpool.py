"""Global pooling in C."""

from simplecell.export.c.layers.code import Code
from simplecell.export.c.layers.pool import PoolCode
from simplecell.export.c.stage import Plain
from simplecell.spec.layers.globalpool import GlobalPool


class GlobalPoolCode(PoolCode):
    """Pooling in one window, as large as the map."""

    def __init__(self, plain: Plain) -> None:
        super().__init__(plain)
        whole: GlobalPool = plain.layer  # type: ignore[assignment]
        self.layer = whole.pool(plain.below)

    def does(self) -> str:
        """Name what is taken of each map."""
        return f"{Code.does(self)}; the {self.layer.kind} of each whole map"
