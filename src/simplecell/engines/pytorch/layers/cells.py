"""What the modules of all kinds of layers share: their arrays by our names, u and x = f(u)."""

from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.pytorch.squash import squashed
from simplecell.errors import EngineError
from simplecell.notation import split
from simplecell.spec.layers.layer import Layer, Shape

L = TypeVar("L", bound=Layer)


class Cells(nn.Module, Generic[L]):
    """One layer: `weigh` gives u, calling it gives x = f(u).

    Its parameters have the names and shapes of `engines/layers/`, so its `state_dict` has them
    too; what is kept and not learned is a buffer. Maps of one cell may come and go as (N, M)
    instead of (N, M, 1, 1).

    `chance` is what the layer draws from in the next step, where the engine takes it.
    """

    layer: L
    w: Tensor
    b: Tensor  # None of a layer without bias
    chance: int | None = None

    def __init__(self, layer: L, below: Shape, above: Shape) -> None:
        super().__init__()
        self.layer = layer
        self.function = split(layer.squash)
        self.single = below[1:] == (1, 1)
        formulas = formulas_of(layer)
        for own, shape in formulas.shapes(below, above).items():
            self.register_parameter(own, nn.Parameter(torch.zeros(shape)))
        if "b" not in self._parameters:
            self.register_parameter("b", None)
        for own, shape in formulas.kept(below).items():
            self.register_buffer(own, torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        """Give x = f(u) from the x below."""
        return squashed(self.function, self.weigh(x))

    def weigh(self, x: Tensor) -> Tensor:
        """Give u from the x below."""
        kind = self.layer.type
        raise EngineError(f"layer {self.layer.name}: {kind} layers do not say how torch weighs x.")

    def penalty(self) -> Tensor | float:
        """Give what the layer adds to the loss by itself."""
        return 0.0

    def maps(self, x: Tensor) -> Tensor:
        """Give the x below as maps, (N, C, H, W)."""
        return x.reshape(len(x), -1, 1, 1) if self.single else x


AnyCells = Cells[Any]
