"""The labels that networks doubt, as a section of a data set's page, picture by picture."""

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.picture import to_png
from simplecell.data.sources import Dataset
from simplecell.plots.words import wished
from simplecell.train.suspects import Suspect, Suspects

MOST = 200
"""Pictures on a page: the first of the list."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Labels to look at",
        "folds": "{count} of {all} pictures, the most doubtful first. Each was judged by a network"
        " that had not learnt from it.",
        "model": "{count} of {all} pictures, the most doubtful first. The model has learnt from"
        " these labels itself, and believes many that are wrong: `simplecell train DATA --folds 5`"
        " finds more.",
        "none": "None of {all} pictures.",
        "words": "{name}: labelled {label} ({given:.0f} %), looks like {likely} ({found:.0f} %)",
        "picture": "picture {row}",
        "more": "and {count} more: --out look.html shows them, --json lists them.",
        "rest": "and {count} more: --json lists them.",
    },
    "zh": {
        "title": "需要核对的标签",
        "folds": "{all} 张图片中的 {count} 张，最可疑的在前。每张都由未用它训练过的网络判断。",
        "model": "{all} 张图片中的 {count} 张，最可疑的在前。这个模型正是用这些标签训练的，"
        "会相信其中许多错误：`simplecell train DATA --folds 5` 能找到更多。",
        "none": "{all} 张图片中没有。",
        "words": "{name}：标签为 {label}（{given:.0f} %），看起来像 {likely}（{found:.0f} %）",
        "picture": "第 {row} 张图片",
        "more": "还有 {count} 张：--out look.html 可查看，--json 可列出。",
        "rest": "还有 {count} 张：--json 可列出。",
    },
}

STYLE = """
.suspects { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
            gap: 1rem; } .suspects figure { margin: 0; min-width: 0; }
.suspects img { width: 64px; height: auto; image-rendering: pixelated;
                border: 1px solid var(--line); }
.suspects figcaption b { color: var(--ink); font-weight: 600; }
.suspects figcaption span { display: block; overflow-wrap: anywhere; }
"""


@dataclass(frozen=True, eq=False)
class Doubted:
    """Suspects, and the data they are of."""

    found: Suspects
    data: Dataset


def said(name: str, /, **values: Any) -> str:
    """Give words by their name, in the language that is asked for."""
    return WORDS[wished()][name].format(**values)


def summary(doubted: Doubted) -> str:
    """Say how many there are, and who judged."""
    count, every = len(doubted.found.listed), f"{doubted.found.examples:,}"
    if not count:
        return said("none", all=every)
    return said("folds" if doubted.found.out_of_fold else "model", count=count, all=every)


def words(doubted: Doubted, one: Suspect) -> str:
    """Say of one picture what it is labelled and what it looks like."""
    names = doubted.data.classes
    return said(
        "words",
        name=one.name or said("picture", row=one.row),
        label=names[one.label],
        likely=names[one.likely],
        given=100 * one.given,
        found=100 * one.found,
    )


def section(doubted: Doubted) -> str:
    """Write the section: a picture, its label struck through, what it looks like, its file."""
    listed = doubted.found.listed
    cells = [_cell(doubted, one) for one in listed[:MOST]]
    more = f"<p>{said('rest', count=len(listed) - MOST)}</p>" if listed[MOST:] else ""
    return (
        f"<style>{STYLE}</style><h2>{said('title')}</h2><p>{escape(summary(doubted))}</p>"
        f'<div class="suspects">{"".join(cells)}</div>{more}'
    )


def _cell(doubted: Doubted, one: Suspect) -> str:
    names = doubted.data.classes
    label, likely = escape(names[one.label]), escape(names[one.likely])
    pixels = _coloured(doubted.data.train.pixels[one.row])
    data = b64encode(to_png(pixels)).decode()
    name = escape(one.name or said("picture", row=one.row))
    return (
        f'<figure><img alt="{name}" src="data:image/png;base64,{data}"><figcaption>'
        f"<span><s>{label}</s> {100 * one.given:.0f} %</span>"
        f"<span><b>{likely}</b> {100 * one.found:.0f} %</span><span>{name}</span>"
        "</figcaption></figure>"
    )


def _coloured(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    whole = picture if len(picture) == 3 else picture.repeat(3, 0)
    return np.ascontiguousarray(np.moveaxis(whole, 0, 2))
