"""Learned combinations of the maps below.   Brief: E2, E3."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from simplecell.errors import SpecError
from simplecell.repr import brief
from simplecell.spec.count import Count
from simplecell.spec.layers.kernel import KERNEL_MARKS, Sliding
from simplecell.spec.layers.layer import LATER, Pair, Shape
from simplecell.spec.letter import Letter
from simplecell.spec.padding import NO_PADS, Padding
from simplecell.spec.validation import read_choice, read_number

PENALTIES = ("none", "absolute", "entropy")
"""What a Combine layer may add to the loss, by name."""


@brief
@dataclass(frozen=True)
class Combine(Sliding):
    """Maps that each mix all the maps below, in shares that are learned.

    >>> import simplecell as sc
    >>> sc.Combine("C3", 16, 5, penalty="entropy", strength=0.1).shape((6, 14, 14))
    (16, 10, 10)

        u[m] = sum_c alpha[m,c] * correlate(x[c], w[c]) + b[m]

    Every map below has one kernel; `alpha`, each map's shares, is the softmax of its `choice`.
    `strength` times the penalty on the shares is added to the loss: `entropy` makes tables
    sparse, `absolute` is the published one, which does nothing.   Brief: E2, E3
    """

    type: ClassVar[str] = "combine"
    letters: ClassVar[tuple[Letter, ...]] = (
        Letter(
            "k",
            "learned combinations",
            "16k5",
            "C",
            "maps",
            "kernel",
            marks=KERNEL_MARKS,
            squash=None,
        ),
    )
    name: str
    maps: int
    kernel: Pair
    stride: Pair = (1, 1)
    squash: str = "scaled_tanh"
    penalty: str = "none"
    strength: float = 0.0
    padding: Padding = field(default=NO_PADS, metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        read_choice(self.penalty, "penalty", PENALTIES)
        strength = read_number(self.strength, f"layer {self.name}: strength")
        self._set(strength=strength)
        if strength and self.penalty == "none":
            raise SpecError(
                f"layer {self.name}: strength is {strength:g} and there is no penalty; give the"
                " penalty 'entropy' or 'absolute', or leave the strength out."
            )

    def count(self, below: Shape) -> Count:
        """Count a kernel for each map below, and a share for each link."""
        maps, height, width = self.shape(below)
        area, links = math.prod(self.kernel), maps * below[0]
        taps, places = links * area, height * width
        weights = below[0] * area + links
        return Count(weights, maps, (taps + maps) * places, maps * places, taps * places)

    @property
    def selects(self) -> bool:
        """Its shares are learned."""
        return True
