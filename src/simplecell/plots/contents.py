"""What a data set has in it, as one HTML file: pictures by class, counts, sizes, parts, doubts.

The page has all in it and links to nothing. Its words are English or Chinese; what was said while
the data were read stands as it was said.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.picture import FITTED, to_png
from simplecell.data.survey import Doubt, Survey
from simplecell.plots.page import STYLE
from simplecell.plots.words import wished

MORE = """
td, th { padding: .3rem .9rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line);
         vertical-align: middle; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
th { white-space: nowrap; }
td.pictures { width: 100%; } td.pictures img { height: 48px; width: auto; max-width: 100%;
         image-rendering: pixelated; display: block; margin: .15rem 0; }
code { white-space: nowrap; }
.bar { display: flex; width: 8rem; height: .7rem; } .bar i { display: block; height: 100%; }
.bar .learn { background: var(--second); } .bar .test { background: var(--accent); }
.doubts li { margin: .4rem 0; max-width: 46rem; } .fine { color: var(--quiet); }
.key i { display: inline-block; width: .8rem; height: .8rem; margin: 0 .35rem 0 .9rem; }
@media (max-width: 640px) { .bar { display: none; } th { white-space: normal; }
  td.pictures img { height: auto; } }
"""

SPACE = 2
"""Pixels between the pictures of a row."""

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "What is in {name}",
        "sentence": "{count} classes: {learn:,} pictures to learn from, {test:,} to test with.",
        "no test": "{count} classes: {learn:,} pictures to learn from, and none to test with.",
        "nothing": "Nothing has been learnt yet.",
        "learn": "to learn from",
        "test": "to test with",
        "classes": "classes",
        "read as": "read at",
        "comma": ", ",
        "colon": ": ",
        "joint": " ",
        "colour": "in colour",
        "tried": "in colour if a trial finds that it helps",
        "grey": "in grey",
        "files": "sizes of the files",
        "sizes": "{small} to {large}, half of them larger than {median}",
        "one size": "all {small}",
        "class": "class",
        "pictures": "pictures, as they are read",
        "cropped": "Below each row, the same pictures cropped to their one object. Training tries"
        " whether that helps, and says so; `--crop` and `--whole` decide without a trial.",
        "doubts": "Doubts",
        "no doubts": "None: nothing speaks against learning from this.",
        "notes": "How it was read",
        "skipped": "Files that are left out",
        "file": "file",
        "reason": "reason",
        "by": "simplecell {version}, `simplecell look`",
        "doubt census": "{words}.",
        "doubt few": "There are fewer than {most} pictures to learn from of {names}.",
        "doubt uneven": "{most} has {times} times the pictures of {least}: a network may take the"
        " one for the other. `--class-weights balanced` reads both as often.",
        "doubt no test": "There is no picture to test with.",
        "doubt untested": "There is no picture to test {names} with.",
        "doubt twins": "In two classes at once, pixel by pixel: {count} of the pictures, such as"
        " one of {one} and {other}. One label is wrong.",
        "doubt both": "Of the {all} pictures to test with, {count} can also be learnt from: the"
        " test error will be too low.",
        "doubt blank": "Nothing is to be seen in {count} of the pictures to learn from: they are"
        " of one shade.",
        "doubt grounds": "Grounds are mixed: {light} % of the pictures have a light one, and the"
        " others a dark one.",
        "doubt sizes": "Sizes differ much, from {small} to {large}: of large pictures little is"
        " left at this size.",
        "doubt endings": "The kind of file alone tells the classes apart ({told}): a network may"
        " learn how files were packed.",
        "doubt skipped": "Files that are left out: {count}. The first is {path}: {reason}.",
    },
    "zh": {
        "title": "{name} 的内容",
        "sentence": "{count} 个类别：{learn:,} 张图片用于训练，{test:,} 张用于测试。",
        "no test": "{count} 个类别：{learn:,} 张图片用于训练，没有测试图片。",
        "nothing": "尚未开始训练。",
        "learn": "用于训练",
        "test": "用于测试",
        "classes": "个类别",
        "read as": "读入尺寸",
        "comma": "，",
        "colon": "：",
        "joint": "",
        "colour": "彩色",
        "tried": "彩色（训练前先试验彩色是否有用）",
        "grey": "灰度",
        "files": "原图尺寸",
        "sizes": "从 {small} 到 {large}，半数大于 {median}",
        "one size": "全部为 {small}",
        "class": "类别",
        "pictures": "读入后的图片",
        "cropped": "每行下面是把同样的图片裁剪到其中唯一物体后的样子。"
        "训练前会试验裁剪是否有用，并说明结果；"
        "`--crop` 和 `--whole` 可直接决定。",
        "doubts": "疑点",
        "no doubts": "没有：可以放心用它训练。",
        "notes": "读取时的说明",
        "skipped": "略去的文件",
        "file": "文件",
        "reason": "原因",
        "by": "simplecell {version}，`simplecell look`",
        "doubt census": "{words}。",
        "doubt few": "以下类别的训练图片不足 {most} 张：{names}。",
        "doubt uneven": "{most} 的图片数量是 {least} 的 {times} 倍：网络可能把后者误认为前者。"
        "用 `--class-weights balanced` 可让两者被读到的次数相同。",
        "doubt no test": "没有可用于测试的图片。",
        "doubt untested": "以下类别没有测试图片：{names}。",
        "doubt twins": "有 {count} 张图片逐像素相同却属于两个类别，例如同时属于 {one} 和 {other}："
        "其中一个标签有误。",
        "doubt both": "{all} 张测试图片中有 {count} 张也出现在训练图片里：测试误差会偏低。",
        "doubt blank": "训练图片中有 {count} 张什么也看不到：整张只有一种灰度。",
        "doubt grounds": "背景不一致：{light} % 的图片背景为浅色，其余为深色。",
        "doubt sizes": "尺寸相差很大，从 {small} 到 {large}：大图缩小后所剩不多。",
        "doubt endings": "仅凭文件格式就能区分类别（{told}）：网络学到的可能只是文件的压缩方式。",
        "doubt skipped": "略去了 {count} 个文件，第一个是 {path}：{reason}。",
    },
}


def said(name: str, /, **values: Any) -> str:
    """Give words by their name, in the language that is asked for."""
    return WORDS[wished()][name].format(**values)


def spell(doubt: Doubt) -> str:
    """Give a doubt as a sentence."""
    return said(f"doubt {doubt.kind}", **doubt.told)


def sentence(found: Survey) -> str:
    """Say how many pictures of how many classes there are."""
    counts = {"count": len(found.data.classes), "learn": len(found.data.train)}
    if found.data.test is None:
        return said("no test", **counts)
    return said("sentence", **counts, test=len(found.data.test))


def of_sizes(found: Survey) -> str:
    """Say how large the pictures are in their files."""
    small, median, large = (f"{width}x{height}" for width, height in found.sizes)
    if small == large:
        return said("one size", small=small)
    return said("sizes", small=small, large=large, median=median)


def of_colour(found: Survey) -> str:
    """Say whether pictures are read in colour; of one's own, training tries whether it helps."""
    if found.data.train.pixels.shape[1] == 1:
        return said("grey")
    return said("tried" if found.data.reading in FITTED else "colour")


def contents(found: Survey, version: str, more: str = "") -> str:
    """Write a data set's page; `more` is a section that comes after the doubts."""
    title = said("title", name=found.data.name)
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(sentence(found) + said('joint') + said('nothing'))}</p>",
        _figures(found),
        f"<h2>{said('doubts')}</h2>",
        _listed([spell(doubt) for doubt in found.doubts]),
        more,
        _table(found),
        _noted(found),
        _left_out(found),
        f"<footer>{_marked(said('by', version=version))}</footer>",
    ]
    tag = {"en": "en", "zh": "zh-CN"}[wished()]
    return (
        f'<!DOCTYPE html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{MORE}</style></head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def _figures(found: Survey) -> str:
    _, _, height, width = found.data.train.pixels.shape
    shown = [
        (f"{len(found.data.classes):,}", said("classes")),
        (f"{len(found.data.train):,}", said("learn")),
        (f"{0 if found.data.test is None else len(found.data.test):,}", said("test")),
        (f"{width}x{height}", said("read as") + said("comma") + of_colour(found)),
    ]
    cells = "".join(
        f'<div class="figure"><b>{escape(value)}</b><span>{escape(what)}</span></div>'
        for value, what in shown
    )
    sizes = said("files") + said("colon") + of_sizes(found) if found.sizes else ""
    sizes = f"<p>{escape(sizes)}</p>" if sizes else ""
    return f'<div class="figures">{cells}</div>{sizes}'


def _marked(words: str) -> str:
    """Write words with what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(words))


def _listed(lines: list[str]) -> str:
    if not lines:
        return f'<p class="fine">{escape(said("no doubts"))}</p>'
    return f'<ul class="doubts">{"".join(f"<li>{_marked(line)}</li>" for line in lines)}</ul>'


def _table(found: Survey) -> str:
    most = max(int((found.learnt + found.tested).max()), 1)
    rows = []
    for label, name in enumerate(found.data.classes):
        learn, test = int(found.learnt[label]), int(found.tested[label])
        parts = (("learn", learn), ("test", test))
        bar = "".join(f'<i class="{kind}" style="width:{100 * n / most:.1f}%"></i>'
                      for kind, n in parts)  # fmt: skip
        rows.append(
            f'<tr><td>{escape(name)}</td><td class="number">{learn:,}</td>'
            f'<td class="number">{test:,}</td><td><div class="bar">{bar}</div></td>'
            f'<td class="pictures">{_row(found.examples[label], name)}{_crops(found, label)}'
            "</td></tr>"
        )
    key = "".join(f'<i style="background:var(--{role})"></i>{escape(said(kind))}'
                  for kind, role in (("learn", "second"), ("test", "accent")))  # fmt: skip
    tried = f'<p class="fine">{_marked(said("cropped"))}</p>' if found.cropped else ""
    head = (
        f"<tr><th>{said('class')}</th><th class=number>{said('learn')}</th>"
        f"<th class=number>{said('test')}</th><th></th><th>{said('pictures')}</th></tr>"
    )
    return (
        f"<h2>{said('pictures').capitalize()}</h2><p class='fine key'>{key}</p>"
        f"{tried}"
        f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _crops(found: Survey, label: int) -> str:
    """Write a class's pictures cropped, below the others."""
    if not found.cropped:
        return ""
    row = _row(found.cropped[label], f"{found.data.classes[label]}, cropped")
    return f"<div>{row}</div>"


def _row(pictures: NDArray[np.uint8], name: str) -> str:
    """Write a class's pictures side by side, as one picture."""
    if not len(pictures):
        return ""
    count, channels, height, width = pictures.shape
    sheet = np.full((height, count * (width + SPACE) - SPACE, 4), 0, np.uint8)
    for k, picture in enumerate(pictures):
        place = sheet[:, k * (width + SPACE) : k * (width + SPACE) + width]
        place[..., :3] = np.moveaxis(picture if channels == 3 else picture.repeat(3, 0), 0, 2)
        place[..., 3] = 255
    data = b64encode(to_png(sheet)).decode()
    return f'<img alt="{escape(name)}" src="data:image/png;base64,{data}">'


def _noted(found: Survey) -> str:
    notes = found.data.notes
    if not notes:
        return ""
    lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<h2>{said("notes")}</h2><ul class="doubts">{lines}</ul>'


def _left_out(found: Survey) -> str:
    skipped = found.data.skipped[:200]
    if not skipped:
        return ""
    rows = "".join(
        f"<tr><td>{escape(one.path)}</td><td>{escape(one.reason)}</td></tr>" for one in skipped
    )
    more = f"<p>… {len(found.data.skipped):,}</p>" if found.data.skipped[200:] else ""
    return (
        f"<h2>{said('skipped')}</h2><table><tr><th>{said('file')}</th><th>{said('reason')}</th>"
        f"</tr>{rows}</table>{more}"
    )


def document(found: Survey) -> Mapping[str, Any]:
    """Give a survey as plain values."""
    data = found.data
    return {
        "data": data.name,
        "classes": data.classes,
        "learn": found.learnt,
        "test": found.tested,
        "shape": data.train.pixels.shape[1:],
        "sizes": found.sizes,
        "objects": bool(found.cropped),
        "notes": data.notes,
        "doubts": [spell(doubt) for doubt in found.doubts],
        "skipped": [list(one) for one in data.skipped],
    }
