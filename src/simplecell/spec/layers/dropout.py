"""Dropout: some units are silent while the network learns."""

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
class Dropout(Layer):
    """Units that are set to 0 at random in each step of training; nothing at all in use.

    >>> import simplecell as sc
    >>> sc.Dropout("D6", 0.25).shape((128, 1, 1))
    (128, 1, 1)

        u = x / (1 - rate) where the unit is kept, 0 where it is not; without training u = x

    `rate` is the share that is set to 0.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, scaled in training.
    """

    type: ClassVar[str] = "dropout"
    letters: ClassVar[tuple[Letter, ...]] = (
        Letter("o", "dropout", "0.5o", "D", "rate", bare=True),
    )
    tint: ClassVar[str] = "#999999"
    idle_in_use: ClassVar[bool] = True
    learns_by_batch: ClassVar[bool] = True
    name: str
    rate: float = 0.5
    squash: str = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        rate = read_number(self.rate, f"layer {self.name}: rate")
        if rate >= 1:
            raise SpecError(
                f"layer {self.name}: rate is {rate:g}: the share of units that are set to 0 is"
                " from 0 to below 1, as in 0.5."
            )
        self._set(rate=rate)
        if self.squash != "identity":
            raise SpecError(
                f"layer {self.name}: dropout hands on what it keeps as it is; give the squashing"
                " function to the layer below."
            )

    def shape(self, below: Shape) -> Shape:
        """Give the shape below."""
        return below

    def count(self, below: Shape) -> Count:
        """Count nothing: its units are those below."""
        return Count(0, 0, 0, 0, 0)

    def reach(self, below: Shape) -> tuple[Pair, Pair]:
        """Read one unit."""
        return (1, 1), (1, 1)

    @property
    def caption(self) -> str:
        """Name the share that is set to 0."""
        return f"dropout {self.rate:g}"

    def words(self, below: Shape) -> str:
        """Name the share that is set to 0."""
        return f"dropout {self.rate:g}"
