"""Pages from which `ground.py` has its weights: several digits on a page, and grounds without any.

Beside these it learns from the kinds of `owndigits.py`, with MNIST's training digits and a seed of
its own; `afresh.py` was written after the weights were frozen. Digits of a page stand in a row, in
several rows, or anywhere; the others are what lies under a camera when no digit does.
"""

import numpy as np
from impostors import FONTS, Drawer, printed, taken
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from sheet import Real, Rng, grain, inked, jpeg, laid, photo, rules, slope, traced
from unseen import Maker

WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog", "walks", "home", "sleep")


def _rows(count: int, across: int) -> Maker:
    """Lay the digit among copies of itself, turned a little: `across` of them in a row."""

    def make(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
        size = int(rng.integers(30, 70))
        gap = round(size * rng.uniform(1.25, 2.2))
        down = -(-count // across)
        page = np.zeros((gap * down + size, gap * across + size))
        pen = rng.uniform(-0.2, 0.4)
        for k in range(count):
            ink = traced(digit, size, pen, float(rng.uniform(-8, 8)))
            top = size // 2 + gap * (k // across) + int(rng.integers(-3, 4))
            left = size // 2 + gap * (k % across) + int(rng.integers(-4, 5))
            high, wide = ink.shape
            place = page[top : top + high, left : left + wide]
            np.maximum(place, ink[: place.shape[0], : place.shape[1]], out=place)
        return taken(page, rng)

    return make


def _ruled_row(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """Write five copies on ruled paper."""
    size = int(rng.integers(30, 60))
    ink = np.concatenate(
        [np.pad(_square(traced(digit, size)), round(0.25 * size)) for _ in range(5)], 1
    )
    ink = laid(ink, rng, (0.05, 0.2))
    lines = rules(ink.shape, rng, size * rng.uniform(0.8, 1.4), rng.random() < 0.4)
    page = inked(inked(0.95, lines, 0.7), ink, rng.uniform(0.05, 0.25))
    return jpeg(photo(page * slope(ink.shape, rng, 0.05, 0.3), rng, 0.01), 70)


def _cut_off(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """Cut a row so that half a digit stands at either edge, or at one."""
    size = int(rng.integers(36, 90))
    ink = traced(digit, size, rng.uniform(-0.2, 0.3))
    gap = np.zeros((len(ink), round(size * rng.uniform(0.4, 0.9))))
    half = ink[:, : max(2, ink.shape[1] // 2)] * (rng.random() < 0.6)
    row = np.concatenate([ink[:, ink.shape[1] // 2 :], gap, ink, gap, half], 1)
    return taken(np.pad(row, ((size // 2, size // 2), (0, 0))), rng)


def _on_a_table(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """Lay a note on a darker table, of which the picture shows a strip or two."""
    ink = laid(traced(digit, int(rng.integers(36, 110))), rng, (0.8, 1.6))
    page = inked(rng.uniform(0.85, 0.97), ink, rng.uniform(0.05, 0.25))
    table = rng.uniform(0.2, 0.6)
    sides = rng.integers(3, 3 + max(4, min(page.shape) // 8), 4) * (rng.random(4) < 0.4)
    around = ((sides[0], sides[1]), (sides[2], sides[3]))
    page = np.pad(page, around, constant_values=table)
    return jpeg(photo(page * slope(page.shape, rng, 0, 0.3), rng, 0.01, soft=0.5), 75)


def _square(ink: Real) -> Real:
    side = max(ink.shape)
    room = [(side - n) // 2 for n in ink.shape]
    return np.pad(ink, [(r, side - n - r) for r, n in zip(room, ink.shape, strict=True)])


def _shape(rng: Rng) -> tuple[int, int]:
    high, wide = rng.integers(80, 360, size=2)
    return int(high), int(wide)


def _cracks(rng: Rng) -> Image.Image:
    """Plaster with cracks: walks that turn little and branch."""
    size = _shape(rng)
    drawn = np.zeros(size)
    for _ in range(int(rng.integers(1, 5))):
        y, x = (rng.uniform(0, n) for n in size)
        angle, steps = rng.uniform(0, 2 * np.pi), int(rng.integers(60, 400))
        for _ in range(steps):
            angle += rng.normal(0, 0.25)
            y, x = y + np.sin(angle), x + np.cos(angle)
            if not (0 <= y < size[0] and 0 <= x < size[1]):
                break
            drawn[int(y), int(x)] = 1
    soft = ndimage.gaussian_filter(drawn, rng.uniform(0.5, 1.6))
    page = 0.85 + grain(size, rng, 2, 0.015) - rng.uniform(0.2, 0.6) * soft / max(soft.max(), 1e-6)
    return photo(page, rng, 0.01)


def _stains(rng: Rng) -> Image.Image:
    size = _shape(rng)
    field = grain(size, rng, rng.uniform(8, 30), 1) + grain(size, rng, 4, 0.2)
    wet = 1 / (1 + np.exp(-(field - rng.uniform(0.5, 2)) / rng.uniform(0.03, 0.3)))
    return photo(0.92 - rng.uniform(0.1, 0.5) * wet, rng, 0.012)


def _wrinkled(rng: Rng) -> Image.Image:
    """Foil or paper that was crushed: facets, each of its own shade, ridges between them."""
    size = _shape(rng)
    count = int(rng.integers(6, 60))
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    seeds = rng.uniform(0, 1, (count, 2)) * size
    away = (y[..., None] - seeds[:, 0]) ** 2 + (x[..., None] - seeds[:, 1]) ** 2
    near = away.argmin(-1)
    tilt = rng.normal(0, 1, (count, 2))
    shade = tilt[near, 0] * (y - seeds[near, 0]) + tilt[near, 1] * (x - seeds[near, 1])
    page = rng.uniform(0.6, 0.9) + rng.uniform(0.002, 0.006) * shade
    return photo(page + rng.normal(0, 0.04, count)[near], rng, 0.01, soft=rng.uniform(0.4, 2))


def _grass(rng: Rng) -> Image.Image:
    size = _shape(rng)
    lean = rng.normal(0, 1)
    noise = rng.normal(size=(size[0] * 2, size[1] * 2))
    long = ndimage.gaussian_filter(noise, (rng.uniform(3, 10), rng.uniform(0.5, 1.5)))
    turned = ndimage.rotate(long, 20 * lean, reshape=False, mode="reflect")
    cut = turned[size[0] // 2 :, size[1] // 2 :][: size[0], : size[1]]
    return photo(0.5 + rng.uniform(0.1, 0.25) * cut / cut.std(), rng, 0.01)


def _tiles(rng: Rng) -> Image.Image:
    size = _shape(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    angle = rng.uniform(-0.7, 0.7)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    high, wide = rng.uniform(20, 90, 2)
    joint = np.minimum(np.abs((u / wide) % 1 - 0.5) * wide, np.abs((v / high) % 1 - 0.5) * high)
    dark = rng.random() < 0.5
    line = np.clip(rng.uniform(1, 3) + 0.5 - joint, 0, 1)
    page = inked(0.85 if dark else 0.45, line, 0.4 if dark else 0.85)
    page = page + grain(size, rng, rng.uniform(1, 10), rng.uniform(0.005, 0.04))
    return photo(page, rng, 0.01)


def _text(least: int, most: int) -> Drawer:
    """Print some lines of words, of which a camera sees a part."""

    def draw(rng: Rng) -> Image.Image:
        font, size = FONTS[rng.integers(len(FONTS))], int(rng.integers(18, 48))
        rows = []
        for _ in range(int(rng.integers(least, most + 1))):
            words = rng.choice(WORDS, int(rng.integers(1, 5)))
            rows.append(printed(" ".join(map(str, words)), font, size))
        wide = max(row.shape[1] for row in rows)
        gap = round(0.4 * size)
        sheet = [np.pad(row, ((0, gap), (0, wide - row.shape[1]))) for row in rows]
        return taken(laid(np.concatenate(sheet), rng, (0.1, 0.6)), rng)

    return draw


def _frame(rng: Rng) -> Image.Image:
    """Draw boxes of a form with nothing in them."""
    size = _shape(rng)
    ink = np.zeros(size)
    for _ in range(int(rng.integers(1, 6))):
        top, left = (int(rng.integers(2, n - 30)) for n in size)
        high, wide = (int(rng.integers(15, 90)) for _ in range(2))
        bottom, right = min(top + high, size[0] - 3), min(left + wide, size[1] - 3)
        pen = int(rng.integers(1, 4))
        ink[top : top + pen, left:right] = ink[bottom : bottom + pen, left : right + pen] = 1
        ink[top:bottom, left : left + pen] = ink[top:bottom, right : right + pen] = 1
    return taken(ink, rng)


DIGITS: dict[str, Maker] = {
    "three in a row": _rows(3, 3),
    "five in a row, ruled": _ruled_row,
    "twelve in three rows": _rows(12, 4),
    "eighteen in three rows": _rows(18, 6),
    "neighbours cut off": _cut_off,
    "a table around the paper": _on_a_table,
}

STRANGERS: dict[str, Drawer] = {
    "cracks": _cracks,
    "stains": _stains,
    "wrinkles": _wrinkled,
    "grass": _grass,
    "tiles": _tiles,
    "a line of text": _text(1, 1),
    "lines of text": _text(2, 6),
    "an empty form": _frame,
}
