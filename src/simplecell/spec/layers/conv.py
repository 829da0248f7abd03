"""Convolution: C1, C3, C5 of LeNet-5.   Brief: C5, C9, C12."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from simplecell.errors import ShapeError, SpecError
from simplecell.repr import brief
from simplecell.spec.count import Count
from simplecell.spec.layers.kernel import KERNEL_MARKS, Sliding
from simplecell.spec.layers.layer import LATER, Pair, Shape
from simplecell.spec.letter import Letter
from simplecell.spec.padding import NO_PADS, Padding
from simplecell.spec.validation import read_table, read_truth

Table = tuple[tuple[int, ...], ...]
"""For each output map, the input maps it reads, in ascending order."""


@brief
@dataclass(frozen=True)
class Conv(Sliding):
    """Maps that each slide kernels over some, or all, of the maps below.

    >>> import simplecell as sc
    >>> layer = sc.Conv("C1", 32, 5, squash="relu")
    >>> layer.kernel, layer.shape((1, 28, 28))
    ((5, 5), (32, 24, 24))

    u[m] = sum over c in table[m] of correlate(x[c], w[m,c]) + b[m]

    `padding` puts 0 around x; without `bias` there is no b.
    """

    type: ClassVar[str] = "conv"
    letters: ClassVar[tuple[Letter, ...]] = (
        Letter("c", "convolution", "32c3", "C", "maps", "kernel", marks=KERNEL_MARKS, squash=None),
    )
    name: str
    maps: int
    kernel: Pair
    stride: Pair = (1, 1)
    table: Table | None = None
    squash: str = "scaled_tanh"
    padding: Padding = field(default=NO_PADS, metadata=LATER)
    bias: bool = field(default=True, metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        read_truth(self.bias, f"layer {self.name}: bias")
        if self.table is not None:
            rows = read_table(self.table, f"layer {self.name}")
            self._set(table=rows)
            if len(rows) != self.maps:
                raise SpecError(
                    f"layer {self.name}: the connection table has {len(rows)} rows for"
                    f" {self.maps} maps; it takes one row per map."
                )

    def shape(self, below: Shape) -> Shape:
        """Count the places of the kernel; the table must name maps that there are."""
        found = super().shape(below)
        highest = max((row[-1] for row in self.table or ()), default=-1)
        if highest >= below[0]:
            raise ShapeError(
                f"its connection table reads map {highest}, and there are {below[0]} maps below,"
                f" 0 to {below[0] - 1}."
            )
        return found

    def links(self, below: Shape) -> int:
        """Count the pairs of a map and a map below that it reads."""
        if self.table is None:
            return self.maps * below[0]
        return sum(map(len, self.table))

    def count(self, below: Shape) -> Count:
        """Count kernels, one for each link, and a bias for each map that has one.

        Each place has all its taps, those on padding too: see `accounting`.
        """
        maps, height, width = self.shape(below)
        taps = self.links(below) * math.prod(self.kernel)
        places, biases = height * width, maps if self.bias else 0
        return Count(taps, biases, (taps + biases) * places, maps * places, taps * places)

    @property
    def selects(self) -> bool:
        """Whether a table says which maps are read."""
        return self.table is not None

    @property
    def caption(self) -> str:
        """Name the kernel, and say whether there is a table."""
        return super().caption + (", table" if self.selects else "")

    def words(self, below: Shape) -> str:
        """Name the kernel, a stride, a padding, and how many links a table leaves."""
        links = f", {self.links(below)} of {self.maps * below[0]} links" if self.selects else ""
        return super().words(below) + links + ("" if self.bias else ", no bias")
