"""The pictures of docs/why.md."""

import math
from functools import cache

import numpy as np
from drawing import Array, Sheet, coloured

import simplecell as sc
from simplecell.data.photographs import bundled_photographs
from simplecell.features.autoencoder import Settings, SparseAutoencoder, learn
from simplecell.formulas.conv import conv_forward
from simplecell.formulas.local import local_forward
from simplecell.spec.accounting import full, local, shared
from sketches.axes import bars, power

WORDS = {
    "en": {
        "reconstruction": "Digits, 25 features that an autoencoder finds, and what it gives back",
        "x": "input x",
        "h": "features h",
        "y": "output y",
        "cells": "{} cells",
        "numbers": "{} numbers",
        "dropped": "dropped after learning",
        "filters": "what each of the 25 features looks at",
        "weights": "How many weights 100 features take, by how they are connected",
        "full": "full",
        "local": "local",
        "shared": "shared",
        "image": "image {0}×{0}",
        "field": "One feature sees the whole image, or one piece of 10×10",
        "whole": "full: 10,000 weights",
        "piece": "local: 100 weights",
        "same": "A kernel of its own at every place, and one kernel for all places",
        "own": "local: 16 places, 16 kernels, 144 weights",
        "one": "shared: 16 places, one kernel, 9 weights",
    },
    "zh": {
        "reconstruction": "几个数字、自编码器从中得到的 25 个特征值，以及它还原的结果",
        "x": "输入 x",
        "h": "特征 h",
        "y": "输出 y",
        "cells": "{} 个像素",
        "numbers": "{} 个数",
        "dropped": "学完后去掉",
        "filters": "25 个特征各自看什么",
        "weights": "100 个特征需要多少权值：看怎样连接",
        "full": "全连接",
        "local": "局部连接",
        "shared": "权值共享",
        "image": "图像 {0}×{0}",
        "field": "一个特征看整幅图像，或者只看 10×10 的一块",
        "whole": "全连接：10,000 个权值",
        "piece": "局部连接：100 个权值",
        "same": "每个位置各有卷积核，或者所有位置共用一个卷积核",
        "own": "局部连接：16 个位置，16 个核，144 个权值",
        "one": "权值共享：16 个位置，一个核，9 个权值",
    },
}


@cache
def learnt() -> tuple[SparseAutoencoder, Array]:
    """Learn the autoencoder that the page learns, of the same digits."""
    digits = sc.load("digits").train
    x = digits.pixels[:500].reshape(500, -1) / 255
    found = learn(x, Settings(hidden=25, rho=0.1, decay=1e-4, beta=0.1), iterations=60)
    rows = [int(np.flatnonzero(digits.labels[:500] == k)[0]) for k in (0, 2, 3, 6)]
    return found.autoencoder, x[rows]


def reconstruction(language: str) -> Sheet:
    """Draw four digits, their features and their reconstructions; below, the filters."""
    words = WORDS[language]
    coder, x = learnt()
    h, y = coder.encode(x), coder.reconstruct(x)
    sheet = Sheet(340, 372, words["reconstruction"])
    left, size, step = 76.0, 7.0, 66.0
    for top, name, told in (
        (8, "x", words["cells"].format(x.shape[1])),
        (76, "h", words["numbers"].format(h.shape[1])),
        (144, "y", words["cells"].format(y.shape[1])),
    ):
        sheet.text(left - 10, top + 26, words[name], "strong", "end")
        sheet.text(left - 10, top + 40, told, "quiet small", "end")
    for k in range(len(x)):
        place = left + k * step
        sheet.cells(place, 8, x[k].reshape(8, 8), size, picture=True)
        sheet.cells(place + 8, 78, h[k].reshape(5, 5), 8, largest=float(h.max()))
        sheet.cells(place, 144, y[k].reshape(8, 8), size, picture=True)
        sheet.arrow(place + 28, 65, place + 28, 76)
        sheet.arrow(place + 28, 120, place + 28, 142)
    sheet.add(
        f'<rect x="{left - 6:g}" y="138" width="266" height="68" rx="5" class="s-accent"'
        ' stroke-width="1.2" stroke-dasharray="5 4"/>'
    )
    sheet.text(left + 254, 220, words["dropped"], "accent small", "end")
    sheet.text(8, 244, words["filters"], "quiet")
    filters = coder.weights.w1
    for k, one in enumerate(filters):
        row, column = divmod(k, 9)
        sheet.cells(8 + column * 36.4, 252 + row * 38, one.reshape(8, 8), 4)
    return sheet


def grey(pixels: Array) -> bytes:
    """Paint a photograph as it is: it is no drawing, and is not turned over on a dark screen.

    Shapes
        pixels (H, W) uint8
    """
    return coloured(np.repeat(pixels[..., None], 3, axis=2))


def weights(language: str) -> Sheet:
    """Draw weights on a scale of powers of ten, for two sizes of image."""
    words = WORDS[language]
    sheet = Sheet(340, 226, words["weights"])
    top = 18.0
    for side in (100, 1000):
        image = (side, side)
        sheet.text(8, top, words["image"].format(side), "strong")
        counts = {
            "full": full(image, units=100).weights,
            "local": local(image, (10, 10), units=100).weights,
            "shared": shared(image, (10, 10)).weights,
        }
        rows = [
            (words[name], math.log10(count) / 8, power(count), "accent" if name == "full" else
             "second")
            for name, count in counts.items()
        ]  # fmt: skip
        top = bars(sheet, rows, left=76, top=top + 10, width=208) + 26
    return sheet


def field(language: str) -> Sheet:
    """Draw what one unit is connected with, on a real photograph of 100×100."""
    words = WORDS[language]
    photo = grey(bundled_photographs()[0][0, 100:300:2, 100:300:2])
    sheet = Sheet(340, 190, words["field"])
    for left, name in ((8.0, "whole"), (178.0, "piece")):
        sheet.image(left, 28, photo, 154, 154)
        sheet.text(left, 16, words[name], "strong")
        if name == "whole":
            sheet.box(left, 28, 154, 154, "accent", 2)
        else:
            x, y = left + 60 * 1.54, 28 + 45 * 1.54
            sheet.box(x, y, 15.4, 15.4, "accent", 2)
    return sheet


def same(language: str) -> Sheet:
    """Draw the kernels of a local layer place by place, and those of a convolution."""
    words, rng = WORDS[language], np.random.default_rng(0)
    image = rng.normal(size=(1, 1, 6, 6))
    own = rng.normal(size=(1, 4, 4, 1, 3, 3))
    kernel = rng.normal(size=(1, 1, 3, 3))
    everywhere = np.broadcast_to(kernel[:, None, None], own.shape)
    results = (
        local_forward(image, own, np.zeros((1, 4, 4))),
        conv_forward(image, kernel, np.zeros(1)),
    )
    sheet = Sheet(340, 312, words["same"])
    for top, name, kernels, result in zip(
        (6.0, 162.0), ("own", "one"), (own, everywhere), results, strict=True
    ):
        sheet.text(8, top + 10, words[name], "strong")
        sheet.cells(8, top + 36, image[0, 0], 13)
        sheet.text(94, top + 80, "∗", "large")
        for i in range(4):
            for j in range(4):
                place = (110 + 32 * j, top + 18 + 32 * i)
                sheet.cells(*place, kernels[0, i, j, 0], 9, largest=2.5)
        sheet.arrow(240, top + 76, 256, top + 76)
        sheet.cells(264, top + 42, result[0, 0], 17)
    return sheet


SKETCHES = {
    "why-reconstruction": reconstruction,
    "why-weights": weights,
    "why-field": field,
    "why-same": same,
}
