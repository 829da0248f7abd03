"""Trainable subsampling: S2, S4 of LeNet-5.   Brief: C7."""

import math
from dataclasses import dataclass
from typing import ClassVar

from simplecell.repr import brief
from simplecell.spec.count import Count
from simplecell.spec.layers.kernel import by
from simplecell.spec.layers.layer import Pair, Shape
from simplecell.spec.layers.window import Windowed
from simplecell.spec.letter import PADDED, Letter


@brief
@dataclass(frozen=True)
class Subsample(Windowed):
    """Disjoint windows, summed, times one trainable gain, plus one trainable bias.

    >>> import simplecell as sc
    >>> layer = sc.Subsample("S2", 2)
    >>> layer.shape((6, 28, 28)), layer.count((6, 28, 28)).parameters
    ((6, 14, 14), 12)

    u[c] = w[c] * (sum of each window of x[c]) + b[c]
    """

    type: ClassVar[str] = "subsample"
    letters: ClassVar[tuple[Letter, ...]] = (
        Letter("s", "subsampling", "2s", "S", "window", marks=(PADDED,), squash=None),
    )
    name: str
    window: Pair = (2, 2)
    squash: str = "scaled_tanh"

    def count(self, below: Shape) -> Count:
        """Count a gain and a bias for each map; a cell of a window is a connection."""
        maps = below[0]
        units = math.prod(self.shape(below))
        return Count(maps, maps, (math.prod(self.window) + 1) * units, units, units)

    @property
    def caption(self) -> str:
        """Name the window that is summed."""
        return f"sum {by(self.window)}"

    def words(self, below: Shape) -> str:
        """Name the window."""
        return f"subsample {by(self.window)}"
