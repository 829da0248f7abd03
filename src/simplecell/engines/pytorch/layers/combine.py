"""Learned combinations in torch: a convolution with the kernels mixed."""

from torch import Tensor
from torch.nn import functional as F

from simplecell.engines.pytorch.layers.cells import Cells
from simplecell.engines.pytorch.layers.conv import convolve
from simplecell.spec.layers.combine import Combine
from simplecell.spec.layers.layer import Shape


class CombineCells(Cells[Combine]):
    """The shares are the softmax of `choice`."""

    choice: Tensor

    def __init__(self, layer: Combine, below: Shape, above: Shape) -> None:
        super().__init__(layer, below, above)
        self.pads = layer.pads(below)

    def weigh(self, x: Tensor) -> Tensor:
        """Give u."""
        w = F.softmax(self.choice, 1)[:, :, None, None] * self.w
        return convolve(self.maps(x), w, self.b, self.layer.stride, self.pads)

    def penalty(self) -> Tensor | float:
        """Give strength times the penalty on the shares."""
        layer = self.layer
        if layer.penalty == "none":
            return 0.0
        alpha = F.softmax(self.choice, 1)
        if layer.penalty == "absolute":
            return layer.strength * alpha.abs().sum()
        return -layer.strength * (alpha * F.log_softmax(self.choice, 1)).sum()
