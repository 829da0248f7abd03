"""Write the table of docs/python.md: every call that is given pictures, each kind of picture.

The calls are really made. `python docs/inputs.py` writes the table into both languages; a test
compares.
"""

import re
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

import numpy as np
from PIL import Image

import simplecell as sc
from simplecell.errors import SimplecellError

DOCS = Path(__file__).parent
PAGES = {"en": DOCS / "python.md", "zh": DOCS / "zh" / "python.md"}
BEGIN, END = "<!-- docs/inputs.py writes this -->\n", "<!-- to here -->\n"
COUNT, SIDE = 60, 24

KINDS = {
    "one": ("one picture, an array (24, 24)", "一张图片：数组 (24, 24)"),
    "path": ("one picture, its path", "一张图片：文件路径"),
    "paths": ("a list of paths", "由路径组成的列表"),
    "images": ("a list of PIL images", "由 PIL 图像组成的列表"),
    "bytes": ("bytes (60, 24, 24)", "字节数组 (60, 24, 24)"),
    "colour": ("colour (60, 24, 24, 3)", "彩色 (60, 24, 24, 3)"),
    "rows": ("rows (60, 576)", "按行展开 (60, 576)"),
    "fractions": ("fractions, 0 to 1", "小数，0 到 1"),
    "signed": ("fractions, -1 to 1", "小数，-1 到 1"),
    "alpha": ("RGBA (60, 24, 24, 4)", "RGBA (60, 24, 24, 4)"),
    "three": ("three pictures or channels (3, 24, 24)", "三张图片还是三个通道 (3, 24, 24)"),
    "nan": ("some pixels are NaN", "有的像素是 NaN"),
}
"""The kinds of pictures, in English and in Chinese."""

CALLS: dict[str, Callable[..., Any]] = {
    "`predict`": lambda x, y, model, net: model.predict(x),
    "`predict_proba`": lambda x, y, model, net: model.predict_proba(x),
    "`transform`": lambda x, y, model, net: model.transform(x),
    "`score`": lambda x, y, model, net: model.score(x, y),
    "`evaluate`": lambda x, y, model, net: sc.evaluate(model, (x, y)),
    "`fit`": lambda x, y, model, net: sc.fit("lenet5", (x, y), epochs=1, progress=False),
    "`ConvNetClassifier.predict`": lambda x, y, model, net: net.predict(x),
}
HEADS = {"en": "pictures are given as", "zh": "图片以何种形式给出"}


def pictures() -> tuple[dict[str, Any], np.ndarray]:
    """Give 60 digits in every kind, their files in the working folder, and their labels."""
    digits = sc.load("digits").train
    x = np.kron(digits.pixels[:COUNT, 0], np.ones((1, SIDE // 8, SIDE // 8), np.uint8))
    images = [Image.fromarray(one) for one in x]
    paths = [f"{k}.png" for k in range(COUNT)]
    for image, path in zip(images, paths, strict=True):
        image.save(path)
    broken = x / 255
    broken[3, 4, 5] = np.nan
    kinds = {
        "one": x[0],
        "path": paths[0],
        "paths": paths,
        "images": images,
        "bytes": x,
        "colour": np.stack([x] * 3, axis=3),
        "rows": x.reshape(COUNT, -1),
        "fractions": x / 255,
        "signed": x / 127.5 - 1,
        "alpha": np.stack([x] * 4, axis=3),
        "three": x[:3],
        "nan": broken,
    }
    return kinds, digits.labels[:COUNT]


def said(call: Callable[..., Any], x: Any, y: Any, model: Any, net: Any) -> tuple[str, str]:
    """Make a call; give what came back, or the sentence that was said instead."""
    try:
        answer = call(x, y, model, net)
    except SimplecellError as problem:
        return "", " ".join(str(problem).split())
    except ValueError as problem:
        # scikit-learn's own messages go on for many lines.
        return "", str(problem).splitlines()[0]
    if isinstance(answer, np.ndarray):
        return f"`{answer.shape}`", ""
    return type(answer).__name__, ""


def answers() -> dict[str, list[tuple[str, str]]]:
    """Make every call with every kind of picture."""
    with TemporaryDirectory() as folder, chdir(folder):
        kinds, labels = pictures()
        x = kinds["bytes"]
        model = sc.fit("lenet5", (x, labels), epochs=8, progress=False).model
        net = sc.ConvNetClassifier(epochs=8, random_state=0).fit(x, labels)
        counts = {"one": 1, "path": 1, "three": 3}
        return {
            kind: [
                said(call, given, labels[: counts.get(kind, COUNT)], model, net)
                for call in CALLS.values()
            ]
            for kind, given in kinds.items()
        }


def tables() -> dict[str, str]:
    """Give the table in both languages: what came back, or the number of the sentence."""
    found = answers()
    sentences = list(dict.fromkeys(words for row in found.values() for _, words in row if words))
    made = {}
    for place, language in enumerate(PAGES):
        lines = [
            "| " + " | ".join([HEADS[language], *CALLS]) + " |",
            "|---" * (1 + len(CALLS)) + "|",
        ]
        for kind, row in found.items():
            cells = [back or f"? {sentences.index(words) + 1}" for back, words in row]
            lines.append("| " + " | ".join([KINDS[kind][place], *cells]) + " |")
        listed = [
            fill(f"{number}. {words}", 88, subsequent_indent="    ")
            for number, words in enumerate(sentences, 1)
        ]
        made[language] = "\n".join([*lines, "", "```text", *listed, "```", ""])
    return made


def written(language: str, table: str) -> str:
    """Give a page with the table in its place."""
    page = PAGES[language].read_text(encoding="utf-8")
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}",
        lambda _: f"{BEGIN}\n{table}\n{END}",
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    for language, table in tables().items():
        PAGES[language].write_text(written(language, table), encoding="utf-8")
        print(f"wrote {PAGES[language].relative_to(DOCS.parent)}")
