"""Names of classes that are written in two ways: joined where they are one, refused in doubt.

A class of which the name has two Unicode forms, or other capitals in another part, would be
learnt as two classes, and nobody would see it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

from simplecell.data.tree import shown
from simplecell.errors import DataError

_COPY = re.compile(r" - (copy|副本|kopie|copie)( \(\d+\))?$")
"""What systems add to the name of a copy."""


def joined(names: Mapping[str, Iterable[str]], where: str) -> tuple[dict[str, str], list[str]]:
    """Give each name the name of its class, and what a person should know.

    `names` has the names by part. Unicode forms of one name become its composed form. Names
    equal but for capitals, spaces or the width of their letters become one where each part has
    but one of them.

    >>> joined({"train": ["Owl", "heron"], "test": ["owl"]}, "birds")[0]
    {'Owl': 'Owl', 'heron': 'heron', 'owl': 'Owl'}

    Raises
        DataError   two such names in one part
    """
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    notes: list[str] = []
    for part, some in names.items():
        here: dict[str, str] = {}
        for name in some:
            composed = unicodedata.normalize("NFC", name)
            key = alike(composed)
            other = here.setdefault(key, composed)
            if other != composed:
                raise DataError(_two(other, composed, part, where))
            found[name] = first.setdefault(key, composed)
    spellings = defaultdict(list)
    for name, class_name in found.items():
        spellings[class_name].append(name)
    for class_name, written in spellings.items():
        if len(written) > 1:
            notes.append(_note(class_name, written))
    return found, notes


def alike(name: str) -> str:
    """Give what names that differ in capitals, spaces or the width of letters have in common.

    >>> alike("Ｏwl ") == alike("owl")
    True
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return _COPY.sub("", plain)


def _two(one: str, other: str, part: str, where: str) -> str:
    place = f"{where}, {part}" if part else where
    return (
        f"{place}: the classes '{shown(one)}' and '{shown(other)}' are the same but for capitals,"
        " spaces, the width of letters or the ending of a copy: one class, or two?\n  make them"
        f" one, or give them names that differ in more, as {shown(one)}-1 and {shown(other)}-2."
    )


def _note(class_name: str, written: list[str]) -> str:
    if len({unicodedata.normalize("NFC", name) for name in written}) == 1:
        forms = ", ".join(ascii(name) for name in sorted(written))
        return f"{shown(class_name)} is written in two Unicode forms ({forms}): it is one class."
    names = ", ".join(map(shown, sorted(written)))
    return f"{names} are taken for one class, {shown(class_name)}."
