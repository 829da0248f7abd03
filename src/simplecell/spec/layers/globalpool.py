"""Global pooling: each map becomes one number."""

from dataclasses import dataclass, replace
from typing import ClassVar

from simplecell.repr import brief
from simplecell.spec.count import Count
from simplecell.spec.layers.layer import Layer, Shape
from simplecell.spec.layers.pool import KINDS, Pool
from simplecell.spec.letter import Letter
from simplecell.spec.validation import read_choice


@brief
@dataclass(frozen=True)
class GlobalPool(Layer):
    """The mean, or the largest value, of each whole map.

    >>> import simplecell as sc
    >>> sc.GlobalPool("G5").shape((64, 7, 7))
    (64, 1, 1)

        u[c] = mean, or max, over i, j of x[c,i,j]

    Source
        Lin, Chen, Yan 2013, Network in network, 3.2 (the mean).
    """

    type: ClassVar[str] = "global_pool"
    letters: ClassVar[tuple[Letter, ...]] = (
        Letter("gm", "the largest of each whole map", "gm", "G", fixed={"kind": "max"}),
        Letter("ga", "the mean of each whole map", "ga", "G", fixed={"kind": "mean"}),
    )
    tint: ClassVar[str] = "#e69f00"
    name: str
    kind: str = "mean"
    squash: str = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        read_choice(self.kind, "pooling", KINDS)

    def pool(self, below: Shape) -> Pool:
        """Give the layer with one window that does the same on maps of this shape."""
        return Pool(self.name, self.kind, below[1:], self.squash)

    def shape(self, below: Shape) -> Shape:
        """Give a map of one cell for each map."""
        return (below[0], 1, 1)

    def count(self, below: Shape) -> Count:
        """Count a connection to each cell; there is nothing to learn."""
        return self.pool(below).count(below)

    def slid(self, below: Shape) -> Layer | None:
        """Give the pooling that takes at each place what the whole map was."""
        squash = "identity" if self.squash == "softmax" else self.squash
        return replace(self.pool(below), squash=squash, stride=(1, 1))

    @property
    def caption(self) -> str:
        """Name the kind."""
        return f"global {self.kind}"

    def words(self, below: Shape) -> str:
        """Name the kind, and the maps that are read."""
        return f"global {self.kind} of {below[1]}x{below[2]}"
