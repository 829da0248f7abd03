"""Files of one array each, pictures in one and labels in another, paired by their names.

    train-images-idx3-ubyte.gz      train-labels-idx1-ubyte.gz       MNIST, and those laid out so
    emnist-letters-train-images-…   emnist-letters-train-labels-…    several splits in one folder
    qmnist-train-images-idx3-ubyte  qmnist-train-labels-idx2-int     labels of eight columns
    k49-train-imgs.npz              k49-train-labels.npz             KMNIST-49
    pictures.idx                    classes.idx                      two alone in a folder

Whether a file holds pictures or labels, its own header says. Names say what belongs together.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.arrays import Pair
from simplecell.data.idx import idx_head, read_idx
from simplecell.data.npz import read_single, single_header
from simplecell.data.splits import PART
from simplecell.data.tree import is_hidden, is_picture, some
from simplecell.errors import DataError

DEEPEST, MOST_FILES = 4, 256
"""Folders in folders that are looked into; of more files in one, none is taken for an array."""

QMNIST_COLUMNS = 8
"""Columns of QMNIST's labels; the first is the class.   Source: Yadav and Bottou 2019."""

_KINDS = frozenset(
    ("images", "image", "imgs", "img", "labels", "label", "lbls", "pictures", "idx1", "idx2",
     "idx3", "idx4", "idx", "ubyte", "int", "gz", "npz", "npy", "x", "y", "data", "targets")
)  # fmt: skip
"""Words of a file's name that do not say which data set it is of."""

EMNIST = "emnist"


@dataclass(frozen=True)
class ArrayFile:
    """A file of one array: where it is, of which set and part by its name, and its shape."""

    path: Path
    stem: str
    part: str
    shape: tuple[int, ...]

    @property
    def is_labels(self) -> bool:
        """Say whether it holds labels: one axis, or few columns."""
        return len(self.shape) == 1 or (
            len(self.shape) == 2 and self.shape[1] in (1, QMNIST_COLUMNS)
        )


def look_at(path: Path) -> ArrayFile | None:
    """Say what a file of one array holds; None if it is no such file."""
    head = idx_head(path) or single_header(path)
    if head is None or not head.shape:
        return None
    stem, part = _named(path.name)
    return ArrayFile(path, stem, part, tuple(head.shape))


def _named(name: str) -> tuple[str, str]:
    """Split a file's name into the data set's and the part's."""
    words = [word for word in re.split(r"[^\w]+|_", name.lower()) if word]
    part = ""
    rest = []
    for word in words:
        known = "test" if word == "t10k" else PART.get(re.sub(r"\d+k?$", "", word))
        if known and not part:
            part = known
        elif word not in _KINDS:
            rest.append(word)
    return "-".join(rest), part or "train"


def find_files(folder: Path) -> dict[Path, list[ArrayFile]]:
    """Find the files of one array in a folder and below it, by folder."""
    found: dict[Path, list[ArrayFile]] = {}
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop(0)
        try:
            with os.scandir(here) as entries:
                seen = [entry for entry in entries if not is_hidden(entry.name)]
        except OSError:
            continue
        if len(seen) > MOST_FILES:
            continue  # a class folder
        inside = sorted(seen, key=lambda entry: entry.name)
        files = [Path(e.path) for e in inside if e.is_file() and _may_be(e.name)]
        if depth < DEEPEST:
            waiting += [(Path(e.path), depth + 1) for e in inside if e.is_dir()]
        some_files = [look_at(path) for path in files]
        arrays = _once([file for file in some_files if file is not None])
        if any(not file.is_labels for file in arrays):
            found[here] = arrays
    return found


def _may_be(name: str) -> bool:
    """Pass over pictures by their names, so that folders of them are not opened file by file."""
    return not os.path.splitext(name)[1] or not is_picture(name)


def _once(files: Sequence[ArrayFile]) -> list[ArrayFile]:
    """Keep one of a file and its packed copy."""
    kept: dict[str, ArrayFile] = {}
    for file in files:
        kept.setdefault(file.path.name.lower().removesuffix(".gz"), file)
    return list(kept.values())


def choose_set(
    found: dict[Path, list[ArrayFile]], folder: Path, split: str | None
) -> list[ArrayFile]:
    """Give the files of one data set: of the folder's only one, or of the one that was named.

    Raises
        DataError   several and none named, or none of that name
    """
    sets: dict[str, list[ArrayFile]] = {}
    for here, files in found.items():
        place = "" if len(found) == 1 else str(here.relative_to(folder))
        for file in files:
            name = "/".join(word for word in (place, file.stem) if word and word != ".")
            sets.setdefault(name, []).append(file)
    every = [file for files in found.values() for file in files]
    if split is None and len(every) == 2 and _has_both(every):
        return every  # two alone belong together, whatever they are called
    whole = {name: files for name, files in sets.items() if _has_both(files)}
    whole = whole or sets
    if split is not None:
        wanted = [name for name in whole if _says(name, split)]
        if len(wanted) != 1:
            raise DataError(
                f"{folder} has no data set called {split!r} for certain: it holds"
                f" {some([*whole], 12)}.\n  say --split with one of these names."
            )
        return whole[wanted[0]]
    if len(whole) > 1:
        short = [re.split(r"[-/]", name)[-1] for name in whole]
        raise DataError(
            f"{folder} holds {len(whole)} data sets: {some([*whole], 12)}.\n  which of them? say"
            f" it by --split, as in --split {short[0]}; in Python, split={short[0]!r}."
        )
    return next(iter(whole.values()))


def _has_both(files: Sequence[ArrayFile]) -> bool:
    return len({file.is_labels for file in files}) == 2


def _says(name: str, split: str) -> bool:
    wanted = split.lower()
    return name.lower() == wanted or wanted in re.split(r"[-/]", name.lower())


def pair_up(
    files: Sequence[ArrayFile], where: Path
) -> tuple[dict[str, tuple[Path, Path]], list[str]]:
    """Pair pictures with labels, by part; say what is left over.

    Raises
        DataError   pictures without labels, or several files of one part
    """
    parts: dict[str, tuple[Path, Path]] = {}
    notes: list[str] = []
    for part in dict.fromkeys(file.part for file in files):
        alone = len(files) == 2 and _has_both(files)
        pictures = [f for f in files if (f.part == part or alone) and not f.is_labels]
        labels = [f for f in files if (f.part == part or alone) and f.is_labels]
        if len(pictures) > 1 or len(labels) > 1:
            raise DataError(
                f"{where} has several files of the part {part}:"
                f" {some([f.path.name for f in (*pictures, *labels)], 6)}.\n  give the two that"
                " belong together, with a comma between: pictures,labels"
            )
        if pictures and labels:
            parts[part] = (pictures[0].path, labels[0].path)
        elif pictures and (part == "train" or len(files) == 1):
            raise DataError(
                f"{pictures[0].path}: no file of labels was found for it in {where}.\n  give both"
                " files, with a comma between: pictures,labels"
            )
        else:
            left = (pictures or labels)[0].path.name
            notes.append(f"{left} is alone in its part, {part}, and is left out.")
    return parts, notes


def read_array(path: Path) -> NDArray[Any]:
    """Read a file of one array: IDX, .npy, or an .npz of one.

    Raises
        DataError   no such file, or a damaged one
    """
    return read_idx(path) if single_header(path) is None else read_single(path)


def read_two(images: Path, labels: Path, notes: list[str]) -> Pair:
    """Read pictures and their labels; put EMNIST's upright.

    Raises
        DataError   files that cannot be read, or the two the wrong way round
    """
    pictures = read_array(images)
    if pictures.ndim < 2:
        raise DataError(
            f"{images}, byte 3: the rank is {pictures.ndim}; a file of pictures has three axes"
            " (pictures, height, width) or four (pictures, channels, height, width)."
            "\n  were pictures and labels given the other way round?"
        )
    values = read_array(labels)
    if values.ndim == 2 and values.shape[1] == QMNIST_COLUMNS and values.dtype.kind == "i":
        values = values[:, 0]
        _note(notes, "labels have 8 columns, as QMNIST's: the first is the class.")
    if values.ndim > 2 or (values.ndim == 2 and 1 not in values.shape):
        raise DataError(
            f"{labels}, byte 3: the rank is {values.ndim}; a file of labels has one axis."
        )
    if len(values) != len(pictures):
        raise DataError(
            f"{labels} holds {len(values)} labels, and {images} holds {len(pictures)} pictures:"
            "\n  every picture takes one label. Do the two files belong together?"
        )
    if images.name.lower().startswith(EMNIST) and pictures.ndim == 3:
        pictures = np.swapaxes(pictures, 1, 2)
        _note(notes, "EMNIST's pictures lie on their sides: they are put upright.")
    return Pair(pictures, values, str(images), str(labels))


def _note(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)


def mapping_of(images: Path) -> dict[int, str] | None:
    """Read the letters of EMNIST's labels, where its file of them lies beside the pictures.

    A line has a label, and the code of a character, or of a capital and a small letter.
    """
    stem = images.name.lower()
    if not stem.startswith(EMNIST):
        return None
    path = images.with_name(f"{'-'.join(stem.split('-')[:2])}-mapping.txt")
    try:
        lines = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
        return {int(line[0]): chr(int(line[1])) for line in lines}
    except (OSError, ValueError, IndexError, OverflowError):
        return None
