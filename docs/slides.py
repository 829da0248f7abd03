"""Draw the pictures of the deck's page, docs/pictures/deck-*.svg, in English and Chinese.

`make docs` runs it. Every number in a picture is computed here; nothing needs a download.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import simplecell as sc
from simplecell.data.photographs import bundled_photographs
from simplecell.engines.protocol import Trace
from simplecell.formulas.activations import squash
from simplecell.formulas.conv import conv_forward, correlate_valid
from simplecell.formulas.gabor import gabor_bank
from simplecell.spec.layers import Conv

sys.path.insert(0, str(Path(__file__).parent))
from drawing import Sheet
from learning import backflow, carrying, convergence, step, upsampling

PICTURES = Path(__file__).parent / "pictures"
Array = NDArray[Any]
Words = Callable[[str, str], str]
"""Gives the words of the language that is drawn: words(english, chinese)."""

WIDTH = 360.0
WORKED = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0],
                   [0, 1, 1, 0, 0]])  # fmt: skip
CROSS = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
"""The deck's example: an image and a kernel."""


def grey_photograph(number: int) -> Array:
    """Give one of scikit-learn's two photographs, 0 to 1."""
    pixels: Array = np.asarray(bundled_photographs()[number][0], np.float64)
    scaled: Array = pixels / pixels.max()
    return scaled


def _dots(sheet: Sheet, x: float, top: float, count: int, gap: float, colour: str) -> list[float]:
    """Draw units below each other; give their heights."""
    places = [top + k * gap for k in range(count)]
    for y in places:
        sheet.add(f'<circle cx="{x:g}" cy="{y:g}" r="5" class="{colour}"/>')
    return places


def autoencoder(words: Words) -> Sheet:
    """Draw the autoencoder, and what is left when its output layer is dropped."""
    sheet = Sheet(WIDTH, 178)
    for left, whole in ((16.0, True), (206.0, False)):
        columns = [(left + 14, 6, 8.0), (left + 68, 3, 46.0), (left + 122, 6, 8.0)]
        levels = [[top + 26 + k * 22 for k in range(n)] for _, n, top in columns]
        for side in range(2 if whole else 1):
            for a in levels[side]:
                for b in levels[side + 1]:
                    sheet.line(columns[side][0], a, columns[side + 1][0], b)
        for number, (x, count, top) in enumerate(columns):
            if number < 2 or whole:
                colour = ("quiet", "accent", "second")[number]
                _dots(sheet, x, top + 26, count, 22, colour)
        sheet.text(columns[0][0], 18, "x", "strong", "middle")
        label = words("features", "特征") if not whole else "h"
        sheet.text(columns[1][0], 18, label, "strong accent", "middle")
        if whole:
            sheet.text(columns[2][0], 18, "y ≈ x", "strong second", "middle")
    sheet.text(84, 172, words("trained to give x back", "训练：还原输入 x"), "quiet", "middle")
    sheet.text(258, 172, words("output layer dropped", "去掉输出层"), "quiet", "middle")
    return sheet


def connections(words: Words) -> Sheet:
    """Draw full, local and shared connection side by side."""
    sheet = Sheet(WIDTH, 196)
    titles = (words("full", "全连接"), words("local", "局部连接"), words("shared", "权值共享"))
    colours = ("quiet", "second", "accent", "ink")
    for column, title in enumerate(titles):
        left = 18.0 + column * 118
        lower = [left + k * 14 for k in range(7)]
        upper = [left + 14 + k * 14 for k in range(5)]
        for u, x in enumerate(upper):
            for k, y in enumerate(lower):
                if column == 0 or u <= k <= u + 2:
                    colour = colours[(k - u) % 3] if column == 2 else "quiet"
                    sheet.line(x, 48, y, 128, colour, 1.4 if column == 2 else 0.8)
        for x in upper:
            sheet.add(f'<circle cx="{x:g}" cy="48" r="5" class="accent"/>')
        for x in lower:
            sheet.add(f'<circle cx="{x:g}" cy="128" r="5" class="quiet"/>')
        sheet.text(left + 42, 24, title, "strong", "middle")
        weights = (7 * 5, 3 * 5, 3)[column]
        sheet.text(left + 42, 156, words(f"{weights} weights", f"{weights} 个权值"), "", "middle")
    note = words(
        "one colour is one weight, used at every place", "同一种颜色是同一个权值，处处相同"
    )
    sheet.text(354, 184, note, "quiet small", "end")
    return sheet


def filters(words: Words) -> Sheet:
    """Draw four kernels, each in a colour of its own, and the map that each makes of a photo."""
    grey = grey_photograph(0)[150:278:2, 250:378:2]
    bank = gabor_bank(24, (9, 9), np.random.default_rng(3))[[0, 5, 11, 17]]
    sheet = Sheet(WIDTH, 196)
    sheet.cells(8, 66, grey, 1.3, picture=True)
    sheet.text(8, 60, words("image", "图像"), "quiet")
    for k, kernel in enumerate(bank):
        x = 116.0 + k * 61
        found = correlate_valid(grey - grey.mean(), kernel)
        sheet.cells(x + 10, 26, kernel, 4)
        sheet.arrow(x + 28, 66, x + 28, 84)
        sheet.cells(x, 90, found, 1)
        sheet.text(x + 28, 164, words(f"map {k + 1}", f"特征图 {k + 1}"), "quiet small", "middle")
    sheet.text(118, 18, words("kernels: what each looks for", "卷积核：各提取一种特征"), "quiet")
    sheet.arrow(96, 108, 112, 108)
    note = words("blue below 0, red above", "蓝色小于 0，红色大于 0")
    sheet.text(354, 188, note, "quiet small", "end")
    return sheet


def lenet5(words: Words) -> Sheet:
    """Draw LeNet-5's layers as stacks of maps, with their sizes."""
    network = sc.find("lenet5")
    sheet = Sheet(700, 190)
    shapes = [("", network.input)]
    shapes += [(layer.name, s) for layer, s in zip(network.layers, network.shapes, strict=True)]
    x = 14.0
    for name, (maps, height, width) in shapes:
        side = max(2.2 * height, 6.0)
        shown = min(maps, 8) if height > 1 else 1
        for k in range(shown):
            tall = side if height > 1 else min(130.0, 12 + maps)
            top = 92 - tall / 2 + 3 * k - 1.5 * shown
            sheet.add(
                f'<rect x="{x + 3 * k:g}" y="{top:g}" width="{side if height > 1 else 9:g}"'
                f' height="{tall:g}" class="soft"/>'
            )
            sheet.box(x + 3 * k, top, side if height > 1 else 9, tall, "quiet")
        middle = x + (side if height > 1 else 9) / 2
        size = f"{maps}@{height}×{width}" if height > 1 else f"{maps}"
        sheet.text(middle, 20, name or words("input", "输入"), "strong", "middle")
        sheet.text(middle, 178, size, "quiet small", "middle")
        x += (side + 3 * shown if height > 1 else 16) + (26 if height > 1 else 30)
    sheet.width = x
    return sheet


def worked(words: Words) -> Sheet:
    """Draw the deck's worked example."""
    sheet = Sheet(WIDTH, 156)
    sheet.numbers(8, 24, WORKED.astype(float), 22, largest=2)
    sheet.box(8, 24, 66, 66, "accent", 2.2)
    sheet.numbers(154, 46, CROSS.astype(float), 22, largest=2)
    sheet.numbers(262, 46, correlate_valid(WORKED, CROSS).astype(float), 22, largest=6,
                  marked=((0, 0),), kind="")  # fmt: skip
    for x, y, name in ((63, 16, words("image", "图像")), (187, 38, words("kernel", "卷积核")),
                       (295, 38, words("feature map", "特征图"))):  # fmt: skip
        sheet.text(x, y, name, "quiet", "middle")
    sheet.text(137, 84, "∗", "large", "middle")
    sheet.text(241, 84, "=", "large", "middle")
    sheet.text(180, 150, "4 = 1·1+1·0+1·1 + 0·0+1·1+1·0 + 0·1+0·0+1·1", "mono small", "middle")
    return sheet


def convolved(words: Words) -> Sheet:
    """Draw features learnt on small patches, slid over a large photograph."""
    grey = grey_photograph(1)[100:356:4, 200:456:4]
    bank = gabor_bank(6, (8, 8), np.random.default_rng(7))
    sheet = Sheet(WIDTH, 150)
    sheet.cells(6, 24, grey, 1.6, picture=True)
    sheet.box(46, 56, 12.8, 12.8, "accent", 2)
    sheet.text(6, 16, words("large image", "大图像"), "quiet")
    for k, kernel in enumerate(bank[:3]):
        y = 16 + 44 * k
        sheet.cells(144, y + 2, kernel, 4)
        sheet.arrow(184, y + 18, 206, y + 18)
        found = squash("sigmoid", 4 * correlate_valid(grey - grey.mean(), kernel))
        sheet.cells(214, y - 4, found - 0.5, 0.72)
    sheet.arrow(112, 66, 138, 66)
    sheet.text(144, 11, words("k features", "k 个特征"), "quiet small")
    sheet.text(272, 60, words("k maps of", "k 个特征图，"), "quiet")
    sheet.text(272, 76, "(r−a+1)×(c−b+1)", "mono small")
    sheet.text(272, 92, f"= {64 - 7}×{64 - 7}", "mono small")
    return sheet


def subsample(words: Words) -> Sheet:
    """Draw one cell of S2: four cells summed, times W, plus b, squashed."""
    values = np.array([[0.5, 1.0], [-0.25, 0.75]])
    total, w, b = float(values.sum()), 0.8, -0.3
    u = w * total + b
    sheet = Sheet(WIDTH, 118)
    sheet.numbers(10, 32, values, 34, largest=1.5)
    squashed = float(squash("scaled_tanh", np.array(u)))
    steps = [
        (f"Σ = {total:g}", ""),
        (f"W·Σ + b = {u:g}", f"W = {w:g}, b = {b:g}".replace("-", "−")),
        (f"f(u) = {squashed:.3f}", "1.7159 tanh(2u/3)"),
    ]
    x = 90.0
    for words_above, below in steps:
        sheet.arrow(x - 8, 66, x + 6, 66)
        sheet.text(x + 14, 70, words_above, "strong")
        if below:
            sheet.text(x + 14, 90, below, "quiet small")
        x += 58 if not below else 108
    sheet.text(10, 22, words("four cells of C1", "C1 的四个单元"), "quiet")
    sheet.text(x - 94, 50, words("one cell of S2", "S2 的一个单元"), "quiet small")
    return sheet


def squashes(words: Words) -> Sheet:
    """Draw the sigmoid and the paper's tanh, with the mean of each over inputs of mean 0."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=200_000)
    sheet = Sheet(WIDTH, 170)
    for left, name, title, low, high in (
        (14.0, "sigmoid", "sigmoid", 0.0, 1.0),
        (192.0, "scaled_tanh", "1.7159 tanh(2u/3)", -1.8, 1.8),
    ):
        along = np.linspace(-4, 4, 81)
        values = squash(name, along)
        sheet.box(left, 24, 154, 104)

        def height(value: float, low: float = low, high: float = high) -> float:
            return 128 - 104 * (value - low) / (high - low)

        sheet.curve(
            [(left + 154 * (u + 4) / 8, height(v)) for u, v in zip(along, values, strict=True)]
        )
        mean = float(squash(name, inputs).mean())
        sheet.line(left, height(mean), left + 154, height(mean), "accent", 1.4)
        sheet.text(left + 77, 16, title, "strong", "middle")
        shown = f"{abs(mean):.2f}"
        sheet.text(left + 77, 146, words(f"mean {shown}", f"平均值 {shown}"), "accent", "middle")
    note = words("mean over inputs of mean 0 and variance 1", "输入均值为 0、方差为 1 时的平均值")
    sheet.text(180, 164, note, "quiet small", "middle")
    return sheet


def table(words: Words) -> Sheet:
    """Draw C3's connection table."""
    layer = sc.find("lenet5").layer("C3")
    assert isinstance(layer, Conv)
    assert layer.table is not None
    sheet = Sheet(WIDTH, 160)
    for m, row in enumerate(layer.table):
        sheet.text(62 + 18 * m, 30, str(m), "quiet small", "middle")
        for c in range(6):
            x, y = 54 + 18 * m, 36 + 18 * c
            if c in row:
                sheet.fill(x, y, 17, 17, "second")
            sheet.box(x, y, 17, 17)
    for c in range(6):
        sheet.text(46, 48 + 18 * c, str(c), "quiet small", "end")
    sheet.text(54, 14, words("maps of C3", "C3 的特征图"), "quiet")
    sheet.add('<g transform="translate(20 120) rotate(-90)">')
    sheet.text(0, 0, words("maps of S2", "S2 的特征图"), "quiet")
    sheet.add("</g>")
    links = sum(map(len, layer.table))
    sheet.text(
        342, 158, words(f"{links} of 96 pairs", f"96 对中的 {links} 对"), "quiet small", "end"
    )
    return sheet


_TRAINED: list[sc.Run] = []


def trained() -> sc.Run:
    """Train LeNet-5 on the bundled digits, once for all pictures."""
    if not _TRAINED:
        _TRAINED.append(sc.fit("lenet5", sc.load("digits", size=32), seed=0))
    return _TRAINED[0]


def traced(digit: int = 3) -> tuple[Trace, dict[str, Array]]:
    """Follow a test digit through the trained network and back."""
    run, test = trained(), sc.load("digits", size=32).test
    assert test is not None
    row = int(np.flatnonzero(test.labels == digit)[0])
    one = run.model.examples(test.pixels[row : row + 1], test.labels[row : row + 1])
    weights = {name: w.astype(np.float64) for name, w in run.model.parameters.items()}
    program = sc.engine("reference").program(run.network)
    return program.trace(weights, one, run.model.loss), weights


def h3(words: Words) -> Sheet:
    """Draw map 3 of C3 as it comes about: maps 3, 4, 5 of S2 under their kernels, added up."""
    trace, weights = traced()
    below = trace.layers["S2"].x
    parts = [
        conv_forward(below[None, c : c + 1], weights["C3.w"][3:4, c : c + 1], np.zeros(1))[0, 0]
        for c in (3, 4, 5)
    ]
    total = sum(parts) + weights["C3.b"][3]
    assert np.allclose(total, trace.layers["C3"].u[3])
    reach = float(np.abs([*parts, total]).max())
    sheet = Sheet(WIDTH, 214)
    for k, part in enumerate(parts):
        y = 22.0 + 64 * k
        sheet.cells(8, y, below[3 + k], 3.4)
        sheet.text(64, y + 28, "∗", "large", "middle")
        sheet.cells(78, y + 8, weights["C3.w"][3, 3 + k], 6.4)
        sheet.text(124, y + 28, "=", "large", "middle")
        sheet.cells(138, y + 3, part, 4.2, largest=reach)
        sheet.text(186, y + 28, f"h{k + 1}", "strong")
    for x, name in ((8, "S2"), (78, words("kernels", "卷积核")), (138, "h")):
        sheet.text(x, 14, name, "quiet")
    for k in range(3):
        sheet.line(204, 46 + 64 * k, 222, 110)
    bias = f"{weights['C3.b'][3]:+.2f}".replace("-", "−")
    sheet.text(256, 158, f"b = {bias}", "small quiet")
    sheet.arrow(222, 110, 254, 110)
    sheet.cells(262, 78, total, 6.4, largest=reach)
    sheet.text(354, 70, "H3 = h1 + h2 + h3 + b", "strong small", "end")
    return sheet


def gabor(words: Words) -> Sheet:
    """Draw a bank of Gabor functions."""
    bank = gabor_bank(24, (9, 9), np.random.default_rng(1985))
    sheet = Sheet(WIDTH, 106)
    for k, kernel in enumerate(bank):
        sheet.cells(10 + 29 * (k % 12), 12 + 40 * (k // 12), kernel, 2.8)
    sheet.text(
        10,
        102,
        words(
            "24 Gabor functions of 9×9, as first kernels",
            "24 个 9×9 的 Gabor 函数，用作初始卷积核",
        ),
        "quiet small",
    )
    return sheet


DRAWN: dict[str, Callable[[Words], Sheet]] = {
    "autoencoder": autoencoder,
    "connections": connections,
    "filters": filters,
    "lenet5": lenet5,
    "worked": worked,
    "convolved": convolved,
    "subsample": subsample,
    "squash": squashes,
    "convergence": convergence,
    "table": table,
    "h3": h3,
    "gabor": gabor,
    "backflow": backflow,
    "up": upsampling,
    "carriers": carrying,
    "step": step,
}
"""The pictures by name."""


def main(*names: str) -> None:
    """Draw the pictures that are named, or all."""
    for name in names or DRAWN:
        DRAWN[name](lambda english, _: english).write(PICTURES / f"deck-{name}.svg")
        DRAWN[name](lambda _, chinese: chinese).write(PICTURES / f"deck-{name}-zh.svg")


if __name__ == "__main__":
    main(*sys.argv[1:])
