"""What was read, beside the picture it was read from, as one HTML file.

Each picture stands with the boxes of its digits, numbered in reading order; beside it what was
read, row by row; below it each cut-out as the network reads it, with its answer.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.picture import to_png
from simplecell.plots.page import STYLE
from simplecell.plots.words import wished

LARGEST = 900
"""Pixels of a picture's longer side on the page."""

MORE = """
.read { display: grid; gap: 1rem 2rem; grid-template-columns: minmax(0, 1fr); margin: 1rem 0; }
@media (min-width: 800px) { .read { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); } }
.read svg { background: #fff; border: 1px solid var(--line); width: 100%; }
.read svg rect { fill: none; stroke: #0a6ebd; } .read svg rect.none { stroke: #c2410c; }
.rows td { font-size: 1.15rem; padding: .25rem 1.4rem .25rem 0; letter-spacing: .08em;
           font-variant-numeric: tabular-nums; border-bottom: 1px solid var(--line); }
.cuts { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .9rem; }
.cuts figure { margin: 0; } .cuts img { width: 56px; image-rendering: pixelated;
  border: 1px solid var(--line); }
.cuts b { color: var(--ink); font-size: 1.05rem; } .cuts .none b { color: var(--accent); }
.cuts figcaption span { display: block; }
"""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "What {model} read",
        "none": "none of these",
        "digit": "no digit",
        "nothing": "nothing is written on it",
        "nearest": "nearest {name}",
        "then": "then {name}, {share:.1f} %",
        "rows": "Read, row by row",
        "cuts": "Each cut-out, as the network reads it",
        "doubt": "“?” stands where what was found is none of the classes.",
        "by": "simplecell {version}, `simplecell predict`",
    },
    "zh": {
        "title": "{model} 的识别结果",
        "none": "不属于任何类别",
        "digit": "不是数字",
        "nothing": "上面没有写任何内容",
        "nearest": "最接近 {name}",
        "then": "其次 {name}，{share:.1f} %",
        "rows": "逐行读出的内容",
        "cuts": "每个切出的部分（网络所见）",
        "doubt": "“?”表示所找到的不属于任何类别。",
        "by": "simplecell {version}，`simplecell predict`",
    },
}


@dataclass(frozen=True, eq=False)
class Seen:
    """A picture, what was cut out of it, and the answers, as `predict --json` has them.

    `shown` has LARGEST pixels at the most; boxes are in a picture of `size` (H, W).

    Shapes
        shown (h, w) or (h, w, 3) uint8      pixels (N, C, h, w), as the network reads them
    """

    name: str
    shown: NDArray[np.uint8]
    size: tuple[int, ...]
    pixels: NDArray[np.uint8]
    found: Sequence[Mapping[str, Any]]
    rows: Sequence[Sequence[str]] = ()
    searched: bool = False


def said(name: str, /, **values: Any) -> str:
    """Give words by their name, in the language that is asked for."""
    return WORDS[wished()][name].format(**values)


def answers_page(model: str, pictures: Sequence[Seen], version: str) -> str:
    """Write the page."""
    title = said("title", model=model)
    tag = {"en": "en", "zh": "zh-CN"}[wished()]
    body = "\n".join(_picture(one) for one in pictures)
    return (
        f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{MORE}</style></head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n"
        f"<footer>{escape(said('by', version=version))}</footer>\n</body></html>\n"
    )


def _picture(one: Seen) -> str:
    told = [row for row in one.found if row["class"] is not None]
    beside = f"<p>{escape(said('nothing'))}</p>" if not told else _rows(one)
    cells = "".join(_cut(one, k, row) for k, row in enumerate(told))
    cuts = f'<h3>{escape(said("cuts"))}</h3><div class="cuts">{cells}</div>' if told else ""
    return (
        f"<h2>{escape(one.name)}</h2><div class=read><div>{_boxed(one, told)}</div>"
        f"<div>{beside}</div></div>{cuts}"
    )


def _boxed(one: Seen, told: Sequence[Mapping[str, Any]]) -> str:
    """Draw the picture with its boxes over it, numbered."""
    height, width = one.size
    data = b64encode(to_png(one.shown)).decode()
    pen = max(height, width) / 350
    marks = []
    for number, row in enumerate(told, 1):
        if row["box"] is None:
            continue
        top, left, bottom, right = row["box"]
        kind = ' class="none"' if row["rejected"] else ""
        marks.append(
            f'<rect{kind} x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"'
            f' stroke-width="{pen:.1f}"><title>{number}</title></rect>'
        )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(one.name)}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/>'
        f"{''.join(marks)}</svg>"
    )


def _rows(one: Seen) -> str:
    if not one.rows:
        return ""
    wide = max(len(row) for row in one.rows)
    lines = "".join(
        "<tr>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in [*row, *[""] * (wide - len(row))])
        + "</tr>"
        for row in one.rows
    )
    doubt = (
        f"<p class=fine>{escape(said('doubt'))}</p>"
        if any("?" in cell for row in one.rows for cell in row)
        else ""
    )
    return f'<h3>{escape(said("rows"))}</h3><table class="rows">{lines}</table>{doubt}'


def _cut(one: Seen, number: int, row: Mapping[str, Any]) -> str:
    picture = one.pixels[number]
    whole = picture if len(picture) == 3 else picture.repeat(3, 0)
    data = b64encode(to_png(np.ascontiguousarray(np.moveaxis(whole, 0, 2)))).decode()
    share = f"{100 * row['probability']:.1f} %"
    if row["rejected"]:
        head = said("digit" if one.searched else "none")
        lines = [said("nearest", name=row["class"]) + f", {share}"]
    else:
        head, lines = f"{row['class']}", [share]
    if row["runner_up"] is not None:
        lines.append(said("then", name=row["runner_up"], share=100 * row["runner_up_probability"]))
    kind = ' class="none"' if row["rejected"] else ""
    told = "".join(f"<span>{escape(line)}</span>" for line in lines)
    return (
        f'<figure{kind}><img alt="{number + 1}" src="data:image/png;base64,{data}"><figcaption>'
        f"{number + 1}: <b>{escape(head)}</b>{told}</figcaption></figure>"
    )
