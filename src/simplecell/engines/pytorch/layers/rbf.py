"""Radial basis functions in torch."""

import torch
from torch import Tensor

from simplecell.engines.parameters import code_values
from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.spec.layers.layer import Shape
from simplecell.spec.layers.rbf import RBF


class RBFCells(Cells[RBF]):
    """Squared distances to the codes, which are a buffer unless they are learned."""

    codes: Tensor

    def __init__(self, layer: RBF, below: Shape, above: Shape) -> None:
        super().__init__(layer, below, above)
        if not layer.learned:
            codes = torch.tensor(code_values(layer), dtype=torch.float32)
            self.register_buffer("codes", codes, persistent=False)

    def weigh(self, x: Tensor) -> Tensor:
        """Give u, (N, classes)."""
        away = x.flatten(1)[:, None] - (self.w if self.layer.learned else self.codes)
        return (away * away).sum(2)
