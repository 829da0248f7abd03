"""Global pooling in torch."""

from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.spec.layers.globalpool import GlobalPool


class GlobalPoolCells(Cells[GlobalPool]):
    """The mean of each map, or its largest value: by max_pool2d, as amax shares among equals."""

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        x = self.maps(x)
        if self.layer.kind == "mean":
            return x.mean((2, 3), keepdim=True)
        largest: Tensor = F.max_pool2d(x, x.shape[2:])
        return largest
