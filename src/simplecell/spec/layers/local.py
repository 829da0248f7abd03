"""Local connections, whose weights are not shared.   Brief: B2."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from simplecell.errors import SpecError
from simplecell.repr import brief
from simplecell.spec.count import Count, unshared
from simplecell.spec.layers.kernel import KERNEL_MARKS, Sliding
from simplecell.spec.layers.layer import LATER, Layer, Pair, Shape
from simplecell.spec.letter import Letter
from simplecell.spec.padding import NO_PADS, Padding
from simplecell.spec.validation import read_truth


@brief
@dataclass(frozen=True)
class Local(Sliding):
    """A convolution that does not share its weights: one kernel per position.

    >>> import simplecell as sc
    >>> layer = sc.Local("H1", 12, 5, stride=2)
    >>> layer.shape((1, 28, 28)), layer.count((1, 28, 28)).parameters
    ((12, 12, 12), 44928)

    At the border of padded maps, the weights on padding are multiplied by 0 and learn nothing.
    """

    type: ClassVar[str] = "local"
    letters: ClassVar[tuple[Letter, ...]] = (
        Letter(
            "l",
            "local connections",
            "32l3",
            "L",
            "maps",
            "kernel",
            marks=KERNEL_MARKS,
            squash=None,
        ),
    )
    tint: ClassVar[str] = "#56b4e9"
    name: str
    maps: int
    kernel: Pair
    stride: Pair = (1, 1)
    squash: str = "scaled_tanh"
    padding: Padding = field(default=NO_PADS, metadata=LATER)
    bias: bool = field(default=True, metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        read_truth(self.bias, f"layer {self.name}: bias")

    def count(self, below: Shape) -> Count:
        """Count a weight for each input of each unit, padding too, and its bias if it has one."""
        inputs = below[0] * math.prod(self.kernel)
        return unshared(inputs, math.prod(self.shape(below)), bias=self.bias)

    def words(self, below: Shape) -> str:
        """Name the kernel, a stride, a padding, and that there is no bias."""
        return super().words(below) + ("" if self.bias else ", no bias")

    def slid(self, below: Shape) -> Layer | None:
        """Refuse."""
        raise SpecError(
            "a local layer has weights of its own at every place, and none for a wider image;"
            " only shared weights can be slid."
        )
