"""A picture of how a digit was read, step by step, or of a sheet with its digits marked."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from simplecell.data.strokes import Box
from simplecell.data.writing import Writing

PANEL, GAP, TITLE = 220, 12, 34
ACROSS = 5
"""Steps side by side."""
GROUND, TEXT, MARK, DIM = (255, 255, 255), (20, 20, 20), (214, 69, 38), (120, 120, 120)
DIGIT = 84
"""The side of a digit, as the network reads it, in a row of them."""


def explain(writing: Writing, pixels: NDArray[np.uint8], words: Sequence[str]) -> Image.Image:
    """Draw the steps in rows, and below them each digit as it is read, with the answer.

    Shapes
        pixels (N, 1, H, W), as the network reads the digits      words: an answer for each
    """
    panels = [*_page_panels(writing), *_digit_panels(writing, pixels)]
    width = GAP + min(len(panels), ACROSS) * (PANEL + GAP)
    below = -(-len(panels) // ACROSS) * (TITLE + PANEL + GAP)
    across = (width - GAP) // (DIGIT + GAP)
    lines = -(-len(words) // across)
    height = below + lines * (DIGIT + TITLE) + GAP
    canvas = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(canvas)
    for place, (title, picture) in enumerate(panels):
        row, column = divmod(place, ACROSS)
        left, top = GAP + column * (PANEL + GAP), row * (TITLE + PANEL + GAP)
        draw.text((left, top + 6), title, TEXT, ImageFont.load_default(14))
        canvas.paste(_fitted(picture), (left, top + TITLE))
    for place, word in enumerate(words):
        row, column = divmod(place, across)
        left = GAP + column * (DIGIT + GAP)
        top = below + row * (DIGIT + TITLE)
        digit = Image.fromarray(pixels[place, 0]).resize((DIGIT, DIGIT), Image.Resampling.NEAREST)
        canvas.paste(digit, (left, top))
        draw.text((left, top + DIGIT + 4), word, TEXT, ImageFont.load_default(14))
    if not words:
        where = (GAP, below - GAP - 20)
        draw.text(where, "nothing is written here", DIM, ImageFont.load_default(14))
    return canvas


def _page_panels(writing: Writing) -> list[tuple[str, Image.Image]]:
    page = writing.page
    ink = "dark" if page.dark_ink else "light"
    panels = [
        ("grey", Image.fromarray(page.grey)),
        ("ground", _shades(page.ground)),
        (f"{ink} ink, ground taken away", _shades(_spread(page.flat))),
    ]
    if page.lines:
        panels.append((f"{page.lines} ruled lines out", _shades(_spread(page.strength))))
    panels.append(("ink, and what is a digit", _marked(page.ink, writing.boxes)))
    return panels


def _digit_panels(writing: Writing, pixels: NDArray[np.uint8]) -> list[tuple[str, Image.Image]]:
    """Show the steps of a single digit; of a sheet, they would be too many."""
    if len(writing.posed) != 1:
        return []
    posed = writing.posed[0]
    size = f"{pixels.shape[2]}x{pixels.shape[3]}"
    return [
        ("strokes, evened", _shades(255 * posed.strokes)),
        (f"{posed.body.shape[0]}x{posed.body.shape[1]}", Image.fromarray(posed.body)),
        ("centred by mass in 28x28", _crossed(posed.frame)),
        (f"as the network reads it, {size}", Image.fromarray(pixels[0, 0])),
    ]


def _shades(values: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _spread(strength: NDArray[np.float64]) -> NDArray[np.float64]:
    return 255 * np.maximum(strength, 0) / max(float(strength.max()), 1.0)


def _fitted(picture: Image.Image) -> Image.Image:
    """Scale to a panel; small pictures by whole numbers, so that their pixels are seen."""
    scale = PANEL / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    kind = Image.Resampling.NEAREST if scale > 2 else Image.Resampling.LANCZOS
    panel = Image.new("RGB", (PANEL, PANEL), (235, 235, 235))
    resized = picture.convert("RGB").resize(size, kind)
    panel.paste(resized, ((PANEL - size[0]) // 2, (PANEL - size[1]) // 2))
    return panel


def _marked(ink: NDArray[np.float64], boxes: Sequence[Box]) -> Image.Image:
    """Show the ink with a numbered box around each digit."""
    scale = PANEL / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    picture = _shades(255 * ink).resize(size, Image.Resampling.LANCZOS).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for number, box in enumerate(boxes, 1):
        corners = [scale * n for n in (box.left, box.top, box.right, box.bottom)]
        draw.rectangle([n + s for n, s in zip(corners, (-2, -2, 1, 1), strict=True)], None, MARK)
        if len(boxes) > 1:
            draw.text((corners[0], corners[1] - 11), str(number), MARK, ImageFont.load_default(9))
    return picture


def _crossed(frame: NDArray[np.uint8]) -> Image.Image:
    """Show the middle, in which the centre of mass lies."""
    side = 8 * len(frame)
    picture = Image.fromarray(frame).resize((side, side), Image.Resampling.NEAREST).convert("RGB")
    draw = ImageDraw.Draw(picture)
    middle = side / 2 + 4  # of the pixel at half the side
    draw.line([(middle, 0), (middle, side)], MARK)
    draw.line([(0, middle), (side, middle)], MARK)
    return picture
