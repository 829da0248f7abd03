"""Pages of a third set, written after the weights of `data/ground.py` were frozen.

Grounds of kinds that neither they nor the guard had seen, and digits on some of them where people
do write: cork, cardboard, kraft paper. Its first look is the figure.
"""

import numpy as np
from impostors import Drawer, shape
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from sheet import Real, Rng, grain, inked, jpeg, laid, lamp, photo, slope, traced
from unseen import Maker


def _terrazzo(rng: Rng) -> Image.Image:
    """Chips of stone in cement: polygons of many shades, apart from each other."""
    size = shape(rng)
    page = np.full(size, rng.uniform(0.7, 0.9))
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    for _ in range(int(rng.integers(20, 90))):
        cy, cx = (rng.uniform(0, n) for n in size)
        reach, sides = rng.uniform(4, 18), int(rng.integers(3, 7))
        angle = np.arctan2(y - cy, x - cx) + rng.uniform(0, 6)
        limit = reach / np.cos((angle % (2 * np.pi / sides)) - np.pi / sides)
        page = np.where(np.hypot(y - cy, x - cx) < limit * 0.8, rng.uniform(0.2, 0.95), page)
    return photo(page + grain(size, rng, 1, 0.01), rng, 0.01, soft=0.6)


def _corrugated(rng: Rng) -> Image.Image:
    """Corrugated board or sheet metal: waves of light, some bent."""
    size = shape(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    angle, wave = rng.uniform(0, np.pi), rng.uniform(8, 40)
    along = np.cos(angle) * x + np.sin(angle) * y + grain(size, rng, 30, rng.uniform(0, 4))
    light = np.maximum(np.sin(2 * np.pi * along / wave), -0.3)
    return photo(0.6 + rng.uniform(0.08, 0.25) * light + grain(size, rng, 1, 0.02), rng, 0.01)


def _earth(rng: Rng) -> Image.Image:
    """Dried earth: dark cracks between cells, as wide as they like."""
    size = shape(rng)
    count = int(rng.integers(5, 60))
    seeds = rng.uniform(0, 1, (count, 2)) * size
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    y, x = y + grain(size, rng, 6, 3), x + grain(size, rng, 6, 3)
    away = np.sqrt((y[..., None] - seeds[:, 0]) ** 2 + (x[..., None] - seeds[:, 1]) ** 2)
    near = np.sort(away, axis=-1)
    crack = np.exp(-(((near[..., 1] - near[..., 0]) / rng.uniform(2, 7)) ** 2))
    page = 0.7 - rng.uniform(0.25, 0.5) * crack + grain(size, rng, 2, 0.03)
    return photo(page, rng, 0.015)


def _water(rng: Rng) -> Image.Image:
    """Cast the net of light at the bottom of a pool."""
    size = shape(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    field = np.zeros(size)
    for _ in range(6):
        angle, wave = rng.uniform(0, 2 * np.pi), rng.uniform(20, 70)
        bent = grain(size, rng, 25, 6)
        field += np.sin(2 * np.pi * (np.cos(angle) * x + np.sin(angle) * y + bent) / wave)
    net = np.exp(-np.abs(field) / rng.uniform(0.2, 0.8))
    return photo(0.4 + rng.uniform(0.2, 0.5) * net, rng, 0.01)


def _bark(rng: Rng) -> Image.Image:
    """Bark: long dark furrows that part and join."""
    size = shape(rng)
    noise = ndimage.gaussian_filter(rng.normal(size=size), (rng.uniform(8, 25), rng.uniform(1, 4)))
    noise += 0.4 * ndimage.gaussian_filter(rng.normal(size=size), (3, 1))
    noise = noise / noise.std()
    furrow = 1 / (1 + np.exp((noise + rng.uniform(0.3, 1.2)) * 6))
    return photo(0.6 - rng.uniform(0.2, 0.45) * furrow + 0.05 * noise, rng, 0.015)


def _bars(rng: Rng) -> Image.Image:
    """Print a bar code, or a square code."""
    side = int(rng.integers(80, 240))
    if rng.random() < 0.5:
        bars = np.repeat(rng.random(int(rng.integers(20, 60))) < 0.5, int(rng.integers(2, 5)))
        ink = np.tile(bars, (side // 2, 1)).astype(float)
    else:
        cell, count = int(rng.integers(3, 9)), int(rng.integers(15, 30))
        ink = np.kron(rng.random((count, count)) < 0.5, np.ones((cell, cell))).astype(float)
    page = inked(0.93, np.pad(ink, int(rng.integers(6, 40))), 0.1)
    return photo(page * slope(page.shape, rng, 0, 0.3), rng, 0.01, soft=0.5)


def _knit(rng: Rng) -> Image.Image:
    """Knit a jumper: rows of V."""
    size = shape(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    stitch = rng.uniform(8, 26)
    across = np.abs((x / stitch) % 1 - 0.5)
    row = (y / stitch - 1.2 * across) % 1
    page = 0.5 + rng.uniform(0.1, 0.25) * np.sin(2 * np.pi * row) * (across > 0.06)
    return photo(page + grain(size, rng, 1, 0.03), rng, 0.015)


def _carpet(rng: Rng) -> Image.Image:
    """Curls of rough wool."""
    size = shape(rng)
    page = np.full(size, rng.uniform(0.35, 0.6))
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    for _ in range(int(rng.integers(15, 60))):
        cy, cx, reach = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(5, 16)
        ring = np.abs(np.hypot(y - cy, x - cx) - reach)
        page += rng.uniform(-0.25, 0.25) * np.exp(-((ring / rng.uniform(1, 3)) ** 2))
    return photo(page, rng, 0.02, soft=0.7)


def _leaf(rng: Rng) -> Image.Image:
    """Show a leaf, close: one rib, and veins from it."""
    size = shape(rng)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    angle = rng.uniform(0, np.pi)
    across = np.cos(angle) * (x - size[1] / 2) + np.sin(angle) * (y - size[0] / 2)
    along = np.cos(angle) * (y - size[0] / 2) - np.sin(angle) * (x - size[1] / 2)
    rib = np.exp(-((across / rng.uniform(1.5, 4)) ** 2))
    gap = rng.uniform(18, 50)
    place = (along + 0.7 * np.abs(across)) % gap
    vein = np.exp(-((np.minimum(place, gap - place) / rng.uniform(0.8, 2)) ** 2))
    page = 0.42 + rng.uniform(0.15, 0.35) * np.maximum(rib, 0.6 * vein) + grain(size, rng, 4, 0.03)
    return photo(page * lamp(size, rng, 0, 0.3), rng, 0.012)


def _crumpled(rng: Rng) -> Image.Image:
    """Paper that was crumpled and smoothed: folds of all directions, sharp in the middle."""
    size = shape(rng)
    page = np.full(size, rng.uniform(0.82, 0.95))
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(float)
    for _ in range(int(rng.integers(3, 14))):
        angle, reach = rng.uniform(0, np.pi), rng.uniform(8, 50)
        cy, cx = (rng.uniform(0, n) for n in size)
        across = np.cos(angle) * (x - cx) + np.sin(angle) * (y - cy)
        along = np.cos(angle) * (y - cy) - np.sin(angle) * (x - cx)
        within = 1 / (1 + np.exp((np.abs(along) - rng.uniform(20, 150)) / 6))
        page += (
            within * rng.uniform(-0.12, 0.12) * np.sign(across) * np.exp(-np.abs(across) / reach)
        )
    return photo(page, rng, 0.012)


GROUNDS = {
    "terrazzo": _terrazzo,
    "corrugated": _corrugated,
    "dried earth": _earth,
    "light in water": _water,
    "bark": _bark,
    "codes": _bars,
    "knitting": _knit,
    "carpet": _carpet,
    "a leaf": _leaf,
    "crumpled paper": _crumpled,
}


def _on(ground: Real, ink: Real, pen: float, rng: Rng) -> Image.Image:
    return jpeg(photo(inked(ground, ink, pen) * slope(ink.shape, rng, 0, 0.3), rng, 0.01), 75)


def _pen(digit: NDArray[np.uint8], rng: Rng, thick: float = 0.2) -> Real:
    return laid(traced(digit, int(rng.integers(30, 150)), rng.uniform(-0.2, thick)), rng)


def _kraft(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """Brown wrapping paper, with its fibres, and a marker."""
    ink = _pen(digit, rng, 0.5)
    fibres = ndimage.gaussian_filter(rng.normal(size=ink.shape), (0.5, 4))
    return _on(0.6 + 0.03 * fibres / fibres.std(), ink, rng.uniform(0.05, 0.2), rng)


def _cardboard(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """Cardboard whose waves shine through faintly."""
    ink = _pen(digit, rng, 0.5)
    x = np.arange(ink.shape[1]) / rng.uniform(1.5, 4)
    return _on(0.65 + 0.012 * np.sin(x) + grain(ink.shape, rng, 1, 0.012), ink, 0.12, rng)


def _label(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """Print a label with a printed frame around the digit."""
    ink = _pen(digit, rng)
    frame = np.zeros_like(ink)
    room, pen = 2, max(1, min(ink.shape) // 60)
    for side in (np.s_[room : room + pen], np.s_[-room - pen : -room]):
        frame[side, room:-room] = frame[room:-room, side] = 1
    return _on(inked(0.95, frame, 0.35), ink, rng.uniform(0.05, 0.25), rng)


def _year(digit: NDArray[np.uint8], rng: Rng) -> Image.Image:
    """Write the digit four times in a row, of many sizes: the one of most ink is read."""
    size = int(rng.integers(20, 100))
    ink = traced(digit, size, rng.uniform(-0.2, 0.4))
    gap = np.zeros((len(ink), max(3, round(size * rng.uniform(0.15, 0.5)))))
    return _on(0.93, laid(np.concatenate([ink, gap] * 4, 1), rng, (0.1, 0.5)), 0.15, rng)


DIGITS: dict[str, Maker] = {
    "kraft paper": _kraft,
    "cardboard": _cardboard,
    "a framed label": _label,
    "four in a row": _year,
}

STRANGERS: dict[str, Drawer] = {f"afresh: {name}": draw for name, draw in GROUNDS.items()}
