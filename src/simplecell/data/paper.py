"""From a photo or scan to its ink: which pixels were written, and how strongly.

    ground   a quadratic surface fitted to the paper alone, then what is left of slow shadow
    polarity the side of the ground on which the rare, strong pixels lie: darker, or lighter
    d        (grey - ground), turned so that ink is positive
    ink      d between the paper's own noise and the strength of the strokes, as 0 to 1

Ruled lines are taken out of d in between: see `rules`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from simplecell.data.rules import without_rules

Grey = NDArray[np.uint8]
Real = NDArray[np.float64]
Mask = NDArray[np.bool_]

SAMPLES = 96
"""The ground is fitted to SAMPLES x SAMPLES pixels of the picture at the most."""

FAINT = 12.0
"""Ink stands out from its paper by so many of 255 shades at the least."""

NOISE, SURE = 2.5, 4.0
"""In deviations of the paper: what is taken for paper, and what is seen as a mark on it."""


@dataclass(frozen=True, eq=False)
class Page:
    """A picture taken apart. `dark_ink` says that it is darker than its ground.

    Shapes
        grey, ground (H, W) 0 to 255      flat, strength (H, W) shades of ink above the ground,
        before and after `lines` ruled lines were taken out      ink (H, W) 0 to 1
    """

    grey: Grey
    ground: Real
    dark_ink: bool
    flat: Real
    strength: Real
    ink: Real
    lines: int

    @property
    def blank(self) -> bool:
        """Whether nothing is written on it."""
        return not self.ink.any()


def read_page(grey: Grey, dark_ink: bool | None = None) -> Page:
    """Take a picture apart; `dark_ink` None finds out whether ink is dark or light.

    Shapes
        grey (H, W)
    """
    shades = grey.astype(np.float64)
    ground, dark = _ground(shades, dark_ink)
    d = ground - shades if dark else shades - ground
    noise = _noise(d)
    strength, lines = without_rules(d, max(SURE * noise, FAINT / 2))
    return Page(grey, ground, dark, d, strength, _ink(strength, noise), lines)


def _noise(d: Real) -> float:
    """Give the deviation of the paper from its ground: from the median, which ink cannot move."""
    return max(1.4826 * float(np.median(np.abs(d - np.median(d)))), 1.0)


def _ground(shades: Real, dark_ink: bool | None) -> tuple[Real, bool]:
    height, width = shades.shape
    rows = np.unique(np.linspace(0, height - 1, min(height, SAMPLES)).round().astype(int))
    columns = np.unique(np.linspace(0, width - 1, min(width, SAMPLES)).round().astype(int))
    some = shades[np.ix_(rows, columns)]
    y, x = _along(height), _along(width)
    surface = _fit(y[rows], x[columns], some)
    away = some - _surface(surface, y[rows], x[columns])
    dark = _is_dark(away) if dark_ink is None else dark_ink
    shadow = Image.fromarray(_shadow(away, dark).astype(np.float32))
    spread = shadow.resize((width, height), Image.Resampling.BILINEAR)
    return np.clip(_surface(surface, y, x) + np.asarray(spread, np.float64), 0, 255), dark


def _along(side: int) -> Real:
    return np.linspace(-1, 1, side) if side > 1 else np.zeros(1)


def _surface(a: Real, y: Real, x: Real) -> Real:
    down = (a[0] + a[2] * y + a[5] * y * y)[:, None]
    surface: Real = down + (a[1] + a[3] * x) * x + (a[4] * y)[:, None] * x
    return surface


def _fit(y: Real, x: Real, shades: Real) -> Real:
    """Fit a surface to most of the shades, and leave those out that are far from it.

    By reweighting: first the least sum of distances, then Tukey's weights, which are 0 beyond
    4.7 deviations. Strokes are fewer than the pixels of the paper, and drop out.
    """
    down, across = (grid.ravel() for grid in np.meshgrid(y, x, indexing="ij"))
    terms = np.stack(
        [np.ones(len(down)), across, down, across * across, down * across, down * down], 1
    )
    values = shades.ravel()
    surface: Real = np.zeros(6)
    surface[0] = np.median(values)
    for step in range(12):
        away = np.abs(values - terms @ surface)
        if step < 6:
            weight = 1 / np.maximum(away, 1.0)
        else:
            reach = 4.7 * max(1.4826 * float(np.median(away)), 2.0)
            weight = np.maximum(1 - (away / reach) ** 2, 0) ** 2
        weighted = terms * weight[:, None]
        square = weighted.T @ terms + 1e-3 * np.eye(6)
        surface = np.asarray(np.linalg.solve(square, weighted.T @ values), np.float64)
    return surface


def _is_dark(away: Real) -> bool:
    """Tell on which side of the ground the ink lies: there are the few that are far away."""
    beyond = np.maximum(np.abs(away) - 3 * _noise(away), 0)
    return float(beyond[away < 0].sum()) >= float(beyond[away > 0].sum())


def _shadow(away: Real, dark: bool) -> Real:
    """Give what is left of the ground where nothing is written, carried on under the strokes."""
    noise = _noise(away)
    marked = (-away if dark else away) > SURE * noise
    bare = (~ndimage.binary_dilation(marked, iterations=2)).astype(np.float64)
    reach = 0.08 * max(away.shape)
    return ndimage.gaussian_filter(away * bare, reach) / (
        ndimage.gaussian_filter(bare, reach) + 0.05
    )


def _ink(d: Real, noise: float) -> Real:
    """Scale d so that strokes are 1 and paper is 0; all 0 if nothing stands out."""
    marks = d > max(SURE * noise, FAINT / 2)
    labels, count = ndimage.label(marks, np.ones((3, 3), bool))
    if count == 0:
        return np.zeros_like(d)
    weights = ndimage.sum_labels(d * marks, labels, np.arange(1, count + 1))
    kept = np.concatenate([[False], weights >= 0.05 * weights.max()])
    strong = float(np.quantile(d[kept[labels]], 0.8))
    if strong < max(1.5 * SURE * noise, FAINT):
        return np.zeros_like(d)
    low = max(NOISE * noise, 0.15 * strong)
    return np.clip((d - low) / (0.9 * strong - low), 0, 1)
