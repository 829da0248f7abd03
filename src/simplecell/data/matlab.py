"""MATLAB files of pictures and labels: SVHN's, EMNIST's, and arrays by the usual names.

    X (32, 32, 3, N), y (N, 1)      SVHN: its label 10 means 0
    dataset.train.images, labels    EMNIST: rows that go down the columns, and a mapping
    train_x, train_y, test_x …      rows or pictures with their labels
    IMAGES (H, W, N)                UFLDL's: pictures alone, to learn features from

Read by SciPy: versions 4 to 7. The shapes that a file promises are held against its length first.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.arrays import Opened, Pair, assemble, match
from simplecell.data.levels import Values
from simplecell.data.mat5 import check_tags
from simplecell.data.packed import MOST_BYTES, TIGHTEST, UNASKED, most_bytes
from simplecell.data.splits import named_part
from simplecell.data.tree import shown, some
from simplecell.errors import DataError

Array = NDArray[Any]

MAGIC, HDF5 = b"MATLAB 5.0", b"MATLAB 7.3"
DEFLATE = 1032
"""Deflate packs at most so many bytes into one."""

ITEM = {"double": 8, "int64": 8, "uint64": 8, "single": 4, "int32": 4, "uint32": 4, "int16": 2,
        "uint16": 2}  # fmt: skip
SVHN_SIDE, TEN = 32, 10
WIDE = 3
"""An array of so many axes is of pictures."""


def read_matlab(path: Path, values: Values | None = None) -> Opened:
    """Read the parts of a MATLAB file; of SVHN's, the other part too if its file is beside it.

    Raises
        DataError   damaged, version 7.3, pictures without labels, or arrays by unknown names
    """
    notes: list[str] = []
    found = _variables(path)
    if "dataset" in found and found["dataset"][1] == "struct":
        return _emnist(path, values, notes)
    pairs = _pairs(path, found, notes)
    part, _ = named_part(path.stem)
    other = {"train": "test", "test": "train"}.get(part or "")
    if [*pairs] == ["train"] and part == "train" and other:
        beside = path.with_name(path.name.replace("train", other))
        if beside != path and beside.is_file():
            pairs |= {"test": _pairs(beside, _variables(beside), [])["train"]}
            notes.append(f"{beside.name}, beside it, is the test part.")
    return assemble(pairs, values=values, notes=notes)


def holds_labels(path: Path) -> bool:
    """Tell whether a MATLAB file has labels at all."""
    found = _variables(path)
    return "dataset" in found or any(match(name)[1] == "labels" for name in found)


def read_unlabelled(path: Path) -> list[Array]:
    """Read pictures without labels, as UFLDL's IMAGES: (H, W, N), each as (H, W).

    Raises
        DataError   no array of three axes, or several
    """
    wide = [name for name, (shape, _) in _variables(path).items() if len(shape) == WIDE]
    named = [name for name in wide if name == "IMAGES"] or wide
    if len(named) != 1:
        raise DataError(f"{path} holds {len(wide)} arrays of pictures (H, W, N); one is read.")
    array = _load(path, named)[named[0]]
    return [np.ascontiguousarray(array[:, :, k]) for k in range(array.shape[2])]


def _variables(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """List arrays by name, with their shapes and kinds, before one of them is loaded."""
    from scipy.io import whosmat

    with path.open("rb") as file:
        magic = file.read(len(HDF5))
        if magic == HDF5:
            raise DataError(
                f"{path} is of MATLAB's version 7.3, which is HDF5, and is not read.\n  save it"
                " again in MATLAB, as save('file.mat', '-v7'); or as .npz with x and y."
            )
    # SciPy takes a file with zeros among its first four bytes for one of version 4.
    if 0 not in magic[:4]:
        check_tags(path)
    found = {}
    size = path.stat().st_size
    for name, shape, kind in _carefully(path, lambda: whosmat(path)):
        promised = math.prod(shape) * ITEM.get(kind, 1)
        if promised > DEFLATE * size:
            raise DataError(
                f"{path}, array {shown(name)}: its header promises {promised} bytes, and the file"
                f" has {size}: it is damaged.\n  fetch or copy it again."
            )
        if promised > most_bytes(size):
            raise DataError(
                f"{path}, array {shown(name)}: it unpacks to {promised:,} bytes from a file of"
                f" {size:,}; up to {MOST_BYTES:,} are read, and from {UNASKED:,} on at most"
                f" {TIGHTEST} of each byte.\n  save it unpacked: save('file.mat', '-v6')."
            )
        found[name] = (tuple(shape), kind)
    return found


def _load(path: Path, names: list[str]) -> dict[str, Any]:
    from scipy.io import loadmat

    found: dict[str, Any] = _carefully(path, lambda: loadmat(path, variable_names=names))
    return found


def _carefully(path: Path, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except DataError:
        raise
    except MemoryError:
        raise DataError(f"{path}: an array in it asks for more memory than there is.") from None
    except Exception as problem:
        # SciPy's reader raises whatever it meets in a damaged file.
        raise DataError(
            f"{path} is no sound MATLAB file: {problem}.\n  fetch or copy it again."
        ) from None


def _pairs(
    path: Path, found: Mapping[str, tuple[tuple[int, ...], str]], notes: list[str]
) -> dict[str, Pair]:
    roles: dict[tuple[str, str], str] = {}
    for name in found:
        part, kind = match(name)
        if kind in ("images", "labels"):
            roles.setdefault((part or "train", kind), name)
    parts = {
        part: (roles[part, "images"], roles[part, "labels"])
        for part in ("train", "test", "validation")
        if (part, "images") in roles and (part, "labels") in roles
    }
    if not parts:
        raise DataError(_no_pairs(path, found))
    loaded = _load(path, [name for both in parts.values() for name in both])
    return {part: _pair(path, loaded, x, y, notes) for part, (x, y) in parts.items()}


def _pair(path: Path, loaded: Mapping[str, Any], x: str, y: str, notes: list[str]) -> Pair:
    images, labels = np.asarray(loaded[x]), np.asarray(loaded[y])
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.reshape(-1)
    if labels.dtype == object:
        labels = np.array([str(np.squeeze(one)) for one in labels])
    svhn = images.ndim == 4 and images.shape[:3] == (SVHN_SIDE, SVHN_SIDE, 3)
    rows = images.ndim == 2 and len(labels) in images.shape
    if (svhn or rows) and set(np.unique(labels).tolist()) == set(range(1, TEN + 1)):
        labels = np.where(labels == TEN, 0, labels)
        _say(notes, "the label 10 means 0, as in SVHN's files.")
        if rows:
            images = _down_columns(images, len(labels))
            _say(notes, "rows of pixels go down the columns, as MATLAB has them: put upright.")
    elif rows:
        _say(notes, "rows of pixels are read line by line; if pictures lie on their sides, save"
                    " them as (height, width, N).")  # fmt: skip
    return Pair(images, labels, f"{path}, array {shown(x)}", f"{path}, array {shown(y)}")


def _down_columns(images: Array, count: int) -> Array:
    """Fold rows whose pixels go down the columns of a square picture."""
    rows = images if len(images) == count else images.T
    side = math.isqrt(rows.shape[1])
    if side * side != rows.shape[1]:
        return rows
    return rows.reshape(len(rows), side, side).swapaxes(1, 2)


def _emnist(path: Path, values: Values | None, notes: list[str]) -> Opened:
    """Read EMNIST's structure, with the characters that its mapping gives the labels."""
    try:
        dataset = _load(path, ["dataset"])["dataset"][0, 0]
        pairs = {}
        for part in ("train", "test"):
            fields = dataset[part][0, 0]
            labels = np.asarray(fields["labels"]).reshape(-1)
            images = _down_columns(np.asarray(fields["images"]), len(labels))
            where = f"{path}, dataset.{part}"
            pairs[part] = Pair(images, labels, f"{where}.images", f"{where}.labels")
    except (KeyError, IndexError, ValueError, TypeError) as problem:
        raise DataError(
            f"{path} has a structure `dataset` that is not EMNIST's: {problem}.\n  save the"
            " pictures and labels as X and y."
        ) from None
    notes.append("EMNIST's pictures lie on their sides: they are put upright.")
    opened = assemble(pairs, values=values, notes=notes)
    letters: dict[str, str] = {}
    with suppress(KeyError, IndexError, ValueError, TypeError, OverflowError):
        letters = {str(int(row[0])): chr(int(row[1])) for row in dataset["mapping"]}
    names = tuple(letters.get(name, name) for name in opened.classes)
    return Opened(opened.train, opened.test, names, opened.notes)


def _no_pairs(path: Path, found: Mapping[str, tuple[tuple[int, ...], str]]) -> str:
    holding = some([f"{n} {'x'.join(map(str, shape))}" for n, (shape, _) in found.items()], 8)
    if any(len(shape) == WIDE for shape, _ in found.values()) and not any(
        match(name)[1] == "labels" for name in found
    ):
        return (
            f"{path} holds pictures without labels ({holding}): there is nothing to tell apart."
            "\n  `simplecell features learn` learns features from them."
        )
    return (
        f"{path} has no arrays of pictures and labels by a name that is known: it holds"
        f" {holding or 'nothing'}.\n  save them as X and y."
    )


def _say(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)
