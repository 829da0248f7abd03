"""A list of pictures as CSV: path,label and, where somebody has split them, split.

    path,label,split
    scans/a.png,heron,train
    scans/b.png,owl,test

Paths count from the folder that the list is in, or from another that is named. The first line
names the columns, by any of the usual names; without it, one column has to lead to pictures.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from simplecell.data.classes import joined
from simplecell.data.columns import Columns, find_columns
from simplecell.data.imagefolder import ImageFolder, gather
from simplecell.data.layout import Listed, parts_said, tests_of
from simplecell.data.place import Places, base_of
from simplecell.data.splits import part_of
from simplecell.data.table import Row, Table, read_table
from simplecell.data.tree import Skipped, pictures, shown, some
from simplecell.errors import DataError

NOTHING = frozenset(("", "nan", "NaN"))
"""What stands where nobody has said the class."""

ALL_APART = 20
"""So many pictures or more, each of a class of its own, have no classes."""


class _Entry(NamedTuple):
    line: int
    told: str
    label: str
    part: str | None


def read_manifest(path: Path, root: str | None = None) -> ImageFolder:
    """List the pictures that a CSV names; those that are not there are skipped, with that reason.

    `root` is the folder from which paths count, in place of the list's own.

    Raises
        DataError   no such columns, a short line, an unknown split, one class alone, no picture
                    there, a picture of two classes
    """
    table = read_table(path)
    rows = list(table.rows())
    if not rows:
        raise DataError(f"{path} is empty; {wanted()}")
    columns = find_columns(table, rows, root)
    entries, missing = _entries(table, rows[1:] if columns.header else rows, columns)
    if not entries:
        raise DataError(f"{path}: none of its {missing} pictures has a label; {wanted()}")
    places, _ = base_of([entry.told for entry in entries], path.parent, root)
    listed, skipped, notes = _found(entries, places)
    if not listed:
        raise DataError(
            f"{path} lists {len(entries)} pictures, and none of them is there: the first is"
            f" {shown(entries[0].told)[:80]}.\n  paths count from the folder the list is in,"
            f" {path.parent}; --root names another."
        )
    _check_labels(listed, path)
    said = [*table.notes, *columns.notes]
    if missing:
        said.append(f"{pictures(missing)} of the list have no label: left out.")
    if places.base != path.parent:
        said.append(f"paths count from {os.path.relpath(places.base, path.parent)}.")
    said += notes + parts_said({entry.part for entry in entries})
    return gather(places.base, listed, skipped, said, listed_in=path)


def _entries(table: Table, rows: Sequence[Row], columns: Columns) -> tuple[list[_Entry], int]:
    """Read the lines; count those without a label."""
    entries, missing = [], 0
    for row in rows:
        where = f"{table.path}, line {row.line}"
        if len(row.cells) < columns.width:
            raise DataError(
                f"{where}: {len(row.cells)} values where the first line names {columns.names}"
                f" columns: {shown(','.join(row.cells))[:60]}"
            )
        told, label = row.cells[columns.path].strip(), columns.label_of(row.cells)
        if not told or label in NOTHING:
            missing += 1
            continue
        part = None
        if columns.split is not None:
            part = _part(row.cells[columns.split], where)
        entries.append(_Entry(row.line, told, label, part))
    return _without_points(entries), missing


def _without_points(entries: list[_Entry]) -> list[_Entry]:
    """Write class numbers that a spreadsheet made fractions of, as 3.0, as whole numbers."""
    if all(entry.label.endswith(".0") and entry.label[:-2].isdigit() for entry in entries):
        return [entry._replace(label=entry.label[:-2]) for entry in entries]
    return entries


def _found(
    entries: Sequence[_Entry], places: Places
) -> tuple[list[Listed], list[Skipped], list[str]]:
    parts = {entry.part for entry in entries}
    tests = tests_of(parts)
    names: dict[str, list[str]] = {}
    for entry in sorted(entries, key=lambda entry: entry.part != "train"):
        names.setdefault(entry.part or "", []).append(entry.label)
    classes, notes = joined({k: dict.fromkeys(v) for k, v in names.items()}, "the list")
    listed: dict[str, Listed] = {}
    skipped: list[Skipped] = []
    seen = 0
    for entry in entries:
        place = places.find(entry.told)
        if place is None:
            skipped.append(Skipped(shown(entry.told), "there is no such file"))
            continue
        label, test = classes[entry.label], tests.get(entry.part) if entry.part else None
        there = listed.setdefault(place, Listed(place, label, test))
        if there.label != label:
            raise DataError(
                f"line {entry.line} of the list: {shown(entry.told)} is of the class"
                f" {shown(label)}, and of {shown(there.label)} in a line before.\n  a picture"
                " takes one class here: leave one line out."
            )
        if there.test != test:
            raise DataError(
                f"line {entry.line} of the list: {shown(entry.told)} is to be learnt from and to"
                " be tested with: leave one line out."
            )
        seen += 1
    if seen > len(listed):
        notes.append(f"{pictures(seen - len(listed))} stand in the list once more: taken once.")
    return list(listed.values()), skipped, notes


def _check_labels(listed: Sequence[Listed], path: Path) -> None:
    labels = {one.label for one in listed}
    if len(labels) == len(listed) >= ALL_APART:
        raise DataError(
            f"{path}: each of the {len(listed)} pictures has a label of its own"
            f" ({some(sorted(labels))}): these are no classes; {wanted()}"
        )


def wanted() -> str:
    """Say what a list begins with."""
    return "a list of pictures begins with the line path,label or path,label,split."


def _part(value: str, where: str) -> str | None:
    if not value.strip():
        return None
    part = part_of(value)
    if part in ("train", "validation", "test"):
        return part
    raise DataError(f"{where}: split is '{shown(value)}'; it takes train or test.")
