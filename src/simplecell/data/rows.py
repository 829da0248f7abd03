"""Rows of digits, made of single ones; and windows cut from them, to teach a network to read.

    gap       columns between the ink of a digit and that of the next; below 0 they overlap
    centre    the column in the middle of a digit's own picture

A row's digits lie side by side by their ink, not by their pictures; where ink meets ink, the
darker wins. A window is of the class of the digit whose centre is in its middle, or nearly;
and where there is none, of one class more, NONE.

Source: LeCun et al. 1998, VII: digits flanked by others, from -1 to 4 pixels apart, and a class
for the space between.   Brief: C12, F
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from simplecell.data.batches import check_seed
from simplecell.data.part import Part
from simplecell.errors import DataError

NONE = "none"
"""What the class is called of a window that no digit is in the middle of."""

SIDE = 32
"""The side of a window, and the height of a row."""
JITTER = 2
"""Lines by which a digit may stand higher or lower than in the middle of the row."""
NEAR, FAR = 1, 4
"""A window is a digit's if it misses its centre by NEAR columns at the most, and nobody's if it
misses every centre by FAR or more. What lies between is not taught: it could be either."""

Gap = tuple[int, int]
"""The smallest and the largest gap, both included."""
LEARNT_GAPS: tuple[Gap, ...] = ((-5, 1), (-5, 1), (-4, 0), (0, 6))
"""Gaps of the rows that windows are cut from: mostly those that are hard, some wide ones."""

_DIGITS = 5
_SLACK = 8
_ROWS, _WINDOWS = 6, 7


@dataclass(frozen=True, eq=False)
class Rows:
    """Pictures of rows of digits, and what is written in them.

    Shapes
        pixels (N, 1, SIDE, width) uint8      labels, centres (N, digits), from left to right
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    centres: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def width(self) -> int:
        """Columns of every picture."""
        return int(self.pixels.shape[3])


def make_rows(
    part: Part, count: int, digits: int = 5, *, gap: Gap = (-4, 0), seed: int = 0
) -> Rows:
    """Write rows of so many digits of `part`, each drawn at random, as is every gap.

    Digits overlap by a third of the narrower one's width at the most: past that a thin stroke is
    lost in its neighbour, and nobody could say what was written. Room for half a window is left
    at both ends.

    Raises
        DataError   gaps that are no range; pictures in colour, too high, or without ink
    """
    low, high = gap
    if low > high or count < 0 or digits < 1:
        raise DataError(
            f"{count} rows of {digits} digits, {low} to {high} columns apart, cannot be written:"
            " give 1 digit or more, and the smaller gap first."
        )
    left, right = _ink(part)
    rng = np.random.default_rng([check_seed(seed), _ROWS])
    chosen = rng.integers(0, len(part), (count, digits))
    asked = rng.integers(low, high + 1, (count, digits - 1))
    wide = (right - left)[chosen]
    gaps = np.maximum(asked, -(np.minimum(wide[:, 1:], wide[:, :-1]) // 3))
    starts = np.cumsum(np.hstack([np.zeros((count, 1), np.int64), wide[:, :-1] + gaps]), axis=1)
    ends = (starts + wide).max(axis=1, initial=0)
    longest = digits * int((right - left).max()) + max(0, high) * (digits - 1)
    width = -(-(SIDE + longest + _SLACK) // 4) * 4
    starts += SIDE // 2 + rng.integers(0, width - SIDE - ends + 1)[:, None]
    top = (SIDE - part.pixels.shape[2]) // 2
    play = min(JITTER, top)
    tops = top + rng.integers(-play, play + 1, (count, digits))
    pixels = np.zeros((count, 1, SIDE, width), np.uint8)
    for row, places in enumerate(zip(chosen, starts, tops, strict=True)):
        for one, x, y in zip(*(place.tolist() for place in places), strict=True):
            _write(pixels[row, 0], part.pixels[one, 0, :, left[one] : right[one]], x, y)
    centres = starts - left[chosen] + part.pixels.shape[3] // 2
    return Rows(pixels, part.labels[chosen], centres)


def _write(row: NDArray[np.uint8], ink: NDArray[np.uint8], x: int, y: int) -> None:
    under = row[y : y + ink.shape[0], x : x + ink.shape[1]]
    np.maximum(under, ink, out=under)


def _ink(part: Part) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the first column with ink of every picture, and the first after the last."""
    height, width = part.pixels.shape[2:]
    if len(part) == 0 or part.pixels.shape[1] != 1 or height > SIDE:
        raise DataError(
            f"rows are written with grey digits up to {SIDE} pixels high; these are"
            f" {len(part)} pictures of {'x'.join(map(str, part.pixels.shape[1:]))}."
        )
    inked = part.pixels[:, 0].max(axis=1) > 0
    empty = np.flatnonzero(inked.max(axis=1) == 0)
    if len(empty):
        at = int(empty[0])
        raise DataError(f"{part.source or 'a part'}: picture {at} has no ink to write with.")
    return inked.argmax(axis=1), width - inked[:, ::-1].argmax(axis=1)


def cut_windows(rows: Rows, none: int, *, seed: int = 0) -> Part:
    """Cut one window on every digit of every row, and one in every space beside and between.

    A digit's window misses its centre by NEAR columns at the most, a space's by FAR or more; two
    centres may leave no space between them. `none` is the class of the spaces.

    Shapes
        gives pixels (windows, 1, SIDE, SIDE)
    """
    rng = np.random.default_rng([check_seed(seed), _WINDOWS])
    count, half = len(rows), SIDE // 2
    on = rows.centres + rng.integers(-NEAR, NEAR + 1, rows.centres.shape)
    centres = np.sort(rows.centres, axis=1)
    # The outer spaces reach as far as a window still sees the middle of the first or last digit.
    low = np.hstack([np.maximum(half, centres[:, :1] - half), centres + FAR])
    high = np.hstack([centres - FAR, np.minimum(rows.width - half, centres[:, -1:] + half)])
    off = low + (rng.random(low.shape) * (high - low + 1)).astype(np.int64)
    kept = np.hstack([np.ones(on.shape, bool), high >= low])
    labels = np.hstack([rows.labels, np.full(off.shape, none)])[kept]
    starts = np.clip(np.hstack([on, off])[kept] - half, 0, rows.width - SIDE)
    row = np.broadcast_to(np.arange(count)[:, None], kept.shape)[kept]
    views = sliding_window_view(rows.pixels[:, 0], SIDE, axis=2)
    pixels = np.empty((len(row), 1, SIDE, SIDE), np.uint8)
    pixels[:, 0] = views[row, :, starts]
    return Part(pixels, labels, "windows of rows")


def windows(
    part: Part, none: int, count: int, *, gaps: Sequence[Gap] = LEARNT_GAPS, seed: int = 0
) -> Part:
    """Write `count` rows of five digits of `part`, as many for each of `gaps`, and cut them up.

    Shapes
        gives pixels (about 11 * count, 1, SIDE, SIDE)
    """
    shares = [len(some) for some in np.array_split(np.arange(count), len(gaps))]
    # Room for every window there can be: it is not taken until it is written to.
    pixels = np.empty((count * (2 * _DIGITS + 1), 1, SIDE, SIDE), np.uint8)
    labels = np.empty(len(pixels), np.int64)
    filled = 0
    for number, (share, gap) in enumerate(zip(shares, gaps, strict=True)):
        key = (seed * len(gaps) + number) % 2**32
        cut = cut_windows(make_rows(part, share, _DIGITS, gap=gap, seed=key), none, seed=key)
        pixels[filled : filled + len(cut)] = cut.pixels
        labels[filled : filled + len(cut)] = cut.labels
        filled += len(cut)
    return Part(pixels[:filled], labels[:filled], f"windows of {part.source}")
