"""A folder of class folders: which picture is of which class, before one of them is opened.

    birds/heron/a.jpg  birds/owl/b.png …                the classes are heron and owl
    birds/train/heron/a.jpg  birds/test/owl/b.png …     the parts are given, and kept

Pictures may lie in folders below a class folder. How folders are understood: `layout`.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.layout import Listed, arrange
from simplecell.data.picture import decode
from simplecell.data.store import Store
from simplecell.data.tree import Node, Skipped, is_hidden, is_picture, shown, walk
from simplecell.errors import DataError

FEWEST_CLASSES = 2


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """Pictures by class. `tests` says which are to test with, None where nothing says so.

    `listed_in` is what names them: the folder itself, or a list of some of what lies in it.
    `store` gives their bytes where they are no files of the disk, as in an archive.

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
    store: Store | None = None

    def open(self, at: int, enough: tuple[int, int] | None = None) -> Image.Image:
        """Read a picture of the album, within `picture.strict`; see `picture.decode`.

        Raises
            DataError   no picture, or a damaged or huge one
        """
        path = self.folder / self.paths[at]
        return decode(
            path, enough, None if self.store is None else self.store.read(self.paths[at])
        )

    def told(self, at: int) -> str:
        """Give what changes when a picture's file does."""
        try:
            entry = os.stat(os.path.join(self.folder, self.paths[at]))
        except OSError:
            return "- -"
        return f"{entry.st_size} {entry.st_mtime_ns}"


def gather(
    folder: Path,
    listed: Iterable[Listed],
    skipped: Iterable[Skipped] = (),
    notes: Iterable[str] = (),
    listed_in: Path | None = None,
    store: Store | None = None,
) -> ImageFolder:
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
    return ImageFolder(
        folder,
        listed_in or folder,
        tuple(shown(name) for name in names),
        tuple(one.path for one in entries),
        np.array([numbers[one.label] for one in entries], np.int64),
        None if parts == {True} else np.array([bool(one.test) for one in entries]),
        tuple(skipped),
        tuple(notes),
        store,
    )


def read_image_folder(folder: Path) -> ImageFolder:
    """List the pictures of a folder of class folders.

    Raises
        DataError   pictures that lie in no class folder, no picture at all, one class alone,
                    folders that can be understood in two ways
    """
    root = walk(folder)
    listed, skipped, notes = arrange(root, str(folder))
    if not listed:
        raise DataError(nothing(root, str(folder)))
    return gather(folder, listed, skipped, notes)


def holds_pictures(folder: Path) -> bool:
    """Tell whether a folder has folders or pictures in it, and may be meant as an album."""
    with os.scandir(folder) as entries:
        return any(
            not is_hidden(entry.name) and (entry.is_dir() or is_picture(entry.name))
            for entry in entries
        )


def _by_number(name: str) -> tuple[bool, int, str]:
    """Sort 2 before 10, and numbers before words."""
    digits = name.isascii() and name.isdigit()
    return (not digits, int(name) if digits else 0, name)


def nothing(root: Node, where: str) -> str:
    """Say why there is no picture of any class in a folder."""
    if root.pictures:
        lists = [one.path for one in root.others if one.path.lower().endswith((".csv", ".tsv"))]
        advice = f"give the list {lists[0]}" if lists else "give a .csv of path,label"
        return (
            f"{where} holds {len(root.pictures)} pictures and no class folder with pictures in it."
            f"\n  put the pictures of each class into a folder of that name; or {advice}."
        )
    named = ", ".join(shown(name) for name in [*root.folders][:5])
    return f"{where} holds folders ({named}), and no picture in any of them."
