"""Local connections in torch: unfold cuts the patches, one product per place weighs them."""

import torch
from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.spec.layers.local import Local


class LocalCells(Cells[Local]):
    """Kernels of its own for each place."""

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        maps, height, width = self.b.shape
        patches = F.unfold(self.maps(x), self.layer.kernel, stride=self.layer.stride)
        w = self.w.reshape(maps, height * width, -1)
        u = torch.einsum("nkp,mpk->nmp", patches, w)
        return u.reshape(len(x), maps, height, width) + self.b
