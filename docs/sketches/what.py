"""The pictures of docs/what.md."""

import math

import numpy as np
from drawing import Sheet

import simplecell as sc
from simplecell.data.photographs import bundled_photographs
from simplecell.formulas.autoencoder import encode
from simplecell.formulas.conv import conv_forward
from simplecell.formulas.gabor import Gabor, gabor
from simplecell.spec.accounting import count_network, full, local, shared
from sketches.axes import Axes, bars, power
from sketches.why import grey

WORDS = {
    "en": {
        "weights": "From 10¹² weights to 100: an image of 1000×1000, kernels of 10×10",
        "full": "full",
        "local": "local",
        "shared": "shared",
        "maps": "100 maps",
        "units": "a million units",
        "kernels": "however many units",
        "places": "Neurons grow with the image, weights do not",
        "side": "side of the image, in pixels; stride 10",
        "neurons": "neurons",
        "count": "how many",
        "one": "1 kernel",
        "hundred": "100 kernels",
        "weight": "weights",
        "fields": "What a unit of each layer of LeNet-5 sees of the image",
        "matrix": "Three features: of one patch three numbers, of an image three maps",
        "image": "image",
        "kernel": "kernel",
        "patch": "of the patch",
        "map": "of the image: a map",
    },
    "zh": {
        "weights": "从 10¹² 个权值到 100 个：图像 1000×1000，卷积核 10×10",
        "full": "全连接",
        "local": "局部连接",
        "shared": "权值共享",
        "maps": "100 个核",
        "units": "一百万个单元",
        "kernels": "不论多少单元",
        "places": "神经元数随图像增长，权值数不变",
        "side": "图像边长（像素），步长 10",
        "neurons": "神经元",
        "count": "个数",
        "one": "1 个核",
        "hundred": "100 个核",
        "weight": "权值",
        "fields": "LeNet-5 各层的一个单元看到图像的多大一块",
        "matrix": "三种特征：一个图像块得到三个数，一幅图像得到三个特征图",
        "image": "图像",
        "kernel": "卷积核",
        "patch": "图像块的结果",
        "map": "图像的结果：特征图",
    },
}


def weights(language: str) -> Sheet:
    """Draw the deck's four sums on a scale of powers of ten."""
    words, image = WORDS[language], (1000, 1000)
    counts = {
        "full": full(image, units=10**6).weights,
        "local": local(image, (10, 10), units=10**6).weights,
        "shared": shared(image, (10, 10)).weights,
        "maps": shared(image, (10, 10), maps=100).weights,
    }
    sheet = Sheet(340, 164, words["weights"])
    rows = [
        (words[name], math.log10(count) / 12, power(count), "accent" if name == "full" else
         "second")
        for name, count in counts.items()
    ]  # fmt: skip
    sheet.text(80, 14, words["units"], "quiet")
    end = bars(sheet, rows[:2], left=80, top=22, width=216)
    sheet.text(80, end + 18, words["kernels"], "quiet")
    bars(sheet, rows[2:], left=80, top=end + 26, width=216)
    return sheet


def places(language: str) -> Sheet:
    """Draw neurons and weights against the side of an image, at a stride of 10."""
    words = WORDS[language]
    sides = np.unique(np.geomspace(10, 10_000, 31).astype(int) // 10 * 10)
    sheet = Sheet(340, 240, words["places"])
    axes = Axes(sheet, (44, 26, 208, 166), (10, 10_000), (1, 1e9), logarithmic="xy")
    axes.ticks_y([1, 100, 1e4, 1e6, 1e8], "power", words["count"])
    axes.ticks_x([10, 100, 1000, 10_000], "power", words["side"])
    for maps, name in ((1, "one"), (100, "hundred")):
        counts = [shared((int(s), int(s)), (10, 10), stride=(10, 10), maps=maps) for s in sides]
        axes.curve(sides, [count.neurons for count in counts], "second")
        axes.curve(sides, [count.weights for count in counts], "accent")
        end = axes.down(counts[-1].neurons)
        sheet.text(258, end + 1, words["neurons"], "second small")
        sheet.text(258, end + 12, words[name], "quiet small")
        end = axes.down(counts[-1].weights)
        sheet.text(258, end + 1, words["weight"], "accent small")
        sheet.text(258, end + 12, words[name], "quiet small")
    return sheet


def fields(language: str) -> Sheet:
    """Draw the receptive field of each layer's middle unit over a digit."""
    words, size = WORDS[language], 6.0
    digit = sc.load("mnist", size=32).train.pixels[7, 0] / 255
    found: dict[int, list[str]] = {}
    for layer in count_network(sc.find("lenet5")).layers[:5]:
        found.setdefault(layer.receptive_field[0], []).append(layer.name)
    sheet = Sheet(340, 218, words["fields"])
    left, top = 8.0, 14.0
    sheet.cells(left, top, digit, size, picture=True)
    for k, (side, names) in enumerate(found.items()):
        corner = 16 - side / 2
        colour = ("accent", "second")[k % 2]
        sheet.box(left + corner * size, top + corner * size, side * size, side * size, colour, 2)
        x, y = 226.0, top + 16 + 38 * k
        sheet.text(x, y, ", ".join(names), f"strong {colour}")
        sheet.text(x + 30, y, f"{side}×{side}")
    return sheet


def matrix(language: str) -> Sheet:
    """Draw what an autoencoder's vector and a convolution's matrices are, of the same kernels."""
    words = WORDS[language]
    turns = (0.0, np.pi / 2, np.pi / 4)
    kernels = np.stack([gabor(Gabor(1, 0, 0, t, 8, 1.57, 2.5, 1), (10, 10)) for t in turns])
    photo = bundled_photographs()[0][0, 80:280:2, 120:320:2]
    x = photo / 255 - photo.mean() / 255
    maps = conv_forward(x[None, None], kernels[:, None], np.zeros(3))[0]
    row, column = np.unravel_index(maps.min(axis=0).argmax(), maps.shape[1:])
    patch = x[row : row + 10, column : column + 10]
    numbers = encode(patch.reshape(1, 100), kernels.reshape(3, 100), np.zeros(3))[0]
    sheet = Sheet(340, 252, words["matrix"])
    sheet.text(8, 14, words["image"], "strong")
    sheet.image(8, 22, grey(photo), 90, 90)
    sheet.box(8 + column * 0.9, 22 + row * 0.9, 9, 9, "accent", 1.6)
    sheet.text(124, 14, words["kernel"], "strong")
    sheet.text(184, 14, words["patch"], "strong")
    sheet.text(8, 138, words["map"], "strong")
    for k in range(3):
        sheet.cells(124, 22 + 33 * k, kernels[k], 2.8)
        sheet.arrow(158, 36 + 33 * k, 182, 36 + 33 * k)
        sheet.text(192, 40 + 33 * k, f"a{k + 1} = {numbers[k]:.2f}")
        sheet.cells(8 + 110 * k, 146, maps[k], 1.12)
    return sheet


SKETCHES = {
    "what-weights": weights,
    "what-places": places,
    "what-fields": fields,
    "what-matrix": matrix,
}
