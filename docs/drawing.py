"""Drawing for the docs: SVG files in one style, which follow the reader's light or dark screen.

    sheet = Sheet(340, 120)                    # in pixels of a phone; larger screens scale it
    sheet.cells(8, 20, values, size=3)         # a map: blue below 0, red above, nothing at 0
    sheet.text(8, 14, "C1", "strong")
    sheet.write(PICTURES / "map.svg")

Cells are a small PNG inside the SVG. Their colour is as strong as the value is far from 0, and
what is 0 lets the background through: so one file serves both screens. Nothing in a file depends
on the day or the machine.
"""

import io
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.plots.palette import ABOVE, BELOW, DARK, LIGHT

Array = NDArray[Any]

INK = (128, 128, 128)
"""The colour of pictures."""

FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif'


GROWN = 1.6
"""How much larger than on a phone a picture is on a screen that is wide enough."""


def _style() -> str:
    """Write the rules for both screens."""

    def rules(colours: dict[str, str]) -> str:
        fills = "".join(f".{name}{{fill:{colour}}}" for name, colour in colours.items())
        strokes = "".join(f".s-{name}{{stroke:{colour}}}" for name, colour in colours.items())
        return f"text{{fill:{colours['ink']}}}{fills}{strokes}"

    return (
        f"text{{font-family:{FONT};font-size:11px}}.strong{{font-weight:600}}"
        ".small{font-size:9px}.large{font-size:14px}.mono{font-family:ui-monospace,monospace}"
        ".line{fill:none}[class^=s-],[class*=' s-']{fill:none}"
        f"{rules(LIGHT)}@media(prefers-color-scheme:dark){{{rules(DARK)}}}"
    )


def tinted(values: Array, largest: float | None = None) -> bytes:
    """Paint numbers as a PNG: the farther from 0, the stronger; blue below, red above."""
    reach = float(np.abs(values).max()) if largest is None else largest
    share = np.clip(np.abs(np.nan_to_num(values)) / (reach or 1.0), 0, 1)
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = np.where(values[..., None] < 0, BELOW, ABOVE)
    pixels[..., 3] = np.rint(255 * share)
    return _png(pixels)


def inked(values: Array) -> bytes:
    """Paint a picture 0..1 in grey ink that shows on both screens."""
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = INK
    pixels[..., 3] = np.rint(255 * np.clip(values, 0, 1))
    return _png(pixels)


def coloured(values: Array) -> bytes:
    """Keep a picture (H, W, 3) uint8 as it is."""
    alpha = np.full((*values.shape[:2], 1), 255, np.uint8)
    return _png(np.concatenate([values, alpha], axis=2))


def _png(pixels: Array) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(file, "PNG", optimize=True)
    return file.getvalue()


class Sheet:
    """An SVG that grows: its parts are drawn in the order in which they are added."""

    def __init__(self, width: float, height: float, title: str = "") -> None:
        self.width, self.height, self.title = width, height, title
        self.parts: list[str] = []

    def add(self, svg: str) -> None:
        """Add a piece of SVG as it is."""
        self.parts.append(svg)

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """Write words; `kind` is strong, quiet, small, large, mono, accent, second, or several."""
        place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
        self.add(f'<text {place} class="{kind}">{escape(words)}</text>')

    def image(self, x: float, y: float, png: bytes, width: float, height: float) -> None:
        """Place a small picture, its cells as sharp squares."""
        link = f"data:image/png;base64,{b64encode(png).decode()}"
        self.add(
            f'<image x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
            f' style="image-rendering:pixelated" preserveAspectRatio="none" href="{link}"/>'
        )

    def cells(
        self,
        x: float,
        y: float,
        values: Array,
        size: float,
        *,
        largest: float | None = None,
        picture: bool = False,
    ) -> tuple[float, float]:
        """Draw a map (H, W) with a hair line round it; give its width and height.

        `picture` draws 0..1 in grey; otherwise the colours are those of signed values.
        """
        height, width = values.shape
        png = inked(values) if picture else tinted(values, largest)
        self.image(x, y, png, width * size, height * size)
        self.box(x, y, width * size, height * size)
        return width * size, height * size

    def numbers(
        self,
        x: float,
        y: float,
        values: Array,
        size: float,
        *,
        largest: float | None = None,
        form: str = "g",
        marked: Iterable[tuple[int, int]] = (),
        kind: str = "small",
    ) -> None:
        """Draw a small map with its numbers written into the cells; some cells are ringed."""
        self.cells(x, y, values * 0.55, size, largest=largest or float(np.abs(values).max()) or 1)
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                words = format(value, form).replace("-", "−")
                middle = (x + (j + 0.5) * size, y + (i + 0.5) * size + 3.5)
                self.text(*middle, words, kind, "middle")
        for k in range(1, values.shape[0]):
            self.line(x, y + k * size, x + values.shape[1] * size, y + k * size)
        for k in range(1, values.shape[1]):
            self.line(x + k * size, y, x + k * size, y + values.shape[0] * size)
        for i, j in marked:
            self.box(x + j * size, y + i * size, size, size, "accent", 2)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: str = "line",
        stroke: float = 1,
    ) -> None:
        """Draw a rectangle that is not filled."""
        self.add(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
            f' class="s-{colour}" stroke-width="{stroke:g}"/>'
        )

    def fill(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Draw a filled rectangle."""
        self.add(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" class="{colour}"/>'
        )

    def line(
        self, x: float, y: float, x2: float, y2: float, colour: str = "line", stroke: float = 1
    ) -> None:
        """Draw a straight line."""
        self.add(
            f'<line x1="{x:g}" y1="{y:g}" x2="{x2:g}" y2="{y2:g}"'
            f' class="s-{colour}" stroke-width="{stroke:g}"/>'
        )

    def arrow(
        self, x: float, y: float, x2: float, y2: float, colour: str = "quiet", stroke: float = 1.2
    ) -> None:
        """Draw an arrow to (x2, y2)."""
        self.line(x, y, x2, y2, colour, stroke)
        along = np.array([x2 - x, y2 - y]) / (np.hypot(x2 - x, y2 - y) or 1)
        across = np.array([-along[1], along[0]])
        tip = np.array([x2, y2])
        ends = [tip, tip - 6 * along + 3 * across, tip - 6 * along - 3 * across]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in ends)
        self.add(f'<polygon points="{points}" class="{colour}"/>')

    def curve(
        self, points: Sequence[tuple[float, float]], colour: str = "second", stroke: float = 1.6
    ) -> None:
        """Draw a line through points."""
        along = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.add(f'<polyline points="{along}" class="s-{colour}" stroke-width="{stroke:g}"/>')

    def svg(self) -> str:
        """Give the file's text."""
        size = f"{self.width:g} {self.height:g}"
        label = f' role="img" aria-label="{escape(self.title)}"' if self.title else ""
        parts = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}"'
            f' width="{GROWN * self.width:g}" height="{GROWN * self.height:g}"{label}>'
            f"<style>{_style()}</style>\n{parts}\n</svg>\n"
        )

    def write(self, path: Path) -> None:
        """Write the file."""
        path.write_text(self.svg(), encoding="utf-8")
        print(f"wrote {path.name}")
