"""Pooling: each window replaced by its mean, or by its largest value. Nothing to learn.

    u[c,i,j] = mean, or max, over p < n, q < m of x[c, sh*i + p - top, sw*j + q - left]

Windows of n x m cells lie side by side unless a stride (sh, sw) is given. Padding never wins: for
the maximum it is -infinity, and the mean is that of the map's own cells, unless padding is counted
as cells of 0. With `ceil` the last window may hang over the edge; what hangs over counts nowhere.

Source: UFLDL tutorial, Pooling; Bouvrie 2006, 3.2; ONNX, MaxPool and AveragePool, for what happens
at the edges.   Brief: C6
"""

from dataclasses import dataclass

import numpy as np

from simplecell.errors import UnknownName
from simplecell.formulas import Array, Pair


@dataclass(frozen=True)
class Windows:
    """How large windows are, (n, m), and where they lie; side by side without a stride.

    `pads` are rows and columns around the maps, ((top, bottom), (left, right)).
    """

    size: Pair
    stride: Pair | None = None
    pads: tuple[Pair, Pair] = ((0, 0), (0, 0))
    ceil: bool = False
    count_padding: bool = False

    @property
    def steps(self) -> Pair:
        """How far a window is from the next."""
        return self.stride or self.size

    def starts(self, axis: int, length: int) -> Array:
        """Give the cells of a map at which windows begin along one side, below 0 in the padding.

            count = (length + before + after - n) / s + 1, rounded down, or up with `ceil`

        A window that would begin behind the map is none.

        >>> Windows((3, 3), (2, 2)).starts(0, 6), Windows((3, 3), (2, 2), ceil=True).starts(0, 6)
        (array([0, 2]), array([0, 2, 4]))
        """
        step, (before, after) = self.steps[axis], self.pads[axis]
        free = length + before + after - self.size[axis]
        count = (-(-free // step) if self.ceil else free // step) + 1
        starts: Array = step * np.arange(count) - before
        return starts[starts < length]

    def areas(self, shape: Pair) -> Array:
        """Count the cells by which the mean of each window is divided, on maps of a shape, (H, W).

        >>> Windows((2, 2), (1, 1), ((1, 0), (0, 0))).areas((2, 3))
        array([[2, 2],
               [4, 4]])
        """
        rows, columns = (self._cells(axis, length) for axis, length in enumerate(shape))
        return np.outer(rows, columns)

    def _cells(self, axis: int, length: int) -> Array:
        before, after = self.pads[axis] if self.count_padding else (0, 0)
        starts = self.starts(axis, length)
        ends = np.minimum(starts + self.size[axis], length + after)
        cells: Array = ends - np.maximum(starts, -before)
        return cells


def pool_forward(x: Array, window: Pair | Windows, kind: str) -> Array:
    """Replace each window by its mean or its largest value.

    Shapes
        x (N, C, H, W)      window (n, m), or Windows      kind "mean" or "max"
        u (N, C, H', W'), a cell for each window

    Raises
        UnknownName   another kind

    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> pool_forward(x, (2, 2), "max")[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    >>> pool_forward(x, Windows((3, 3), (1, 1)), "mean")[0, 0]
    array([[ 5.,  6.],
           [ 9., 10.]])

    Brief: C6
    """
    _check(kind)
    windows = _windows(window)
    if kind == "mean":
        sums: Array = _cut(x, windows, 0.0).sum(axis=(-2, -1))
        mean: Array = sums / windows.areas(x.shape[2:]).astype(x.dtype)
        return mean
    largest: Array = window_cells(x, windows, -np.inf).max(axis=-1)
    return largest


def pool_backward(x: Array, du: Array, window: Pair | Windows, kind: str) -> Array:
    """Share du out over its window, or give all of it to the largest cell.

        mean   dx = sum over the windows that a cell is in of du / (cells of the window)
        max    dx = sum over the windows in which it is the largest of du

    Where cells tie for the largest, the first of them takes all, in the order of reading, rows
    from the top. The maximum has no gradient there, and a finite difference will not agree.

    Shapes
        gives dx, shaped like x

    Raises
        UnknownName   another kind

    Brief: C6
    """
    return _back(x, du, _windows(window), kind, 1)


def pool_curvature(x: Array, hu: Array, window: Pair | Windows, kind: str) -> Array:
    """Share the curvature on u out over its window, or give all of it to the largest cell.

        mean   hx = sum over the windows that a cell is in of hu / (cells of the window)^2
        max    hx = sum over the windows in which it is the largest of hu

    Exact wherever E bends in each cell of u by itself, but for ties of the maximum: there the
    first cell takes all, as in pool_backward.

    Shapes
        x (N, C, H, W)      hu like u      gives hx, shaped like x

    Raises
        UnknownName   another kind

    Source
        LeCun et al. 1998, appendix C, for weights of 1/(n*m), or of 1 and 0.
        Brief: C6, F
    """
    return _back(x, hu, _windows(window), kind, 2)


def window_cells(x: Array, window: Pair | Windows, padding: float = 0.0) -> Array:
    """List each window's cells in the order of reading: (N, C, H', W', n*m).

    Padding, and what hangs over the edge, has the value given.
    """
    cut = _cut(x, _windows(window), padding)
    return cut.reshape(*cut.shape[:-2], -1)


def _cut(x: Array, windows: Windows, padding: float) -> Array:
    """Lay the windows over x without copying a cell twice: (N, C, H', W', n, m)."""
    frame = _frame(x, windows)
    wide = x
    if any(map(any, frame)):
        wide = np.pad(x, ((0, 0), (0, 0), *frame), constant_values=padding)
    (sh, sw), axes = windows.steps, (2, 3)
    rows, columns = (len(windows.starts(axis - 2, x.shape[axis])) for axis in axes)
    every = np.lib.stride_tricks.sliding_window_view(wide, windows.size, axis=axes)
    places: Array = every[:, :, ::sh, ::sw][:, :, :rows, :columns]
    return places


def _back(x: Array, du: Array, windows: Windows, kind: str, power: int) -> Array:
    """Add up, for each cell of x, its shares of the du of the windows that it is in."""
    _check(kind)
    if kind == "mean":
        shares, wins = du, None
        for _ in range(power):
            shares = shares / windows.areas(x.shape[2:]).astype(du.dtype)
    else:
        shares, wins = du, window_cells(x, windows, -np.inf).argmax(axis=-1)
    (sh, sw), (rows, columns) = windows.steps, du.shape[2:]
    frame = _frame(x, windows)
    wide = np.pad(np.zeros_like(x), ((0, 0), (0, 0), *frame))
    for k, (p, q) in enumerate(np.ndindex(windows.size)):
        under = (..., slice(p, p + sh * rows, sh), slice(q, q + sw * columns, sw))
        wide[under] += shares if wins is None else np.where(wins == k, shares, 0)
    (top, _), (left, _) = frame
    return wide[..., top : top + x.shape[2], left : left + x.shape[3]]


def _frame(x: Array, windows: Windows) -> tuple[Pair, Pair]:
    """Give the padding, and behind it as many rows and columns as the last window needs."""
    sides = []
    for axis, length in enumerate(x.shape[2:]):
        end = int(windows.starts(axis, length)[-1]) + windows.size[axis]
        sides.append((windows.pads[axis][0], max(0, end - length)))
    return (sides[0], sides[1])


def _windows(window: Pair | Windows) -> Windows:
    return window if isinstance(window, Windows) else Windows(window)


def _check(kind: str) -> None:
    if kind not in ("mean", "max"):
        raise UnknownName("pooling", kind, ("mean", "max"))
