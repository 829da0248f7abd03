"""Draw the deck's pictures of learning: curves, deltas, up, carriers, a step.

`slides.py` calls them.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import simplecell as sc
from simplecell.data.normalise import Normalisation
from simplecell.engines.parameters import initial_parameters
from simplecell.formulas.activations import slope
from simplecell.formulas.conv import carriers
from simplecell.formulas.subsample import up
from simplecell.train.recipes import recipe

sys.path.insert(0, str(Path(__file__).parent))
from drawing import Sheet

Array = NDArray[Any]
Words = Callable[[str, str], str]
"""Gives the words of the language that is drawn: words(english, chinese)."""

WIDTH = 360.0


def convergence(words: Words) -> Sheet:
    """Train on inputs with and without normalisation, and draw both losses."""
    data = sc.load("digits", size=32)
    base = replace(recipe("sgd"), epochs=20, batch=16, initial="glorot", loss="cross_entropy")
    base = replace(base, schedule=replace(base.schedule, rate=0.02))
    network = sc.find("lenet5_tutorial")
    tanh = replace(network, layers=tuple(
        replace(layer, squash="tanh") if layer.squash == "relu" else layer
        for layer in network.layers))  # fmt: skip
    raw = Normalisation(1 / 255, 1.0)
    courses = []
    for how in ({"recipe": replace(base, normalisation="standard")},
                {"recipe": base, "normalisation": raw, "validation": data.test}):  # fmt: skip
        losses = np.mean(
            [
                [row.train_loss for row in sc.fit(tanh, data, seed=s, **how).history]
                for s in range(3)
            ],
            axis=0,
        )
        courses.append(losses)
    sheet = Sheet(WIDTH, 190)
    sheet.box(34, 20, 310, 130)
    top = float(max(map(np.max, courses)))
    for losses, colour in zip(courses, ("second", "accent"), strict=True):
        points = [(34 + 310 * k / 19, 150 - 126 * v / top) for k, v in enumerate(losses)]
        sheet.curve(points, colour, 2)
    sheet.text(30, 30, f"{top:.1f}", "quiet small", "end")
    sheet.text(30, 150, "0", "quiet small", "end")
    sheet.text(344, 164, words("epoch 20", "第 20 轮"), "quiet small", "end")
    sheet.text(
        34, 164, words("training loss, mean of 3 seeds", "训练损失，3 个种子的平均"), "quiet small"
    )
    sheet.text(34, 182, words("mean 0, variance 1", "均值 0、方差 1"), "strong second")
    sheet.text(
        344, 182, words("not normalised: 1 to 2", "未归一化：1 到 2"), "strong accent", "end"
    )
    return sheet


def backflow(words: Words) -> Sheet:
    """Draw how the weights W1 to W4 carry four deltas back to one unit and its bias."""
    above, weights = np.array([0.8, -0.3, 1.2, -0.6]), np.array([-0.4, 0.9, 0.5, -1.1])
    u = 0.4
    steep = float(slope("tanh", np.array([u]), np.tanh([u]))[0])
    delta = steep * float(above @ weights)
    sheet = Sheet(WIDTH, 176)
    for k in range(4):
        x = 60.0 + 80 * k
        sheet.add(f'<circle cx="{x:g}" cy="40" r="15" class="soft s-quiet"/>')
        sheet.text(x, 44, f"{above[k]:+g}".replace("-", "−"), "small", "middle")
        sheet.arrow(x, 56, 180 + (x - 180) * 0.16, 110, "accent")
        at = (x + (180 - x) * 0.1, 76)
        sheet.text(*at, f"W{k + 1} = {weights[k]:+g}".replace("-", "−"), "small quiet", "middle")
    sheet.text(22, 44, "δ", "strong", "middle")
    sheet.add('<circle cx="180" cy="128" r="17" class="soft s-accent"/>')
    sheet.text(180, 132, f"{delta:+.2f}".replace("-", "−"), "small strong", "middle")
    sheet.text(
        206,
        126,
        f"δ = f′(u) Σ W δ = {steep:.2f} · {above @ weights:.2f}".replace("-", "−"),
        "small",
    )
    sheet.text(206, 142, words("and ∂E/∂b = δ", "并且 ∂E/∂b = δ"), "small quiet")
    sheet.text(
        180,
        168,
        words("the error goes back along the same weights", "误差沿同样的权值传回"),
        "quiet",
        "middle",
    )
    return sheet


def upsampling(words: Words) -> Sheet:
    """Draw up of a small delta map, as a Kronecker product with ones."""
    delta = np.array([[1.0, -2.0], [3.0, 0.5]])
    sheet = Sheet(WIDTH, 156)
    sheet.numbers(10, 50, delta, 28)
    sheet.text(82, 82, "⊗", "large", "middle")
    sheet.numbers(98, 50, np.ones((2, 2)), 28, largest=4)
    sheet.text(170, 82, "=", "large", "middle")
    sheet.numbers(188, 22, up(delta, (2, 2)), 28)
    sheet.text(38, 42, "δ", "strong", "middle")
    sheet.text(126, 42, words("ones", "全 1"), "quiet", "middle")
    sheet.text(244, 14, "up(δ) = δ ⊗ 1", "strong", "middle")
    sheet.text(
        244,
        150,
        words("each cell copied over its 2×2 block", "每个单元复制到它的 2×2 块"),
        "quiet small",
        "middle",
    )
    return sheet


def carrying(words: Words) -> Sheet:
    """Draw, for a corner, an edge and the centre, which kernel cell carries which delta."""
    sheet = Sheet(WIDTH, 190)
    for number, cell in enumerate(((0, 0), (0, 2), (2, 2))):
        left = 6.0 + 119 * number
        for i in range(5):
            for j in range(5):
                sheet.box(left + 22 * j, 36 + 22 * i, 22, 22)
        sheet.fill(left + 22 * cell[1], 36 + 22 * cell[0], 22, 22, "soft")
        for (p, q), (i, j) in carriers(cell):
            # A delta stands over the middle of the window that it came from.
            x, y = left + 22 * (j + 1), 36 + 22 * (i + 1)
            sheet.text(x + 11, y + 10, f"w{p}{q}", "small accent", "middle")
            sheet.text(x + 11, y + 19, f"δ{i}{j}", "small quiet", "middle")
        sheet.box(left + 22 * cell[1], 36 + 22 * cell[0], 22, 22, "accent", 2.4)
        count = len(carriers(cell))
        title = words(
            f"cell {cell[0]},{cell[1]}: {count}", f"单元 {cell[0]},{cell[1]}：{count} 个"
        )
        sheet.text(left + 55, 26, title, "strong", "middle")
    sheet.text(
        180,
        156,
        words(
            "5×5 map, 3×3 kernel: what the ringed cell hears",
            "5×5 的图、3×3 的卷积核：被圈出的单元收到什么",
        ),
        "quiet",
        "middle",
    )
    sheet.text(180, 184, "∂E/∂x = Σ w · δ", "mono small", "middle")
    return sheet


def step(words: Words) -> Sheet:
    """Draw the loss along the step dW = -rate * gradient, beside what the gradient predicts."""
    data = sc.load("digits", size=32).train.rows(np.arange(64))
    network = sc.find("lenet5")
    weights = initial_parameters(network, 0, "root")
    examples = sc.fit(network, "digits", epochs=1, seed=0).model.examples(data.pixels, data.labels)
    program = sc.engine("lanes").program(network)
    loss, gradient = program.gradients(weights, examples, "scaled_map")
    square = sum(float((g.astype(np.float64) ** 2).sum()) for g in gradient.values())
    rates = np.linspace(0, 1.2 * loss / square, 25)
    real = []
    for rate in rates:
        moved = {name: w - rate * gradient[name] for name, w in weights.items()}
        real.append(program.gradients(moved, examples, "scaled_map")[0])
    told = loss - rates * square
    top, low = max(loss, *real), min(0.0, *real)
    sheet = Sheet(WIDTH, 178)
    sheet.box(34, 16, 310, 124)

    def at(rate: float, value: float) -> tuple[float, float]:
        y = 140 - 118 * (value - low) / (top - low)
        return 34 + 310 * rate / rates[-1], float(np.clip(y, 16, 140))

    sheet.curve([at(r, v) for r, v in zip(rates, told, strict=True) if v > low], "quiet", 1.4)
    sheet.curve([at(r, v) for r, v in zip(rates, real, strict=True)], "accent", 2.2)
    sheet.text(30, 26, f"{top:.1f}", "quiet small", "end")
    sheet.text(30, 140, f"{low:.1f}", "quiet small", "end")
    sheet.text(344, 154, f"η = {rates[-1]:.2g}", "quiet small", "end")
    sheet.text(34, 154, "η = 0", "quiet small")
    sheet.text(34, 172, words("the loss, measured", "实际的损失"), "strong accent")
    sheet.text(344, 172, words("as the gradient predicts", "梯度的预测"), "strong quiet", "end")
    return sheet
