"""Full connection: F6 of LeNet-5.   Brief: C13."""

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

from simplecell.repr import brief
from simplecell.spec.count import Count, unshared
from simplecell.spec.layers.conv import Conv
from simplecell.spec.layers.layer import LATER, Layer, Shape
from simplecell.spec.letter import NORMED, Letter
from simplecell.spec.validation import read_truth, read_whole


@brief
@dataclass(frozen=True)
class Dense(Layer):
    """Units that each read everything below.

    >>> import simplecell as sc
    >>> layer = sc.Dense("F6", 84, "tanh")
    >>> layer.shape((120, 1, 1)), layer.count((120, 1, 1)).parameters
    ((84, 1, 1), 10164)

    u[m] = sum_k w[m,k] * x[k] + b[m]

    Without `bias` there is no b.
    """

    type: ClassVar[str] = "dense"
    letters: ClassVar[tuple[Letter, ...]] = (
        Letter("d", "dense", "128d", "F", "units", marks=(NORMED,), squash=None, ends=True),
    )
    tint: ClassVar[str] = "#009e73"
    name: str
    units: int
    squash: str = "scaled_tanh"
    bias: bool = field(default=True, metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(units=read_whole(self.units, f"layer {self.name}: units"))
        read_truth(self.bias, f"layer {self.name}: bias")

    def shape(self, below: Shape) -> Shape:
        """Give a map of one cell for each unit."""
        return (self.units, 1, 1)

    def count(self, below: Shape) -> Count:
        """Count a weight for each input of each unit, and its bias if it has one."""
        return unshared(math.prod(below), self.units, bias=self.bias)

    def slid(self, below: Shape) -> Layer | None:
        """Give the convolution that reads at each place what the units read."""
        squash = "identity" if self.squash == "softmax" else self.squash
        return Conv(self.name, self.units, below[1:], squash=squash, bias=self.bias)

    def with_outputs(self, count: int) -> Layer:
        """Give as many units."""
        return replace(self, units=count)

    @property
    def caption(self) -> str:
        """Say that everything is read."""
        return "full"

    def words(self, below: Shape) -> str:
        """Name the type, and say that there is no bias."""
        return "dense" if self.bias else "dense, no bias"
