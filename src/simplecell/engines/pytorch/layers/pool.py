"""Pooling in torch."""

from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.spec.layers.pool import Pool


class PoolCells(Cells[Pool]):
    """The mean of each window, or its largest value."""

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        pool = F.max_pool2d if self.layer.kind == "max" else F.avg_pool2d
        pooled: Tensor = pool(self.maps(x), self.layer.window)
        return pooled
