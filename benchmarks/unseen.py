"""Digits on pages of a second set, made from the issue's words alone: each factor, and mixtures.

Whoever wrote it had not seen the reader, its guard, or `pages.py`. Its tools are in `sheet.py`;
`impostors.py` has its pages without a digit.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sheet import (
    Real,
    Rng,
    grain,
    inked,
    jpeg,
    laid,
    lamp,
    photo,
    rules,
    shade,
    slope,
    traced,
)

Digit = NDArray[np.uint8]
Maker = Callable[[Digit, Rng], Image.Image]

TILT = 15.0
"""Degrees, from the issue."""

INKS = ((0.10, 0.16, 0.50), (0.70, 0.10, 0.12), (0.08, 0.36, 0.20), (0.30, 0.10, 0.40))
"""Blue, red, green and violet pens."""

PAPERS = ((0.96, 0.93, 0.80), (0.98, 0.95, 0.62), (0.80, 0.90, 0.97), (0.97, 0.83, 0.86))
"""Old paper, yellow notes, pale blue, pink."""


def medium(rng: Rng) -> int:
    """Draw a size in pixels that is neither small nor large."""
    return int(rng.integers(36, 130))


def tilted(rng: Rng) -> float:
    """Draw a tilt."""
    return float(rng.uniform(-TILT, TILT))


def drawn(digit: Digit, rng: Rng, pen: float = 0.0) -> Real:
    """Draw a digit of medium size somewhere on a page."""
    return laid(traced(digit, medium(rng), pen), rng)


def _shades(paper: tuple[float, float], pen: tuple[float, float]) -> Maker:
    def make(digit: Digit, rng: Rng) -> Image.Image:
        return photo(inked(rng.uniform(*paper), drawn(digit, rng), rng.uniform(*pen)), rng, 0.01)

    return make


def _sized(low: int, high: int) -> Maker:
    def make(digit: Digit, rng: Rng) -> Image.Image:
        size = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))
        dark = rng.random() < 0.75
        ground, pen = (0.95, 0.1) if dark else (0.1, 0.92)
        return photo(inked(ground, laid(traced(digit, size), rng), pen), rng, 0.01)

    return make


def _pen(low: float, high: float) -> Maker:
    def make(digit: Digit, rng: Rng) -> Image.Image:
        return photo(inked(0.94, drawn(digit, rng, rng.uniform(low, high)), 0.12), rng, 0.01)

    return make


def _far(digit: Digit, rng: Rng) -> Image.Image:
    ink = laid(traced(digit, int(rng.integers(28, 70))), rng, (4, 9))
    return photo(inked(0.93, ink, 0.15), rng, 0.01)


def _edge(digit: Digit, rng: Rng) -> Image.Image:
    ink = traced(digit, medium(rng))
    around = rng.integers(8, 8 + round(1.2 * max(ink.shape)), size=(2, 2))
    near = rng.choice(4, size=int(rng.integers(1, 3)), replace=False)
    around.flat[near] = rng.integers(1, 4, size=len(near))
    return photo(inked(0.95, np.pad(ink, around), 0.1), rng, 0.01)


def _cropped(digit: Digit, rng: Rng) -> Image.Image:
    ink = np.pad(traced(digit, medium(rng)), int(rng.integers(2, 6)))
    return photo(inked(0.95, ink, 0.1), rng, 0.01)


def _tilted(digit: Digit, rng: Rng) -> Image.Image:
    tilt = rng.choice([-1, 1]) * rng.uniform(6, TILT)
    return photo(inked(0.95, laid(traced(digit, medium(rng), 0, tilt), rng), 0.1), rng, 0.01)


def _lit(light: Callable[..., Real], low: float, high: float, dark: bool = True) -> Maker:
    def make(digit: Digit, rng: Rng) -> Image.Image:
        page = (
            inked(0.95, drawn(digit, rng), 0.15) if dark else inked(0.2, drawn(digit, rng), 0.95)
        )
        return photo(page * light(page.shape, rng, low, high), rng, 0.01)

    return make


def _jpeg(low: int, high: int) -> Maker:
    def make(digit: Digit, rng: Rng) -> Image.Image:
        page = inked(rng.uniform(0.8, 0.97), drawn(digit, rng), rng.uniform(0.05, 0.25))
        return jpeg(photo(page, rng, 0.015), int(rng.integers(low, high)))

    return make


def _ruled(squared: bool, low: float, high: float) -> Maker:
    def make(digit: Digit, rng: Rng) -> Image.Image:
        size = medium(rng)
        ink = laid(traced(digit, size), rng, (0.8, 2.5))
        lines = rules(ink.shape, rng, size * rng.uniform(low, high), squared)
        page = inked(0.96, lines, rng.uniform(0.55, 0.75))
        return photo(inked(page, ink, rng.uniform(0.05, 0.2)), rng, 0.01)

    return make


def _margin(digit: Digit, rng: Rng) -> Image.Image:
    size = medium(rng)
    ink = laid(traced(digit, size), rng, (1.0, 2.5))
    page = np.repeat(np.full((*ink.shape, 1), 0.97), 3, 2)
    lines = rules(ink.shape, rng, size * rng.uniform(0.9, 1.5))[..., None]
    page = page * (1 - lines) + lines * np.array([0.6, 0.72, 0.9])
    column = int(ink.any(0).argmax()) - rng.integers(4, 4 + size // 3)
    if column > 0:
        page[:, column : column + max(1, size // 40)] = (0.88, 0.45, 0.45)
    page = page * (1 - ink[..., None]) + ink[..., None] * np.array(INKS[0])
    return photo(page, rng, 0.01)


def _coloured(digit: Digit, rng: Rng) -> Image.Image:
    ink = drawn(digit, rng)[..., None]
    paper, pen = PAPERS[rng.integers(len(PAPERS))], INKS[rng.integers(len(INKS))]
    return photo(np.array(paper) * (1 - ink) + np.array(pen) * ink, rng, 0.015)


def _pencil(digit: Digit, rng: Rng) -> Image.Image:
    ink = drawn(digit, rng, rng.uniform(-0.4, 0.0))
    lead = ink * np.clip(0.85 + grain(ink.shape, rng, 0.8, 0.12), 0.4, 1)
    page = rng.uniform(0.85, 0.93) + grain(ink.shape, rng, 0.7, 0.012)
    return photo(inked(page, lead, rng.uniform(0.4, 0.55)), rng, 0.01)


def _chalk(digit: Digit, rng: Rng) -> Image.Image:
    ink = drawn(digit, rng, rng.uniform(0.0, 0.4))
    dust = ink * np.clip(0.85 + grain(ink.shape, rng, 1.0, 0.15), 0.35, 1)
    board = rng.uniform(0.12, 0.25) + grain(ink.shape, rng, rng.uniform(6, 14), 0.02)
    return photo(inked(board, dust, 0.9), rng, 0.012)


def _noisy(digit: Digit, rng: Rng) -> Image.Image:
    page = inked(rng.uniform(0.7, 0.9), drawn(digit, rng), rng.uniform(0.1, 0.25))
    return photo(page, rng, rng.uniform(0.05, 0.1))


def _soft(digit: Digit, rng: Rng) -> Image.Image:
    size = medium(rng)
    ink = laid(traced(digit, size), rng)
    return photo(inked(0.93, ink, 0.12), rng, 0.01, soft=size * rng.uniform(0.02, 0.045))


def _recycled(digit: Digit, rng: Rng) -> Image.Image:
    ink = drawn(digit, rng)
    page = 0.8 + grain(ink.shape, rng, 1.0, 0.02) + grain(ink.shape, rng, 8.0, 0.02)
    return photo(inked(page, ink, rng.uniform(0.1, 0.25)), rng, 0.015)


def _telephone(digit: Digit, rng: Rng) -> Image.Image:
    """Paper under a lamp, a pen of any width, a hand that tilts, a picture sent as JPEG."""
    ink = laid(traced(digit, medium(rng), rng.uniform(-0.3, 0.5), tilted(rng)), rng)
    page = inked(0.93 + grain(ink.shape, rng, 1.2, 0.012), ink, rng.uniform(0.1, 0.25))
    page = page * slope(ink.shape, rng, 0.1, 0.4)
    return jpeg(photo(page, rng, 0.015, soft=0.6), int(rng.integers(40, 85)))


def _exercise(digit: Digit, rng: Rng) -> Image.Image:
    """Squared or ruled paper of a school book, uneven light, a tilt, JPEG."""
    size = medium(rng)
    ink = laid(traced(digit, size, rng.uniform(-0.2, 0.3), 0.6 * tilted(rng)), rng, (0.8, 2.0))
    lines = rules(ink.shape, rng, size * rng.uniform(0.6, 1.4), rng.random() < 0.5)
    page = inked(inked(0.95, lines, rng.uniform(0.6, 0.75)), ink, rng.uniform(0.08, 0.22))
    page = page * lamp(ink.shape, rng, 0.1, 0.35)
    return jpeg(photo(page, rng, 0.012), int(rng.integers(50, 90)))


def _slate(digit: Digit, rng: Rng) -> Image.Image:
    """Light ink on dark ground, under uneven light, tilted, of any size from 20 pixels on."""
    size = round(float(np.exp(rng.uniform(np.log(20), np.log(240)))))
    ink = laid(traced(digit, size, rng.uniform(-0.2, 0.5), tilted(rng)), rng)
    page = inked(rng.uniform(0.1, 0.25), ink, rng.uniform(0.8, 0.95))
    return jpeg(photo(page * slope(ink.shape, rng, 0.1, 0.4), rng, 0.012), 70)


def _note(digit: Digit, rng: Rng) -> Image.Image:
    """Write a small digit with a coloured pen on coloured paper, a shadow over it."""
    ink = laid(traced(digit, int(rng.integers(18, 40)), 0.2, tilted(rng)), rng, (1.0, 3.0))
    paper, pen = PAPERS[rng.integers(len(PAPERS))], INKS[rng.integers(len(INKS))]
    page = np.array(paper) * (1 - ink[..., None]) + np.array(pen) * ink[..., None]
    return photo(page * shade(ink.shape, rng, 0.1, 0.35)[..., None], rng, 0.012)


DIGITS: dict[str, Maker] = {
    "black on white": _shades((0.9, 1.0), (0.0, 0.15)),
    "white on black": _shades((0.0, 0.1), (0.9, 1.0)),
    "light on grey": _shades((0.25, 0.45), (0.85, 1.0)),
    "dark on grey": _shades((0.5, 0.7), (0.0, 0.15)),
    "12 to 18 pixels": _sized(12, 18),
    "18 to 36 pixels": _sized(18, 36),
    "130 to 400 pixels": _sized(130, 400),
    "far off on a large page": _far,
    "near an edge": _edge,
    "cropped close": _cropped,
    "tilted 6 to 15 degrees": _tilted,
    "thin pen": _pen(-0.6, -0.3),
    "thick pen": _pen(0.5, 1.0),
    "light fades": _lit(slope, 0.3, 0.6),
    "light fades, light ink": _lit(slope, 0.3, 0.6, dark=False),
    "under a lamp": _lit(lamp, 0.3, 0.6),
    "a shadow over it": _lit(shade, 0.15, 0.4),
    "JPEG of quality 8 to 20": _jpeg(8, 20),
    "JPEG of quality 20 to 60": _jpeg(20, 60),
    "ruled": _ruled(False, 0.7, 1.4),
    "ruled closely": _ruled(False, 0.35, 0.7),
    "squared": _ruled(True, 0.45, 1.2),
    "ruled, with a margin": _margin,
    "coloured pen and paper": _coloured,
    "pencil": _pencil,
    "chalk": _chalk,
    "noise": _noisy,
    "out of focus": _soft,
    "recycled paper": _recycled,
    "telephone": _telephone,
    "exercise book": _exercise,
    "slate": _slate,
    "small note": _note,
}
"""Each kind of page with a digit, and who makes one from a digit and a generator."""
