"""Pooling: nothing to learn.   Brief: C6."""

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import ClassVar

from simplecell.errors import ShapeError, SpecError
from simplecell.repr import brief
from simplecell.spec.count import Count
from simplecell.spec.layers.kernel import by
from simplecell.spec.layers.layer import LATER, Layer, Pair, Shape
from simplecell.spec.layers.window import Windowed
from simplecell.spec.letter import PADDED, Letter, Mark
from simplecell.spec.padding import (
    NO_PADS,
    Padding,
    Pads,
    cells,
    check_padding,
    places,
    reached,
    read_padding,
    resolved,
)
from simplecell.spec.validation import read_choice, read_pair, read_truth

KINDS = ("mean", "max")
"""What may be taken of a window."""


WINDOW_MARKS = (
    PADDED,
    Mark("c", "a last window may hang over the edge", "ceil", True, counted=False),
)
"""What may stand behind a window in the short text of a network."""


@brief
@dataclass(frozen=True)
class Pool(Windowed):
    """Windows, each replaced by its mean or its largest value.

    >>> import simplecell as sc
    >>> sc.Pool("S2", "max", 2).shape((32, 24, 24))
    (32, 12, 12)

        u[c,i,j] = mean, or max, over p, q of x[c, sh*i + p - top, sw*j + q - left]

    `stride` is how far a window moves, None as far as it is wide. Padding never wins: it counts
    as -infinity for the maximum, and is left out of the mean unless `count_padding` is true,
    when it counts as cells of 0. Where windows do not come out even, the rest of the map is not
    read, or with `ceil` the last window hangs over the edge. What hangs over counts for nothing.

    Source
        ONNX, operators MaxPool and AveragePool, for `ceil` and `count_padding`.   Brief: C6
    """

    type: ClassVar[str] = "pool"
    letters: ClassVar[tuple[Letter, ...]] = tuple(
        Letter(letter, words, example, "S", "window", "stride", True, {"kind": kind}, WINDOW_MARKS)
        for letter, words, example, kind in (
            ("m", "max pooling", "2m", "max"),
            ("a", "mean pooling", "2a", "mean"),
        )
    )
    name: str
    kind: str = "max"
    window: Pair = (2, 2)
    squash: str = "identity"
    _: KW_ONLY
    stride: Pair | None = field(default=None, metadata=LATER)
    padding: Padding = field(default=NO_PADS, metadata=LATER)
    ceil: bool = field(default=False, metadata=LATER)
    count_padding: bool = field(default=False, metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        read_choice(self.kind, "pooling", KINDS)
        where = f"layer {self.name}"
        stride = None if self.stride is None else read_pair(self.stride, f"{where}: stride")
        self._set(
            stride=None if stride == self.window else stride,
            padding=read_padding(self.padding, where),
            ceil=read_truth(self.ceil, f"{where}: ceil"),
            count_padding=read_truth(self.count_padding, f"{where}: count_padding"),
        )
        check_padding(self.padding, self.window, where, "window")
        if self.count_padding and self.kind == "max":
            raise SpecError(
                f"{where}: count_padding says how padding enters a mean, and this is a maximum;"
                " leave it out, or choose the kind 'mean'."
            )

    @property
    def step(self) -> Pair:
        """How far a window is from the next: the stride, or the window where there is none."""
        return self.stride or self.window

    def pads(self, below: Shape) -> Pads:
        """Give the padding in numbers, ((top, bottom), (left, right)), for maps below."""
        return resolved(self.padding, below[1:], self.window, self.step)

    def shape(self, below: Shape) -> Shape:
        """Count the windows.

        (H + top + bottom - n) // sh + 1,  (W + left + right - m) // sw + 1

        With `ceil` rounded up, without a last window that would begin behind the map.
        """
        (height, width), pads = below[1:], self.pads(below)
        tall, wide = height + sum(pads[0]), width + sum(pads[1])
        if self.window[0] > tall or self.window[1] > wide:
            padded = f", {tall}x{wide} with their padding" if pads != NO_PADS else ""
            raise ShapeError(
                f"a {by(self.window)} window does not fit {height}x{width} maps{padded}."
            )
        rows, columns = (
            places(size, window, stride, sides, self.ceil)
            for size, window, stride, sides in zip(
                below[1:], self.window, self.step, pads, strict=True
            )
        )
        return (below[0], rows, columns)

    def frame(self, below: Shape) -> Pads:
        """Give the padding that the windows reach: what a floor leaves unread is not in it."""
        height, width = map(reached, *self._sides(below))
        return (height, width)

    def cells(self, below: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Count the rows, and the columns, by which a window at each place is divided.

        A mean at (i, j) is that of rows[i] * columns[j] cells. Of a maximum, those it reads.
        """
        rows, columns = (
            cells(*side, self.count_padding) for side in zip(*self._sides(below), strict=True)
        )
        return rows, columns

    def is_plain(self, below: Shape) -> bool:
        """Say whether the windows lie side by side and cover the map, each cell in one of them."""
        divides = all(size % n == 0 for size, n in zip(below[1:], self.window, strict=True))
        return self.stride is None and divides and self.pads(below) == NO_PADS

    def count(self, below: Shape) -> Count:
        """Count the connections, to padding only where it is counted; nothing is learned."""
        rows, columns = self.cells(below)
        links = below[0] * sum(rows) * sum(columns)
        return Count(0, 0, links, math.prod(self.shape(below)), 0)

    def reach(self, below: Shape) -> tuple[Pair, Pair]:
        """Give the window and its stride."""
        return self.window, self.step

    def slid(self, below: Shape) -> Layer | None:
        """Refuse windows that touch the left or right edge of the image that it was made for."""
        left, right = self.frame(below)[1]
        if left or right:
            raise SpecError(
                f"its {by(self.window)} windows reach over the sides of {below[1]}x{below[2]}"
                " maps, and in a wider image other pixels lie there; only windows that stay"
                " inside can be slid."
            )
        above_and_below = self.pads(below)[0]
        squash = "identity" if self.squash == "softmax" else self.squash
        return replace(self, squash=squash, padding=(above_and_below, (0, 0)))

    @property
    def caption(self) -> str:
        """Name the kind and the window."""
        return f"{self.kind} {by(self.window)}"

    def words(self, below: Shape) -> str:
        """Name the kind, the window, and what differs from windows side by side."""
        step = "" if self.stride is None else f" stride {by(self.stride)}"
        return f"{self.kind} pool {by(self.window)}{step}" + "".join(self._notes(below))

    def _notes(self, below: Shape) -> list[str]:
        """Say what happens at the edges."""
        (top, bottom), (left, right) = self.pads(below)
        notes = []
        if (top, bottom, left, right) != (0, 0, 0, 0):
            sides = f"{top} above, {bottom} below, {left} left, {right} right"
            notes.append(f", padded by {top if top == bottom == left == right else sides}")
            notes.append(", padding counts as 0" if self.count_padding else "")
        over = [
            (n - 1) * stride + window - size - sum(pads)
            for size, window, stride, pads, n in zip(*self._sides(below), strict=True)
        ]
        if max(over) > 0:
            notes.append(", the last window hangs over the edge")
        if min(over) < 0 and (bottom, right) == (0, 0):
            unread = " and ".join(
                f"{-n} {what}{'s' * (n < -1)}"
                for n, what in zip(over, ("row", "column"), strict=True)
                if n < 0
            )
            notes.append(f", {unread} unread")
        return notes

    def _sides(self, below: Shape) -> tuple[Pair, Pair, Pair, Pads, Pair]:
        """Give size, window, stride, padding and number of windows, each of both directions."""
        return below[1:], self.window, self.step, self.pads(below), self.shape(below)[1:]
