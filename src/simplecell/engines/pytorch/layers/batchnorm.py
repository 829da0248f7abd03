"""Batch normalisation in torch."""

from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.spec.layers.batchnorm import BatchNorm


class BatchNormCells(Cells[BatchNorm]):
    """A gain and a bias for each map, learned; a running mean and variance, kept as buffers."""

    mean: Tensor
    variance: Tensor

    def weigh(self, x: Tensor) -> Tensor:
        """Give u; in training it moves the running mean and variance."""
        layer = self.layer
        return F.batch_norm(
            self.maps(x),
            self.mean,
            self.variance,
            self.w,
            self.b,
            self.training,
            layer.momentum,
            layer.epsilon,
        )
