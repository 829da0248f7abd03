"""NumPy's files: archives of arrays (.npz) by the names people give them, and single ones (.npy).

    x, y, and x_test, y_test          x_train, y_train … as Keras has them, in capitals too
    train_images, train_labels …      as MedMNIST has them
    arr_0, arr_1                      without names: the pictures have two axes or more
    arr_0 in two files                pictures and labels apart, as KMNIST-49 has them

Headers are read before arrays: none is loaded that promises more than its file holds.
"""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from simplecell.data.arrays import Opened, Pair, assemble, match
from simplecell.data.idx import MAPPED
from simplecell.data.levels import Values
from simplecell.data.packed import TIGHTEST, UNASKED
from simplecell.data.tree import shown, some
from simplecell.errors import DataError

SAVE = "save plain arrays: np.savez_compressed(path, x=pictures, y=labels), x_test and y_test too."
ZIP_MAGIC, NPY_MAGIC = b"PK", b"\x93NUMPY"
ENDING = ".npy"
LARGEST = 1 << 34
"""Bytes of an array that is read: 16 GiB."""

_BROKEN = (
    ValueError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError,
    KeyError, SyntaxError, OverflowError, TokenError, RecursionError,
)  # fmt: skip
"""What NumPy and zipfile raise of damaged files."""


class Header(NamedTuple):
    """What an array's file promises."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def read_npz(path: Path, values: Values | None = None) -> Opened:
    """Read the training part and, where there is one, the test part.

    Raises
        DataError   no archive, a damaged one, pickled objects, arrays missing or refused
    """
    with _archive(path) as archive:
        headers = _headers(archive, path)
        roles, names = _roles(headers, path)
        pairs = {
            part: Pair(
                _load(archive, path, x),
                _load(archive, path, y),
                f"{path}, array {shown(x)}",
                f"{path}, array {shown(y)}",
            )
            for part, (x, y) in roles.items()
        }
        classes = None if names is None else _load(archive, path, names)
    called = [str(name) for name in classes.tolist()] if classes is not None else None
    return assemble(pairs, values=values, names=called, notes=_taken(roles))


def is_npz(path: Path) -> bool:
    """Tell whether a file is a zip archive that holds NumPy's arrays."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(ENDING) for name in archive.namelist())
    except (OSError, *_BROKEN):
        return False


def read_single(path: Path) -> NDArray[Any]:
    """Read a .npy file, mapped if it is large, or the only array of an .npz.

    Raises
        DataError   damaged, pickled, or several arrays in it
    """
    try:
        with path.open("rb") as file:
            if file.read(6) == NPY_MAGIC:
                file.seek(0)
                header, size = _header(file, str(path)), path.stat().st_size
                _check(header, size, str(path))
                if size >= MAPPED and not header.dtype.hasobject:
                    return npy.open_memmap(path, "c")
                file.seek(0)
                return npy.read_array(file, allow_pickle=False)
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    except _BROKEN as problem:
        raise _unsound(path, problem) from None
    with _archive(path) as archive:
        names = [*_headers(archive, path)]
        if len(names) != 1:
            raise DataError(
                f"{path} holds {len(names)} arrays ({some(names)}), where one of pictures or of"
                " labels was looked for."
            )
        return _load(archive, path, names[0])


def single_header(path: Path) -> Header | None:
    """Say what the only array of a file is; None if it has several, or is no such file."""
    try:
        with path.open("rb") as file:
            if file.read(6) == NPY_MAGIC:
                file.seek(0)
                return _header(file, str(path))
        with _archive(path) as archive:
            headers = _headers(archive, path)
    except (OSError, DataError, *_BROKEN):
        return None
    return next(iter(headers.values())) if len(headers) == 1 else None


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        with path.open("rb") as file:
            start = file.read(2)
        if start != ZIP_MAGIC:
            raise DataError(
                f"{path}, byte 0: found {start.hex(' ') or 'nothing'}; an .npz archive begins"
                f" {ZIP_MAGIC.hex(' ')}: it is damaged, or another kind of file.\n  {SAVE}"
            )
        return zipfile.ZipFile(path)
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    except _BROKEN as problem:
        raise _unsound(path, problem) from None


def _unsound(path: Path, problem: Exception) -> DataError:
    return DataError(
        f"{path} is no sound file of NumPy's arrays: {problem}.\n  save or copy it again."
    )


def _headers(archive: zipfile.ZipFile, path: Path) -> dict[str, Header]:
    """Read what each array of an archive promises, by its name, and compare with its length."""
    found = {}
    for info in archive.infolist():
        if not info.filename.endswith(ENDING):
            continue
        name = info.filename.removesuffix(ENDING)
        where = f"{path}, array {shown(name)}"
        try:
            with archive.open(info) as file:
                header = _header(file, where)
        except OSError as problem:
            raise DataError(f"{path} cannot be read: {problem}.") from None
        except _BROKEN as problem:
            raise _unsound(path, problem) from None
        _check(header, info.file_size, where)
        found[name] = header
    return found


def _header(file: IO[bytes], where: str) -> Header:
    version = npy.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = npy.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, dtype = npy.read_array_header_2_0(file)
    else:
        raise DataError(f"{where}: version {version} of NumPy's format is not read.\n  {SAVE}")
    return Header(tuple(int(n) for n in shape), dtype)


def _check(header: Header, size: int, where: str) -> None:
    """Compare what is promised with what is there, before any memory is taken."""
    promised = header.dtype.itemsize
    for n in header.shape:
        promised *= n
    if not header.dtype.hasobject and not 0 <= promised <= size:
        by = " x ".join(map(str, header.shape))
        raise DataError(
            f"{where}: its header promises {by} values of {header.dtype}, {promised} bytes, and it"
            f" has {size}: it is damaged.\n  save or copy it again."
        )


def _check_packed(info: zipfile.ZipInfo, path: Path) -> None:
    """Refuse, before it is unpacked, what would take more memory than there should be.

    Raises
        DataError   an array of more than `LARGEST` bytes, or packed better than pictures are
    """
    size, packed = info.file_size, info.compress_size
    if size > LARGEST or (size > UNASKED and size > TIGHTEST * packed):
        raise DataError(
            f"{path}: {info.filename} unpacks to {size:,} bytes from {packed:,}; up to"
            f" {LARGEST:,} are read, and from {UNASKED:,} on at most {TIGHTEST} of each byte that"
            " is packed.\n  Save it unpacked: np.savez."
        )


def _load(archive: zipfile.ZipFile, path: Path, name: str) -> NDArray[Any]:
    try:
        _check_packed(archive.getinfo(name + ENDING), path)
        with archive.open(name + ENDING) as file:
            return npy.read_array(file, allow_pickle=False)
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    except MemoryError:
        raise DataError(f"{path}: an array in it asks for more memory than there is.") from None
    except _BROKEN as problem:
        if "allow_pickle" in str(problem) or "Object arrays" in str(problem):
            raise DataError(
                f"{path} holds pickled objects, which could run a stranger's code and are never"
                f" loaded.\n  {SAVE}"
            ) from None
        raise _unsound(path, problem) from None


def _roles(
    headers: Mapping[str, Header], path: Path
) -> tuple[dict[str, tuple[str, str]], str | None]:
    """Say which arrays are pictures and labels of which part, and which names the classes."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, header in headers.items():
        part, kind = match(name.rsplit("/", 1)[-1])
        if kind is not None and header.shape:
            found.setdefault((part or "", kind), []).append(name)
    named = {key: _best(some_names, headers, path) for key, some_names in found.items()}
    parts = {part for part, kind in named if kind in ("images", "labels")}
    if "" in parts and "train" not in parts:
        named = {("train" if part == "" else part, kind): n for (part, kind), n in named.items()}
        parts = {part or "train" for part in parts}
    roles = {}
    for part in sorted(parts - {""}):
        x, y = named.get((part, "images")), named.get((part, "labels"))
        if x is not None and y is not None:
            roles[part] = (x, y)
        elif part != "train":
            has, lacks = (x, "labels") if x else (y, "pictures")
            raise DataError(f"{path} has {has} and no {lacks} for it; a {part} part takes both.")
    roles = roles or _unnamed(headers)
    if "train" not in roles and len(roles) != 1:
        raise DataError(
            f"{path} has no arrays of pictures and labels by a name that is known: it holds"
            f" {_holding(headers)}.\n  {SAVE}"
        )
    names = named.get(("train", "names"), named.get(("", "names")))
    if names is not None and headers[names].dtype.kind not in "US":
        names = None
    return roles, names


def _taken(roles: Mapping[str, tuple[str, str]]) -> list[str]:
    """Say what was taken for what, where names did not say it."""
    return [
        f"{shown(x)} is taken for the pictures of the part {part}, {shown(y)} for their labels."
        for part, (x, y) in roles.items()
        if match(x)[1] != "images" or match(y)[1] != "labels"
    ]


def _best(names: list[str], headers: Mapping[str, Header], path: Path) -> str:
    """Choose among arrays of one role, as `data` and `images`: the one shaped as pictures."""
    if len(names) == 1:
        return names[0]
    folded = [name for name in names if len(headers[name].shape) > 2]
    if len(folded) == 1:
        return folded[0]
    raise DataError(f"{path} holds {some(names)}: which of them is meant?\n  {SAVE}")


def _unnamed(headers: Mapping[str, Header]) -> dict[str, tuple[str, str]]:
    """Pair arrays without names by what they look like: pictures, labels of the same number."""
    wide = {n: h.shape for n, h in headers.items() if len(h.shape) > 1 and h.shape[1] > 1}
    flat = {n: h.shape for n, h in headers.items() if n not in wide and h.shape}
    parts = ("train", "test")[: len(wide)]
    if not 1 <= len(wide) <= 2 or len(flat) != len(wide):
        return {}
    counts = [shape[0] for shape in wide.values()]
    if len(set(counts)) < len(counts) or sorted(counts) != sorted(s[0] for s in flat.values()):
        return {}
    by_count = {shape[0]: name for name, shape in flat.items()}
    return {
        part: (x, by_count[shape[0]]) for part, (x, shape) in zip(parts, wide.items(), strict=True)
    }


def _holding(headers: Mapping[str, Header]) -> str:
    told = [f"{name} {'x'.join(map(str, h.shape)) or 'one value'}" for name, h in headers.items()]
    return some(told, 8) or "nothing"
