"""Pooling: each window replaced by its mean, or by its largest value. Nothing to learn.

Source: UFLDL tutorial, Pooling; Bouvrie 2006, 3.2.   Brief: C6
"""

import numpy as np

from simplecell.errors import UnknownName
from simplecell.formulas import Array, Pair
from simplecell.formulas.subsample import down, up


def pool_forward(x: Array, window: Pair, kind: str) -> Array:
    """Replace each window by its mean or its largest value; windows do not overlap.

    Shapes
        x (N, C, n*H, m*W)      window (n, m)      kind "mean" or "max"      u (N, C, H, W)

    Raises
        UnknownName   another kind

    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> pool_forward(x, (2, 2), "max")[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])

    Brief: C6
    """
    _check(kind)
    if kind == "mean":
        return down(x, window) / (window[0] * window[1])
    largest: Array = window_cells(x, window).max(axis=-1)
    return largest


def pool_backward(x: Array, du: Array, window: Pair, kind: str) -> Array:
    """Share du out over its window, or give all of it to the largest cell.

        mean   dx = up(du) / (n*m)
        max    dx = up(du) at the largest cell of each window, 0 elsewhere

    Where cells tie for the largest, the first of them takes all, in the order of reading, rows
    from the top. The maximum has no gradient there, and a finite difference will not agree.

    Shapes
        gives dx, shaped like x

    Raises
        UnknownName   another kind

    Brief: C6
    """
    _check(kind)
    if kind == "mean":
        return up(du, window) / (window[0] * window[1])
    winner = window_cells(x, window).argmax(axis=-1)
    wins = np.arange(window[0] * window[1]) == winner[..., None]
    *lead, rows, columns, _ = wins.shape
    shares = (wins * du[..., None]).reshape(*lead, rows, columns, *window)
    dx: Array = shares.swapaxes(-3, -2).reshape(x.shape)
    return dx


def pool_curvature(x: Array, hu: Array, window: Pair, kind: str) -> Array:
    """Share the curvature on u out over its window, or give all of it to the largest cell.

        mean   hx = up(hu) / (n*m)^2
        max    hx = up(hu) at the largest cell of each window, 0 elsewhere

    Each cell is in one window, so the diagonal is exact, but for ties of the maximum: there the
    first cell takes all, as in pool_backward.

    Shapes
        x (N, C, n*H, m*W)      hu (N, C, H, W)      gives hx, shaped like x

    Raises
        UnknownName   another kind

    Source
        LeCun et al. 1998, appendix C, for weights of 1/(n*m), or of 1 and 0.
        Brief: C6, F
    """
    hx = pool_backward(x, hu, window, kind)
    return hx / (window[0] * window[1]) if kind == "mean" else hx


def window_cells(x: Array, window: Pair) -> Array:
    """List each window's cells in the order of reading: (N, C, H, W, n*m)."""
    *lead, height, width = x.shape
    n, m = window
    windows = x.reshape(*lead, height // n, n, width // m, m).swapaxes(-3, -2)
    return windows.reshape(*lead, height // n, width // m, n * m)


def _check(kind: str) -> None:
    if kind not in ("mean", "max"):
        raise UnknownName("pooling", kind, ("mean", "max"))
