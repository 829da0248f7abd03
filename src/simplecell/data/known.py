"""What is known of a data set by its name alone, before a byte of it is fetched.

>>> known("mnist").shape
(1, 28, 28)
>>> known("a/folder/of/mine") is None
True
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import exists

from simplecell.data.digits import DIGITS, NATIVE
from simplecell.data.fetch import PUBLISHED
from simplecell.data.pen import FRAME
from simplecell.data.rows import NONE, SIDE
from simplecell.data.sources import ROWS
from simplecell.data.stl10 import CLASSES as STL10_CLASSES
from simplecell.data.stl10 import NAME as STL10
from simplecell.errors import DataError

STL10_SHAPE = (3, 96, 96)
SHOWN = 5


@dataclass(frozen=True)
class Known:
    """The classes of a data set, and its pictures' channels, height and width."""

    classes: tuple[str, ...]
    shape: tuple[int, int, int]


def known(name: str) -> Known | None:
    """Say what is known of a name; None if it names no data set of ours, or a folder too."""
    if exists(name):
        return None
    if name == "digits":
        return Known(DIGITS, (1, *NATIVE))
    if name in ROWS:
        return Known((*DIGITS, NONE), (1, SIDE, SIDE))
    if name == STL10:
        return Known(STL10_CLASSES, STL10_SHAPE)
    return Known(PUBLISHED[name].classes, (1, FRAME, FRAME)) if name in PUBLISHED else None


def check_known(
    name: str,
    classes: Sequence[str],
    shape: tuple[int, int, int],
    *,
    named: bool,
    network: str = "the model",
) -> None:
    """Refuse a data set of ours that cannot be meant for a model, before it is fetched.

    `named` says that the model's classes have names of their own, and are not just numbers.

    Raises
        DataError   other classes, more of them, another number of channels, larger pictures
    """
    there = known(name)
    if there is None:
        return
    if len(there.classes) > len(classes) or (
        named and tuple(classes[: len(there.classes)]) != there.classes
    ):
        raise DataError(
            f"{name} has {len(there.classes)} classes ({_some(there.classes)}), and {network}"
            f" knows {len(classes)} ({_some(classes)}).\n"
            "  The two do not belong together: name a data set of the same classes."
        )
    if there.shape[0] != shape[0] or any(
        side > most for side, most in zip(there.shape[1:], shape[1:], strict=True)
    ):
        raise DataError(
            f"{name} has pictures of {_by(there.shape)}, and {network} reads {_by(shape)}.\n"
            "  Pictures are padded and never cut: name a data set of such or smaller pictures."
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if names[SHOWN:] else "")


def _by(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
