"""What lies in a folder, or in an archive of one: folders, pictures in them, other files.

Hidden files are passed over, and so is what operating systems leave behind. A file counts as a
picture by the end of its name; one whose end is unknown is looked into.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from PIL import Image

LITTER = frozenset(
    name.lower()
    for name in (
        "__MACOSX", "Thumbs.db", "ehthumbs.db", "desktop.ini", "Icon\r", "@eaDir", "lost+found",
        "$RECYCLE.BIN", "System Volume Information", "__pycache__",
    )
)  # fmt: skip
"""What systems and programs leave in folders."""

NO_PICTURES = frozenset(
    (".pdf", ".h5", ".mpg", ".mpeg", ".hdf", ".grib", ".bufr", ".eps", ".ps", ".wmf", ".emf")
)
"""Endings that Pillow has a name for, and no picture to give by itself."""

MAGIC = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF",
    b"\0\0\0\x0cjP  ", b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"\0\0\1\0", b"qoif", b"\x0a\x05",
)  # fmt: skip
"""How pictures begin."""

PATIENCE = 20
"""So many files of an unknown ending are looked into; if none is a picture, the rest is not."""


class Skipped(NamedTuple):
    """A file that was left out, by its place in the folder, and why."""

    path: str
    reason: str


@dataclass
class Node:
    """A folder: the folders in it by name, and the places of the pictures that lie in itself."""

    name: str
    place: str = ""
    folders: dict[str, "Node"] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    others: list[Skipped] = field(default_factory=list)
    _count: int = -1

    @property
    def count(self) -> int:
        """Say how many pictures lie in it and below it."""
        if self._count < 0:
            below = sum(folder.count for folder in self.folders.values())
            self._count = len(self.pictures) + below
        return self._count

    @property
    def filled(self) -> list["Node"]:
        """Give the folders in it that have pictures, in themselves or below."""
        return [folder for folder in self.folders.values() if folder.count]

    @property
    def inner(self) -> "Node":
        """Go down as long as there is one folder alone, and more folders in it."""
        node = self
        while len(node.filled) == 1 and node.filled[0].filled and not node.pictures:
            node = node.filled[0]
        return node

    @property
    def lists(self) -> list[str]:
        """Give the places of tables in it, which may say what pictures are."""
        return [one.path for one in self.others if one.path.lower().endswith((".csv", ".tsv"))]

    def all_pictures(self) -> Iterator[str]:
        """Give the places of all pictures in it and below it."""
        yield from self.pictures
        for folder in self.folders.values():
            yield from folder.all_pictures()

    def all_others(self) -> Iterator[Skipped]:
        """Give the other files in it and below it."""
        yield from self.others
        for folder in self.folders.values():
            yield from folder.all_others()


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is not meant for people."""
    return name.startswith(".") or name.lower() in LITTER


def is_picture(name: str) -> bool:
    """Tell by its name whether a file may be a picture: one that Pillow reads, or no ending.

    >>> is_picture("heron.JPG"), is_picture("scan-17"), is_picture("notes.txt")
    (True, True, False)
    """
    ending = os.path.splitext(name)[1].lower()
    return not is_hidden(name) and (not ending or ending in endings())


@cache
def endings() -> frozenset[str]:
    """Give the endings of the pictures that Pillow reads."""
    known = Image.registered_extensions()
    return frozenset(end for end, kind in known.items() if kind in Image.OPEN) - NO_PICTURES


def begins_as_picture(start: bytes) -> bool:
    """Tell by its first bytes whether a file is a picture."""
    return start.startswith(MAGIC) or start[4:12] in (b"ftypavif", b"ftypavis")


def shown(name: str) -> str:
    r"""Write a name so that every terminal and every file can hold it.

    >>> shown("Eule"), shown("two\nlines"), shown("\udcff")
    ('Eule', 'two\\nlines', '\\udcff')
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


class _Sieve:
    """Decides which files are pictures; looks into those of unknown endings while it pays."""

    def __init__(self, start: Callable[[str], bytes]) -> None:
        self.start = start
        self.failed: Counter[str] = Counter()
        self.pays: set[str] = set()

    def takes(self, name: str, place: str) -> bool:
        ending = os.path.splitext(name)[1].lower()
        if not ending or ending in endings():
            return True
        if self.failed[ending] >= PATIENCE and ending not in self.pays:
            return False
        if begins_as_picture(self.start(place)):
            self.pays.add(ending)
            return True
        self.failed[ending] += 1
        return False

    def put(self, node: Node, name: str, place: str) -> None:
        if self.takes(name, place):
            node.pictures.append(place)
        else:
            ending = os.path.splitext(name)[1]
            node.others.append(Skipped(shown(place), f"no picture ends in {shown(ending)}"))


def walk(folder: str | os.PathLike[str]) -> Node:
    """List a folder of the disk.

    A link to a folder elsewhere is followed, once. One to a folder that is here already is not:
    its pictures would be there twice.
    """
    top = os.fspath(folder)
    home = os.path.realpath(top)
    sieve = _Sieve(lambda place: _start(os.path.join(top, place)))
    root = Node(os.path.basename(home))
    followed: set[str] = {home}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        with os.scandir(os.path.join(top, node.place)) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
        for entry in inside:
            place = os.path.join(node.place, entry.name) if node.place else entry.name
            if is_hidden(entry.name):
                continue
            if not entry.is_dir():
                sieve.put(node, entry.name, place)
                continue
            if entry.is_symlink():
                real = os.path.realpath(entry.path)
                if _inside(real, home) or _inside(home, real) or real in followed:
                    reason = "a link to a folder that is here already"
                    node.others.append(Skipped(shown(place), reason))
                    continue
                followed.add(real)
            node.folders[entry.name] = Node(entry.name, place)
            waiting.append(node.folders[entry.name])
    return root


def grow(name: str, places: Iterable[str], start: Callable[[str], bytes]) -> Node:
    """List what an archive holds, by its files' places; `start` gives the first bytes of one."""
    root, sieve = Node(name), _Sieve(start)
    for place in sorted(places):
        *folders, file = [step for step in place.split("/") if step not in ("", ".")]
        if any(is_hidden(step) for step in (*folders, file)):
            continue
        node = root
        for depth, step in enumerate(folders, 1):
            node = node.folders.setdefault(step, Node(step, "/".join(folders[:depth])))
        sieve.put(node, file, place)
    return root


def _start(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(16)
    except OSError:
        return b""


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def some(names: Sequence[str], most: int = 5) -> str:
    """Name the first of several things.

    >>> some(["a", "b"]), some(list("abcdefg"))
    ('a, b', 'a, b, c, d, e …')
    """
    return ", ".join(map(shown, names[:most])) + (" …" if names[most:] else "")


def pictures(count: int) -> str:
    """Say how many pictures."""
    return "1 picture" if count == 1 else f"{count:,} pictures"
