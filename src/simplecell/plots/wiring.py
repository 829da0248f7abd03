"""Pictures of what a network is: its kernels, and which maps read which."""

from typing import TYPE_CHECKING

import numpy as np

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.walk import own_arrays
from simplecell.errors import PlotError
from simplecell.plots.sheet import (
    Array,
    columns,
    entitle,
    figure,
    mosaic,
    shade,
    shades,
    sheet,
    show_colours,
    show_signed,
    styled,
)
from simplecell.plots.words import said, told
from simplecell.spec.layers import Layer, Shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simplecell.engines.protocol import Parameters
    from simplecell.spec.network import Network

LABELLED = 24
"""Maps that are numbered one by one; of more, every tenth is."""
COLOURED = 3
"""Maps of an input that are red, green and blue."""
TALLEST = 7.5
BANK, BETWEEN = 60, 5
"""Columns of kernels beside each other, and cells between such a row and the next."""


@styled
def kernels(network: "Network", parameters: "Parameters", layer: str | None = None) -> "Figure":
    """Draw the kernels of a layer, of the first that has some unless one is named.

    A column is a map of the layer, a row a map that it reads; where a table leaves a connection
    out there is none. All are on one scale. A fully connected layer's weights are drawn as
    pictures of what each unit reads; of a local layer, the kernels of its first map.

    Raises
        UnknownName   no such layer
        PlotError     a layer, or a network, without kernels
    """
    found, grid, what = _kernels(network, parameters, layer)
    flat = grid.shape[0] == 1
    across = grid.shape[1]
    if flat and across > LABELLED:
        across = columns(across, grid.shape[2], grid.shape[3], 2.0)
    one = mosaic(grid.reshape(-1, *grid.shape[2:]), across) if flat else _banks(grid)
    height = min(TALLEST, 0.9 + 6.2 * one.shape[0] / one.shape[1])
    drawn = figure(max(2.0, height))
    axes = drawn.add_subplot()
    if found is network.layers[0] and grid.shape[0] == network.input[0] == COLOURED:
        banded = [
            mosaic(grid[c], columns(across, grid.shape[2], grid.shape[3], 8.0))
            for c in range(COLOURED)
        ]
        drawn.set_figheight(
            0.5 + 0.95 * drawn.get_figwidth() * banded[0].shape[0] / banded[0].shape[1]
        )
        show_colours(axes, np.stack(banded))
        sides = f"{grid.shape[2]}x{grid.shape[3]}"
        entitle(drawn, f"{network.name}, {found.name}: {said('in colour', sides=sides)}")
        return drawn
    image = show_signed(axes, one)
    if across == grid.shape[1]:
        _number(axes, grid.shape, found.name)
    sides = f"{grid.shape[2]}x{grid.shape[3]}"
    rows = "" if flat else said("from each", below=grid.shape[0], above=grid.shape[1])
    entitle(drawn, f"{network.name}, {found.name}: {told(what)}, {sides}{rows}")
    bar = drawn.colorbar(image, ax=axes, shrink=0.8, aspect=18, pad=0.02, label=said("weight"))
    bar.outline.set_visible(False)
    return drawn


def _kernels(
    network: "Network", parameters: "Parameters", name: str | None
) -> tuple[Layer, Array, str]:
    """Find the layer whose kernels are asked for; give them as pictures, and in words."""
    found: dict[str, tuple[Layer, Array, str]] = {}
    for layer, below in zip(network.layers, network.inputs, strict=True):
        own = own_arrays(layer, parameters)
        if (pictures := formulas_of(layer).kernels(own, below)) is not None:
            grid, words = pictures
            if below[1:] == (1, 1) and grid.shape[2:] == (1, below[0]):
                grid = _folded(grid)
            found[layer.name] = (layer, grid, words)
    if name is not None and network.layer(name).name not in found:
        raise PlotError(
            f"{network.name}, layer {name}: a {network.layer(name).type} layer has no kernels.\n"
            f"  Layers that have: {', '.join(found) or 'none'}."
        )
    if not found:
        raise PlotError(f"{network.name} has no layer with kernels.")
    return next(iter(found.values())) if name is None else found[name]


def _folded(rows: Array) -> Array:
    """Fold what units read, a row of numbers for each, into pictures about as high as wide."""
    _, maps, _, count = rows.shape
    across = columns(count, 1, 1, 1.0)
    padded = np.full((maps, -(-count // across) * across), np.nan)
    padded[:, :count] = rows[0, :, 0]
    return padded.reshape(1, maps, -1, across)


def _banks(grid: Array) -> Array:
    """Lay kernels out, a row for each map below; a wide table goes on underneath."""
    parts = []
    for start in range(0, grid.shape[1], BANK):
        part = grid[:, start : start + BANK]
        laid = mosaic(part.reshape(-1, *part.shape[2:]), part.shape[1])
        whole = np.full((laid.shape[0] + BETWEEN, min(grid.shape[1], BANK) * (grid.shape[3] + 1)),
                        np.nan)  # fmt: skip
        whole[: laid.shape[0], : laid.shape[1]] = laid
        parts.append(whole)
    return np.concatenate(parts)[:-BETWEEN, :-1]


def _number(axes: "Axes", shape: tuple[int, ...], name: str) -> None:
    """Write the numbers of the layer's maps at the columns, of those below at the rows."""
    rows, across, height, width = shape
    if across > BANK:
        tall = rows * (height + 1) - 1
        starts = range(0, across, BANK)
        axes.set_yticks(
            [bank * (tall + BETWEEN) + tall / 2 for bank in range(len(starts))],
            [f"{name}\n{start}\nto\n{min(start + BANK, across) - 1}" for start in starts],
        )
        axes.set_xlabel(said("rows", layer=name))
        axes.tick_params(length=0, labelsize=8, colors=shade("quiet"))
        return
    for count, size, ticks, label in (
        (across, width, axes.set_xticks, said("map of", layer=name)),
        (rows, height, axes.set_yticks, said("below")),
    ):
        if count == 1:
            continue
        shown = range(0, count, 1 if count <= LABELLED else 10)
        ticks([k * (size + 1) + (size - 1) / 2 for k in shown], [str(k) for k in shown])
        (axes.set_xlabel if ticks == axes.set_xticks else axes.set_ylabel)(label)
    axes.tick_params(length=0, labelsize=8, colors=shade("quiet"))


@styled
def table(
    network: "Network", parameters: "Parameters | None" = None, layer: str | None = None
) -> "Figure":
    """Draw which maps each map of a layer reads: a column is a map, a row a map below it.

    The first layer with a connection table, unless one is named. Of a layer that learns its
    table, the shares are drawn, which takes the parameters.

    Raises
        UnknownName   no such layer
        PlotError     a layer that is no convolution; a learned table without its parameters

    Source
        LeCun et al. 1998, table I.   Brief: C9, E2
    """
    found, below = _tabled(network, layer)
    fixed = formulas_of(found).shares(None, below)
    if fixed is not None:
        shares, count = fixed, f"{int(fixed.sum())} of {fixed.size} connections"
    else:
        own = None if parameters is None else own_arrays(found, parameters)
        learned = formulas_of(found).shares(own, below)
        if learned is None:
            raise PlotError(f"{network.name}, layer {found.name} learns its table: give weights.")
        shares, count = learned, "shares that it has learned"
    drawn, axes = sheet(min(TALLEST, 1.3 + 6.6 * shares.shape[0] / shares.shape[1]))
    _squares(axes, shares)
    names = ["the input", *(one.name for one in network.layers)]
    source = names[names.index(found.name) - 1]
    entitle(drawn, said("reads", network=network.name, below=source, layer=found.name))
    read = (shares > 0).sum(axis=0)
    axes.set(
        xlabel=said("how many", layer=found.name, count=told(count)),
        ylabel=said("map of", layer=source),
    )
    maps = shares.shape[1]
    few = maps <= LABELLED
    axes.set_xticks(
        range(0, maps, 1 if few else 10),
        [f"{m}\n{read[m]}" for m in range(0, maps, 1 if few else 10)],
    )
    axes.set_yticks(range(0, below[0], 1 if below[0] <= LABELLED else 10))
    return drawn


def leaves_out(network: "Network") -> bool:
    """Tell whether a layer's table leaves connections out, or is learned."""
    return any(layer.selects for layer in network.layers)


def _tabled(network: "Network", name: str | None) -> tuple[Layer, Shape]:
    wanted = None if name is None else network.layer(name)
    linked = [
        (layer, below)
        for layer, below in zip(network.layers, network.inputs, strict=True)
        if layer.selects or formulas_of(layer).shares(None, below) is not None
    ]
    for layer, below in linked:
        if layer is wanted or (wanted is None and layer.selects):
            return layer, below
    if wanted is not None:
        raise PlotError(f"{network.name}, layer {name}: a {wanted.type} layer has no connections.")
    if not linked:
        raise PlotError(f"{network.name} has no convolution, so no connections to draw.")
    return linked[-1]


def _squares(axes: "Axes", shares: Array) -> None:
    """Fill a square for each connection, the darker the larger its share."""
    axes.imshow(
        shares, cmap=shades("second"), vmin=0, vmax=float(shares.max()) or 1, aspect="equal"
    )
    axes.set_xticks(np.arange(shares.shape[1] + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(shares.shape[0] + 1) - 0.5, minor=True)
    axes.grid(visible=False)
    axes.grid(which="minor", color=shade("line"), lw=0.8)
    axes.tick_params(which="both", length=0)
    axes.tick_params(labelsize=8)
    for spine in axes.spines.values():
        spine.set_visible(False)
