"""Dropout in torch."""

import torch
from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.formulas.dropout import dropout_mask
from simplecell.spec.layers.dropout import Dropout


class DropoutCells(Cells[Dropout]):
    """Units silenced in training: by the hash that all engines share, or as PyTorch draws them."""

    def weigh(self, x: Tensor) -> Tensor:
        """Give u; the module on its own, in training, draws from PyTorch's generator."""
        rate = self.layer.rate
        if not self.training:
            return x
        if self.chance is None:
            return F.dropout(x, rate)
        mask = dropout_mask(self.chance, tuple(x.shape), rate)
        return x * torch.from_numpy(mask).to(x)
