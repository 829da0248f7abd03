"""Which reader a path is for: by what a file begins with and holds, not by its name.

    pictures    class folders: folders of files, or a list of them; read by `pictures`
    arrays      pictures as numbers, with their labels; read here

Each format has a file of its own.
"""

from os.path import expanduser
from pathlib import Path

from simplecell.data.address import Asked, parse
from simplecell.data.album import Album, holds_pictures, read_album
from simplecell.data.arrays import Opened
from simplecell.data.folder import holds_arrays, open_pair, read_folder
from simplecell.data.manifest import read_manifest
from simplecell.data.matlab import HDF5 as MAT73
from simplecell.data.matlab import MAGIC as MAT5
from simplecell.data.matlab import read_matlab
from simplecell.data.npz import is_npz, read_npz, single_header
from simplecell.errors import DataError

MANIFESTS = (".csv", ".tsv")
ZIP_MAGIC, NPY_MAGIC = b"PK", b"\x93NUMPY"


def path_of(name: str | Path) -> Path:
    """Give the path of a name; unlike Path.expanduser, take a user that does not exist."""
    return Path(expanduser(parse(str(name))[0]))


def is_pictures(name: str | Path) -> bool:
    """Tell whether a path leads to pictures by class, and not to arrays of numbers."""
    path = path_of(name)
    if path.is_dir():
        return not holds_arrays(path) and holds_pictures(path)
    return path.suffix.lower() in MANIFESTS and path.is_file()


def is_ours(name: str) -> bool:
    """Tell whether a name is of a data set that is known by name, and of no path."""
    return not path_of(name).exists() and "," not in name


def album_of(name: str | Path, asked: Asked | None = None) -> Album:
    """List pictures by class: of a folder, or those that a list names.

    Raises
        DataError   no class folders, one class alone, what can be understood in two ways
    """
    path = path_of(name)
    told = asked or parse(str(name))[1]
    return read_manifest(path, told.root) if path.is_file() else read_album(path)


def open_arrays(path: Path, asked: Asked) -> Opened:
    """Read pictures and labels that are numbers in files.

    Raises
        DataError   nothing that is known, or what a reader refuses
    """
    if path.is_dir():
        return read_folder(path, asked.split, asked.values)
    start = _start(path)
    archive = (start.startswith(ZIP_MAGIC) and is_npz(path)) or path.suffix == ".npz"
    if archive and single_header(path) is None:
        return read_npz(path, asked.values)
    if start.startswith((MAT5, MAT73)) or path.suffix == ".mat":
        return read_matlab(path, asked.values)
    return open_pair(path, None, asked.values)


def open_two(images: Path, labels: Path, asked: Asked) -> Opened:
    """Read pictures from one file and labels from another.

    Raises
        DataError   files that are not of one array each, or do not belong together
    """
    return open_pair(images, labels, asked.values)


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(600)
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
