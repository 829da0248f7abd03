"""Convolution in torch."""

import torch
from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.formulas.conv import table_mask
from simplecell.spec.layers.conv import Conv
from simplecell.spec.layers.layer import Pair, Shape
from simplecell.spec.padding import NO_PADS, Pads


class ConvCells(Cells[Conv]):
    """Absent connections have w * mask, so that their weights have no effect and no gradient."""

    mask: Tensor | None

    def __init__(self, layer: Conv, below: Shape, above: Shape) -> None:
        super().__init__(layer, below, above)
        self.pads = layer.pads(below)
        mask = None
        if layer.table is not None:
            there = table_mask(layer.table, layer.maps, below[0])[:, :, None, None]
            mask = torch.tensor(there, dtype=torch.float32)
        self.register_buffer("mask", mask, persistent=False)

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        w = self.w if self.mask is None else self.w * self.mask
        return convolve(self.maps(x), w, self.b, self.layer.stride, self.pads)


def convolve(x: Tensor, w: Tensor, b: Tensor, stride: Pair, pads: Pads) -> Tensor:
    """Slide kernels over padded maps; one that covers them is one matrix product."""
    (top, bottom), (left, right) = pads
    if (top, left) != (bottom, right):
        x = padded(x, pads)
        top = left = 0
    if x.shape[2:] == w.shape[2:] and top == left == 0:
        return F.linear(x.flatten(1), w.flatten(1), b)
    return F.conv2d(x, w, b, stride, (top, left))


def padded(x: Tensor, pads: Pads) -> Tensor:
    """Put rows and columns of 0 around maps, which torch counts from the right."""
    (top, bottom), (left, right) = pads
    return F.pad(x, (left, right, top, bottom)) if pads != NO_PADS else x
