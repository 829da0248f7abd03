"""Pictures of one example's way through a network, layer by layer, from its trace."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.walk import own_arrays
from simplecell.errors import PlotError
from simplecell.plots.sheet import (
    Array,
    bare,
    columns,
    entitle,
    figure,
    mosaic,
    shade,
    show_colours,
    show_signed,
    styled,
)
from simplecell.plots.words import said
from simplecell.spec.glyphs import GLYPH_HEIGHT, GLYPH_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simplecell.engines.protocol import Parameters, Trace
    from simplecell.spec.network import Network

RATIO = 7.0
"""How much wider than high the maps of a layer are laid out, about."""
COLOURED = 3
"""Maps of an input that are red, green and blue."""
NUMBERED = 12
"""Outputs that are written out as numbers under their classes."""


@styled
def maps(
    network: "Network", trace: "Trace", classes: Sequence[str] = (), title: str = ""
) -> "Figure":
    """Draw what every layer hands on for one picture: x = f(u), each layer on its own scale.

    Outputs are named by `classes`, if there are.   Brief: B10, C5-C14
    """
    rows = [("input", trace.x.reshape(network.input))]
    rows += [(name, layer.x) for name, layer in trace.layers.items()]
    last = network.layers[-1]
    nearest = last.name if last.gives_distances else ""
    words = f"{network.name}: {said('hands on')}"
    return _levels(rows, classes, title or words, nearest)


@styled
def deltas(
    network: "Network", trace: "Trace", classes: Sequence[str] = (), title: str = ""
) -> "Figure":
    """Draw the sensitivities of every layer for one picture: dE/du; of the input, dE/dx.

    Brief: D6, D7, D10, D15
    """
    rows = [("input", trace.dx.reshape(network.input))]
    rows += [(name, layer.du) for name, layer in trace.layers.items()]
    words = f"{network.name}: {said('depends')}"
    return _levels(rows, classes, title or words)


def _levels(
    rows: list[tuple[str, Array]], classes: Sequence[str], title: str, nearest: str = ""
) -> "Figure":
    """Draw a row for each layer; of the layer `nearest`, numbers are compared with their mean."""
    shown = [values - values.mean() if name == nearest else values for name, values in rows]
    laid = [_laid(values, last=k == len(rows) - 1) for k, values in enumerate(shown)]
    if len(rows[0][1]) == COLOURED:
        laid[0] = np.pad(rows[0][1][0], ((0, 0), (0, 2 * rows[0][1].shape[2])))
    heights = [max(0.42, min(1.25, 6.2 * one.shape[0] / one.shape[1])) for one in laid]
    heights[0], heights[-1] = max(heights[0], 0.9), 0.62
    drawn = figure(0.6 + sum(heights) + 0.12 * len(rows))
    entitle(drawn, title)
    grid = drawn.subplots(len(rows), 2, squeeze=False, height_ratios=heights, width_ratios=[1, 7])
    for (name, values), one, (aside, axes) in zip(rows, laid, grid, strict=True):
        reach = float(np.abs(values).max())
        if name == "input" and len(values) == COLOURED:
            show_colours(axes, values, reach)
        else:
            show_signed(axes, one, reach if name != nearest else None)
        axes.set_anchor("W")
        bare(aside)
        count, height, width = values.shape
        size = f"{count} @ {height}x{width}" if height * width > 1 else said("units", count=count)
        aside.text(
            1,
            0.5,
            said("input") if name == "input" else name,
            ha="right",
            va="bottom",
            weight="bold",
            transform=aside.transAxes,
        )
        aside.text(
            1,
            0.46,
            f"{size}\n{said('distances') if name == nearest else f'±{reach:.3g}'}",
            ha="right",
            va="top",
            fontsize=8,
            color=shade("quiet"),
            transform=aside.transAxes,
        )
    _name_outputs(grid[-1, 1], rows[-1][1], shown[-1], classes)
    return drawn


def _laid(values: Array, last: bool) -> Array:
    """Lay the maps of one layer side by side; units become one picture of cells."""
    count, height, width = values.shape
    if height * width == 1:
        glyph = count == GLYPH_HEIGHT * GLYPH_WIDTH
        across = count if last and count <= 40 else columns(count, 1, 1, 12.0)
        if glyph and not last:
            across = GLYPH_HEIGHT * 2 + 4  # 28 x 3: as wide as the layers beside it
        return mosaic(values, across, gap=0)
    return mosaic(values, columns(count, height, width, RATIO), gap=max(1, width // 12))


def _name_outputs(axes: "Axes", values: Array, shown: Array, classes: Sequence[str]) -> None:
    if len(values) > NUMBERED:
        return
    reach = float(np.abs(shown).max()) or 1
    for k, (value, apart) in enumerate(zip(values.ravel(), shown.ravel(), strict=True)):
        dark = abs(apart) > 0.6 * reach
        text = f"{value:.3g}" if abs(value) >= 0.01 else f"{value:.1g}"
        axes.text(k, 0, text, ha="center", va="center", fontsize=7.5,
                  color="white" if dark else shade("ink"))  # fmt: skip
    names = [*classes, *(str(k) for k in range(len(classes), len(values)))]
    axes.set_xticks(range(len(values)), names[: len(values)], fontsize=8)
    axes.tick_params(length=0, pad=1)


@styled
def codes(
    network: "Network",
    parameters: "Parameters",
    features: Array,
    labels: Array,
    classes: Sequence[str] = (),
) -> "Figure":
    """Draw the codes of the RBF outputs, and below each what the layer before gives of its class.

    First the code, then the mean of x over the pictures of the class, then one picture's x: that
    which comes nearest to its code, and that which stays farthest from it.

    Shapes
        features (N, inputs) the x that the RBF layer reads      labels (N,)

    Raises
        PlotError   a network that does not end in RBF outputs

    Source
        LeCun et al. 1998, II.B, figure 3.   Brief: C14
    """
    output = network.layers[-1]
    wanted = formulas_of(output).codes(own_arrays(output, parameters))
    if wanted is None:
        raise PlotError(
            f"{network.name} has no RBF outputs, so no codes: it ends in a {output.type} layer.\n"
            "  lenet5 has them."
        )
    before = network.layers[-2].name if len(network.layers) > 1 else "the input"
    shape = _shape(wanted.shape[1])
    levels = _by_class(wanted, features, labels)
    names = [*classes, *(str(k) for k in range(len(classes), len(wanted)))]
    across = min(len(wanted), 10)
    banks = math.ceil(len(wanted) / across)
    figure_height = 0.8 + banks * len(levels) * 0.72 * across / 10 * shape[0] / shape[1] * 0.62
    drawn = figure(max(3.0, figure_height + 0.25 * banks))
    grid = drawn.subplots(banks * len(levels), across, squeeze=False)
    for k, axes in enumerate(grid.ravel()):
        bare(axes)
        bank, row, column = k // across // len(levels), k // across % len(levels), k % across
        label = bank * across + column
        if label >= len(wanted):
            continue
        what, values = levels[row]
        show_signed(axes, values[label].reshape(shape), 1.5)
        if row == 0:
            axes.set_title(names[label], loc="center", fontsize=11)
        if column == 0:
            axes.set_ylabel(
                said(what, layer=before), rotation=0, ha="right", va="center", fontsize=9
            )
    entitle(drawn, said("codes", network=network.name, layer=before))
    return drawn


def _shape(count: int) -> tuple[int, int]:
    if count == GLYPH_HEIGHT * GLYPH_WIDTH:
        return GLYPH_HEIGHT, GLYPH_WIDTH
    across = next(k for k in range(math.isqrt(count), 0, -1) if count % k == 0)
    return count // across, across


def _by_class(wanted: Array, features: Array, labels: Array) -> list[tuple[str, Array]]:
    """Give the rows of the picture: code, mean, nearest, farthest; NaN for absent classes."""
    mean, near, far = (np.full(wanted.shape, np.nan) for _ in range(3))
    for label in range(len(wanted)):
        own = features[labels == label]
        if len(own):
            distances = ((own - wanted[label]) ** 2).sum(axis=1)
            mean[label] = own.mean(axis=0)
            near[label], far[label] = own[distances.argmin()], own[distances.argmax()]
    return [
        ("code", wanted),
        ("mean", mean),
        ("nearest", near),
        ("farthest", far),
    ]
