"""Parquet and Arrow as Hugging Face writes pictures: bytes in a struct, classes in the schema.

    image: struct<bytes, path>, label: int64     the names of the classes are in the metadata
    image: binary, label: string                 the same without a struct
    train-00000-of-00002.parquet …               the names of the files say the parts
    train/data-00000-of-00001.arrow …            as `datasets` saves to disk

pyarrow reads it, and is installed by `pip install simplecell[parquet]`.
"""

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from simplecell.data.columns import LABEL
from simplecell.data.imagefolder import ImageFolder, gather
from simplecell.data.layout import Listed, parts_said, tests_of
from simplecell.data.packed import MOST_BYTES, TIGHTEST, UNASKED, most_bytes
from simplecell.data.splits import named_part
from simplecell.data.tree import pictures, shown, some
from simplecell.errors import DataError

PARQUET, ARROW = b"PAR1", b"ARROW1"
ENDINGS = (".parquet", ".arrow")
IMAGE = ("image", "img", "picture", "png", "jpg", "jpeg", "pixels", "bytes")
ROWS = 256
"""So many rows are read before it is counted what they take."""
MOST_FOLDERS = 8
"""Of more folders in a folder, none is a part of a table: they are classes."""


class Cells:
    """The bytes in a column, as a store of files that have a row's number for a name."""

    def __init__(self, columns: dict[str, Any], told: str) -> None:
        self.columns, self._told = columns, told

    def names(self) -> list[str]:
        """Give a name for each row: the file's number and the row's."""
        return [f"{file}/{row}" for file, column in self.columns.items()
                for row in range(len(column))]  # fmt: skip

    def read(self, name: str) -> bytes:
        """Give a picture's bytes.

        Raises
            DataError   a row without bytes
        """
        file, _, row = name.partition("/")
        value = self.columns[file][int(row)].as_py()
        if isinstance(value, dict):
            value = value.get("bytes")
        if not isinstance(value, bytes):
            raise DataError(f"row {row} has no picture's bytes.")
        return value

    def start(self, name: str) -> bytes:
        """Give a picture's first bytes."""
        return self.read(name)[:16]

    def told(self) -> str:
        """Give what changes when the files do."""
        return self._told


def is_table(path: Path) -> bool:
    """Tell whether a file is Parquet or Arrow."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError:
        return False
    stream = path.suffix == ".arrow" and start[:4] == b"\xff\xff\xff\xff"
    return start.startswith((PARQUET, ARROW)) or stream


def tables_in(folder: Path) -> list[Path]:
    """Give the Parquet or Arrow files of a folder and of those in it."""
    found = [path for ending in ENDINGS for path in sorted(folder.glob(f"*{ending}"))]
    inside = [] if found else [path for path in sorted(folder.iterdir()) if path.is_dir()]
    if len(inside) <= MOST_FOLDERS:
        found += [p for here in inside for end in ENDINGS for p in sorted(here.glob(f"*{end}"))]
    return [path for path in found if is_table(path)]


def read_tables(paths: Sequence[Path], where: Path, split: str | None = None) -> ImageFolder:
    """List the pictures in the rows of tables, with their classes.

    Raises
        DataError   pyarrow is missing, damaged files, no pictures or no classes in them
    """
    parts: list[str | None] = []
    for path in paths:
        part = named_part(path.stem.split("-")[0])[0]
        parts.append(part or (named_part(path.parent.name)[0] if path.parent != where else None))
    tests = tests_of(set(parts))
    listed: list[Listed] = []
    columns: dict[str, Any] = {}
    notes: list[str] = []
    unsaid = 0
    for number, (path, part) in enumerate(zip(paths, parts, strict=True)):
        table = _table(path)
        image, label = _columns(table, path, split)
        names = _class_names(table, label)
        columns[str(number)] = table.column(image)
        values = table.column(label).to_pylist()
        for row, value in enumerate(values):
            told = _label(value, names)
            if told is None:
                unsaid += 1
                continue
            test = tests.get(part) if part else None
            listed.append(Listed(f"{number}/{row}", told, test))
    if unsaid:
        notes.append(f"{pictures(unsaid)} have no label: left out.")
    told_by = "\n".join(f"{path.stat().st_size} {path.stat().st_mtime_ns}" for path in paths)
    notes += parts_said(set(parts))
    return gather(where, listed, (), notes, store=Cells(columns, told_by))


def _table(path: Path) -> Any:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        ipc = import_module("pyarrow.ipc")
    except ModuleNotFoundError:
        raise DataError(
            f"{path} takes pyarrow to be read, which is not installed.\n"
            "  pip install 'simplecell[parquet]'"
        ) from None
    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"{path} has more than {MOST_BYTES >> 30} GiB, and is not read.")
    try:
        with path.open("rb") as file:
            start = file.read(8)
        if start.startswith(PARQUET):
            table = _parquet(arrow, parquet.ParquetFile(path), path)
        else:
            opener = ipc.open_file if start.startswith(ARROW) else ipc.open_stream
            with arrow.memory_map(str(path)) as source:
                table = opener(source).read_all()
        # Unasked, pyarrow believes where a value begins and ends, and reads there.
        table.validate(full=True)
        _names_in(table.schema)
        return table
    except (OSError, ValueError, arrow.ArrowException) as problem:
        raise DataError(
            f"{path} is damaged, or no sound table: {str(problem).splitlines()[0]}.\n  fetch or"
            " copy it again."
        ) from None


def _parquet(arrow: Any, file: Any, path: Path) -> Any:
    """Read a file of Parquet, as long as what comes out of it is no more than a file may hold.

    Raises
        DataError   it holds more: a value that repeats is written once
    """
    left = most = most_bytes(path.stat().st_size)
    batches = []
    with file:
        for batch in file.iter_batches(ROWS):
            left -= batch.nbytes
            if left < 0:
                raise DataError(
                    f"{path} unpacks to more than {most:,} bytes, and is not read; from"
                    f" {UNASKED:,} on at most {TIGHTEST} of each byte of the file are read."
                )
            batches.append(batch)
        return arrow.Table.from_batches(batches, file.schema_arrow)


def _names_in(schema: Any) -> list[str]:
    """List the names of columns and of what is in them.

    Raises
        ValueError   a name that is no text
    """
    return [*schema.names, *(part.name for field in schema for part in field.flatten())]


def _columns(table: Any, path: Path, split: str | None) -> tuple[str, str]:
    arrow = import_module("pyarrow")
    names: list[str] = table.column_names
    # By place: a damaged file may have two columns of one name.
    holds = [field.name for field in table.schema if _holds_bytes(arrow, field.type)]
    images = [name for name in holds if name.lower() in IMAGE] or holds
    if len(images) != 1:
        raise DataError(
            f"{path} has no column of pictures as files' bytes for certain: it has"
            f" {some(names, 8)}.\n  Hugging Face writes them into a column image, as bytes."
        )
    labels = [name for name in names if name.lower() in LABEL or name.lower().endswith("_label")]
    labels = [name for name in labels if name not in images]
    if split is not None:
        labels = [name for name in labels if split.lower() in name.lower()]
    if len(labels) == 1:
        return images[0], labels[0]
    if labels:
        raise DataError(
            f"{path} has several columns that may be the class: {some(labels)}.\n  say which by"
            f" --split, as in --split {labels[0]}; in Python, split={labels[0]!r}."
        )
    raise DataError(
        f"{path} has no column called label, or by another usual name: it has {some(names, 8)}."
        "\n  a table of pictures has a column image and a column label."
    )


def _holds_bytes(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    if types.is_struct(kind):
        return any(kind.field(k).name == "bytes" for k in range(kind.num_fields))
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _class_names(table: Any, label: str) -> list[str] | None:
    """Read the names of the classes from what Hugging Face writes beside the schema."""
    metadata = table.schema.metadata or {}
    try:
        told = json.loads(metadata[b"huggingface"])
        names = told["info"]["features"][label]["names"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return None
    return [str(name) for name in names] if isinstance(names, list) else None


def _label(value: Any, names: list[str] | None) -> str | None:
    if value is None or value == -1:
        return None
    if names is not None and isinstance(value, int) and 0 <= value < len(names):
        return shown(names[value])
    return str(value).strip() or None
