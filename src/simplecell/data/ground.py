"""Whether a cut-out stands on paper at all: what the page around it says.

A vein of marble may be bent like a 2, and no look at the cut-out alone tells it from one. The page
does: around a digit lies paper, which differs little from its own ground; a digit's ink is of one
shade, its edge is sharp, and nothing runs out of the picture.

    f[k] = log(trait[k] + floor[k])                  nine traits of a cut-out and its page
    odds = b + sum_k w[k] clip((f[k] - mean[k]) / deviation[k], -4, 8)
    odds > 0: this is no writing but a ground

    left      ink in no digit, per ink of this one      dark, light   98 in 100 shades of the paper
    coarse    what is left of those over a stroke's width             are nearer to its ground than
    edge      share of the picture's edge that is inked, 5 % at most  this, both ways
    soft      pixels of middling shade, per pixel of the outline      strong  strokes above ground
    level     share of the digit's pixels that have its full strength
    spread    deviation of shades within its strokes

All shades are in strengths of the stroke, but `strong`, which is in 255. The weights are a
logistic regression's, of pages with and without a digit, made by `benchmarks/teach_ground.py` from
MNIST's training digits, and frozen: learning a model takes no time for them. Neighbours count too,
once a guard has looked at them (`NEAR`): beside letters stands a letter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from simplecell.data.paper import Page
from simplecell.data.strokes import Box, Labels

Real = NDArray[np.float64]
Mask = NDArray[np.bool_]

TRAITS = ("left", "dark", "light", "coarse", "edge", "soft", "level", "spread", "strong")
FLOORS = np.array([0.02, 0.05, 0.05, 0.01, 0.01, 0.3, 0.2, 0.05, 0.1])

# Written by benchmarks/teach_ground.py.
MEANS = np.array([-3.813, -2.546, -2.598, -4.324, -4.556, -0.151, 0.021, -1.893, -0.195])
DEVIATIONS = np.array([0.568, 0.468, 0.350, 0.457, 0.289, 0.330, 0.200, 0.200, 0.221])
WEIGHTS = np.array([0.511, -1.343, 1.270, 0.534, 0.623, -0.838, -2.366, -1.178, -0.626])
BIAS = -5.008

NEAR = -2.593
"""By how much the odds grow for each power of e by which a neighbour falls below the guard's
threshold."""

MOST_EDGE = 0.05
BESIDE = 0.6
"""Neighbours of a digit stand in its row, and no farther than this share of its side."""

FEWEST = 20
"""Pixels of paper from which shades can be told."""


@dataclass(frozen=True)
class _Around:
    """What lies around all digits of a page, in shades: it is the same for each of them."""

    dark: float
    light: float
    coarse: float
    ink: float
    edge: float
    middle: float


def odds_of(page: Page, labels: Labels, kept: list[Box], wanted: list[Box]) -> Real:
    """Give the odds that each cut-out is a piece of a ground; above 0 it rather is.

    `kept` are all the digits that were found on the page, `wanted` those that are asked about.

    Shapes
        labels (H, W), as `find_digits` gives them      gives (wanted,)
    """
    return odds(traits_of(page, labels, kept, wanted))


def odds(traits: Real) -> Real:
    """Give the odds of traits.

    Shapes
        traits (N, 9)      gives (N,)
    """
    f = np.log(np.maximum(traits, 0) + FLOORS)
    found: Real = BIAS + np.clip((f - MEANS) / DEVIATIONS, -4, 8) @ WEIGHTS
    return found


def traits_of(page: Page, labels: Labels, kept: list[Box], wanted: list[Box]) -> Real:
    """Measure the traits of some digits of a page.

    Shapes
        gives (wanted, 9), in the order of `TRAITS`
    """
    if not wanted:
        return np.empty((0, len(TRAITS)))
    pieces = np.zeros(int(labels.max()) + 1, bool)
    pieces[[piece for box in kept for piece in box.pieces]] = True
    around = _around(page, pieces[labels], _thickness(labels, max(wanted, key=lambda b: b.ink)))
    return np.stack([_traits(page, labels, box, around) for box in wanted])


def neighbours(box: Box, row: tuple[Box, ...] | list[Box]) -> list[Box]:
    """Give the digits of a row that stand close beside one, at the most the one on each side."""
    near = [
        (max(other.left, box.left) - min(other.right, box.right), other)
        for other in row
        if other is not box
    ]
    close = [(gap, other) for gap, other in near if gap < BESIDE * max(other.side, box.side)]
    left = [one for one in close if one[1].left < box.left]
    right = [one for one in close if one[1].left >= box.left]
    return [min(side, key=lambda one: one[0])[1] for side in (left, right) if side]


def _own(labels: Labels, box: Box, room: int) -> tuple[Mask, tuple[slice, slice]]:
    """Give which pixels of a box, and so many around it, are the digit's own."""
    window = np.s_[
        max(box.top - room, 0) : box.bottom + room, max(box.left - room, 0) : box.right + room
    ]
    return np.isin(labels[window], box.pieces), window


def _thickness(labels: Labels, box: Box) -> float:
    own, _ = _own(labels, box, 1)
    deep = ndimage.distance_transform_edt(np.pad(own, 1))
    return max(4 * float(deep[deep > 0].mean()) - 2, 1.0)


def _reach(thickness: float) -> int:
    return int(np.clip(round(thickness), 2, 12))


def _wider(mask: Mask, reach: int) -> Mask:
    found = ndimage.maximum_filter(mask.view(np.uint8), 2 * reach + 1, mode="constant")
    return np.asarray(found, bool)


def _around(page: Page, kept: Mask, thickness: float) -> _Around:
    away = ~_wider(kept, _reach(thickness))
    ruled = np.abs(page.flat - page.strength) > 1e-9
    if ruled.any():
        away &= ~_wider(ruled, 2)
    if away.sum() < FEWEST:
        away = ~kept
    shades = page.strength[away] if away.any() else np.zeros(1)
    middle = float(np.median(shades))
    low, high = (float(np.quantile(shades, q)) for q in (0.02, 0.98))
    weight = ndimage.gaussian_filter(away.astype(np.float64), thickness / 2)
    smooth = ndimage.gaussian_filter(np.where(away, page.strength - middle, 0.0), thickness / 2)
    smooth /= weight + 1e-3
    inner = ~_wider(~away, 1) if away.sum() > 20 * FEWEST else away
    coarse = float(np.sqrt((smooth[inner] ** 2).mean())) if inner.any() else 0.0
    ink = page.ink
    rim = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    edge = min(float((rim > 0.5).mean()), MOST_EDGE)
    return _Around(high, -low, coarse, float(ink[away & ~kept].sum()), edge, middle)


def _traits(page: Page, labels: Labels, box: Box, around: _Around) -> Real:
    reach = _reach(_thickness(labels, box))
    own, window = _own(labels, box, reach)
    ink, shades = page.ink[window], page.strength[window]
    core = own & (ink > 0.5)
    core = core if core.any() else own
    strong = max(float(np.quantile(shades[core], 0.8)), 1.0)
    share = shades / strong
    outline = own & ~ndimage.binary_erosion(own, np.ones((3, 3), bool))
    middling = (share > 0.2) & (share < 0.7) & _wider(own, reach)
    return np.array([
        around.ink / max(float(ink[own].sum()), 1.0),
        around.dark / strong,
        around.light / strong,
        around.coarse / strong,
        around.edge,
        float(middling.sum()) / max(int(outline.sum()), 1),
        float((share[own] > 0.8).mean()),
        float(share[core].std()),
        strong / 255,
    ])  # fmt: skip
