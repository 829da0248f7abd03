"""A list of pictures as CSV: path,label and, where somebody has split them, split.

    path,label,split
    scans/a.png,heron,train
    scans/b.png,owl,test

Paths count from the folder that the list is in. The first line names the columns.
"""

import csv
from pathlib import Path

from simplecell.data.album import Album, gather
from simplecell.data.layout import Listed
from simplecell.data.splits import part_of
from simplecell.data.tree import Skipped, shown
from simplecell.errors import DataError

COLUMNS = {"path": ("path", "file", "filename", "image"), "label": ("label", "class")}
"""What the two columns may be called; the third is called split."""


def read_manifest(path: Path) -> Album:
    """List the pictures that a CSV names; those that are not there are skipped, with that reason.

    Raises
        DataError   no such columns, a line without a label, an unknown split, one class alone
    """
    rows = _rows(path)
    if not rows:
        raise DataError(f"{path} is empty; {_wanted()}")
    at = _columns(path, rows[0][1])
    listed, skipped = [], []
    for number, row in rows[1:]:
        if len(row) <= max(at.values()):
            raise DataError(
                f"{path}, line {number}: {len(row)} values where the first line names"
                f" {len(rows[0][1])} columns: {shown(','.join(row))[:60]}"
            )
        place, label = row[at["path"]].strip(), row[at["label"]].strip()
        if not place or not label:
            raise DataError(f"{path}, line {number}: a path or a label is missing.")
        test = _is_test(row[at["split"]], f"{path}, line {number}") if "split" in at else None
        if (path.parent / place).is_file():
            listed.append(Listed(place, label, test))
        else:
            skipped.append(Skipped(shown(place), "there is no such file"))
    if not listed:
        raise DataError(
            f"{path} lists {len(rows) - 1} pictures, and none of them is there."
            f"\n  paths count from the folder the list is in, {path.parent}."
        )
    return gather(path.parent, listed, skipped, listed_in=path)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, row) for row in reader if row]
    except UnicodeDecodeError:
        raise DataError(f"{path} is no text in UTF-8; save the list as UTF-8.") from None
    except (csv.Error, OSError) as problem:
        raise DataError(f"{path} cannot be read: {problem}.") from None


def _columns(path: Path, names: list[str]) -> dict[str, int]:
    found = [name.strip().lower() for name in names]
    at = {"split": found.index("split")} if "split" in found else {}
    for what, known in COLUMNS.items():
        place = next((found.index(name) for name in known if name in found), None)
        if place is None:
            raise DataError(
                f"{path}, line 1: no column is called {what}; it names"
                f" {shown(', '.join(names))[:60]}.\n  {_wanted()}"
            )
        at[what] = place
    return at


def _wanted() -> str:
    return "a list of pictures begins with the line path,label or path,label,split."


def _is_test(value: str, where: str) -> bool:
    part = part_of(value)
    if part == "test":
        return True
    if part in ("train", "validation"):
        return False
    raise DataError(f"{where}: split is '{shown(value)}'; it takes train or test.")
