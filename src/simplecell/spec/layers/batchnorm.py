"""Batch normalisation: each map brought to mean 0 and variance 1, then a gain and a bias."""

import math
from dataclasses import dataclass
from typing import ClassVar

from simplecell.errors import SpecError
from simplecell.repr import brief
from simplecell.spec.count import Count
from simplecell.spec.layers.layer import Layer, Pair, Shape
from simplecell.spec.letter import Letter
from simplecell.spec.validation import read_number


@brief
@dataclass(frozen=True)
class BatchNorm(Layer):
    """Each map brought to mean 0 and variance 1 over the batch, times a gain, plus a bias.

    >>> import simplecell as sc
    >>> layer = sc.BatchNorm("N2", squash="relu")
    >>> layer.shape((32, 26, 26)), layer.count((32, 26, 26)).parameters
    ((32, 26, 26), 64)

        u[c] = w[c] * (x[c] - mean[c]) / sqrt(variance[c] + epsilon) + b[c]

    While the network learns, mean and variance are those of the batch, over all its images and
    places; in use they are running ones, which each step of training has moved by `momentum`.

    Source: Ioffe, Szegedy 2015.
    """

    type: ClassVar[str] = "batch_norm"
    letters: ClassVar[tuple[Letter, ...]] = (Letter("n", "batch normalisation", "n", "N"),)
    tint: ClassVar[str] = "#56b4e9"
    learns_by_batch: ClassVar[bool] = True
    ties_examples: ClassVar[bool] = True
    name: str
    epsilon: float = 1e-5
    momentum: float = 0.1
    squash: str = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        epsilon = read_number(self.epsilon, f"layer {self.name}: epsilon")
        momentum = read_number(self.momentum, f"layer {self.name}: momentum")
        if not epsilon:
            raise SpecError(
                f"layer {self.name}: epsilon is 0: it keeps a variance of 0 from dividing, so it"
                " is above 0, as in 1e-5."
            )
        if not 0 < momentum <= 1:
            raise SpecError(
                f"layer {self.name}: momentum is {momentum:g}: it is the share of a batch's"
                " statistics in the running ones, from above 0 to 1, as in 0.1."
            )
        self._set(epsilon=epsilon, momentum=momentum)

    def shape(self, below: Shape) -> Shape:
        """Give the shape below."""
        return below

    def count(self, below: Shape) -> Count:
        """Count a gain and a bias for each map, and apart from them what is kept of it."""
        maps, units = below[0], math.prod(below)
        return Count(maps, maps, 2 * units, units, units, kept=2 * maps)

    def reach(self, below: Shape) -> tuple[Pair, Pair]:
        """Read one unit, as long as the statistics stay as they are."""
        return (1, 1), (1, 1)

    @property
    def caption(self) -> str:
        """Name it."""
        return "batch norm"

    def words(self, below: Shape) -> str:
        """Say how many numbers are kept and not learned."""
        return f"batch norm, {2 * below[0]:,} kept"
