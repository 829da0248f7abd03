"""Pages to read: digits pasted on twenty kinds of ground, and eight kinds of what is no digit.

Everything follows the seed. A digit comes as MNIST's 28 x 28 and is drawn anew, at the size and
with the pen of the page: enlarged, cut at half its strength, and set down as ink on a ground.
"""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Real = NDArray[np.float64]
Random = np.random.Generator

LETTERS = tuple("ACDEFGHJKLMNPRTUVWXYacdefhijkmnprtuvwxy")
"""Without b B g I l o O q Q s S z Z, which pass for digits."""

AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""The eight neighbours of a pixel, in turn, from the one above."""

WORK = 200
"""Pens are changed at this size of a digit."""


# The digit's ink, 0 to 1.


def ink_of(digit: NDArray[np.uint8], size: int, pen: float | None, tilt: float) -> Real:
    """Draw a digit so large (its box's long side), so thick (a share of that), so tilted."""
    rows = np.flatnonzero(digit.max(axis=1) > 60)
    columns = np.flatnonzero(digit.max(axis=0) > 60)
    scale = WORK / max(rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    big = Image.fromarray(digit).resize((round(28 * scale),) * 2, Image.Resampling.BICUBIC)
    picture = big.rotate(tilt, Image.Resampling.BICUBIC)
    mask = np.asarray(picture) > 127
    if pen is None:
        edge = ndimage.gaussian_filter(mask.astype(np.float64), 1.0)
    else:
        centre = thinned(mask)
        distance = ndimage.distance_transform_edt(~centre)
        edge = np.clip(pen * WORK / 2 - distance + 0.5, 0, 1)
        edge = np.pad(edge, WORK // 8)
    return resized(boxed(edge), size)


def boxed(ink: Real) -> Real:
    """Cut to the box of the ink."""
    rows = np.flatnonzero((ink > 0.3).any(axis=1))
    columns = np.flatnonzero((ink > 0.3).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def resized(ink: Real, size: int) -> Real:
    """Scale to a long side."""
    scale = size / max(ink.shape)
    sides = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return np.clip(np.asarray(Image.fromarray(ink.astype(np.float32)).resize(sides, kind)), 0, 1)


def thinned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin strokes to lines of one pixel.

    Source
        Zhang, Suen 1984, A fast parallel algorithm for thinning digital patterns.
    """
    x = np.pad(mask, 1)
    while True:
        before = x.sum()
        for first in (True, False):
            p = [np.roll(x, (-dy, -dx), (0, 1)) for dy, dx in AROUND]
            count = sum(q.astype(int) for q in p)
            turns = sum((~p[k] & p[(k + 1) % 8]).astype(int) for k in range(8))
            n, e, s, w = p[0], p[2], p[4], p[6]
            ends = ~(n & e & s) & ~(e & s & w) if first else ~(n & e & w) & ~(n & s & w)
            x = x & ~(x & (count >= 2) & (count <= 6) & (turns == 1) & ends)
        if x.sum() == before:
            return x[1:-1, 1:-1]


def set_down(ink: Real, rng: Random, room: float = 0.6) -> Real:
    """Put ink somewhere on a sheet with room around it."""
    height, width = ink.shape
    side = max(height, width)
    free = rng.uniform(0.15, max(room, 0.2), 4) * side + 2
    top, bottom, left, right = free.round().astype(int)
    return np.pad(ink, ((top, bottom), (left, right)))


# Grounds, and what happens to a sheet until it is a file. Shades are 0 to 255.


def write(ink: Real, ground: Real | float, pen: float) -> Real:
    """Lay ink of one shade over a ground."""
    return ground * (1 - ink) + pen * ink


def slope(shape: tuple[int, ...], rng: Random, low: float, high: float) -> Real:
    """Light that falls off in some direction, from `high` to `low`."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    along = (np.cos(angle) * x + np.sin(angle) * y) / 1.42
    return low + (high - low) * (along + 1) / 2


def lamp(shape: tuple[int, ...], rng: Random) -> Real:
    """Light of a lamp over some point, dark in the corners."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    cy, cx = rng.uniform(-0.5, 0.5, 2)
    return 0.45 + 0.55 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 1.5)


def grain(shape: tuple[int, ...], rng: Random, coarse: float, strength: float) -> Real:
    """Smooth noise with features of so many pixels."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), coarse, mode="wrap")
    return strength * noise / max(float(noise.std()), 1e-9)


def ruled(shape: tuple[int, ...], rng: Random, apart: float, squared: bool) -> Real:
    """Lines that go over the whole paper, a little askew, as ink 0 to 1."""
    y, x = np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij")
    angle, thick = np.radians(rng.uniform(-3, 3)), rng.uniform(1.0, max(1.2, 0.04 * apart))

    def lines(along: Real) -> Real:
        away = np.abs((along + rng.uniform(0, apart)) % apart - apart / 2)
        return np.clip(thick / 2 + 0.5 - away, 0, 1)

    across = lines(y * np.cos(angle) - x * np.sin(angle))
    if not squared:
        return across
    return np.maximum(across, lines(x * np.cos(angle) + y * np.sin(angle)))


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """Pass a picture through JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "jpeg", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue()))


def shown(shades: Real) -> Image.Image:
    """Make a grey picture."""
    return Image.fromarray(np.clip(np.rint(shades), 0, 255).astype(np.uint8))


def hand(rng: Random, low: int = 40, high: int = 120) -> int:
    """Draw an ordinary size of a digit."""
    return int(rng.integers(low, high + 1))


def any_size(rng: Random) -> int:
    """Draw any size from 12 to 400, small ones as often as large ones."""
    return round(float(np.exp(rng.uniform(np.log(12), np.log(400)))))


Maker = Callable[[NDArray[np.uint8], Random], Image.Image]


def _plain(size: Callable[[Random], int], paper: float, pen: float, room: float = 0.6) -> Maker:
    def make(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
        sheet = set_down(ink_of(digit, size(rng), None, 0), rng, room)
        return shown(write(sheet, paper, pen))

    return make


def _pen(thin: float, thick: float) -> Maker:
    def make(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
        ink = ink_of(digit, hand(rng), rng.uniform(thin, thick), 0)
        return shown(write(set_down(ink, rng), 245, 25))

    return make


def _tilted(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    ink = ink_of(digit, hand(rng), None, rng.uniform(-15, 15))
    return shown(write(set_down(ink, rng), 245, 30))


def _lit(digit: NDArray[np.uint8], rng: Random, steep: bool = False) -> Image.Image:
    sheet = set_down(ink_of(digit, hand(rng), None, 0), rng)
    light = slope(sheet.shape, rng, 0.35, 1.0)
    return shown(write(sheet, 240, 40) * light)


def _lamp(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    sheet = set_down(ink_of(digit, hand(rng), None, 0), rng)
    return shown(write(sheet, 245, 40) * lamp(sheet.shape, rng))


def _shadow(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    sheet = set_down(ink_of(digit, hand(rng), None, 0), rng)
    edge = slope(sheet.shape, rng, -3, 3) + rng.uniform(-1, 1)
    return shown(write(sheet, 240, 40) * (0.6 + 0.4 / (1 + np.exp(-4 * edge))))


def _jpeg(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    sheet = set_down(ink_of(digit, hand(rng), None, 0), rng)
    return jpeg(shown(write(sheet, 240, 40)), int(rng.integers(8, 31)))


def _ruled(squared: bool) -> Maker:
    def make(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
        size = hand(rng)
        sheet = set_down(ink_of(digit, size, None, 0), rng, 1.0)
        apart = size * (rng.uniform(0.25, 0.6) if squared else rng.uniform(0.5, 1.2))
        lines = ruled(sheet.shape, rng, apart, squared)
        return shown(write(sheet, write(lines, 245, rng.uniform(140, 200)), 35))

    return make


def _coloured(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    ink = set_down(ink_of(digit, hand(rng), None, 0), rng)[..., None]
    paper = np.array([250, rng.uniform(225, 250), rng.uniform(150, 220)])
    pens = np.array([[30, 50, 160], [170, 30, 40], [20, 110, 60]])
    shades = write(ink, paper, pens[rng.integers(3)])
    return Image.fromarray(np.rint(shades).astype(np.uint8))


def _pencil(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    sheet = set_down(ink_of(digit, hand(rng), None, 0), rng)
    sheet = sheet * (1 + grain(sheet.shape, rng, 1.0, 0.15))
    shades = write(sheet, 225, 225 - rng.uniform(40, 70))
    return shown(shades + grain(sheet.shape, rng, 0.5, 4))


def _noisy(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    sheet = set_down(ink_of(digit, hand(rng), None, 0), rng)
    return shown(write(sheet, 215, 50) + rng.normal(0, rng.uniform(8, 20), sheet.shape))


def _crumpled(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    size = hand(rng)
    sheet = set_down(ink_of(digit, size, None, 0), rng)
    return shown(write(sheet, 225, 45) + grain(sheet.shape, rng, size / 6, 10))


def _chalk(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    sheet = set_down(ink_of(digit, hand(rng), None, 0), rng)
    sheet = sheet * np.clip(0.9 + grain(sheet.shape, rng, 0.7, 0.15), 0, 1)
    board = 55 + grain(sheet.shape, rng, 12, 8) + grain(sheet.shape, rng, 0.7, 3)
    return shown(write(sheet, board * slope(sheet.shape, rng, 0.6, 1.2), 225))


def _blurred(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    size = hand(rng)
    sheet = set_down(ink_of(digit, size, None, 0), rng)
    return shown(ndimage.gaussian_filter(write(sheet, 235, 40), rng.uniform(0.02, 0.04) * size))


def _everything(digit: NDArray[np.uint8], rng: Random) -> Image.Image:
    size = any_size(rng)
    pen = None if rng.random() < 0.5 else rng.uniform(0.05, 0.2)
    sheet = set_down(ink_of(digit, size, pen, rng.uniform(-15, 15)), rng, 1.0)
    lines = np.zeros(sheet.shape)
    if size >= 40 and rng.random() < 0.3:
        lines = ruled(sheet.shape, rng, size * rng.uniform(0.4, 1.0), rng.random() < 0.5)
    shades = write(sheet, write(lines, 235, 190), rng.uniform(20, 90))
    shades = shades * slope(sheet.shape, rng, rng.uniform(0.5, 1), 1)
    shades += rng.normal(0, rng.uniform(0, 6), sheet.shape)
    shades = 255 - shades if rng.random() < 0.3 else shades
    return jpeg(shown(shades), int(rng.integers(40, 95)))


DIGITS: dict[str, Maker] = {
    "light on black, 28 px frame": lambda digit, rng: Image.fromarray(digit),
    "dark on white": _plain(hand, 255, 0),
    "light on dark": _plain(hand, 20, 235),
    "grey on grey": _plain(hand, 170, 110),
    "12 to 16 px": _plain(lambda rng: hand(rng, 12, 16), 245, 20),
    "300 to 400 px": _plain(lambda rng: hand(rng, 300, 400), 245, 20),
    "12 to 400 px, anywhere": _plain(any_size, 245, 20, 4.0),
    "tilted, up to 15 degrees": _tilted,
    "lighting gradient": _lit,
    "lamp": _lamp,
    "edge of a shadow": _shadow,
    "JPEG, quality 8 to 30": _jpeg,
    "ruled paper": _ruled(squared=False),
    "squared paper": _ruled(squared=True),
    "thin pen": _pen(0.02, 0.05),
    "thick marker": _pen(0.18, 0.24),
    "colour on colour": _coloured,
    "pencil": _pencil,
    "noise": _noisy,
    "crumpled paper": _crumpled,
    "chalk on a board": _chalk,
    "out of focus": _blurred,
    "all at once": _everything,
}
"""The twenty kinds of the issue, and three more."""
