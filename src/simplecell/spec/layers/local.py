"""Local connections, whose weights are not shared.   Brief: B2."""

import math
from dataclasses import dataclass
from typing import ClassVar

from simplecell.errors import SpecError
from simplecell.repr import brief
from simplecell.spec.count import Count, unshared
from simplecell.spec.layers.kernel import Sliding
from simplecell.spec.layers.layer import Layer, Pair, Shape


@brief
@dataclass(frozen=True)
class Local(Sliding):
    """A convolution that does not share its weights: one kernel per position."""

    type: ClassVar[str] = "local"
    tint: ClassVar[str] = "#56b4e9"
    name: str
    maps: int
    kernel: Pair
    stride: Pair = (1, 1)
    squash: str = "scaled_tanh"

    def count(self, below: Shape) -> Count:
        """Count a weight for each input of each unit, and its bias."""
        return unshared(below[0] * math.prod(self.kernel), math.prod(self.shape(below)))

    def slid(self, below: Shape) -> Layer | None:
        """Refuse."""
        raise SpecError(
            "a local layer has weights of its own at every place, and none for a wider image;"
            " only shared weights can be slid."
        )
