"""Draw docs/pictures/: one digit's way through LeNet-5 and back, and a table as it is printed.

`make docs` runs it.
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
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.text import Text

import simplecell as sc
from simplecell.engines.protocol import Trace
from simplecell.spec.layers import RBF

PICTURES = Path(__file__).parent / "pictures"
Array = NDArray[Any]

INK, PAPER, QUIET = (32, 32, 32), (255, 255, 255), (110, 110, 110)
BELOW, ABOVE = np.array([33, 102, 172]), np.array([178, 24, 43])
LEFT, HALF, GAP = 120, 600, 18
SCALES = {"input": 3, "C1": 3, "S2": 6, "C3": 3, "S4": 6, "C5": 9, "F6": 8, "RBF": 40}


def colours(values: Array, largest: float) -> Image.Image:
    """Paint numbers: blue below nought, white at it, red above."""
    share = np.clip(np.abs(values) / (largest or 1), 0, 1)[..., None]
    end = np.where(values[..., None] < 0, BELOW, ABOVE)
    return Image.fromarray((255 + (end - 255) * share).astype(np.uint8), "RGB")


def strip(maps: Array, scale: int) -> Image.Image:
    """Lay the maps of one layer side by side; single units become one picture."""
    if maps.shape[1:] == (1, 1):
        wide = {120: 60, 84: 7}.get(len(maps), len(maps))
        maps = maps.reshape(1, -1, wide)
    height, width = maps.shape[1] * scale, maps.shape[2] * scale
    sheet = Image.new("RGB", (len(maps) * (width + 4) - 4, height), PAPER)
    largest = float(np.abs(maps).max())
    for m, one in enumerate(maps):
        painted = colours(one, largest).resize((width, height), Image.Resampling.NEAREST)
        sheet.paste(painted, (m * (width + 4), 0))
    return sheet


def framed(picture: Image.Image) -> Image.Image:
    """Put a hair line round a picture."""
    sheet = Image.new("RGB", (picture.width + 2, picture.height + 2), (205, 205, 205))
    sheet.paste(picture, (1, 1))
    return sheet


def levels(trace: Trace) -> list[tuple[str, Array, Array]]:
    """Name each level with what goes up and what comes back down."""
    return [
        ("input", trace.x.reshape(1, 32, 32), trace.dx.reshape(1, 32, 32)),
        *((name, layer.x, layer.du) for name, layer in trace.layers.items()),
    ]


def draw_trace(trace: Trace, code: str, digit: int) -> Image.Image:
    """Draw a digit's way up on the left, and the error's way down on the right."""
    rows = [
        (name, x.shape, strip(x, SCALES[name]), strip(dx, SCALES[name]))
        for name, x, dx in levels(trace)
    ]
    height = 60 + sum(up.height + GAP for _, _, up, _ in rows)
    sheet = Image.new("RGB", (LEFT + 2 * HALF, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    font, small = ImageFont.load_default(17), ImageFont.load_default(13)
    pen.text((LEFT, 16), "forward: x = f(u)", INK, font)
    pen.text((LEFT + HALF, 16), "backward: dE/du, and of the input dE/dx", INK, font)
    top = 52
    for name, (maps, tall, wide), up, down in rows:
        middle = top + up.height // 2
        pen.text((16, middle - 17), name, INK, font)
        pen.text((16, middle + 3), f"{maps} @ {tall}x{wide}", QUIET, small)
        sheet.paste(framed(up), (LEFT, top))
        sheet.paste(framed(down), (LEFT + HALF, top))
        if name == "F6":
            wanted = np.array([1.0 if mark == "#" else -1.0 for mark in code]).reshape(84, 1, 1)
            sheet.paste(framed(strip(wanted, SCALES["F6"])), (LEFT + 75, top))
            words = f"F6's 84 units as a picture, and the\ncode of {digit} it is compared with"
            pen.text((LEFT + 150, middle - 17), words, QUIET, small)
        if name == "RBF":
            for k, distance in enumerate(trace.layers[name].x.ravel()):
                pen.text((LEFT + 8 + 40 * k, middle - 8), f"{distance:.0f}", PAPER, small)
            words = "distances to the codes of\n0 to 9: the smallest wins"
            pen.text((LEFT + up.width + 16, middle - 17), words, QUIET, small)
        top += up.height + GAP
    return sheet


def trained() -> tuple[Trace, str, int]:
    """Train LeNet-5 on the bundled digits and trace the first test digit that is a 3."""
    data = sc.load("digits", size=32)
    network = sc.find("lenet5")
    run = sc.fit(network, data, seed=0)
    assert data.test is not None
    row = int(np.flatnonzero(data.test.labels == 3)[0])
    one = run.model.examples(data.test.pixels[row : row + 1], data.test.labels[row : row + 1])
    output = network.layers[-1]
    assert isinstance(output, RBF)
    program = sc.engine("reference").program(network)
    parameters = {name: w.astype(np.float64) for name, w in run.model.parameters.items()}
    return program.trace(parameters, one, run.recipe.loss or "cross_entropy"), output.codes[3], 3


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


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    draw_trace(*trained()).save(PICTURES / "trace.png", optimize=True)
    (PICTURES / "summary.svg").write_text(printed("summary", "lenet5"), encoding="utf-8")
    print(f"wrote {PICTURES.name}/trace.png and {PICTURES.name}/summary.svg")
