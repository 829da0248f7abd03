"""Pooling: nothing to learn.   Brief: C6."""

import math
from dataclasses import dataclass
from typing import ClassVar

from simplecell.repr import brief
from simplecell.spec.count import Count
from simplecell.spec.figures import read_choice
from simplecell.spec.layers.kernel import by
from simplecell.spec.layers.layer import Pair, Shape
from simplecell.spec.layers.window import Windowed


@brief
@dataclass(frozen=True)
class Pool(Windowed):
    """Disjoint windows, each replaced by its mean or its largest value."""

    type: ClassVar[str] = "pool"
    name: str
    kind: str = "max"
    window: Pair = (2, 2)
    squash: str = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        read_choice(self.kind, "pooling", ("mean", "max"))

    def count(self, below: Shape) -> Count:
        """Count the connections; there is nothing to learn or to multiply."""
        units = math.prod(self.shape(below))
        return Count(0, 0, math.prod(self.window) * units, units, 0)

    @property
    def caption(self) -> str:
        """Name the kind and the window."""
        return f"{self.kind} {by(self.window)}"

    def words(self, below: Shape) -> str:
        """Name the kind and the window."""
        return f"{self.kind} pool {by(self.window)}"
