"""Pictures of a model's answers: what it took for what, where it erred, what doubt would save."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simplecell.data.part import Part
from simplecell.errors import PlotError
from simplecell.plots.palette import channels
from simplecell.plots.sheet import (
    Array,
    bare,
    colour,
    entitle,
    figure,
    shade,
    sheet,
    show_picture,
    styled,
    tint,
)
from simplecell.plots.words import said

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simplecell.train.answer import Answer

FEW, OFTEN = 4, 12
"""Classes whose cells are drawn no larger than need be; pairs listed of many classes."""
PICTURED, WRITTEN = 12, 25
"""Classes up to which the matrix has pictures in its cells; numbers; of more, shades alone."""
LONG = 9
"""Letters of a class's name under a mistake; the rest of a longer one is left out."""
ACROSS = 8
"""Mistakes side by side."""
GOALS = (0.5, 0.1)
"""Errors on what is kept, in percent, that are marked on the reject curve."""
MOST_REJECTED = 50
"""Percent rejected up to which a goal is marked: of more, what is left is a few lucky answers."""


@styled
def confusion(
    answers: Sequence["Answer"], part: Part, classes: Sequence[str], title: str = ""
) -> "Figure":
    """Draw what was taken for what: a row is a true class, a column an answer.

    A cell has its count and the picture of which the model was surest; the darker, the larger
    its share of the row.

    Raises
        PlotError   no pictures
    """
    labels, given, sure = _columns(answers, part)
    k = len(classes)
    counts = np.zeros((k, k), np.int64)
    np.add.at(counts, (labels, given), 1)
    drawn, axes = _matrix(k)
    axes.imshow(_tints(counts, part, labels, given, sure), extent=(-0.5, k - 0.5, k - 0.5, -0.5))
    bare(axes)
    if k <= WRITTEN:
        _count(axes, counts)
    small = max(7, min(10, 220 // k))
    room = 24 if k <= FEW else 10
    names = [name if len(name) <= room else f"{name[: room - 1]}…" for name in classes]
    turned = 90 if max(map(len, names)) > 4 and k > FEW else 0
    step = 1 if k <= WRITTEN else math.ceil(k / WRITTEN)
    axes.set_xticks(range(0, k, step), names[::step], fontsize=small, rotation=turned)
    axes.set_yticks(range(0, k, step), names[::step], fontsize=small)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.xaxis.set_label_position("top")
    if len(drawn.axes) > 1:
        _list_pairs(drawn.axes[1], counts, classes)
    wrong = int(counts.sum() - np.trace(counts))
    total = int(counts.sum())
    axes.set(xlabel=said("answer"), ylabel=said("true"))
    words = said("wrong", wrong=wrong, total=total, percent=100 * wrong / total)
    entitle(drawn, f"{title}: {words}" if title else words)
    return drawn


def _matrix(k: int) -> tuple["Figure", "Axes"]:
    """Give a sheet for a matrix; of many classes, with room for a list beside it."""
    if k > WRITTEN:
        drawn = figure(6.2)
        left, right = drawn.subplots(1, 2, width_ratios=[5, 1.9])
        bare(right)
        return drawn, left
    return sheet(1.4 + min(6.1, 1.6 * k) if k <= FEW else 7.5 if k <= PICTURED else 7.0)


def _list_pairs(axes: "Axes", counts: Array, classes: Sequence[str]) -> None:
    """Write which classes are mistaken for which most often, as far as any are."""
    apart = counts * ~np.eye(len(counts), dtype=bool)
    pairs = [int(k) for k in np.argsort(-apart, axis=None, kind="stable")[:OFTEN]]
    axes.set_title(said("often"), fontsize=9, pad=4)
    for row, pair in enumerate(pairs):
        true, answer = divmod(pair, len(counts))
        if apart[true, answer]:
            words = f"{_cut(classes[true])} → {_cut(classes[answer])}"
            y = 0.96 - 0.075 * row
            axes.text(0, y, words, fontsize=10, transform=axes.transAxes)
            axes.text(1, y, f"{apart[true, answer]:,}", fontsize=10, ha="right",
                      color=shade("accent"), transform=axes.transAxes)  # fmt: skip


def _columns(answers: Sequence["Answer"], part: Part) -> tuple[Array, Array, Array]:
    """Give the true classes, the answers and their probabilities as arrays."""
    if len(part) == 0:
        raise PlotError("there are no pictures, so there is nothing to draw.")
    given = np.array([one.label for one in answers])
    return part.labels, given, np.array([one.probability for one in answers])


def _tints(counts: Array, part: Part, labels: Array, given: Array, sure: Array) -> Array:
    """Paint the matrix: each cell tinted by its share, with a picture where it has one."""
    k = len(counts)
    # A mistake in a hundred is to be seen: the root of the share tints its cell.
    share = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    right, wrong, paper = (np.array(channels(shade(r))) for r in ("second", "accent", "paper"))
    ends = np.where(np.eye(k, dtype=bool)[..., None], right, wrong)
    strength = np.where(
        np.eye(k, dtype=bool),
        0.35 * share if k <= PICTURED else share,
        np.minimum(1, np.where(counts > 0, 0.08 + 2 * share, 0)),
    )
    cells = paper + (ends - paper) * strength[..., None]
    if k > PICTURED:
        return np.array(cells)
    side = cell_side(k)
    sheet: Array = np.ones((k * side, k * side, 3)) * paper
    for true in range(k):
        for answer in range(k):
            block = sheet[true * side : (true + 1) * side, answer * side : (answer + 1) * side]
            block[1:, 1:] = cells[true, answer]
            rows = np.flatnonzero((labels == true) & (given == answer))
            if len(rows):
                row = rows[sure[rows].argmax()]
                _paste(block, part.pixels[row], cells[true, answer])
    return sheet


def cell_side(classes: int) -> int:
    """Give the dots of a cell's side in the matrix's picture: of few classes, cells are larger."""
    return max(44, 480 // classes)


def _paste(block: Array, pixels: Array, ground: Array) -> None:
    """Put a picture into the lower right of a cell, as large as leaves room for the count."""
    side = len(block)
    room = side - max(10, side // 6)
    picture = colour(pixels, tuple(ground.tolist()))
    grown = room / max(picture.shape[:2])
    # Whole steps keep pixels square; a picture that is nearly as large stays as it is.
    grown = math.floor(grown) if grown >= 2 else min(grown, 1.0) if grown < 1.25 else grown
    height, width = (max(1, int(n * grown)) for n in picture.shape[:2])
    rows = np.arange(height) * picture.shape[0] // height
    across = np.arange(width) * picture.shape[1] // width
    block[side - 1 - height : side - 1, side - 1 - width : side - 1] = picture[rows][:, across]


def _count(axes: "Axes", counts: Array) -> None:
    pictured = len(counts) <= PICTURED
    for true, row in enumerate(counts.tolist()):
        for answer, count in enumerate(row):
            if count == 0:
                continue
            axes.text(
                answer - 0.46 * pictured,
                true - 0.44 * pictured,
                f"{count:,}",
                fontsize=7.5 if pictured else 6,
                weight="bold",
                ha="left" if pictured else "center",
                va="top" if pictured else "center",
                color=shade("ink"),
            )


@styled
def mistakes(
    answers: Sequence["Answer"],
    part: Part,
    classes: Sequence[str],
    count: int = 32,
    title: str = "",
) -> "Figure":
    """Draw the worst mistakes: the wrong answers of which the model was surest, worst first.

    Under each: the true class, the answer, and how sure the model was of it.

    Raises
        PlotError   no pictures
    """
    labels, given, sure = _columns(answers, part)
    wrong = np.flatnonzero(labels != given)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:count]
    told = "surest" if len(worst) < len(wrong) else "mistaken"
    words = said(told, wrong=len(wrong), total=len(part), count=len(worst))
    if len(worst) == 0:
        drawn, axes = sheet(1.6)
        bare(axes)
        axes.text(0.5, 0.5, said("none wrong", total=len(part)), ha="center", fontsize=12)
        return drawn
    across = min(ACROSS, len(worst))
    down = math.ceil(len(worst) / across)
    tall = max(map(len, classes)) > 1
    drawn = figure(0.6 + (1.3 if tall else 1.16) * down)
    entitle(drawn, f"{title}: {words}" if title else words)
    grid = drawn.subplots(down, ACROSS, squeeze=False)
    for axes in grid.ravel():
        bare(axes)
    for row, axes in zip(worst.tolist(), grid.ravel(), strict=False):
        show_picture(axes, part.pixels[row])
        true, answer = (_cut(classes[label]) for label in (labels[row], given[row]))
        apart = "\n" if tall else " "
        axes.set_xlabel(
            f"{true}{apart}→ {answer}  {_percent(sure[row])} %", fontsize=8, labelpad=2
        )
    drawn.supxlabel(said("how sure"), fontsize=9, color=shade("quiet"))
    return drawn


def _cut(name: str) -> str:
    return name if len(name) <= LONG else f"{name[: LONG - 1]}…"


def _percent(share: float) -> str:
    """Write a share in percent: 100 only where it is no less."""
    return f"{100 * share:.0f}" if share < 0.985 else f"{np.floor(1000 * share) / 10:.1f}"


@styled
def reject(
    answers: Sequence["Answer"], part: Part, threshold: float | None = None, title: str = ""
) -> "Figure":
    """Draw the error on what is answered against the share that is rejected, least sure first.

    How sure an answer is: its guard says it where there is one, else its probability. The point
    where the guard's `threshold` lies is marked, and where the error falls to 0.5 and 0.1 %.

    Raises
        PlotError   no pictures

    Source
        LeCun et al. 1998, III.C, figure 8.   Brief: F
    """
    labels, given, probable = _columns(answers, part)
    sureness = [one.sureness for one in answers]
    guarded = all(one is not None for one in sureness)
    sure = np.array(sureness, np.float64) if guarded else probable
    rising = np.argsort(sure, kind="stable")
    wrong = (labels != given)[rising]
    left = np.arange(len(wrong), 0, -1)
    errors = 100 * np.cumsum(wrong[::-1])[::-1] / left
    rejected = 100 * np.arange(len(wrong)) / len(wrong)
    drawn, axes = sheet(4.2)
    axes.step(rejected, errors, where="post", color=tint(0), lw=1.8)
    end = 1.3 * rejected[np.flatnonzero(errors > 0.05 * errors[0])[-1]] if wrong.any() else 5.0
    axes.set(xlim=(0, min(100, max(2.0, end))), ylim=(0, max(1.06 * errors[0], 0.1)))
    for number, goal in enumerate(GOALS, 1):
        enough = np.flatnonzero(errors <= goal)
        if errors[0] > goal and len(enough) and rejected[enough[0]] <= MOST_REJECTED:
            x = rejected[enough[0]]
            _mark(axes, x, errors[enough[0]], number, said("goal", goal=goal, x=x))
    if threshold is not None:
        at = int(np.searchsorted(np.sort(sure), threshold))
        if at < len(errors):
            _mark(axes, rejected[at], errors[at], 3, said("threshold", x=rejected[at]))
    told = said("its guard" if guarded else "its probability")
    axes.set(
        xlabel=said("rejected", total=len(part), told=told),
        ylabel=said("rest"),
    )
    entitle(drawn, title or said("doubt"))
    return drawn


def _mark(axes: "Axes", x: float, y: float, number: int, words: str) -> None:
    axes.plot([x], [y], "o", color=tint(number), ms=7, zorder=3)
    axes.annotate(
        words,
        (x, y),
        xytext=(10, 10),
        textcoords="offset points",
        color=tint(number),
    )
