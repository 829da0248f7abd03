"""Euclidean radial basis functions: the outputs of LeNet-5.   Brief: C14."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from simplecell.errors import ShapeError, SpecError
from simplecell.repr import brief
from simplecell.spec.count import Count
from simplecell.spec.glyphs import DIGIT_CODES
from simplecell.spec.layers.layer import Layer, Shape
from simplecell.spec.letter import Letter
from simplecell.spec.validation import shown


@brief
@dataclass(frozen=True)
class RBF(Layer):
    """Units that measure how far x is from a code drawn by hand, one code per class.

    >>> import simplecell as sc
    >>> layer = sc.RBF("OUT", ("##..#", ".#.#.", "..###"))
    >>> layer.shape((5, 1, 1)), layer.gives_distances
    ((3, 1, 1), True)

        u[k] = sum_j (x[j] - code[k,j])^2; the smallest wins

    `codes` holds one string per class, '#' for +1 and '.' for -1. They stay as they are, unless
    `learned`: then each class has a weight vector, which starts as its code.
    """

    type: ClassVar[str] = "rbf"
    letters: ClassVar[tuple[Letter, ...]] = (
        Letter("rbf", "distances to the digits' codes, at the end", "rbf", "RBF", bare=True),
    )
    tint: ClassVar[str] = "#cc79a7"
    gives_distances: ClassVar[bool] = True
    ends_network: ClassVar[bool] = True
    name: str
    codes: tuple[str, ...] = DIGIT_CODES
    squash: str = "identity"
    learned: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        known = isinstance(self.codes, Sequence) and not isinstance(self.codes, str)
        codes = tuple(self.codes) if known else ()
        if not codes or any(not isinstance(code, str) or set(code) - {*"#."} for code in codes):
            raise SpecError(
                f"layer {self.name}: codes are {shown(self.codes)};"
                " they take a list of strings of '#' and '.', one per class."
            )
        lengths = {len(code) for code in codes}
        if len(lengths) != 1 or lengths == {0}:
            raise SpecError(
                f"layer {self.name}: codes are all of one length, at least 1;"
                f" found lengths {sorted(lengths)}."
            )
        self._set(codes=codes)
        if not isinstance(self.learned, bool):
            raise SpecError(
                f"layer {self.name}: learned is {shown(self.learned)}; it takes true or false."
            )
        if self.squash != "identity":
            raise SpecError(f"layer {self.name}: an RBF layer hands on its distances as they are.")

    def shape(self, below: Shape) -> Shape:
        """Give one distance for each class; codes must be as long as what they meet."""
        inputs = math.prod(below)
        if inputs != len(self.codes[0]):
            raise ShapeError(
                f"codes of {len(self.codes[0])} numbers are compared with {inputs} values."
            )
        return (len(self.codes), 1, 1)

    def count(self, below: Shape) -> Count:
        """Count a connection for each input of each unit; weights only where codes are learned."""
        units = self.shape(below)[0]
        inputs = math.prod(below) * units
        return Count(inputs if self.learned else 0, 0, inputs, units, inputs)

    def slid(self, below: Shape) -> Layer | None:
        """Leave it out: it is measured at each place by itself."""
        if below[1:] != (1, 1):
            shape = "x".join(map(str, below))
            raise SpecError(
                f"it compares {shape} maps; only codes of one cell per map can be slid."
            )
        return None

    @property
    def losses(self) -> tuple[str, ...]:
        """Losses of distances."""
        return ("cross_entropy", "map", "halved_map", "scaled_map", "mean_square")

    @property
    def caption(self) -> str:
        """Name what it compares with."""
        return "codes"

    def words(self, below: Shape) -> str:
        """Say whether its codes are learned."""
        return "learned codes" if self.learned else "fixed codes"
