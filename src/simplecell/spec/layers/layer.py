"""What every kind of layer says of itself.

A kind of layer is a frozen dataclass that inherits from `Layer`: its fields, what it refuses, the
shape it gives, what it counts, its words. It holds no weights and computes nothing. Most answers
have a default here; `shape`, `count` and `reach` must be given.
"""

from dataclasses import Field, asdict, fields, replace
from typing import Any, ClassVar, Self

from simplecell.errors import SpecError
from simplecell.spec.count import Count
from simplecell.spec.letter import Letter
from simplecell.spec.squashes import read_squash, squash_losses
from simplecell.spec.validation import shown

Pair = tuple[int, int]
"""(height, width)."""
Shape = tuple[int, int, int]
"""(maps, height, width)."""
LATER = {"later": True}
"""The metadata of a field that a kind of layer was given after files of it had been written.

JSON leaves the field out where it has its default value, so that old descriptions keep their text.
"""


class Layer:
    """One layer of a network, as pure data.

    `type` is its name in JSON and in every registry; `tint` its colour in drawings.
    """

    # Each kind of layer is a dataclass: `fields`, `replace` and `asdict` take any Layer.
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    type: ClassVar[str]
    tint: ClassVar[str] = "#999999"
    gives_distances: ClassVar[bool] = False
    """Its outputs are distances: the smallest wins, and its scores are their negatives."""
    ends_network: ClassVar[bool] = False
    """It can only be the last layer, whatever its squashing function."""
    letters: ClassVar[tuple[Letter, ...]] = ()
    """How it is written in the short text of a network; empty where no text says it."""
    idle_in_use: ClassVar[bool] = False
    """It does something only while the network learns: it is no last layer, and not exported."""
    learns_by_batch: ClassVar[bool] = False
    """While it learns, what it gives for an example depends on the batch around it."""
    ties_examples: ClassVar[bool] = False
    """While it learns, the examples of a batch reckon with each other: none stands by itself."""
    name: str
    squash: str

    def __post_init__(self) -> None:
        """Refuse a name that no array could carry, and a squashing function nobody knows."""
        name = self.name
        if not isinstance(name, str) or len(name) > 60 or not name.replace("_", "").isalnum():
            raise SpecError(
                f"a layer is called {shown(name)}:"
                " use letters, digits and _, as in 'C1', 60 at the most."
            )
        self._set(squash=read_squash(self.squash))

    def shape(self, below: Shape) -> Shape:
        """Give the shape (maps, height, width) that it makes of `below`.

        Raises
            ShapeError   what does not fit, without the network's and the layer's names
        """
        raise self._lacks("shape")

    def count(self, below: Shape) -> Count:
        """Count what it is made of, where it reads maps of the shape `below`."""
        raise self._lacks("count")

    def reach(self, below: Shape) -> tuple[Pair, Pair]:
        """Give a unit's kernel and stride, in places of the maps below.

        Units that read everything have the whole map for their kernel.
        """
        return (below[1], below[2]), (1, 1)

    def slid(self, below: Shape) -> "Layer | None":
        """Give the layer that does the same at every place of a wider image, None if none can.

        Softmax, and distances to codes, are taken at each place by themselves.

        Raises
            SpecError   weights that belong to a place
        """
        return self.squashed("identity") if self.squash == "softmax" else self

    def described(self) -> dict[str, Any]:
        """Give its type and its fields, as JSON has them."""
        usual = {
            field.name
            for field in fields(self)
            if "later" in field.metadata and getattr(self, field.name) == field.default
        }
        said = {field: value for field, value in asdict(self).items() if field not in usual}
        return {"type": self.type, **said}

    def with_outputs(self, count: int) -> "Layer":
        """Give the layer with so many outputs, or as it is where their number is not free."""
        return self

    @property
    def losses(self) -> tuple[str, ...]:
        """The losses that it can be trained with as the last layer; the first is the usual one."""
        return squash_losses(self.squash)

    @property
    def selects(self) -> bool:
        """Whether its maps read some of the maps below, or learn which to read."""
        return False

    @property
    def caption(self) -> str:
        """What stands under it in a drawing: two or three short words."""
        return self.type

    def words(self, below: Shape) -> str:
        """Say what it is in a line of `simplecell summary`."""
        return self.type

    def squashed(self, squash: str) -> Self:
        """Give the same layer with another squashing function."""
        return replace(self, squash=squash)

    def _set(self, **fields: object) -> None:
        """Write what was read from the fields given, while the layer is being made."""
        for field, value in fields.items():
            object.__setattr__(self, field, value)

    def _lacks(self, what: str) -> SpecError:
        return SpecError(f"layers of the type {self.type} say nothing of their {what}.")
