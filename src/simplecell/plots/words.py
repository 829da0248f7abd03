"""What stands on pictures and on the page of a run, in English and in Chinese.

`--lang` or the variable SIMPLECELL_LANG says which; in Python, `with language("zh"):`. Where no
typeface has Chinese letters, pictures speak English, and say so once.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from simplecell.errors import UnknownName

VARIABLE = "SIMPLECELL_LANG"
CHINESE = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
)
"""Typefaces that have Chinese letters."""
REGULAR = {400, "regular", "normal", "book"}
NO_LETTERS = (
    "Pictures are in English: no typeface here has Chinese letters. Install one, such as"
    " fonts-noto-cjk.\n"
)
_CHOSEN: ContextVar[str | None] = ContextVar("language", default=None)

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "a run": "How the run learned", "as it went": "training, as it went",
        "validation": "validation", "loss": "loss", "error": "error, %", "epoch": "epoch",
        "rate": "rate at its end",
        "least": "validation, least in epoch {epoch}: {error:.2f} %",
        "test": "test, measured once: {error:.2f} %",
        "on": "{network} on {data}", "learned": "{name}: how it learned",
        "saves": "{name}: what doubt would save", "doubt": "What doubt would save",
        "seen": "picture {row:,}, class {label}: the answer is {answer}",
        "hands on": "what each layer hands on, x = f(u)",
        "depends": "how the error depends on each layer, δ = ∂E/∂u (input: ∂E/∂x)",
        "delta": "δ = ∂E/∂u, E = {loss:.3g}",
        "input": "input", "units": "{count} units", "distances": "distances",
        "codes": "{network}: the code of each class (±1), and what {layer} gives of its pictures",
        "code": "code", "mean": "{layer}, mean", "nearest": "{layer}, nearest\nto its code",
        "farthest": "{layer}, farthest\nfrom its code",
        "answer": "answer", "true": "true class",
        "wrong": "{wrong:,} of {total:,} wrong, {percent:.2f} %",
        "mistaken": "{wrong:,} of {total:,} wrong",
        "surest": "{wrong:,} of {total:,} wrong; the {count} of which it was surest",
        "none wrong": "no mistakes in {total:,} pictures",
        "how sure": "true class → answer, and how sure of it",
        "often": "mistaken most often",
        "goal": "≤ {goal} % wrong: {x:.1f} % rejected",
        "threshold": "the threshold: {x:.1f} % rejected",
        "its guard": "its guard", "its probability": "its probability",
        "rejected": "rejected, % of {total:,} pictures, the least sure first by {told}",
        "rest": "wrong among the rest, %",
        "weight": "weight", "map of": "map of {layer}", "below": "map below",
        "rows": "each row a map below, each column a map of {layer}",
        "in colour": "kernels in colour, {sides}: grey is 0",
        "from each": ", from each of {below} maps below to each of {above}",
        "reads": "{network}: which maps of {below} each map of {layer} reads",
        "how many": "map of {layer}, below it how many maps it reads: {count}",
        "share": "share of the weights, %", "published": "published",
        "seeds": "{label} ({count} seeds)",
        "written": "written {text}",
        "places": "column of the picture; a shade is the probability of a class there",
        "learning?": "How it learned",
        "learning.": "Epoch by epoch, on what it was shown and on what was kept aside.",
        "confusion?": "What it took for what",
        "confusion.": "A row is a true class, a column an answer. Each cell counts its pictures;"
                      " of few classes it shows the one of which the model was surest.",
        "mistakes?": "Its worst mistakes",
        "mistakes.": "The wrong answers of which it was surest.",
        "reject?": "What doubt would save",
        "reject.": "The error on what is answered, when the answers it is least sure of are"
                   " handed back.",
        "kernels?": "What it learned",
        "kernels.": "Blue is below 0, red above. The kernels of the first layer that has some, and"
                    " what each layer makes of one picture.",
        "tells apart": "A network that tells {count} classes apart ({named}).",
        "unseen": "Of {total:,} pictures that it did not learn from, it reads {right:,} right.",
        "maybe seen": "Of {total:,} pictures it reads {right:,} right; it may have learned from"
                      " them.",
        "wrong of": "wrong: {wrong:,} of {total:,}", "parameters": "parameters",
        "epochs": "epochs", "of training": "of training", "settings": "Settings",
        "told": "All that the run was told", "by": "Written by simplecell {version}.",
    },
    "zh": {
        "a run": "训练过程", "as it went": "训练（边训练边统计）",
        "validation": "验证", "loss": "损失", "error": "错误率，%", "epoch": "轮次",
        "rate": "轮末学习率",
        "least": "验证，第 {epoch} 轮最低：{error:.2f} %",
        "test": "测试，只测一次：{error:.2f} %",
        "on": "{network}，{data}", "learned": "{name}：训练过程",
        "saves": "{name}：拒识能省下多少错误", "doubt": "拒识能省下多少错误",
        "seen": "第 {row:,} 张图片，类别 {label}，识别为 {answer}",
        "hands on": "每层的输出 x = f(u)",
        "depends": "误差对每层的敏感程度，δ = ∂E/∂u（输入：∂E/∂x）",
        "delta": "δ = ∂E/∂u，E = {loss:.3g}",
        "input": "输入", "units": "{count} 个单元", "distances": "距离",
        "codes": "{network}：每一类的编码（±1），以及 {layer} 对该类图片的输出",
        "code": "编码", "mean": "{layer} 的平均", "nearest": "{layer}，离编码\n最近的一张",
        "farthest": "{layer}，离编码\n最远的一张",
        "answer": "识别结果", "true": "真实类别",
        "wrong": "{total:,} 张中错 {wrong:,} 张，{percent:.2f} %",
        "mistaken": "{total:,} 张中错 {wrong:,} 张",
        "surest": "{total:,} 张中错 {wrong:,} 张；这里是最有把握却认错的 {count} 张",
        "none wrong": "{total:,} 张图片全部正确",
        "how sure": "真实类别 → 识别结果，以及把握",
        "often": "最常认错的类别",
        "goal": "错误率 ≤ {goal} %：拒识 {x:.1f} %", "threshold": "阈值：拒识 {x:.1f} %",
        "its guard": "守卫", "its probability": "概率",
        "rejected": "拒识比例，%（共 {total:,} 张，按{told}从最没把握的开始）",
        "rest": "其余图片的错误率，%",
        "weight": "权值", "map of": "{layer} 的特征图", "below": "前一层的特征图",
        "rows": "每行是前一层的一个特征图，每列是 {layer} 的一个特征图",
        "in colour": "彩色卷积核，{sides}：灰色为 0",
        "from each": "，前一层 {below} 个特征图到本层 {above} 个",
        "reads": "{network}：{layer} 的各特征图读取 {below} 的哪些特征图",
        "how many": "{layer} 的特征图，下面是它读取几个特征图：{count}",
        "share": "占权值的百分比", "published": "论文", "seeds": "{label}（{count} 个种子）",
        "written": "写的是 {text}",
        "places": "图片的列；颜色深浅是该处各类的概率",
        "learning?": "训练过程", "learning.": "逐轮的结果：训练图片与留作验证的图片。",
        "confusion?": "把什么认成了什么",
        "confusion.": "行是真实类别，列是识别结果。格中是图片张数；"
                      "类别不多时，还画出模型最有把握的一张。",
        "mistakes?": "最严重的错误", "mistakes.": "认错了却最有把握的图片。",
        "reject?": "拒识能省下多少错误",
        "reject.": "把最没把握的图片交还给人，其余图片的错误率。",
        "kernels?": "学到了什么",
        "kernels.": "蓝色小于 0，红色大于 0。第一个有卷积核的层的卷积核，"
                    "以及每层对一张图片的输出。",
        "tells apart": "能区分 {count} 类的网络（{named}）。",
        "unseen": "{total:,} 张没有学过的图片中，认对 {right:,} 张。",
        "maybe seen": "{total:,} 张图片中，认对 {right:,} 张；其中可能有学过的。",
        "wrong of": "认错 {wrong:,} 张，共 {total:,} 张", "parameters": "个参数",
        "epochs": "轮", "of training": "训练时间", "settings": "设置",
        "told": "这次训练的全部设置", "by": "由 simplecell {version} 生成。",
    },
}  # fmt: skip
"""Words by language and name; both languages have the same names."""


TOLD = {
    "kernels": "卷积核",
    "kernels, one for each map below": "卷积核，前一层每个特征图一个",
    "kernels of its first map, place by place": "第一个特征图的卷积核，逐个位置",
    "what each unit weighs": "每个单元的权值",
    "what each unit weighs of each map": "每个单元对各特征图的权值",
    "shares that it has learned": "学到的份额",
}
"""Words that layers say of themselves, and the same in Chinese."""


def told(words: str) -> str:
    """Give what a layer says of itself in the language of pictures."""
    if spoken() == "en":
        return words
    number, of, rest = words.partition(" of ")
    if number.isdigit() and of:
        return f"{rest.partition(' ')[0]} 个中有 {number} 个连接"
    return TOLD.get(words, words)


def check_language(name: str) -> str:
    """Refuse a language that nothing is written in.

    Raises
        UnknownName   neither en nor zh
    """
    code = name.strip().lower().replace("_", "-")
    short = code.partition(".")[0].partition("-")[0]
    if short not in WORDS:
        raise UnknownName("language", name, list(WORDS))
    return short


def wished() -> str:
    """Give the language that is asked for, English unless something else is.

    Raises
        UnknownName   SIMPLECELL_LANG names a language that nothing is written in
    """
    return _CHOSEN.get() or check_language(os.environ.get(VARIABLE) or "en")


@contextmanager
def language(name: str | None) -> Iterator[None]:
    """Let pictures speak a language; None leaves it as it is.

    Raises
        UnknownName   neither en nor zh
    """
    token = _CHOSEN.set(_CHOSEN.get() if name is None else check_language(name))
    try:
        yield
    finally:
        _CHOSEN.reset(token)


@cache
def chinese_typeface() -> str | None:
    """Name a typeface of this machine that has Chinese letters: one of regular weight, if any is.

    Of a typeface that is there in another weight alone, as WenQuanYi Zen Hei, matplotlib says so
    at every picture; there is nothing to be done about it, so that is not repeated.
    """
    from matplotlib.font_manager import fontManager

    weights: dict[str, set[Any]] = {}
    for font in fontManager.ttflist:
        weights.setdefault(font.name, set()).add(font.weight)
    there = [name for name in CHINESE if name in weights]
    for name in there:
        if weights[name] & REGULAR:
            return name
    if there:
        logging.getLogger("matplotlib.font_manager").addFilter(_is_not_of_weight)
    return there[0] if there else None


def _is_not_of_weight(record: logging.LogRecord) -> bool:
    return "font weight" not in str(record.msg)


@cache
def _say_no_letters() -> None:
    sys.stderr.write(NO_LETTERS)


def spoken() -> str:
    """Give the language of pictures: the one that is wished if there are letters for it."""
    name = wished()
    if name == "zh" and chinese_typeface() is None:
        _say_no_letters()
        return "en"
    return name


def said(name: str, /, **values: Any) -> str:
    """Give words by their name, with values put in, in the language of pictures.

    >>> with language("en"):
    ...     said("wrong", wrong=3, total=8, percent=37.5)
    '3 of 8 wrong, 37.50 %'
    """
    return WORDS[spoken()][name].format(**values)
