"""Pooling in torch."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.spec.layers.layer import Shape
from simplecell.spec.layers.pool import Pool


class PoolCells(Cells[Pool]):
    """The mean of each window, or its largest value.

    torch pads by half a window at the most, by the same on two sides; any other padding, and
    what hangs over the edge, is written out. `areas` are the cells that a mean is divided by,
    None where all windows are whole.
    """

    areas: Tensor | None

    def __init__(self, layer: Pool, below: Shape, above: Shape) -> None:
        super().__init__(layer, below, above)
        (top, bottom), (left, right) = layer.frame(below)
        even = (top, left) == (bottom, right)
        native = even and 2 * top <= layer.window[0] and 2 * left <= layer.window[1]
        self.padding = (top, left) if native else (0, 0)
        self.written = None if native else (left, right, top, bottom)
        rows, columns = layer.cells(below)
        areas = None
        if {n * m for n in rows for m in columns} != {math.prod(layer.window)}:
            counts = torch.tensor(rows)[:, None] * torch.tensor(columns)
            areas = counts.to(torch.float32)
        self.register_buffer("areas", areas, persistent=False)

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        x, largest = self.maps(x), self.layer.kind == "max"
        if self.written is not None:
            x = F.pad(x, self.written, value=-math.inf if largest else 0.0)
        shape = (self.layer.window, self.layer.step, self.padding)
        if largest:
            return F.max_pool2d(x, *shape)
        if self.areas is None:
            return F.avg_pool2d(x, *shape)
        return F.avg_pool2d(x, *shape, divisor_override=1) / self.areas
