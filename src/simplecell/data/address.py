"""A path with what a person says of it: `emnist?split=letters`, `x.npz?range=-1,1`.

In this form a run remembers what it was told, and every command that takes data takes it.
"""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from simplecell.data.levels import Values, read_values
from simplecell.errors import DataError

SIGN = "?"
KNOWN = ("split", "range", "root")


class Asked(NamedTuple):
    """What a person says of a path: which data set in it, black and white, where pictures lie."""

    split: str | None = None
    values: Values | None = None
    root: str | None = None


NOTHING = Asked()


def parse(name: str) -> tuple[str, Asked]:
    """Take a name apart; one that is a path as it is has nothing said of it.

    >>> parse("emnist?split=letters")
    ('emnist', Asked(split='letters', values=None, root=None))
    >>> parse("x.npz?range=-1,1")[1].values
    (-1.0, 1.0)

    Raises
        DataError   another word than split, range, root; a range that is none
    """
    head, sign, tail = name.partition(SIGN)
    if not sign or _exists(name):
        return name, NOTHING
    told = dict(parse_qsl(tail, keep_blank_values=True))
    strange = next((word for word in told if word not in KNOWN), None)
    if strange is not None or not told:
        return name, NOTHING
    values = told.get("range")
    return head, Asked(told.get("split"), None if values is None else _range(values),
                       told.get("root"))  # fmt: skip


def address(name: str, asked: Asked) -> str:
    """Put a name and what is said of it together.

    >>> address("emnist", Asked("letters")), address("mnist", Asked())
    ('emnist?split=letters', 'mnist')
    """
    told = {"split": asked.split, "root": asked.root}
    if asked.values is not None:
        told["range"] = f"{asked.values[0]:g},{asked.values[1]:g}"
    said = {word: value for word, value in told.items() if value is not None}
    return f"{name}{SIGN}{urlencode(said, safe=',/')}" if said else name


def _range(text: str) -> Values:
    try:
        return read_values(tuple(float(value) for value in text.split(",")))
    except ValueError:
        raise DataError(f"range={text} is no range: give black, then white, as -1,1.") from None


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
