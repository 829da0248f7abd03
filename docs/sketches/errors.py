"""The pictures of docs/errors.md: each shows the error by its numbers."""

from collections.abc import Callable

import numpy as np
from drawing import Array, Sheet

from simplecell.formulas.activations import softmax, squash
from simplecell.formulas.combine import absolute_penalty, entropy_penalty
from simplecell.formulas.subsample import subsample_backward, subsample_forward
from sketches.axes import Axes

WORDS = {
    "en": {
        "means": "Where squashed values lie, for inputs that average 0",
        "mean": "mean {}",
        "gain": "The error against the gain β, and the slope that each formula gives",
        "beta": "gain β",
        "error": "E",
        "right": "with d: {:.2f}",
        "wrong": "without d: {:.2f}",
        "shares": "Three shares α while a penalty goes down",
        "published": "published: λ Σ |α|",
        "entropy": "entropy",
        "step": "steps",
        "share": "share α",
    },
    "zh": {
        "means": "输入平均为 0 时，激活函数输出值的分布",
        "mean": "平均值 {}",
        "gain": "误差随系数 β 的变化，以及两个公式给出的斜率",
        "beta": "系数 β",
        "error": "E",
        "right": "有 d：{:.2f}",
        "wrong": "没有 d：{:.2f}",
        "shares": "减小惩罚项时，三个份额 α 的变化",
        "published": "发表的惩罚项：λ Σ |α|",
        "entropy": "熵",
        "step": "步数",
        "share": "份额 α",
    },
}


def means(language: str) -> Sheet:
    """Draw the histograms of the page's example, with the mean of each."""
    words = WORDS[language]
    u = np.random.default_rng(0).normal(size=10_000)
    u -= u.mean()
    sheet = Sheet(340, 268, words["means"])
    for k, name in enumerate(("sigmoid", "tanh", "scaled_tanh")):
        x = squash(name, u)
        counts, edges = np.histogram(x, np.linspace(-1.75, 1.75, 71))
        top = 30 + 78 * k
        axes = Axes(sheet, (16, top, 312, 44), (-1.75, 1.75), (0, counts.max()))
        for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
            if count:
                left, right = axes.across(low), axes.across(high)
                height = axes.down(0) - axes.down(count)
                sheet.fill(left, axes.down(count), right - left - 0.6, height, "second")
        sheet.line(16, top + 44, 328, top + 44)
        middle = axes.across(float(x.mean()))
        sheet.line(middle, top - 8, middle, top + 44, "accent", 2)
        sheet.text(8, top - 4, name, "strong")
        told = f"{abs(x.mean()):.1f}"
        sheet.text(middle + 6, top - 1, words["mean"].format(told), "accent small")
    axes.ticks_x([-1.5, -1, -0.5, 0, 0.5, 1, 1.5])
    return sheet


def gain(language: str) -> Sheet:
    """Draw E over β, and at the page's β the lines that both formulas say touch it."""
    words = WORDS[language]
    x = np.arange(16.0).reshape(1, 1, 4, 4) / 10
    b, t, at = np.zeros(1), np.ones((1, 1, 2, 2)), 0.5

    def error(beta: float) -> float:
        found = subsample_forward(x, np.array([beta]), b, (2, 2))
        return float(0.5 * np.square(found - t).sum())

    delta = subsample_forward(x, np.array([at]), b, (2, 2)) - t
    right = float(subsample_backward(x, np.array([at]), delta, (2, 2))[1][0])
    wrong = float(delta.sum())
    span = np.linspace(-0.3, 1, 60)
    sheet = Sheet(340, 236, words["gain"])
    axes = Axes(sheet, (40, 26, 288, 166), (-0.3, 1), (-2, 14))
    axes.ticks_x([-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1], label=words["beta"])
    axes.ticks_y([0, 5, 10], label=words["error"])
    axes.curve(span, [error(float(one)) for one in span], "second")
    for value, name, colour in ((right, "right", "second"), (wrong, "wrong", "accent")):
        ends = (0.3, 0.72) if name == "right" else (0.05, 0.95)
        axes.curve(ends, [error(at) + value * (one - at) for one in ends], colour, 1.4)
        y = axes.down(error(at) + value * (ends[1] - at))
        place = (322, y + 18) if name == "wrong" else (axes.across(0.72) - 14, y - 4)
        sheet.text(place[0], place[1], words[name].format(value), colour, "end")
    axes.dot(at, error(at), "ink")
    return sheet


def shares(language: str) -> Sheet:
    """Draw how the shares go when each of the two penalties goes down, for a hundred steps."""
    words = WORDS[language]
    sheet = Sheet(340, 200, words["shares"])
    penalties: tuple[tuple[str, Callable[[Array], tuple[float, Array]]], ...] = (
        ("published", absolute_penalty),
        ("entropy", entropy_penalty),
    )
    for k, (name, penalty) in enumerate(penalties):
        c, course = np.array([[0.0, 0.2, 0.4]]), []
        for _ in range(101):
            course.append(softmax(c)[0])
            c = c - penalty(c)[1]
        left = 30 + 164 * k
        axes = Axes(sheet, (left, 42, 128, 112), (0, 100), (0, 1))
        sheet.text(left, 14, words[name], "strong")
        axes.ticks_x([0, 50, 100], label=words["step"])
        axes.ticks_y([0, 0.5, 1], label=words["share"])
        for line, colour in zip(np.array(course).T, ("quiet", "second", "accent"), strict=True):
            axes.curve(range(101), line, colour)
    return sheet


SKETCHES = {"errors-means": means, "errors-gain": gain, "errors-shares": shares}
