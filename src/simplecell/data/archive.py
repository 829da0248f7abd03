"""A zip or tar of a folder: its pictures read where they are; or arrays, brought out for a while.

birds.zip, birds.tar.gz     class folders, with or without a folder around them, and parts
train-000.tar               WebDataset: pictures and their classes by one name (`shards`)
cifar-10-binary.tar.gz      a few files of arrays: read as their folder is
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from simplecell.data.arrays import Opened
from simplecell.data.imagefolder import ImageFolder, gather, nothing
from simplecell.data.layout import arrange
from simplecell.data.packed import most_bytes
from simplecell.data.part import Part
from simplecell.data.store import Store, is_tar, open_store
from simplecell.data.tree import Node, grow, shown
from simplecell.errors import DataError

MOST_FILES = 64
"""An archive of arrays has few files."""


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip or tar archive."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError:
        return False
    return start in (b"PK\x03\x04", b"PK\x05\x06") or is_tar(path)


def tree_of(store: Store, path: Path) -> Node:
    """List what an archive holds."""
    return grow(path.name, store.names(), store.start)


def has_pictures(path: Path) -> bool:
    """Tell whether an archive is of pictures, and not of a few files of arrays.

    Raises
        DataError   a damaged archive
    """
    root = tree_of(open_store(path), path)
    named = sum(1 for place in root.all_pictures() if "." in place.rsplit("/", 1)[-1])
    return named > 0 or root.count > MOST_FILES


def read_archive(path: Path) -> ImageFolder:
    """List the pictures of a folder that is in an archive.

    Raises
        DataError   damaged, no class folders, or folders that can be understood in two ways
    """
    store = open_store(path)
    root = tree_of(store, path)
    listed, skipped, notes = arrange(root, str(path))
    if not listed:
        raise DataError(nothing(root, str(path)))
    return gather(path, listed, skipped, notes, store=store)


def open_inside(path: Path, read: Callable[[Path], Opened]) -> Opened:
    """Read arrays that are in an archive as they are read from a folder.

    Raises
        DataError   more files or bytes than arrays take, or what `read` refuses
    """
    store = open_store(path)
    names = store.names()
    if len(names) > MOST_FILES:
        raise DataError(
            f"{path} holds {len(names):,} files and no pictures that are known.\n  unpack it, and"
            " give the folder in which the class folders lie."
        )
    with _brought_out(store, names, path) as folder:
        try:
            opened = read(folder)
        except DataError as problem:
            raise DataError(str(problem).replace(str(folder), str(path))) from None
        notes = tuple(note.replace(str(folder), str(path)) for note in opened.notes)
        test = None if opened.test is None else _renamed(opened.test, folder, path)
        return Opened(_renamed(opened.train, folder, path), test, opened.classes, notes)


@contextmanager
def _brought_out(store: Store, names: list[str], path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="simplecell-") as made:
        folder, most = Path(made), most_bytes(path.stat().st_size)
        left = most
        for name in names:
            held = store.read(name)
            left -= len(held)
            if left < 0:
                raise DataError(
                    f"{path} unpacks to more than {most:,} bytes.\n  unpack it, and give the"
                    " folder."
                )
            place = folder.joinpath(*name.split("/"))
            if not place.resolve().is_relative_to(folder.resolve()):
                raise DataError(f"{path}: {shown(name)} leads out of the archive.")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(held)
        yield folder


def _renamed(part: Part, folder: Path, path: Path) -> Part:
    return Part(part.pixels, part.labels, part.source.replace(str(folder), str(path)))
