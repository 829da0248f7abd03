"""Tables of text in which a line is a picture: a label, and a number for each pixel.

label,pixel0,pixel1 …       Kaggle's digit recogniser and its like
label,1x1,1x2 …             the usual MNIST in CSV
5,0,0,0 …                   without names; the label may stand last
emotion,pixels,Usage        FER-2013: all pixels in one value, with blanks between
5.0 -1 -0.9 …               with blanks, as USPS
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simplecell.data.arrays import SMALLEST_ROW, Opened, Pair, assemble
from simplecell.data.columns import LABEL, SPLIT
from simplecell.data.levels import Values
from simplecell.data.splits import part_of
from simplecell.data.table import Table, read_table
from simplecell.data.tree import shown
from simplecell.errors import DataError

Array = NDArray[Any]

FEWEST = SMALLEST_ROW * SMALLEST_ROW
"""So many numbers in a line or more may be a picture."""

MOST_ALIKE = 10
"""Of twice so many labels or more, some come again."""

PROBED, BLOCK = 40, 4000
_PIXEL = re.compile(r"(pixel|pix|px|p|v|x|col|column|feature|f)?[_ ]?\d+([x_.]\d+)?", re.I)
INDEX = frozenset(("", "unnamed: 0", "index", "id", "image_id", "imageid"))
"""Columns that number the lines."""

FER = {"training": "train", "publictest": "validation", "privatetest": "test"}
"""What FER-2013 calls its parts."""


class Form(NamedTuple):
    """How a line is to be read: its separator, the label's place, the pixels', the part's."""

    header: bool
    width: int
    label: int | None
    pixels: slice | int
    part: int | None = None
    inner: str = ""


def form_of(table: Table) -> Form | None:
    """Say how the lines of a table are pictures; None if they are not."""
    rows = [_cells(line, table.separator) for line in islice(table.lines(), PROBED)]
    if not rows or len(rows[0]) < 2:
        return None
    if len(rows[0]) >= FEWEST:
        return _wide(rows)
    return _in_one(rows)


def _wide(rows: Sequence[list[str]]) -> Form | None:
    first, body = rows[0], rows[1:] or rows
    width = len(first)
    wrong = {
        at
        for row in body[:PROBED]
        if len(row) == width
        for at, cell in enumerate(row)
        if not _is_number(cell)
    }
    if len(wrong) > 2:
        return None
    header = len(rows) > 1 and (not all(map(_is_number, first)) or _counts(first, body[0]))
    names = [name.strip().strip('"').lower() for name in first] if header else []
    part = next((at for at, name in enumerate(names) if name in SPLIT), None)
    label = next((at for at, name in enumerate(names) if name in LABEL and at != part), None)
    if label is None:
        label = _label_place(width - (part is not None), body, names, wrong)
    index = {at for at, name in enumerate(names) if name in INDEX and at not in (label, part)}
    cells = [at for at in range(width) if at not in (label, part) and at not in index]
    if cells != list(range(cells[0], cells[-1] + 1)):
        return None
    return Form(header, width, label, slice(cells[0], cells[-1] + 1), part)


def _counts(first: Sequence[str], second: Sequence[str]) -> bool:
    """Tell whether a line of numbers names columns, as pandas has them: all differ."""
    return len(set(first)) == len(first) and len(set(second)) < len(second)


def _label_place(
    width: int, body: Sequence[list[str]], names: Sequence[str], wrong: set[int]
) -> int | None:
    """Find the label: what is no pixel by its name, no number, or else the first or last value."""
    odd = [at for at, n in enumerate(names) if not _PIXEL.fullmatch(n) and n not in INDEX]
    if len(odd) == 1:
        return odd[0]
    if len(wrong) == 1:
        return next(iter(wrong))
    if math.isqrt(width) ** 2 == width:
        return None
    ends = [
        at for at in (0, width - 1) if _may_be_labels([row[at] for row in body if len(row) > at])
    ]
    return ends[0] if len(ends) == 1 else -1


def _may_be_labels(column: Sequence[str]) -> bool:
    """Tell whether a column may be labels: whole numbers that differ and come again."""
    distinct = set(column)
    again = len(distinct) <= len(column) // 2 or len(column) < 2 * MOST_ALIKE
    return len(distinct) > 1 and again and all(map(_is_whole, column))


def _in_one(rows: Sequence[list[str]]) -> Form | None:
    """Read FER-2013's form: a column of all pixels with blanks between."""
    body = rows[1:]
    if not body:
        return None
    for at, cell in enumerate(body[0]):
        numbers = cell.split()
        if len(numbers) >= FEWEST and all(map(_is_number, numbers)):
            names = [name.strip().lower() for name in rows[0]]
            part = next((k for k, name in enumerate(names) if name in SPLIT), None)
            rest = [k for k in range(len(names)) if k not in (at, part)]
            named = [k for k in rest if names[k] in LABEL] or rest
            label = named[0] if len(named) == 1 else None
            return Form(True, len(names), label, at, part, " ")
    return None


def read_pixels(path: Path, values: Values | None = None) -> Opened:
    """Read a table of pictures; of a folder's train.csv and test.csv, see `read_tables`.

    Raises
        DataError   no label, a line of another length, no numbers, no square pictures
    """
    return read_tables({"train": path}, values)


def read_tables(paths: dict[str, Path], values: Values | None = None) -> Opened:
    """Read the tables of several parts; one without labels is left out, if it is not the first.

    Raises
        DataError   as `read_pixels`
    """
    pairs: dict[str, Pair] = {}
    notes: list[str] = []
    for part, path in paths.items():
        table = read_table(path)
        form = form_of(table)
        if form is None:
            raise DataError(f"{path} is no table of a label and a number for each pixel.")
        if form.label is None:
            if part == "train":
                raise DataError(_no_label(path, form))
            notes.append(f"{path.name} has no labels, and is left out.")
            continue
        if form.label == -1:
            raise DataError(
                f"{path}: {form.width} numbers in a line: is the first the label, or the last?\n"
                "  begin with a line of names: label,pixel0,pixel1 …"
            )
        labels, pixels, parts = _read(table, form)
        source = str(path)
        for name in dict.fromkeys(parts.tolist()) if parts is not None else [""]:
            rows = slice(None) if parts is None else parts == name
            pairs[name or part] = Pair(pixels[rows], labels[rows], source, f"{source}, labels")
    return assemble(pairs, values=values, notes=notes)


def _no_label(path: Path, form: Form) -> str:
    return (
        f"{path} has {form.width} numbers in a line and no label: there is nothing to learn from."
        "\n  give the file that has the labels, as Kaggle's train.csv."
    )


def _read(table: Table, form: Form) -> tuple[Array, Array, Array | None]:
    labels: list[str] = []
    parts: list[str] = []
    blocks: list[Array] = []
    lines = _numbered(table, form)
    while block := list(islice(lines, BLOCK)):
        rows = []
        for number, line in block:
            cells = _cells(line, table.separator)
            if len(cells) != form.width:
                raise DataError(
                    f"{table.path}, line {number}: {len(cells)} values, where the first line has"
                    f" {form.width}."
                )
            labels.append(cells[form.label or 0].strip())
            if form.part is not None:
                parts.append(_part(cells[form.part], f"{table.path}, line {number}"))
            chosen = cells[form.pixels]
            rows.append(chosen if isinstance(chosen, str) else ",".join(chosen))
        blocks.append(_numbers(rows, form, f"{table.path}, lines {block[0][0]} to {block[-1][0]}"))
    if not blocks:
        raise DataError(f"{table.path} has no line with a picture.")
    return _labels(labels), np.concatenate(blocks), np.array(parts) if parts else None


def _numbers(rows: list[str], form: Form, where: str) -> Array:
    """Make numbers of text; bytes where they are."""
    try:
        array = np.loadtxt(rows, np.float32, delimiter=form.inner.strip() or None
                           if form.inner else ",", ndmin=2, comments=None)  # fmt: skip
    except ValueError as problem:
        raise DataError(f"{where}: a pixel is no number, or one is missing: {problem}.") from None
    whole = (array >= 0).all() and (array <= 255).all() and (array == np.floor(array)).all()
    return array.astype(np.uint8) if whole else array


def _labels(told: list[str]) -> Array:
    try:
        return np.array([float(label) for label in told])
    except ValueError:
        return np.array([label.strip('"') for label in told])


def _part(told: str, where: str) -> str:
    part = FER.get(told.strip().lower()) or part_of(told)
    if part is None:
        raise DataError(f"{where}: the part is '{shown(told)}'; it takes train or test.")
    return part


def _numbered(table: Table, form: Form) -> Iterator[tuple[int, str]]:
    numbered = enumerate(table.lines(), 1)
    if form.header:
        next(numbered, None)
    yield from numbered


def _cells(line: str, separator: str) -> list[str]:
    return line.split() if separator == " " else line.split(separator)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_whole(cell: str) -> bool:
    return _is_number(cell) and float(cell).is_integer()
