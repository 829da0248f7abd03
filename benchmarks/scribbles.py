"""Scribbles of the second set of pages, each as lines through points of the unit square.

None is what a person might read as a digit: there is more than one ring, more than three strokes.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage
from sheet import Real, Rng

Drawing = Callable[[Rng], list[Real]]


def fitted(line: Real, rng: Rng, slim: float = 1.0) -> Real:
    """Turn a line by any angle, and fit it into the unit square; `slim` is height to width."""
    line = (line - line.mean(0)) * (1, slim)
    angle = rng.uniform(-0.4, 0.4)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    line = line @ turn
    line = line - (line.max(0) + line.min(0)) / 2
    return np.asarray(0.5 + 0.84 * line / np.ptp(line, axis=0).max())


def _coil(rng: Rng) -> list[Real]:
    """Draw loops in a row, as one tries a pen."""
    loops = rng.integers(4, 8)
    t = np.linspace(0, 2 * np.pi * loops, 60 * loops)
    size = 1 + 0.3 * np.sin(t / loops * rng.uniform(0.5, 2) + rng.uniform(0, 6))
    x = t * rng.uniform(0.2, 0.45) + size * np.cos(t)
    return [fitted(np.stack([x, rng.uniform(0.8, 2) * size * np.sin(t)], 1), rng)]


def _spiral(rng: Rng) -> list[Real]:
    turns = rng.uniform(3, 6)
    t = np.linspace(0.3, 2 * np.pi * turns, 400)
    wild = 1 + 0.08 * np.sin(t * rng.uniform(0.6, 1.4) + rng.uniform(0, 6))
    line = np.stack([t * wild * np.cos(t), t * wild * np.sin(t)], 1)
    return [fitted(line, rng, rng.uniform(0.7, 1))]


def _zigzag(rng: Rng) -> list[Real]:
    turns = int(rng.integers(6, 14))
    x = np.arange(turns) * rng.uniform(0.12, 0.5) + rng.normal(scale=0.05, size=turns)
    y = (np.arange(turns) % 2) * 1.0 + rng.normal(scale=0.12, size=turns)
    return [fitted(np.stack([x, y], 1), rng)]


def _hatching(rng: Rng) -> list[Real]:
    """Draw slanting strokes side by side; mostly others cross them."""
    lines = []
    for slant in (1, -1) if rng.random() < 0.6 else (rng.choice([-1, 1]),):
        count = rng.integers(6, 13)
        for place in np.linspace(0.2, 0.8, count):
            middle = np.array([place, 0.5]) + rng.normal(scale=0.015, size=2)
            reach = np.array([0.18 * slant, 0.3]) * rng.uniform(0.8, 1.1)
            lines.append(np.stack([middle - reach, middle + reach]))
    return lines


def _signature(rng: Rng) -> list[Real]:
    """Draw a quick name: small slanting loops along a line, some tall, a flourish below."""
    letters = int(rng.integers(5, 10))
    t = np.linspace(0, letters, 60 * letters)
    tall = np.interp(t, np.arange(letters + 1), rng.choice([0.5, 0.7, 1.6], size=letters + 1))
    tall[t < 1] = 2.0
    wave = 2 * np.pi * t
    x = t + rng.uniform(0.25, 0.6) * np.cos(wave) + rng.uniform(0.1, 0.4) * tall * np.sin(wave)
    y = -tall * np.sin(wave) - 0.3 * np.sin(0.37 * wave + rng.uniform(0, 6))
    name = np.stack([x, y], 1)
    if rng.random() < 0.6:
        s = np.linspace(0, 1, 40)
        tail = np.stack([x[-1] * (1 - 0.9 * s), 1.8 + 0.8 * np.sin(3 * s)], 1)
        name = np.concatenate([name, tail])
    return [fitted(name, rng)]


def _tangle(rng: Rng) -> list[Real]:
    knots = rng.random((int(rng.integers(14, 24)), 2))
    t = np.linspace(0, len(knots) - 1, 40 * len(knots))
    smooth = [ndimage.map_coordinates(knots[:, k], [t], order=3, mode="nearest") for k in (0, 1)]
    return [fitted(np.stack(smooth, 1), rng, rng.uniform(0.6, 1))]


def _crossed(rng: Rng) -> list[Real]:
    """Cross out a word: waves for letters, and strokes to and fro across them."""
    t = np.linspace(0, 1, 300)
    word = np.stack([t, 0.12 * np.sin(2 * np.pi * rng.uniform(4, 8) * t)], 1)
    turns = int(rng.integers(4, 9))
    over = np.stack([np.arange(turns) % 2, np.linspace(-0.12, 0.12, turns)], 1)
    both = fitted(np.concatenate([word, over + rng.normal(scale=0.04, size=over.shape)]), rng)
    return [both[: len(word)], both[len(word) :]]


def _blackened(rng: Rng) -> list[Real]:
    """Draw to and fro over one place until nothing below can be read."""
    turns = int(rng.integers(18, 30))
    ends = np.stack([np.arange(turns) % 2, np.linspace(0, rng.uniform(0.5, 1), turns)], 1)
    return [fitted(ends + rng.normal(scale=0.09, size=ends.shape), rng)]


def polygon(corners: int, turn: float = 0.0, step: int = 1) -> Real:
    """Give the corners of a regular polygon, or of a star, around the middle."""
    t = turn + 2 * np.pi * step * np.arange(corners + 1) / corners
    return np.asarray(0.5 + 0.4 * np.stack([np.sin(t), -np.cos(t)], 1))


def _doodle(rng: Rng) -> list[Real]:
    ring = polygon(40)
    star = [polygon(5, rng.uniform(-0.3, 0.3), 2)]
    walls = (
        (0.2, 0.45),
        (0.2, 0.9),
        (0.8, 0.9),
        (0.8, 0.45),
        (0.2, 0.45),
        (0.5, 0.1),
        (0.8, 0.45),
    )
    house = [np.array(walls), np.array([[0.45, 0.9], [0.45, 0.65], [0.6, 0.65], [0.6, 0.9]])]
    face = [
        ring,
        0.35 + 0.1 * (ring - 0.5),
        (0.65, 0.35) + 0.1 * (ring - 0.5),
        0.5 + 0.6 * (ring[12:29] - 0.5),
    ]
    arrow = [
        np.array([[0.1, 0.6], [0.9, 0.4]]),
        np.array([[0.65, 0.28], [0.9, 0.4], [0.72, 0.62]]),
    ]
    box = [polygon(4, np.pi / 4) * 0.75, polygon(4, np.pi / 4) * 0.75 + 0.22]
    box += [np.stack([corner, corner + 0.22]) for corner in box[0][:4]]
    flower = [0.5 + 0.3 * (ring - 0.5)] + [
        0.5 + 0.24 * np.array([np.sin(a), np.cos(a)]) + 0.28 * (ring - 0.5)
        for a in np.linspace(0, 2 * np.pi, 6)[:5]
    ]
    cross = [np.array([[0.15, 0.2], [0.85, 0.8]]), np.array([[0.2, 0.85], [0.8, 0.15]])]
    chosen = (star, house, face, arrow, box, flower, cross)[rng.integers(7)]
    return [line + rng.normal(scale=0.008, size=line.shape) for line in chosen]


SCRIBBLES: dict[str, Drawing] = {
    "loops": _coil,
    "spiral": _spiral,
    "zigzag": _zigzag,
    "hatching": _hatching,
    "signature": _signature,
    "tangle": _tangle,
    "crossed out": _crossed,
    "blackened": _blackened,
    "doodles": _doodle,
}
