"""The pictures of docs/how-it-runs.md; most are of LeNet-5, trained on MNIST by the defaults."""

from functools import cache

import numpy as np
from drawing import Sheet, tinted

import simplecell as sc
from simplecell.data.part import Part
from simplecell.engines.protocol import Examples, Trace
from simplecell.engines.slide import Slide
from simplecell.formulas.conv import correlate_valid
from simplecell.formulas.pool import pool_forward
from simplecell.train.model import Model
from sketches.axes import Axes

WORDS = {
    "en": {
        "noise": "A smooth picture, the same with noise, and the mean of every 5×5 patch of it",
        "signal": "signal",
        "noisy": "with noise",
        "ratio": "signal to noise",
        "mean": "after a 5×5 mean",
        "profile": "the middle row of each",
        "c1": "C1: six kernels, and the maps they make of a digit",
        "input": "input",
        "kernels": "kernels",
        "maps": "maps",
        "s2": "A map of C1, pooled by the mean, by the maximum, and by S2",
        "max": "maximum",
        "average": "mean",
        "own": "S2: gain and bias",
        "slide": "LeNet-5 slid over a row of digits: the nearest code at every place",
        "row": "a row of digits",
        "dark": "red: the code is near",
        "place": "place, a step of 4 pixels",
        "distances": "Distances from F6 to the ten codes: the smallest wins",
    },
    "zh": {
        "noise": "平滑的图像、加上噪声后的图像，以及每个 5×5 图像块的平均值",
        "signal": "信号",
        "noisy": "加噪声",
        "ratio": "信噪比",
        "mean": "5×5 平均后",
        "profile": "各图的中间一行",
        "c1": "C1：六个卷积核，以及它们从一个数字得到的特征图",
        "input": "输入",
        "kernels": "卷积核",
        "maps": "特征图",
        "s2": "C1 的一个特征图，分别经平均池化、最大池化和 S2",
        "max": "最大值",
        "average": "平均值",
        "own": "S2：系数与偏置",
        "slide": "LeNet-5 滑过一行数字：每个位置上最近的编码",
        "row": "一行数字",
        "dark": "红色：离该编码近",
        "place": "位置，步长 4 像素",
        "distances": "F6 到十个编码的距离：最小者胜出",
    },
}


@cache
def trained() -> tuple[Model, Part]:
    """Train LeNet-5 by the default recipe; give it with MNIST's test part.

    Raises
        FetchError   MNIST is not at hand and cannot be fetched
    """
    data = sc.load("mnist", size=32)
    assert data.test is not None
    return sc.fit("lenet5", data, seed=0).model, data.test


@cache
def traced(digit: int) -> Trace:
    """Follow the first test digit of a class that is read right through the network and back."""
    model, test = trained()
    few = test.rows(np.flatnonzero(test.labels == digit)[:20])
    one = few.rows(np.flatnonzero(model.predict(few) == few.labels)[:1])
    program = sc.engine("reference").program(model.network)
    weights = {name: w.astype(np.float64) for name, w in model.parameters.items()}
    return program.trace(weights, model.examples(one.pixels, one.labels), model.loss)


def noise(language: str) -> Sheet:
    """Draw the page's example of signal and noise, with the two ratios that it measures."""
    words = WORDS[language]
    rough = np.random.default_rng(10).normal(scale=0.5, size=(64, 64))
    signal = np.outer(*[np.sin(np.linspace(0, np.pi, 64))] * 2)
    patch = np.full((5, 5), 1 / 25)
    smooth, left = correlate_valid(signal, patch), correlate_valid(rough, patch)
    shown = (signal, signal + rough, smooth + left)
    ratios = ("", signal.std() / rough.std(), smooth.std() / left.std())
    sheet = Sheet(340, 246, words["noise"])
    for k, (name, values, ratio) in enumerate(
        zip(("signal", "noisy", "mean"), shown, ratios, strict=True)
    ):
        x = 8 + 112 * k
        sheet.text(x, 14, words[name], "strong")
        sheet.cells(x, 22, values, 100 / len(values), largest=1.6)
        if ratio != "":
            sheet.text(x, 138, f"{words['ratio']} {ratio:.2f}", "small")
        axes = Axes(sheet, (x, 166, 100, 68), (0, len(values) - 1), (-1.2, 2.2))
        sheet.line(x, axes.down(0), x + 100, axes.down(0))
        axes.curve(range(len(values)), values[len(values) // 2], "second", 1.3)
    sheet.text(8, 158, words["profile"], "quiet small")
    return sheet


def c1(language: str) -> Sheet:
    """Draw C1's trained kernels above the maps that they make of a 5."""
    words, (model, _), trace = WORDS[language], trained(), traced(5)
    sheet = Sheet(340, 196, words["c1"])
    sheet.text(8, 14, words["input"], "strong")
    sheet.cells(8, 22, trace.x.reshape(32, 32), 2, largest=float(np.abs(trace.x).max()))
    kernels = model.parameters["C1.w"][:, 0].astype(float)
    maps, reach = trace.layers["C1"].x, float(np.abs(trace.layers["C1"].x).max())
    sheet.text(94, 14, words["kernels"], "strong")
    sheet.text(8, 112, f"C1: {words['maps']}, 6@28×28", "strong")
    for m in range(6):
        sheet.cells(94 + 41 * m, 22, kernels[m], 7, largest=float(np.abs(kernels).max()))
        sheet.text(94 + 41 * m, 68, f"{m}", "quiet small")
        sheet.cells(8 + 55.5 * m, 120, maps[m], 1.75, largest=reach)
    return sheet


def s2(language: str) -> Sheet:
    """Draw one map of C1 and what three ways to make it a quarter as large give."""
    words, (model, _), trace = WORDS[language], trained(), traced(5)
    m = int(np.abs(trace.layers["C1"].x).sum(axis=(1, 2)).argmax())
    below, above = trace.layers["C1"].x[m], trace.layers["S2"].x[m]
    w, b = (float(model.parameters[f"S2.{one}"][m]) for one in "wb")
    mean, most = (pool_forward(below[None, None], (2, 2), kind)[0, 0] for kind in ("mean", "max"))
    sheet = Sheet(340, 226, words["s2"])
    sheet.text(8, 14, "C1, 28×28", "strong")
    sheet.cells(8, 22, below, 4, largest=1.7)
    for k, (name, values) in enumerate((("average", mean), ("max", most))):
        sheet.text(138 + 106 * k, 14, words[name], "strong")
        sheet.cells(138 + 106 * k, 22, values, 6, largest=1.7)
    sheet.text(138, 124, words["own"], "strong")
    sheet.cells(138, 132, above, 6, largest=1.7)
    sheet.text(232, 160, f"β = {w:.2f}".replace("-", "−"))
    sheet.text(232, 178, f"b = {b:.2f}".replace("-", "−"))
    return sheet


def slide(language: str) -> Sheet:
    """Draw a row of four test digits, and below it the distance to each code at every place."""
    words, (model, test) = WORDS[language], trained()
    rows = [int(np.flatnonzero(test.labels == k)[2]) for k in (1, 9, 9, 8)]
    rows[2] = int(np.flatnonzero(test.labels == 9)[3])
    picture = np.concatenate([test.pixels[row][..., 2:30] for row in rows], axis=2)
    width = picture.shape[2]
    slid = Slide(model.network, width, sc.engine("reference"))
    weights = {name: w.astype(np.float64) for name, w in model.parameters.items()}
    scale, shift = model.normalisation.scale, model.normalisation.shift
    (found,) = slid.answers(weights, Examples(picture[None], None, scale, shift))
    size = 312 / width
    left, cell = 20.0, 4 * size
    sheet = Sheet(340, 322, words["slide"])
    sheet.text(8, 12, words["row"], "strong")
    sheet.cells(left, 20, picture[0] / 255, size, picture=True)
    top = 20 + 32 * size + 24
    sheet.text(8, top - 6, words["dark"], "quiet small")
    near = np.exp(-found / 40).T
    first = left + 14 * size
    for k in range(10):
        sheet.text(left + 14 * size - 8, top + 13 + 15 * k, f"{k}", "quiet small", "end")
    sheet.image(first, top, tinted(near / near.max(), 1.0), near.shape[1] * cell, 150)
    sheet.box(first, top, near.shape[1] * cell, 150)
    for place, k in enumerate(found.argmin(axis=1)):
        if found[place, k] < 25:
            sheet.text(first + (place + 0.5) * cell, top + 164, f"{k}", "strong small", "middle")
    sheet.text(8, top + 182, words["place"], "quiet small")
    sheet.height = top + 192
    return sheet


def distances(language: str) -> Sheet:
    """Draw, for three digits, F6 and its distance to each code as a bar."""
    words = WORDS[language]
    sheet = Sheet(340, 324, words["distances"])
    for n, digit in enumerate((3, 4, 8)):
        trace = traced(digit)
        y = trace.layers["RBF"].x.ravel()
        top = 18 + 102 * n
        sheet.cells(8, top + 6, trace.x.reshape(32, 32)[2:30, 2:30], 1.5)
        sheet.cells(60, top - 2, trace.layers["F6"].x.reshape(12, 7), 5, largest=1.3)
        axes = Axes(sheet, (118, top - 2, 212, 62), (0, 10), (0, 190))
        sheet.line(118, top + 60, 330, top + 60)
        for k, distance in enumerate(y):
            colour = "accent" if k == digit else "second"
            x = axes.across(k) + 3
            sheet.fill(x, axes.down(distance), 15, axes.down(0) - axes.down(distance), colour)
            sheet.text(x + 7.5, axes.down(distance) - 3, f"{distance:.0f}", "small", "middle")
            sheet.text(x + 7.5, top + 73, f"{k}", f"strong {colour}" if k == digit else "quiet",
                       "middle")  # fmt: skip
    return sheet


SKETCHES = {
    "runs-noise": noise,
    "runs-c1": c1,
    "runs-s2": s2,
    "runs-slide": slide,
    "runs-distances": distances,
}
