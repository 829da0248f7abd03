"""Local connections in torch: unfold cuts the patches, one product per place weighs them."""

import torch
from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.engines.pytorch.layers.conv import padded
from simplecell.spec.layers.layer import Shape
from simplecell.spec.layers.local import Local


class LocalCells(Cells[Local]):
    """Kernels of its own for each place."""

    def __init__(self, layer: Local, below: Shape, above: Shape) -> None:
        super().__init__(layer, below, above)
        self.pads = layer.pads(below)

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        maps, height, width = self.w.shape[:3]
        wide = padded(self.maps(x), self.pads)
        patches = F.unfold(wide, self.layer.kernel, stride=self.layer.stride)
        w = self.w.reshape(maps, height * width, -1)
        u = torch.einsum("nkp,mpk->nmp", patches, w)
        u = u.reshape(len(x), maps, height, width)
        return u if self.b is None else u + self.b
