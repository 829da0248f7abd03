"""Which reader a path is for: by what a file begins with and holds, not by its name.

    pictures    class folders: folders of files, or a list of them; read by `pictures`
    arrays      pictures as numbers, with their labels; read here

Each format has a file of its own.
"""

from os.path import expanduser, splitext
from pathlib import Path

from simplecell.data.address import Asked, parse
from simplecell.data.archive import has_pictures, is_archive, open_inside, read_archive
from simplecell.data.arrays import Opened
from simplecell.data.cifar import cifar_files, is_cifar, read_cifar
from simplecell.data.folder import holds_arrays, holds_idx, holds_labels, open_pair, read_folder
from simplecell.data.foreign import pickle_words, pickles_in, refuse_foreign
from simplecell.data.imagefolder import ImageFolder, holds_pictures, read_image_folder
from simplecell.data.libsvm import is_libsvm, read_libsvm
from simplecell.data.manifest import read_manifest
from simplecell.data.matlab import HDF5 as MAT73
from simplecell.data.matlab import MAGIC as MAT5
from simplecell.data.matlab import read_matlab
from simplecell.data.npz import is_npz, read_npz, single_header
from simplecell.data.pairs import look_at
from simplecell.data.parquet import is_table, tables_in
from simplecell.data.parquet import read_tables as read_columns
from simplecell.data.pixels import form_of, read_pixels, read_tables
from simplecell.data.shards import is_shard, read_shards, shards_in
from simplecell.data.splits import named_part
from simplecell.data.table import read_table
from simplecell.data.tree import is_hidden, walk
from simplecell.errors import DataError

PICTURES, ARRAYS, TABLES, RECORDS, PICKLES = "pictures", "arrays", "tables", "records", "pickles"
"""What a folder may hold."""

LIST, ARCHIVE, SHARD, TABLE = "list", "archive", "shard", "table"
"""What a file of pictures may be."""

LISTS = (".csv", ".tsv", ".txt")
"""Text that may list pictures."""

ZIP_MAGIC, NPY_MAGIC = b"PK", b"\x93NUMPY"


def path_of(name: str | Path) -> Path:
    """Give the path of a name; unlike Path.expanduser, take a user that does not exist."""
    return Path(expanduser(parse(str(name))[0]))


def is_pictures(name: str | Path) -> bool:
    """Tell whether a path leads to pictures by class, and not to arrays of numbers."""
    path = path_of(name)
    if path.is_dir():
        return _folder_kind(path) == PICTURES
    return path.is_file() and _file_kind(path) in (SHARD, ARCHIVE, TABLE, LIST)


def _is_list(path: Path) -> bool:
    """Tell whether a file is text that lists pictures, and not a table of numbers."""
    if path.suffix.lower() not in LISTS:
        return False
    try:
        return not is_libsvm(path) and form_of(read_table(path)) is None
    except DataError:
        return path.suffix.lower() != ".txt"


def _tables(folder: Path) -> dict[str, Path]:
    """Find tables of pictures in a folder, by part: train.csv, and perhaps test.csv."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix.lower() == ".csv" and _is_pixels(path):
            part = named_part(path.stem)[0] or "train"
            found.setdefault(part, path)
    return found if "train" in found else {}


def _is_pixels(path: Path) -> bool:
    try:
        return form_of(read_table(path)) is not None
    except DataError:
        return False


def is_ours(name: str) -> bool:
    """Tell whether a name is of a data set that is known by name, and of no path."""
    return not path_of(name).exists() and "," not in name


def album_of(name: str | Path, asked: Asked | None = None) -> ImageFolder:
    """List pictures by class: of a folder, or those that a list names.

    Raises
        DataError   no class folders, one class alone, what can be understood in two ways
    """
    path = path_of(name)
    told = asked or parse(str(name))[1]
    if path.is_dir():
        shards, tables = shards_in(path), tables_in(path)
        if shards:
            return read_shards(shards, path)
        return read_columns(tables, path, told.split) if tables else read_image_folder(path)
    kind = _file_kind(path)
    if kind == SHARD:
        return read_shards([path], path)
    if kind == ARCHIVE:
        return read_archive(path)
    if kind == TABLE:
        return read_columns([path], path, told.split)
    return read_manifest(path, told.root)


def _file_kind(path: Path) -> str:
    """Say whether a file holds pictures, and how; empty if it does not."""
    if is_table(path):
        return TABLE
    if is_archive(path) and not is_npz(path):
        if is_shard(path):
            return SHARD
        refuse_foreign(path)
        return ARCHIVE if has_pictures(path) else ""
    return LIST if _is_list(path) else ""


def open_arrays(path: Path, asked: Asked) -> Opened:
    """Read pictures and labels that are numbers in files.

    Raises
        DataError   nothing that is known, or what a reader refuses
    """
    if path.is_dir():
        return _open_folder(path, asked)
    start = _start(path)
    if is_archive(path) and not is_npz(path) and path.suffix != ".npz":
        refuse_foreign(path)
        return open_inside(path, lambda folder: _open_folder(folder, asked))
    archive = (start.startswith(ZIP_MAGIC) and is_npz(path)) or path.suffix == ".npz"
    if archive and single_header(path) is None:
        return read_npz(path, asked.values)
    if start.startswith((MAT5, MAT73)) or path.suffix == ".mat":
        return read_matlab(path, asked.values)
    if is_cifar(path):
        return read_cifar({"train": [path]}, asked.split)
    if look_at(path) is None:
        refuse_foreign(path)
        if is_libsvm(path):
            return read_libsvm(path, asked.values)
        if _is_pixels(path):
            return read_pixels(path, asked.values)
    return open_pair(path, None, asked.values)


def _open_folder(path: Path, asked: Asked) -> Opened:
    kind = _folder_kind(path)
    if kind == TABLES:
        return read_tables(_tables(path), asked.values)
    if kind == RECORDS:
        return read_cifar(cifar_files(path), asked.split)
    if kind == PICKLES:
        raise DataError(pickle_words(pickles_in(path)[0]))
    alone = None if holds_arrays(path) else _alone(path)
    if alone is not None:
        opened = open_arrays(alone, asked)
        note = f"{alone.relative_to(path)} is what is read."
        return Opened(opened.train, opened.test, opened.classes, (note, *opened.notes))
    return read_folder(path, asked.split, asked.values)


def _alone(folder: Path) -> Path | None:
    """Find the only file of several arrays in a folder, or that of its training part."""
    inside = [path for path in folder.iterdir() if not is_hidden(path.name)]
    if len(inside) == 1 and inside[0].is_dir():
        inside = [path for path in inside[0].iterdir() if not is_hidden(path.name)]
    found = sorted(path for path in inside if path.suffix in (".npz", ".mat") and path.is_file())
    learnt = [path for path in found if named_part(path.stem)[0] == "train"]
    return next((some[0] for some in (found, learnt) if len(some) == 1), None)


def _has_pictures(folder: Path) -> bool:
    """Tell whether there are files that end as pictures do; one without ending may be an array."""
    return any(splitext(place)[1] for place in walk(folder).all_pictures())


def _folder_kind(path: Path) -> str:
    """Say what a folder holds, by what lies in it."""
    if holds_idx(path):
        return ARRAYS
    if cifar_files(path):
        return RECORDS
    if holds_arrays(path) and (holds_labels(path) or not _has_pictures(path)):
        return ARRAYS
    if shards_in(path) or tables_in(path):
        return PICTURES
    if _tables(path):
        return TABLES
    if pickles_in(path):
        return PICKLES
    if _alone(path) is not None and not _has_pictures(path):
        return ARRAYS
    return PICTURES if holds_pictures(path) else ARRAYS


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
