"""LIBSVM's text: a label, and the pixels that are not 0, each with its number.

    5 153:3 154:18 155:18 …

Read by scikit-learn. Pixels that are 0 in every picture, as MNIST's last four, are not in the
file: the picture is the next square.
"""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from simplecell.data.arrays import SMALLEST_ROW, Opened, Pair, assemble
from simplecell.data.levels import Values
from simplecell.data.packed import unpacked
from simplecell.errors import DataError

_LINE = re.compile(rb"\s*[-+]?[0-9.]+(e[-+]?\d+)?(\s+\d+:\S+)+\s*(#.*)?$")
MOST_PIXELS = 1 << 33
"""Pictures take at most so many numbers in memory; a wrong one may ask for any size."""
UNASKED, TIGHTEST = 1 << 26, 100
"""So many numbers a file may leave out as it likes; of more, one in so many must be written."""


def is_libsvm(path: Path) -> bool:
    """Tell by its first line whether a file, packed or not, is LIBSVM's text."""
    try:
        with unpacked(path) as file:
            return _LINE.match(file.readline(1 << 20)) is not None
    except (DataError, OSError, ValueError):
        return False


def read_libsvm(path: Path, values: Values | None = None) -> Opened:
    """Read the training part and, where `name.t` lies beside `name`, the test part.

    Raises
        DataError   damaged, several labels in a line, or numbers that are no square picture
    """
    sparse = {"train": _sparse(path)}
    notes = []
    test = _test_of(path)
    if test is not None:
        sparse["test"] = _sparse(test)
        notes.append(f"{test.name}, beside it, is the test part.")
    cells = max(int(x.shape[1]) for x, _ in sparse.values())
    side = _side(cells, path)
    if side * side != cells:
        notes.append(f"numbers up to {cells} are taken for pictures of {side}x{side}.")
    files = {"train": path, "test": test or path}
    pairs = {
        part: Pair(_dense(x, side, files[part]), y, str(files[part]), f"{files[part]}, labels")
        for part, (x, y) in sparse.items()
    }
    return assemble(pairs, values=values, notes=notes)


def _test_of(path: Path) -> Path | None:
    """Give the test part that LIBSVM's page has beside a file: mnist.bz2, mnist.t.bz2."""
    packed = path.suffix if path.suffix in (".bz2", ".xz", ".gz") else ""
    stem = path.name.removesuffix(packed)
    test = path.with_name(f"{stem}.t{packed}")
    return test if test.is_file() and not stem.endswith(".t") else None


def _sparse(path: Path) -> tuple[Any, Any]:
    from sklearn.datasets import load_svmlight_file

    try:
        with unpacked(path) as file:
            x, y = load_svmlight_file(file, dtype=np.float32)
    except (ValueError, OverflowError) as problem:
        raise DataError(
            f"{path} is no sound LIBSVM text: {problem}.\n  a line is a label and number:value"
            " pairs; a picture takes one label."
        ) from None
    return x, y


def _side(cells: int, path: Path) -> int:
    side = math.isqrt(cells - 1) + 1
    if 3 * math.isqrt(cells // 3) ** 2 == cells and cells >= 3 * SMALLEST_ROW**2:
        raise DataError(
            f"{path} has {cells} numbers for each picture: {math.isqrt(cells // 3)} x"
            f" {math.isqrt(cells // 3)} in colour, by pixels or by planes?\n  save them as .npz"
            " with x (N, height, width, 3) and y."
        )
    if side < SMALLEST_ROW or side * side - cells >= side:
        raise DataError(
            f"{path} has {cells} numbers for each label, which are no square picture: these are"
            " measurements, and simplecell learns pictures."
        )
    return side


def _dense(x: Any, side: int, path: Path) -> Any:
    numbers = x.shape[0] * side * side
    if numbers > MOST_PIXELS or (numbers > UNASKED and numbers > TIGHTEST * x.nnz):
        raise DataError(
            f"{path}: {x.shape[0]} pictures of {side}x{side} take more memory than is meant for"
            " pictures here.\n  make them smaller."
        )
    x.resize(x.shape[0], side * side)
    return x.toarray().reshape(-1, side, side)
