"""A folder of class folders: which picture is of which class, before one of them is opened.

    birds/heron/a.jpg  birds/owl/b.png …                the classes are heron and owl
    birds/train/heron/a.jpg  birds/test/owl/b.png …     the parts are given, and kept

Pictures may lie in folders below a class folder. Hidden files are passed over, and so are files
whose name ends as no picture's does.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.errors import DataError

TRAIN, TEST = frozenset(("train", "training")), frozenset(("test", "testing"))
VALIDATION = frozenset(("val", "valid", "validation"))

FEWEST_CLASSES = 2


class Skipped(NamedTuple):
    """A file that was left out, by its place in the folder, and why."""

    path: str
    reason: str


class Listed(NamedTuple):
    """A picture to be read: its place in the folder, its class, its part if one is given."""

    path: str
    label: str
    test: bool | None = None


@dataclass(frozen=True, eq=False)
class Album:
    """Pictures by class. `tests` says which are to test with, None where nothing says so.

    `listed_in` is what names them: the folder itself, or a list of some of what lies in it.

    Shapes
        paths, labels, tests: one for each picture, sorted by class, then by path
    """

    folder: Path
    listed_in: Path
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: NDArray[np.int64]
    tests: NDArray[np.bool_] | None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


def gather(
    folder: Path,
    listed: Iterable[Listed],
    skipped: Iterable[Skipped] = (),
    notes: Iterable[str] = (),
    listed_in: Path | None = None,
) -> Album:
    """Make an album of a list of pictures; the names of the classes are found in it.

    Raises
        DataError   pictures of one class alone, or some of which the part is given and some not
    """
    entries = sorted(listed, key=lambda one: (_by_number(one.label), one.path))
    names = tuple(dict.fromkeys(one.label for one in entries))
    if len(names) < FEWEST_CLASSES:
        what = f"'{shown(names[0])}' ({len(entries)} pictures)" if names else "none"
        raise DataError(
            f"{folder} has pictures of one class alone: {what}. A network learns to tell two"
            " classes or more apart.\n  give the folder in which the class folders lie."
        )
    parts = {one.test is None for one in entries}
    if len(parts) > 1:
        one = next(one for one in entries if one.test is None)
        raise DataError(
            f"{folder}: {shown(one.path)} is in no part, and others are in train or test."
            "\n  say it of every picture, or of none."
        )
    numbers = {name: number for number, name in enumerate(names)}
    return Album(
        folder,
        listed_in or folder,
        tuple(shown(name) for name in names),
        tuple(one.path for one in entries),
        np.array([numbers[one.label] for one in entries], np.int64),
        None if parts == {True} else np.array([bool(one.test) for one in entries]),
        tuple(skipped),
        tuple(notes),
    )


def read_album(folder: Path) -> Album:
    """List the pictures of a folder of class folders.

    Raises
        DataError   pictures that lie in no class folder, no picture at all, one class alone
    """
    inside = _folders(folder)
    parts = {name: _part(name) for name in inside}
    given = {"train", "test"} <= {*parts.values()} and None not in parts.values()
    roots = [(name, part == "test") for name, part in parts.items()] if given else [("", None)]
    listed: list[Listed] = []
    skipped: list[Skipped] = []
    empty: list[str] = []
    for root, test in roots:
        for label in _folders(folder / root):
            found, others = _pictures(folder, os.path.join(root, label))
            listed += [Listed(path, label, test) for path in found]
            skipped += others
            empty += [] if found else [shown(os.path.join(root, label))]
    if not listed:
        raise DataError(_nothing(folder, inside))
    notes = []
    if empty:
        named = ", ".join(empty[:5]) + (" …" if empty[5:] else "")
        notes.append(f"no picture in {len(empty)} of the class folders, left out: {named}.")
    if given and "validation" in parts.values():
        notes.append("the pictures put aside for validation are learnt from: recipes put their"
                     " own aside.")  # fmt: skip
    return gather(folder, listed, skipped, notes)


def holds_pictures(folder: Path) -> bool:
    """Tell whether a folder has folders or pictures in it, and may be meant as an album."""
    with os.scandir(folder) as entries:
        loose = any(entry.is_file() and is_picture(entry.name) for entry in entries)
    return loose or bool(_folders(folder))


def is_picture(name: str) -> bool:
    """Tell by its name whether a file may be a picture: one that Pillow reads, or no ending.

    >>> is_picture("heron.JPG"), is_picture("scan-17"), is_picture("notes.txt")
    (True, True, False)
    """
    ending = os.path.splitext(name)[1].lower()
    return not _hidden(name) and (not ending or ending in _endings())


@cache
def _endings() -> frozenset[str]:
    known = Image.registered_extensions()
    return frozenset(end for end, kind in known.items() if kind in Image.OPEN) - {".pdf", ".h5"}


def shown(name: str) -> str:
    r"""Write a name so that every terminal and every file can hold it.

    >>> shown("Eule"), shown("two\nlines"), shown("\udcff")
    ('Eule', 'two\\nlines', '\\udcff')
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def _by_number(name: str) -> tuple[bool, int, str]:
    """Sort 2 before 10, and numbers before words."""
    digits = name.isascii() and name.isdigit()
    return (not digits, int(name) if digits else 0, name)


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(e.name for e in entries if e.is_dir() and not _hidden(e.name))


def _part(name: str) -> str | None:
    for part, names in (("train", TRAIN), ("test", TEST), ("validation", VALIDATION)):
        if name.lower() in names:
            return part
    return None


def _pictures(folder: Path, below: str) -> tuple[list[str], list[Skipped]]:
    """List the pictures of a class folder and of the folders in it, by their place in `folder`."""
    found, others = [], []
    for root, inner, names in os.walk(folder / below):
        inner[:] = [name for name in inner if not _hidden(name)]
        place = os.path.relpath(root, folder)
        for name in names:
            path = os.path.join(place, name)
            if is_picture(name):
                found.append(path)
            elif not _hidden(name):
                ending = os.path.splitext(name)[1]
                others.append(Skipped(shown(path), f"no picture ends in {shown(ending)}"))
    return found, others


def _nothing(folder: Path, inside: list[str]) -> str:
    with os.scandir(folder) as entries:
        loose = sum(entry.is_file() and is_picture(entry.name) for entry in entries)
    if loose:
        return (
            f"{folder} holds {loose} pictures and no class folder with pictures in it."
            "\n  put the pictures of each class into a folder of that name; or give a .csv of"
            " path,label."
        )
    named = ", ".join(shown(name) for name in inside[:5])
    return f"{folder} holds folders ({named}), and no picture in any of them."
