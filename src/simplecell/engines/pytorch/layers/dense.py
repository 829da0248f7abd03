"""Full connection in torch."""

from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.spec.layers.dense import Dense


class DenseCells(Cells[Dense]):
    """Every unit reads everything below."""

    def weigh(self, x: Tensor) -> Tensor:
        """Give u, (N, M)."""
        return F.linear(x.flatten(1), self.w, self.b)
