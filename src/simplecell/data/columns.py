"""Which column of a list is the path, which the class, which the part.

By any of the usual names; what was taken for what is said. Without names, the path is what leads
to pictures.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from simplecell.data.place import base_of
from simplecell.data.splits import part_of
from simplecell.data.table import Row, Table
from simplecell.data.tree import is_picture, shown, some
from simplecell.errors import DataError

_PATH = """
    path paths file files filename filenames filepath filepaths file_name file_path image images
    img image_name image_path imagename imagepath img_name img_path image_file image_filename
    picture photo name id image_id imageid img_id fname uuid uid 路径 文件 文件名 图片
"""
_LABEL = """
    label labels class classes category categories target species breed class_name classname
    label_name labelname class_id classid label_id category_name category_id y kind type diagnosis
    tag variety genus letter digit character 标签 类别 分类 种类
"""
_SPLIT = """
    split set subset part partition usage data_set dataset phase 划分
"""
PATH, LABEL, SPLIT = _PATH.split(), _LABEL.split(), _SPLIT.split()
PLAIN = {"path": "path", "label": "label", "split": "split"}

PROBED = 200


@dataclass(frozen=True)
class Columns:
    """The columns' places, how many there are, and what one should know.

    `chosen` are one-of-c columns, each with its class.
    """

    path: int
    label: int
    split: int | None
    header: bool
    names: int
    notes: tuple[str, ...] = ()
    chosen: tuple[tuple[int, str], ...] = ()

    @property
    def width(self) -> int:
        """Say how many values a line has to have."""
        places = [self.path, self.label, self.split or 0, *(at for at, _ in self.chosen)]
        return max(places) + 1

    def label_of(self, cells: Sequence[str]) -> str:
        """Give the class that a line says."""
        if not self.chosen:
            return cells[self.label].strip()
        return next((name for at, name in self.chosen if _is_one(cells[at])), "")


def find_columns(table: Table, rows: Sequence[Row], root: str | None) -> Columns:
    """Find the columns of a list.

    Raises
        DataError   no column that leads to pictures, or none, or several, that may be the class
    """
    first = rows[0].cells
    if not _is_header(first, rows, table, root):
        return _without_names(table, rows, root)
    names = [re.sub(r"[\W]+", "_", name.strip().lower()).strip("_") for name in first]
    body = rows[1 : PROBED + 1]
    paths = [at for at, name in enumerate(names) if name in PATH]
    labels = [at for at, name in enumerate(names) if name in LABEL]
    split = next((at for at, name in enumerate(names) if name in SPLIT
                  and _are_parts(body, at)), None)  # fmt: skip
    if "split" in names:
        split = names.index("split")
    paths = [at for at in paths if at != split]
    labels = [at for at in labels if at != split]
    if not paths:
        paths = [
            at for at in range(len(names)) if at not in labels and _leads(body, at, table, root)
        ]
    if not paths:
        raise DataError(_no_column(table, "path", first))
    path = max(paths, key=lambda at: (_leads(body, at, table, root), -rank_of(names[at])))
    labels = [at for at in labels if at != path]
    chosen: tuple[tuple[int, str], ...] = ()
    if not labels:
        rest = [at for at in range(len(names)) if at not in (path, split)]
        chosen = _one_of_c(rest, first, body)
        labels = [chosen[0][0]] if chosen else rest if len(rest) == 1 else []
    if not labels:
        raise DataError(_no_column(table, "label", first))
    label = labels[0] if chosen else _choose(labels, names, first, body, table)
    return Columns(path, label, split, True, len(first),
                   _said(first, path, label, split, chosen), chosen)  # fmt: skip


def rank_of(name: str) -> int:
    """Give the place of a name among those of paths: the surer ones stand first."""
    return PATH.index(name) if name in PATH else len(PATH)


def _is_header(first: Sequence[str], rows: Sequence[Row], table: Table, root: str | None) -> bool:
    """Tell whether the first line names columns: it does not if it leads to a picture itself."""
    if any("." in cell and is_picture(cell.strip().replace("\\", "/")) for cell in first):
        return False
    known = {re.sub(r"[\W]+", "_", cell.strip().lower()).strip("_") for cell in first}
    if known & {*PATH, *LABEL}:
        return True
    return not any(_leads([rows[0]], at, table, root) for at in range(len(first)))


def _without_names(table: Table, rows: Sequence[Row], root: str | None) -> Columns:
    width = len(rows[0].cells)
    body = rows[:PROBED]
    share = [_leads(body, at, table, root) for at in range(width)]
    path = share.index(max(share))
    if share[path] == 0:
        ends = [at for at, c in enumerate(rows[0].cells) if "." in c and is_picture(c.strip())]
        path = ends[0] if ends else path
    rest = [at for at in range(width) if at != path]
    split = next((at for at in rest if _are_parts(body, at)), None) if len(rest) == 2 else None
    rest = [at for at in rest if at != split]
    if len(rest) != 1:
        raise DataError(
            f"{table.path}, line 1: {width} values and no names of columns: which of them is the"
            f" class ({shown(', '.join(rows[0].cells))[:60]})?\n  begin with a line of names:"
            " path,label or path,label,split."
        )
    note = f"the list has no names of columns: column {path + 1} is taken for the path, column"
    return Columns(path, rest[0], split, False, width, (f"{note} {rest[0] + 1} for the class.",))


def _leads(body: Sequence[Row], at: int, table: Table, root: str | None) -> float:
    """Say which share of a column's values leads to pictures."""
    values = [row.cells[at] for row in body if len(row.cells) > at and row.cells[at].strip()]
    if not values:
        return 0.0
    few = values[:: max(1, len(values) // 20)][:20]
    return base_of(few, table.path.parent, root)[1] / len(few)


def _are_parts(body: Sequence[Row], at: int) -> bool:
    values = {row.cells[at].strip() for row in body if len(row.cells) > at} - {""}
    return bool(values) and all(part_of(value) is not None for value in values)


def _is_one(cell: str) -> bool:
    try:
        return float(cell) == 1
    except ValueError:
        return False


def _one_of_c(
    rest: Sequence[int], first: Sequence[str], body: Sequence[Row]
) -> tuple[tuple[int, str], ...]:
    """Give the classes of columns of 0 and 1 of which each line has one 1."""
    if len(rest) < 2:
        return ()
    for row in body:
        cells = [row.cells[at].strip() for at in rest if len(row.cells) > at]
        if not all(cell in ("0", "1", "0.0", "1.0") for cell in cells) or (
            sum(map(_is_one, cells)) != 1
        ):
            return ()
    return tuple((at, first[at].strip()) for at in rest)


def _choose(
    labels: Sequence[int], names: Sequence[str], first: Sequence[str], body: Sequence[Row],
    table: Table,
) -> int:  # fmt: skip
    """Choose among columns that may be the class: words, where numbers say the same."""
    if len(labels) == 1:
        return labels[0]
    exact = [at for at in labels if names[at] == "label"]
    values = {at: [row.cells[at].strip() for row in body if len(row.cells) > at] for at in labels}
    pairs = {tuple(row) for row in zip(*values.values(), strict=False)}
    if all(len(pairs) == len(set(column)) for column in values.values()):
        words = [at for at in labels if not all(v.replace(".", "").isdigit() for v in values[at])]
        return (words or exact or list(labels))[0]
    if len(exact) == 1:
        return exact[0]
    raise DataError(
        f"{table.path}, line 1: {some([first[at] for at in labels])} may each be the class, and"
        " they do not say the same.\n  call the one that is meant label."
    )


def _said(
    first: Sequence[str], path: int, label: int, split: int | None,
    chosen: Sequence[tuple[int, str]],
) -> tuple[str, ...]:  # fmt: skip
    told = {"path": first[path], "label": first[label], "split": first[split or 0]}
    plain = all(told[what].strip().lower() == name for what, name in PLAIN.items()
                if what != "split" or split is not None)  # fmt: skip
    if plain:
        return ()
    a_class = (
        f"the columns {some([name for _, name in chosen])}" if chosen else shown(first[label])
    )
    part = "" if split is None else f", {shown(first[split])} for the part"
    return (f"{shown(first[path])} is taken for the path, {a_class} for the class{part}.",)


def _no_column(table: Table, what: str, first: Sequence[str]) -> str:
    return (
        f"{table.path}, line 1: no column is called {what}; it names"
        f" {shown(', '.join(first))[:60]}.\n  a list of pictures begins with the line path,label"
        " or path,label,split."
    )
