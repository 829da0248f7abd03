"""How a kind of layer is written in the short text of a network: `32c3p`, `2m`, `128d`.

A layer is a number, a letter, a number, marks: 32 maps, c, a kernel of 3, p for padding. Which
number fills which field of the layer, its class says in `letters`; `text` reads and writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["NORMED", "PADDED", "STEPPED", "Letter", "Mark"]


@dataclass(frozen=True)
class Mark:
    """A letter behind the others: which field of the layer it fills.

    A number may stand behind it if it is `counted`; without one it means `alone`, and if that is
    None the number must be there. A mark whose field is empty asks for a layer of the type `then`
    behind this one.
    """

    letter: str
    words: str
    fills: str = ""
    alone: object = None
    counted: bool = True
    then: str = ""


@dataclass(frozen=True)
class Letter:
    """One way to write a kind of layer: what stands before and behind its letter.

    `before` and `behind` are the fields that numbers fill, each empty where no number stands;
    the one behind may be left out if it is `open`. `fixed` is what the letter itself says.
    `squash` is the squashing function that is not written: None for that of the whole text.
    `bare` layers have none of their own, and nothing can be said of it. A number alone, at the
    end of a text, means the layer that `ends`.
    """

    letter: str
    words: str
    example: str
    initial: str
    before: str = ""
    behind: str = ""
    open: bool = False
    fixed: Mapping[str, object] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    squash: str | None = "identity"
    bare: bool = False
    ends: bool = False

    def name(self, number: int) -> str:
        """Call the layer that stands at a place, counted from 1, as the paper does: C1, S2, F6."""
        return f"{self.initial}{number}" if len(self.initial) == 1 else self.initial


PADDED = Mark("p", "same padding, or with a number so many cells on each side", "padding", "same")
STEPPED = Mark("s", "the stride, as in s2", "stride")
NORMED = Mark("n", "batch normalisation behind it", counted=False, then="batch_norm")
