"""The pictures of docs/how-it-learns.md."""

import numpy as np
from drawing import Array, Sheet
from scipy.signal import convolve2d

from simplecell.formulas.activations import slope, softmax, squash
from simplecell.formulas.combine import combine_backward, combine_forward
from simplecell.formulas.conv import carriers
from simplecell.formulas.subsample import up
from sketches.axes import Axes
from sketches.runs import traced, trained

WORDS = {
    "en": {
        "difference": "The error against one weight: its slope, and two points that measure it",
        "error": "E",
        "weight": "one weight w",
        "slope": "slope: ∂E/∂w = {:.3f}",
        "measured": "through the two points: {:.3f}",
        "turned": "conv2 turns the kernel by 180° before it lays it down",
        "kernel": "w",
        "turn": "rot180(w)",
        "image": "image",
        "both": "w laid on it, or conv2 of rot180(w)",
        "up": "From S2's δ to C1's, of a trained network and a digit",
        "copied": "up(δ)",
        "squashed": "f′(u)",
        "result": "C1: δ = β (f′(u) ∘ up(δ))",
        "s2": "S2: δ",
        "places": "The gradient of a kernel: δ times the patch under it, summed over all places",
        "delta": "δ",
        "patches": "patches of x, each times its δ",
        "sum": "sum: ∂E/∂w",
        "full": "δ of the layer below: a full convolution with the kernel turned",
        "above": "δ above",
        "below": "δ below",
        "hears": "how many δ a cell hears",
        "shares": "A map learns which maps it reads: its target is made of maps 0 and 2",
        "step": "steps",
        "share": "share α",
        "map": "map {}",
    },
    "zh": {
        "difference": "误差随一个权值的变化：它的斜率，以及用来测量斜率的两个点",
        "error": "E",
        "weight": "一个权值 w",
        "slope": "斜率：∂E/∂w = {:.3f}",
        "measured": "由两点求得：{:.3f}",
        "turned": "conv2 先把卷积核旋转 180° 再放上去",
        "kernel": "w",
        "turn": "rot180(w)",
        "image": "图像",
        "both": "直接放 w，或者 conv2 用 rot180(w)",
        "up": "从 S2 的 δ 到 C1 的 δ，取自训练好的网络和一个数字",
        "copied": "up(δ)",
        "squashed": "f′(u)",
        "result": "C1：δ = β (f′(u) ∘ up(δ))",
        "s2": "S2：δ",
        "places": "卷积核的梯度：δ 乘以当时在核下面的图像块，对所有位置求和",
        "delta": "δ",
        "patches": "x 的各图像块，各乘以自己的 δ",
        "sum": "求和：∂E/∂w",
        "full": "下一层的 δ：与旋转后的核做 full 卷积",
        "above": "上层的 δ",
        "below": "下层的 δ",
        "hears": "每个单元收到几个 δ",
        "shares": "一个特征图学习读取哪些特征图：它的目标由 0 号和 2 号合成",
        "step": "步数",
        "share": "份额 α",
        "map": "{} 号",
    },
}

IMAGE = np.array([[int(c) for c in row] for row in ("11100", "01110", "00111", "00110", "01100")])
KERNEL = np.array([[1, 2, 0], [0, 1, 0], [0, 0, -1]])
DELTA = np.array([[1, 0, -1], [2, 1, 0], [0, -1, 1]])
"""Small whole numbers, so that every sum in a picture can be done in one's head."""


def rot180(values: Array) -> Array:
    """Turn a map upside down and left to right."""
    return values[::-1, ::-1]


def difference(language: str) -> Sheet:
    """Draw E over one weight of a small network, its tangent, and the chord that measures it."""
    words, rng = WORDS[language], np.random.default_rng(3)
    x, t = np.array([0.9, 0.4, -0.7, 0.5]), 0.8
    w = rng.normal(size=4) / 2

    def error(first: float) -> float:
        u = first * x[0] + w[1:] @ x[1:]
        return float(0.5 * (squash("tanh", u) - t) ** 2)

    at, epsilon = 0.1, 0.5
    u = np.array(at * x[0] + w[1:] @ x[1:])
    y = squash("tanh", u)
    exact = float((y - t) * slope("tanh", u, y) * x[0])
    chord = (error(at + epsilon) - error(at - epsilon)) / (2 * epsilon)
    span = np.linspace(-2.2, 2.2, 89)
    values = [error(float(one)) for one in span]
    sheet = Sheet(340, 236, words["difference"])
    axes = Axes(sheet, (44, 40, 280, 150), (-2.2, 2.2), (0, 1.15 * max(values)))
    axes.ticks_x([-2, -1, 0, 1, 2], label=words["weight"])
    axes.ticks_y(np.linspace(0, round(max(values), 1), 3), ".2f", words["error"])
    axes.curve(span, values, "second")
    axes.curve([at - 0.8, at + 0.8], [error(at) - 0.8 * exact, error(at) + 0.8 * exact], "accent")
    ends = (at - epsilon, at + epsilon)
    axes.curve(ends, [error(end) for end in ends], "quiet", 1)
    for place in ends:
        axes.dot(place, error(place), "quiet")
    axes.dot(at, error(at))
    sheet.text(324, 14, words["slope"].format(exact).replace("-", "−"), "accent", "end")
    sheet.text(324, 29, words["measured"].format(chord).replace("-", "−"), "quiet", "end")
    return sheet


def turned(language: str) -> Sheet:
    """Draw a kernel, the kernel turned, and that both conventions give the same map."""
    words = WORDS[language]
    sheet = Sheet(340, 236, words["turned"])
    sheet.text(8, 14, words["image"], "strong")
    sheet.numbers(8, 22, IMAGE, 18)
    sheet.text(134, 14, words["kernel"], "strong")
    sheet.numbers(134, 22, KERNEL, 22, marked=[(0, 0)])
    sheet.arrow(208, 55, 244, 55)
    sheet.text(226, 46, "180°", "quiet small", "middle")
    sheet.text(254, 14, words["turn"], "strong")
    sheet.numbers(254, 22, rot180(KERNEL), 22, marked=[(2, 2)])
    sheet.text(8, 140, words["both"], "strong")
    result = convolve2d(IMAGE, rot180(KERNEL), "valid")
    sheet.numbers(8, 150, result, 25, kind="")
    return sheet


def upward(language: str) -> Sheet:
    """Draw the δ of one of S2's maps, its copy, the slope, and the δ of C1 they give."""
    words, (model, _), trace = WORDS[language], trained(), traced(3)
    s2, c1 = trace.layers["S2"], trace.layers["C1"]
    m = int(np.abs(c1.du).sum(axis=(1, 2)).argmax())
    copied = up(s2.du[m], (2, 2))
    slopes = slope("scaled_tanh", c1.u[m], c1.x[m])
    beta = float(model.parameters["S2.w"][m])
    assert np.allclose(c1.du[m], beta * slopes * copied)
    sheet = Sheet(340, 282, words["up"])
    shown = ((words["s2"], s2.du[m], 4.0), (words["copied"], copied, 4.0),
             (words["squashed"], slopes, 4.0))  # fmt: skip
    places = ((8.0, 24.0), (118.0, 24.0), (8.0, 166.0))
    for (name, values, size), (x, y) in zip(shown, places, strict=True):
        sheet.text(x, y - 8, name, "strong")
        sheet.cells(x, y, values, size)
    sheet.arrow(70, 52, 112, 52)
    sheet.text(91, 46, "⊗ 1₂ₓ₂", "quiet small", "middle")
    sheet.text(126, 228, f"× β = {beta:.2f}".replace("-", "−"), "quiet")
    sheet.text(218, 158, words["result"].partition("δ")[0] + "δ", "strong")
    sheet.cells(218, 166, c1.du[m], 4)
    return sheet


def places(language: str) -> Sheet:
    """Draw all nine patches of an image, each times its δ, and the sum of them."""
    words = WORDS[language]
    sheet = Sheet(340, 372, words["places"])
    sheet.text(8, 14, words["image"] + " x", "strong")
    sheet.numbers(8, 22, IMAGE, 18)
    sheet.text(134, 14, words["delta"], "strong")
    sheet.numbers(134, 22, DELTA, 22)
    total = np.zeros((3, 3), int)
    sheet.text(8, 140, words["patches"], "strong")
    for i in range(3):
        for j in range(3):
            patch = DELTA[i, j] * IMAGE[i : i + 3, j : j + 3]
            total += patch
            x, y = 34 + 108 * j, 150 + 74 * i
            words_for = f"{DELTA[i, j]} ×".replace("-", "−")
            sheet.text(x - 4, y + 34, words_for, "quiet", "end")
            sheet.numbers(x, y, IMAGE[i : i + 3, j : j + 3], 21, largest=2)
    sheet.text(248, 14, words["sum"], "strong")
    sheet.numbers(248, 22, total, 25, kind="strong")
    return sheet


def full(language: str) -> Sheet:
    """Draw δ above, the kernel, δ below, and how many δ each cell hears."""
    words = WORDS[language]
    heard = np.array([[len(carriers((i, j))) for j in range(5)] for i in range(5)])
    below = convolve2d(DELTA, KERNEL, "full")
    sheet = Sheet(340, 262, words["full"])
    sheet.text(8, 14, words["above"], "strong")
    sheet.numbers(8, 22, DELTA, 22)
    sheet.text(92, 14, words["kernel"], "strong")
    sheet.numbers(92, 22, KERNEL, 22)
    sheet.arrow(166, 55, 194, 55)
    sheet.text(204, 14, words["below"], "strong")
    sheet.numbers(204, 22, below, 25, kind="")
    sheet.text(8, 118, words["hears"], "strong")
    sheet.numbers(8, 126, heard, 25, largest=18, kind="")
    return sheet


def shares(language: str) -> Sheet:
    """Draw the shares of three maps while a map learns a target that two of them made."""
    words, rng = WORDS[language], np.random.default_rng(0)
    x, k = rng.normal(size=(1, 3, 9, 9)), rng.normal(size=(3, 3, 3))
    wanted = combine_forward(x, k, np.log([[0.5, 1e-9, 0.5]]), np.zeros(1))
    c, course = np.zeros((1, 3)), []
    for _ in range(61):
        course.append(softmax(c)[0])
        delta = combine_forward(x, k, c, np.zeros(1)) - wanted
        c = c - 0.02 * combine_backward(x, k, c, delta)[2]
    sheet = Sheet(340, 212, words["shares"])
    axes = Axes(sheet, (40, 26, 232, 140), (0, 60), (0, 0.6))
    axes.ticks_x([0, 20, 40, 60], label=words["step"])
    axes.ticks_y([0, 0.2, 0.4, 0.6], label=words["share"])
    lines = np.array(course).T
    ends = [float(line[-1]) for line in lines]
    for m, colour in enumerate(("second", "quiet", "accent")):
        axes.curve(range(61), lines[m], colour)
        apart = {0: -5, 1: 4, 2: 11}[m] if abs(ends[0] - ends[2]) < 0.05 else 4
        sheet.text(280, axes.down(ends[m]) + apart, words["map"].format(m), colour)
    return sheet


SKETCHES = {
    "learns-difference": difference,
    "learns-turned": turned,
    "learns-up": upward,
    "learns-places": places,
    "learns-full": full,
    "learns-shares": shares,
}
