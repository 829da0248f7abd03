"""The pictures of docs/features.md that are charts: how the cost goes down, what wiring does."""

import json
from pathlib import Path

from drawing import Sheet

from simplecell.features.bank import learn_bank
from simplecell.features.presets import NATURAL
from simplecell.features.source import take
from sketches.axes import Axes, bars

RESULTS = Path(__file__).parents[1] / "reproduce" / "why-convolution.json"

WORDS = {
    "en": {
        "cost": "The cost and its three terms over 400 iterations",
        "value": "cost, natural patches",
        "iteration": "iteration of L-BFGS",
        "J": "J",
        "error": "error",
        "sparsity": "sparsity",
        "decay": "decay",
        "wiring": "Test error and parameters of the first layer, by how it is wired",
        "full": "full",
        "local": "local",
        "shared": "shared",
        "narrow": "full, 15 units",
        "wrong": "test error, all digits learned from",
        "parameters": "parameters of the first layer",
    },
    "zh": {
        "cost": "400 次迭代中的代价函数及其三项",
        "value": "代价，自然图像块",
        "iteration": "L-BFGS 的迭代次数",
        "J": "J",
        "error": "误差",
        "sparsity": "稀疏",
        "decay": "权值衰减",
        "wiring": "第一层的连接方式：测试误差与第一层的参数个数",
        "full": "全连接",
        "local": "局部连接",
        "shared": "权值共享",
        "narrow": "全连接，15 个",
        "wrong": "测试误差，用全部数字学习",
        "parameters": "第一层的参数个数",
    },
}
FIRST_STEPS = 4


def cost(language: str) -> Sheet:
    """Draw how the cost and its terms go down, once the first steps have made units silent."""
    words = WORDS[language]
    _, found = learn_bank(
        take("photographs", 10_000).pixels, NATURAL.settings, centred=NATURAL.centred,
        epsilon=NATURAL.epsilon, squeezed=NATURAL.squeezed, iterations=400,
    )  # fmt: skip
    steps = found.history[FIRST_STEPS:]
    x = [step.iteration for step in steps]
    lines = {"J": [step.cost for step in steps]}
    lines |= {name: [s.terms[name] for s in steps] for name in ("error", "sparsity", "decay")}
    sheet = Sheet(340, 232, words["cost"])
    axes = Axes(sheet, (40, 26, 288, 156), (x[0], x[-1]), (0, 0.7), logarithmic="x")
    axes.ticks_x([5, 10, 30, 100, 400], label=words["iteration"])
    axes.ticks_y([0, 0.2, 0.4, 0.6], label=words["value"])
    for k, (name, colour) in enumerate(
        {"J": "ink", "error": "second", "sparsity": "accent", "decay": "quiet"}.items()
    ):
        axes.curve(x, lines[name], colour)
        sheet.line(236, 44 + 16 * k, 252, 44 + 16 * k, colour, 2)
        sheet.text(258, 48 + 16 * k, words[name], colour)
    return sheet


def wiring(language: str) -> Sheet:
    """Draw the measured errors of four ways to wire a layer, and what each way takes."""
    words = WORDS[language]
    means = {row["key"]: row["mean"] for row in json.loads(RESULTS.read_text("utf-8"))["rows"]}
    names = ("full", "local", "shared", "narrow")
    sheet = Sheet(340, 272, words["wiring"])
    top = 14.0
    for key, title, form, unit in (
        ("first_layer_parameters", "parameters", ",.0f", ""),
        ("test_error_percent", "wrong", ".2f", " %"),
    ):
        values = {name: means[f"{name}.{key}"] for name in names}
        most = max(values.values())
        sheet.text(8, top, words[title], "strong")
        rows = [
            (words[name], value / most, format(value, form) + unit,
             "accent" if name == "shared" else "second")
            for name, value in values.items()
        ]  # fmt: skip
        top = bars(sheet, rows, left=98, top=top + 12, width=180) + 22
    return sheet


SKETCHES = {"features-cost": cost, "features-wiring": wiring}
