"""Convolution in torch."""

import torch
from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.formulas.conv import table_mask
from simplecell.spec.layers.conv import Conv
from simplecell.spec.layers.layer import Pair, Shape


class ConvCells(Cells[Conv]):
    """Absent connections have w * mask, so that their weights have no effect and no gradient."""

    mask: Tensor | None

    def __init__(self, layer: Conv, below: Shape, above: Shape) -> None:
        super().__init__(layer, below, above)
        mask = None
        if layer.table is not None:
            there = table_mask(layer.table, layer.maps, below[0])[:, :, None, None]
            mask = torch.tensor(there, dtype=torch.float32)
        self.register_buffer("mask", mask, persistent=False)

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        w = self.w if self.mask is None else self.w * self.mask
        return convolve(self.maps(x), w, self.b, self.layer.kernel, self.layer.stride)


def convolve(x: Tensor, w: Tensor, b: Tensor, kernel: Pair, stride: Pair) -> Tensor:
    """Slide kernels over maps; one that covers the map is one matrix product."""
    if x.shape[2:] == kernel:
        return F.linear(x.flatten(1), w.flatten(1), b)
    return F.conv2d(x, w, b, stride)
