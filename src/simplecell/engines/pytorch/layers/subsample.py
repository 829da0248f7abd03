"""Trainable subsampling in torch."""

from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.spec.layers.subsample import Subsample


class SubsampleCells(Cells[Subsample]):
    """The sum of each window, a gain and a bias per map."""

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        total = F.avg_pool2d(self.maps(x), self.layer.window, divisor_override=1)
        return total * self.w[:, None, None] + self.b[:, None, None]
