"""What `predict` found, in the forms in which people take it further: values, CSV, rows."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simplecell.data.writing import Writing
    from simplecell.train.answer import Answer
    from simplecell.train.model import Model

LIGHT, MOSTLY = 128, 0.6
"""A picture of which so large a share is lighter than LIGHT is dark ink on paper."""

COLUMNS = (
    *("image", "row", "column", "field", "class", "probability", "runner_up"),
    *("runner_up_probability", "sureness", "rejected", "top", "left", "bottom", "right"),
)


@dataclass
class Picture:
    """A file: what was made of it, what was found on it if it was searched, and the answers."""

    path: Path
    pixels: "NDArray[np.uint8]"
    writing: "Writing | None" = None
    answers: "Sequence[Answer]" = field(default_factory=tuple)


def documents(model: "Model", picture: "Picture") -> list[dict[str, Any]]:
    """Give an answer for each digit; where nothing is written, one that says so."""
    places: list[dict[str, Any]] = [dict.fromkeys(("row", "column", "field", "box"))]
    if picture.writing is not None and picture.answers:
        places = _places(picture)
    if not picture.answers:
        nothing = dict.fromkeys(
            ("class", "runner_up", "sureness", "row", "column", "field", "box")
        )
        zero = {"probability": 0.0, "runner_up_probability": 0.0}
        return [{"image": picture.path, **nothing, **zero, "rejected": True}]
    # Of a page that was searched, the ground is known.
    light = picture.writing is None and bool((picture.pixels > LIGHT).mean() > MOSTLY)
    names = model.classes
    return [
        {
            "image": picture.path,
            "class": names[one.label],
            "probability": one.probability,
            "runner_up": None if one.runner_up is None else names[one.runner_up],
            "runner_up_probability": one.runner_up_probability,
            "sureness": one.sureness,
            "rejected": one.rejected,
            **place,
            "light_ground": light,
        }
        for one, place in zip(picture.answers, places, strict=True)
    ]


def _places(picture: "Picture") -> list[dict[str, Any]]:
    from simplecell.data.fields import fields

    assert picture.writing is not None
    boxes = picture.writing.boxes
    return [
        {
            "row": one.row,
            "column": one.column,
            "field": number,
            "box": (boxes[k].top, boxes[k].left, boxes[k].bottom, boxes[k].right),
        }
        for number, one in enumerate(fields(picture.writing.rows))
        for k in one.digits
    ]


def table(found: Sequence[dict[str, Any]]) -> str:
    """Write answers as CSV, a line for each digit."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for one in found:
        sides = dict(
            zip(("top", "left", "bottom", "right"), one["box"] or (None,) * 4, strict=True)
        )
        writer.writerow({**one, **sides})
    return text.getvalue()


def cells(model: "Model", picture: "Picture") -> list[list[str]]:
    """Give a page as a table of fields: "" where there is none, "?" for none of the classes."""
    from simplecell.data.fields import fields

    assert picture.writing is not None
    found = fields(picture.writing.rows)
    wide = max((one.column for one in found), default=-1) + 1
    rows = [[""] * wide for _ in picture.writing.rows]
    for one in found:
        some = [picture.answers[k] for k in one.digits]
        digits = ["?" if each.rejected else model.classes[each.label] for each in some]
        before = rows[one.row][one.column]
        rows[one.row][one.column] = " ".join([*([before] if before else []), *digits])
    return rows


def read_rows(model: "Model", picture: "Picture") -> list[str]:
    """Give a page row by row, digits apart, fields divided by bars."""
    return [" | ".join(row) for row in _even(cells(model, picture))]


def _even(rows: list[list[str]]) -> list[list[str]]:
    """Fill fields up so that columns stand below each other; the last one ends as it ends."""
    wide = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))] if rows else []
    return [
        [cell.ljust(wide[k]) if k < len(row) - 1 else cell for k, cell in enumerate(row)]
        for row in rows
    ]
