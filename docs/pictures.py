"""Draw docs/pictures/: LeNet-5's features as pictures, one digit's way up and back, a table.

`make docs` runs it. Two pictures are of MNIST, and are left as they are where it is not at hand.
"""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

import simplecell as sc
from simplecell.data.part import Part
from simplecell.engines.parameters import code_values
from simplecell.engines.protocol import Trace
from simplecell.errors import FetchError
from simplecell.spec.layers import RBF
from simplecell.spec.network import Network

sys.path.insert(0, str(Path(__file__).parent))
from drawing import Sheet, inked

PICTURES = Path(__file__).parent / "pictures"
Array = NDArray[Any]

GLYPH = (12, 7)
WORDS = {
    "en": {
        "codes": "Ten digits, what LeNet-5 makes of them in F6, and the codes that F6 comes to",
        "digit": "digit", "F6": "F6", "code": "code",
        "trace": "One digit on its way through LeNet-5, and the error on its way back",
        "up": "forward: x = f(u)", "down": "backward: δ = ∂E/∂u", "input": "input",
        "nearest": "distances to the codes: the smallest wins",
        "right": "code of {}",
    },
    "zh": {
        "codes": "十个数字、LeNet-5 的 F6 层给出的特征，以及 F6 所趋近的编码",
        "digit": "数字", "F6": "F6", "code": "编码",
        "trace": "一个数字在 LeNet-5 中前向传播，误差反向传播",
        "up": "前向：x = f(u)", "down": "反向：δ = ∂E/∂u", "input": "输入",
        "nearest": "到各编码的距离：最小者胜出",
        "right": "{} 的编码",
    },
}  # fmt: skip


def trained() -> tuple[sc.Run, sc.Dataset]:
    """Train LeNet-5 on MNIST by the default recipe, whose loss brings F6 to the codes.

    Raises
        FetchError   MNIST is not at hand and cannot be fetched
    """
    data = sc.load("mnist", size=32)
    return sc.fit("lenet5", data, seed=0), data


def codes_of(network: Network) -> Array:
    """Give the codes of the RBF outputs as numbers."""
    output = network.layers[-1]
    assert isinstance(output, RBF)
    return code_values(output)


def first_of_each(run: sc.Run, part: Part) -> list[int]:
    """Find, for every class, the first test digit that is read right."""
    read = run.model.predict(part) == part.labels
    return [int(np.flatnonzero(read & (part.labels == k))[0]) for k in range(10)]


def draw_codes(run: sc.Run, data: sc.Dataset, language: str) -> Sheet:
    """Draw ten digits, their 84 features as a picture each, and the codes below."""
    words, part = WORDS[language], data.test
    assert part is not None
    rows = part.rows(np.array(first_of_each(run, part)))
    features = run.model.transform(rows)
    codes = codes_of(run.network)
    step, left = 31.0, 34.0
    sheet = Sheet(left + 10 * step + 2, 158, words["codes"])
    for k in range(10):
        x = left + k * step
        sheet.image(x, 4, inked(rows.pixels[k, 0, 2:30, 2:30] / 255), 28, 28)
        sheet.cells(x, 42, features[k].reshape(GLYPH), 4, largest=1.3)
        sheet.cells(x, 102, codes[k].reshape(GLYPH), 4, largest=1.3)
    for y, name in ((22, "digit"), (70, "F6"), (130, "code")):
        sheet.text(left - 6, y, words[name], "strong" if name == "F6" else "quiet", "end")
    return sheet


def draw_trace(trace: Trace, code: Array, digit: int, language: str) -> Sheet:
    """Draw a digit's way up on the left, and the error's way down on the right."""
    words = WORDS[language]
    levels = [("input", trace.x.reshape(1, 32, 32), trace.dx.reshape(1, 32, 32))]
    levels += [(name, layer.x, layer.du) for name, layer in trace.layers.items()]
    sheet = Sheet(700, 560, words["trace"])
    left, half = 64.0, 322.0
    sheet.text(left, 14, words["up"], "strong")
    sheet.text(left + half, 14, words["down"], "strong")
    top = 26.0
    for name, up, down in levels:
        height = 0.0
        for x, values in ((left, up), (left + half, down)):
            height = max(height, _level(sheet, name, x, top, values))
        maps, tall, wide = up.shape
        sheet.text(left - 8, top + 10, words.get(name, name), "strong", "end")
        size = f"{maps}@{tall}×{wide}" if tall * wide > 1 else f"{maps}"
        sheet.text(left - 8, top + 22, size, "quiet small", "end")
        if name == "F6":
            sheet.cells(left + 70, top, code.reshape(GLYPH), 5, largest=1.3)
            sheet.text(left + 112, top + 32, words["right"].format(digit), "quiet")
        if name == "RBF":
            for k, distance in enumerate(up.ravel()):
                kind = "small strong accent" if k == digit else "small"
                sheet.text(left + 29 * k + 14, top + 38, f"{distance:.0f}", kind, "middle")
                sheet.text(left + 29 * k + 14, top - 3, f"{k}", "quiet small", "middle")
            sheet.text(left, top + 52, words["nearest"], "quiet small")
        top += height + (20 if name == "F6" else 10)
    sheet.height = top + 34
    return sheet


def _level(sheet: Sheet, name: str, x: float, y: float, values: Array) -> float:
    """Draw one layer's maps side by side on one scale; give their height."""
    largest = float(np.abs(values).max()) or 1.0
    if name == "F6":
        return sheet.cells(x, y, values.reshape(GLYPH), 5, largest=largest)[1]
    if name == "RBF":
        shown = values.ravel() - values.mean() if (values >= 0).all() else values.ravel()
        return sheet.cells(x, y, shown[None], 29)[1] - 4
    if values.shape[1:] == (1, 1):
        return sheet.cells(x, y, values.reshape(3, -1), 7, largest=largest)[1]
    across = min(len(values), 8)
    size = {32: 2.0, 28: 1.5, 14: 3.0, 10: 3.2, 5: 6.0}.get(values.shape[1], 2.0)
    pitch = values.shape[2] * size + 4
    across = int(min(len(values), 300 // pitch))
    height = 0.0
    for m, one in enumerate(values):
        row, column = divmod(m, across)
        place = (x + column * pitch, y + row * (one.shape[0] * size + 4))
        height = place[1] - y + sheet.cells(*place, one, size, largest=largest)[1]
    return height


def traced(run: sc.Run, part: Part, digit: int) -> tuple[Trace, Array]:
    """Follow one digit through the network and back, by the formulas."""
    row = first_of_each(run, part)[digit]
    one = run.model.examples(part.pixels[row : row + 1], part.labels[row : row + 1])
    program = sc.engine("reference").program(run.network)
    parameters = {name: w.astype(np.float64) for name, w in run.model.parameters.items()}
    trace = program.trace(parameters, one, run.model.loss)
    return trace, codes_of(run.network)[digit]


def printed(*command: str) -> str:
    """Give what a command prints on a terminal, as an SVG that needs no other file."""
    wide = {"FORCE_COLOR": "1", "COLUMNS": "118", "TERM": "xterm-256color"}
    shown = subprocess.run(
        [sys.executable, "-m", "simplecell", *command],
        capture_output=True, text=True, check=True, env={**os.environ, **wide},
    ).stdout  # fmt: skip
    console = Console(record=True, width=118, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown.rstrip()))
    svg = console.export_svg(title=f"simplecell {' '.join(command)}", unique_id="simplecell")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def main() -> None:
    """Draw all."""
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "summary.svg").write_text(printed("summary", "lenet5"), encoding="utf-8")
    print("wrote summary.svg")
    try:
        run, data = trained()
    except FetchError as problem:
        print(f"codes and trace are left as they are: {problem}")
        return
    assert data.test is not None
    trace, code = traced(run, data.test, 3)
    for language in WORDS:
        ending = "" if language == "en" else f"-{language}"
        draw_codes(run, data, language).write(PICTURES / f"codes{ending}.svg")
        draw_trace(trace, code, 3, language).write(PICTURES / f"trace{ending}.svg")


if __name__ == "__main__":
    main()
