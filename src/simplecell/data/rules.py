"""Ruled and squared paper: long straight lines, taken out and the strokes across them left.

At each angle of a fan, marks are projected along it; a ruled line is where nearly the whole
width of the paper projects into a band of a few pixels. It goes where it is alone. Where marks
join it from above or below, or where it is much stronger than the line is elsewhere, a stroke
passes, and stays.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Real = NDArray[np.float64]

STEEPEST = 8.0
"""How many degrees lines may lean."""

COVER = 0.6
"""Which share of the paper's width a line marks at the least."""

THICKEST = 0.03
"""How thick a line may be, as a share of the paper's height; two pixels always may."""

SMALLEST = 24
"""A picture of fewer rows or columns shows a digit and no paper."""

MANY = 3
"""So many lines are ruled, wherever the ink lies."""

MOST_MARKS = 200_000
"""So many marks are enough to find the angle."""


def without_rules(d: Real, level: float) -> tuple[Real, int]:
    """Take lines across, then lines up and down, out of marks; say how many there were.

    Shapes
        d (H, W) strength of marks; `level` is what counts as one
    """
    across, rows = _without(d, level)
    down, columns = _without(across.T, level)
    return down.T, rows + columns


def _without(d: Real, level: float) -> tuple[Real, int]:
    height, width = d.shape
    y, x = np.nonzero(d > level)
    if len(y) < COVER * width or min(height, width) < SMALLEST:
        return d, 0
    thickest = max(2, round(THICKEST * height))
    slope = _slope(y, x - (width - 1) / 2, width, height, thickest)
    lean = np.rint(slope * (np.arange(width) - (width - 1) / 2)).astype(np.int64)
    margin = int(np.abs(lean).max())
    # Each column is moved so that lines of that slope become rows.
    rows = np.arange(height + 2 * margin)[:, None] - margin + lean
    inside = (rows >= 0) & (rows < height)
    straight = np.where(inside, d[np.clip(rows, 0, height - 1), np.arange(width)], 0.0)
    bands = _bands(straight > level, inside, thickest)
    if not bands:
        return d, 0
    for top, bottom in bands:
        _clear(straight, top, bottom, level)
    return straight[np.arange(height)[:, None] + margin - lean, np.arange(width)], len(bands)


def _slope(y: NDArray[np.int64], x: Real, width: int, height: int, thickest: int) -> float:
    """Find the angle at which the marks fall into the fewest rows, coarsely, then finely."""
    if len(y) > MOST_MARKS:
        every = len(y) // MOST_MARKS + 1
        y, x = y[::every], x[::every]
    best, reach = 0.0, float(np.tan(np.radians(STEEPEST)))
    spread = round(reach * width) + 2
    step = max(2 * thickest, 4) / width
    while step > 0.4 / width:
        slopes = best + np.arange(-reach, reach + step / 2, step)
        sharp = []
        for slope in slopes:
            rows = np.rint(y - slope * x).astype(np.int64) + spread
            sums = np.bincount(np.clip(rows, 0, None), minlength=height + 2 * spread)
            sharp.append(float((sums.astype(np.float64) ** 2).sum()))
        best = float(slopes[int(np.argmax(sharp))])
        reach, step = step, step / 4
    return best


def _bands(
    marks: NDArray[np.bool_], inside: NDArray[np.bool_], thickest: int
) -> list[tuple[int, int]]:
    """Find the rows of the lines: (first, last + 1), where nearly all of a row is marked.

    A bar of a digit that fills its picture covers the width too. But there the rest of the
    ink reaches to an edge, and one or two ruled lines stick out on both sides.
    """
    width = marks.shape[1]
    wider: NDArray[np.bool_] = ndimage.binary_dilation(marks, np.ones((3, 1), bool))
    long = inside.sum(axis=1)
    cover = wider.sum(axis=1) / np.maximum(long, 1)
    labels, _ = ndimage.label((cover > COVER) & (long > width // 20))
    whole: list[tuple[int, int]] = []
    cut: list[tuple[int, int]] = []
    for (rows,) in ndimage.find_objects(labels):
        top, bottom = rows.start + 1, rows.stop - 1
        if bottom - top < 1:
            top, bottom = rows.start, rows.stop
        band = np.flatnonzero(inside[top:bottom].any(axis=0))
        if bottom - top <= thickest and _ends_at_edges(marks[top:bottom, band]):
            (whole if long[top] == width else cut).append((top, bottom))
    if not whole:
        return []
    rest = marks.copy()
    for top, bottom in whole + cut:
        rest[max(top - 1, 0) : bottom + 1] = False
    columns = np.flatnonzero(rest.sum(axis=0) > 0.02 * len(marks))
    near = len(columns) > 0 and min(columns[0], width - 1 - columns[-1]) < width // 25
    return [] if near and len(whole) < MANY else whole + cut


def _ends_at_edges(band: NDArray[np.bool_]) -> bool:
    """Tell whether a band of rows is marked at both ends."""
    tenth = max(1, band.shape[1] // 10)
    ends = (band[:, :tenth], band[:, -tenth:])
    return all(np.mean(end.any(axis=0)) > 0.5 for end in ends)


def _clear(d: Real, top: int, bottom: int, level: float) -> None:
    """Take one line out of `d`, column by column; leave the columns where a stroke passes."""
    high, low = max(top - 2, 0), min(bottom + 2, len(d))
    band = d[high:low]
    usual = float(np.median(band.max(axis=0)))
    above = d[max(high - 2, 0) : high].max(axis=0, initial=0.0)
    below = d[low : low + 2].max(axis=0, initial=0.0)
    passes = (above > level) | (below > level)
    strong = band > 1.6 * usual
    keep = ndimage.binary_dilation(strong, np.ones((3, 3), bool)) | passes
    band[~keep & (band > 0)] = 0.0
