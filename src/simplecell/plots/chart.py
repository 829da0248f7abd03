"""Charts of an experiment's results, from numbers alone. One function per picture.

histogram   how often values fall where, on a logarithmic axis
curves      lines over seeds: the mean, and a band from the lowest to the highest
bars        effects with error bars, the largest first
rows        rows of digits, and what a network slid over them answers at every place
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simplecell.errors import UnknownName
from simplecell.plots.sheet import (
    figure,
    number_logarithms,
    shade,
    shades,
    sheet,
    styled,
    tint,
    write,
)
from simplecell.plots.words import said

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def histogram(
    edges: Sequence[float],
    counts: Sequence[float],
    *,
    x_label: str,
    y_label: str | None = None,
    span: Sequence[float] | None = None,
    span_label: str | None = None,
) -> "Figure":
    """Draw how often values fall between `edges`, which grow by equal factors.

    `span` marks a published range.

    Shapes
        edges (B+1,)      counts (B,)
    """
    drawn, axes = sheet()
    left, right = np.array(edges[:-1]), np.array(edges[1:])
    axes.bar(
        left, counts, right - left, align="edge", color=tint(0), edgecolor=shade("paper"), lw=0.4
    )
    axes.set_xscale("log")
    if span is not None:
        axes.axvspan(
            span[0],
            span[1],
            color=tint(4),
            alpha=0.2,
            lw=0,
            zorder=0,
            label=span_label or said("published"),
        )
        axes.legend()
    axes.set(xlabel=x_label, ylabel=y_label or said("share"))
    return drawn


@styled
def curves(
    series: Mapping[str, Mapping[str, Sequence[Any]]],
    *,
    x_label: str,
    y_label: str,
    x_log: bool = False,
    y_log: bool = False,
    line: float | None = None,
    line_label: str | None = None,
) -> "Figure":
    """Draw each series' mean over its runs, and a band from the lowest run to the highest.

    `line` is a level to compare with.

    Shapes
        series {label: {"x": (P,), "runs": (seeds, P)}}
    """
    from matplotlib.ticker import MaxNLocator

    drawn, axes = sheet()
    for number, (label, one) in enumerate(series.items()):
        colour = tint(number)
        x, runs = np.array(one["x"], float), np.array(one["runs"], float)
        many = len(runs) > 1
        name = said("seeds", label=label, count=len(runs)) if many else label
        dots = "o" if len(x) <= 30 else ""
        axes.plot(x, runs.mean(axis=0), color=colour, lw=1.6, marker=dots, ms=3, label=name)
        if many:
            low, high = runs.min(axis=0), runs.max(axis=0)
            axes.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
    if line is not None:
        axes.axhline(
            line, color=shade("quiet"), lw=1, ls="--", label=line_label or said("published")
        )
    if x_log:
        axes.set_xscale("log")
    elif all(float(x).is_integer() for one in series.values() for x in one["x"]):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if y_log:
        axes.set_yscale("log")
        number_logarithms(axes)
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.legend()
    return drawn


@styled
def bars(
    labels: Sequence[str],
    values: Sequence[float],
    spreads: Sequence[float],
    *,
    x_label: str,
) -> "Figure":
    """Draw one level bar per label with its spread, in the order that is given, top first.

    Shapes
        labels, values, spreads (B,)
    """
    drawn, axes = sheet(height=1.1 + 0.3 * len(labels))
    places = np.arange(len(labels))[::-1]
    tints = [tint(1) if value > 0 else tint(0) for value in values]
    axes.barh(places, values, 0.66, xerr=spreads, color=tints, ecolor=shade("quiet"), capsize=3)
    axes.axvline(0, color=shade("quiet"), lw=1)
    axes.set_yticks(places, labels)
    axes.grid(axis="y", visible=False)
    axes.set(xlabel=x_label)
    return drawn


@styled
def rows(readings: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> "Figure":
    """Draw pictures of rows of digits, above each what was read, below it every place's answer.

    Shapes
        each reading: {"pixels": (H, W), "columns": (P,), "answers": (P, classes),
        "digits": [(column, text), ...], "written": text}
    """
    drawn = figure(0.4 + 3.1 * len(readings))
    grid = drawn.subplots(
        2 * len(readings), 1, squeeze=False, height_ratios=[5, 4] * len(readings)
    )
    for number, one in enumerate(readings):
        above, below = grid[2 * number, 0], grid[2 * number + 1, 0]
        pixels, columns = np.array(one["pixels"]), np.array(one["columns"], float)
        apart = columns[1] - columns[0] if len(columns) > 1 else 1.0
        left, right = columns[0] - apart / 2, columns[-1] + apart / 2
        above.imshow(pixels, cmap=shades("ink"), extent=(0, pixels.shape[1], 1, 0), aspect="auto")
        below.imshow(
            np.array(one["answers"], float).T,
            cmap=shades("second"),
            vmin=0,
            vmax=1,
            aspect="auto",
            extent=(left, right, len(classes) - 0.5, -0.5),
            interpolation="nearest",
        )
        for column, text in one["digits"]:
            above.axvline(column, color=tint(1), lw=0.8, ls=":")
            above.text(column, -0.03, text, ha="center", va="bottom", weight="bold")
        if "".join(text for _, text in one["digits"]) != one["written"]:
            above.set_title(said("written", text=one["written"]), loc="right", fontsize=9)
        for axes in (above, below):
            axes.set_xlim(0, pixels.shape[1])
            axes.grid(visible=False)
        above.set(xticks=[], yticks=[])
        below.set_yticks(range(len(classes)), classes, fontsize=6)
    grid[-1, 0].set_xlabel(said("places"))
    return drawn


KINDS: dict[str, "Callable[..., Figure]"] = {
    "histogram": histogram,
    "curves": curves,
    "bars": bars,
    "rows": rows,
}
"""The charts by name."""


def draw(kind: str, data: Mapping[str, Any], path: Path) -> None:
    """Draw a chart of a kind and write it as a PNG.

    Raises
        UnknownName   no such kind
    """
    if kind not in KINDS:
        raise UnknownName("kind of picture", kind, KINDS)
    write(KINDS[kind](**data), path)
