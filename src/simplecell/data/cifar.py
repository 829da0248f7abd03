"""CIFAR's binary version: records of one label, or two, and 3,072 bytes of a 32x32 picture.

    CIFAR-10     data_batch_1.bin … data_batch_5.bin, test_batch.bin; batches.meta.txt
    CIFAR-100    train.bin, test.bin: a coarse label, then a fine one; …_label_names.txt

Red, then green, then blue; each line by line.   Source: Krizhevsky 2009, cifar.html.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.arrays import Opened, Pair, assemble
from simplecell.data.tree import shown
from simplecell.errors import DataError

PIXELS = 3 * 32 * 32
LABELS = {1: (10,), 2: (20, 100)}
"""How many classes each label byte may name, by how many such bytes a record has."""

NAMES = {
    10: "batches.meta.txt",
    20: "coarse_label_names.txt",
    100: "fine_label_names.txt",
}
MOST_RECORDS = 1 << 22


def is_cifar(path: Path) -> bool:
    """Tell by its length and its labels whether a file is of CIFAR's records."""
    return path.suffix == ".bin" and path.is_file() and _label_bytes(path) > 0


def cifar_files(folder: Path) -> dict[str, list[Path]]:
    """Find the files of CIFAR in a folder or one in it, by part."""
    for here in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())[:8]):
        files = sorted(path for path in here.glob("*.bin") if is_cifar(path))
        if files:
            test = [path for path in files if path.stem.startswith("test")]
            parts = {"train": [path for path in files if path not in test], "test": test}
            return {part: some for part, some in parts.items() if some}
    return {}


def read_cifar(parts: dict[str, list[Path]], split: str | None = None) -> Opened:
    """Read CIFAR-10, or CIFAR-100 by its fine labels; by its coarse ones with split "coarse".

    Raises
        DataError   files of both kinds, or a split that is neither
    """
    first = next(iter(parts.values()))[0]
    width = _label_bytes(first)
    if split not in (None, "fine", "coarse") or (split and width == 1):
        raise DataError(
            f"{first.parent} has no split {split!r}: CIFAR-100 has fine and coarse labels,"
            " CIFAR-10 has one kind."
        )
    column = 0 if width == 1 or split == "coarse" else 1
    pairs = {part: _pair(files, width, column) for part, files in parts.items()}
    count = LABELS[width][column]
    names = _names(first.with_name(NAMES[count]), count)
    notes = []
    if width == len(LABELS):
        kind = "coarse" if column == 0 else "fine"
        notes.append(f"the {kind} labels are learnt, {count} classes; --split tells otherwise.")
    return assemble(pairs, names=names, notes=notes)


def _pair(files: list[Path], width: int, column: int) -> Pair:
    records: list[NDArray[Any]] = []
    for path in files:
        if _label_bytes(path) != width:
            raise DataError(
                f"{path} is of another kind than {files[0].name}: CIFAR-10 and CIFAR-100 in one"
                " folder?\n  put them apart."
            )
        records.append(np.fromfile(path, np.uint8).reshape(-1, width + PIXELS))
    whole = np.concatenate(records)
    source = str(files[0]) if len(files) == 1 else f"{files[0].parent}, {len(files)} files"
    pixels = whole[:, width:].reshape(-1, 3, 32, 32)
    return Pair(pixels, whole[:, column], source, f"{source}, labels")


def _label_bytes(path: Path) -> int:
    """Say how many label bytes a record has; 0 if the file has no such records."""
    size = path.stat().st_size
    for width, counts in LABELS.items():
        records, rest = divmod(size, width + PIXELS)
        if rest or not 0 < records <= MOST_RECORDS:
            continue
        labels = np.memmap(path, np.uint8, "r").reshape(-1, width + PIXELS)[:, :width]
        if (labels.max(axis=0) < np.array(counts)).all():
            return width
    return 0


def _names(path: Path, count: int) -> list[str] | None:
    try:
        names = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        return None
    return [shown(name) for name in names] if len(names) == count else None
