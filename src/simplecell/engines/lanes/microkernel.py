"""Micro-kernels: the sums of a convolution, or of its way back, for pixels side by side.

    u[v] = bias + sum over taps t of w[taps[t,1]] * x[v*step + taps[t,0]]

A *tap* says how far an input stands from the output pixel, and which weight it takes. A *tile*
of n pixels stays in n registers while all taps are added; a strip is cut into tiles.

Kernels three or five wide go line by line: a pixel is read once and serves every tap of the line;
so do their taps turned round, for dx, where a tile is four pixels. Or a line of deltas is
scattered: each is added, times w, to all the pixels that it came from, n of them to n + 4.

In a pack a pixel is sixteen images, and a strip runs along a row. Of one image alone, a vector is
sixteen neighbouring pixels, and a strip runs down the rows; a line of the kernel is then a column.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from simplecell.compile import WIDE, jit
from simplecell.engines.lanes.layout import LANES, Floats, Real, Taps, Whole
from simplecell.engines.lanes.product import add_line, add_line_back, add_line_turned
from simplecell.engines.lanes.squash import ZERO
from simplecell.engines.lanes.vector import splat, store, store_live

Tile = Callable[..., None]

To = tuple[int, int, int]
"""Where sums go: where the first is, how far the next, and how many floats of each are kept."""
From = tuple[int, int]
"""Where vectors are read: where the first is, and how far the next."""
Sums = tuple[Taps, int, int, Floats, int]
"""What is summed: taps, the first of them and one past the last; weights, and where theirs are."""


def _tile(add: Any, n: int, length: int = 1, packed: bool = True) -> Tile:
    """Make the kernel that sums n vectors, `length` taps of a line at a time.

    A line's way back takes n deltas to n + length - 1 vectors. In a pack, weights of a line stand
    side by side, and vectors too; of one image alone a line is a column.
    """
    size = n + length - 1 if add is add_line_back else n
    weight_step = 1 if packed else length

    @jit
    def tile(memory: Floats, to: To, source: From, sums: Sums, bias: Real) -> None:
        (u_at, u_step, live), (x_at, x_step) = to, source
        taps, first, last, w, w_at = sums
        if packed:
            x_step = LANES
        total = splat(size, bias)
        for t in range(first, last, length):
            total = add(total, length, taps, t, w, w_at, weight_step, memory, x_at, x_step)
        if packed:
            store(total, memory, u_at, u_step)
        else:
            store_live(total, memory, u_at, u_step, live)

    return tile


# A name says how many vectors, or vectors x cells of a line.
_taps_1, _taps_2, _taps_4, _taps_8, _taps_14 = (_tile(add_line, n) for n in (1, 2, 4, 8, 14))
_line_4x5, _line_4x3 = _tile(add_line, 4, 5), _tile(add_line, 4, 3)
_turned_4x5, _turned_4x3 = _tile(add_line_turned, 4, 5), _tile(add_line_turned, 4, 3)
_line_8x5, _line_10x5, _line_12x5, _line_14x5 = (_tile(add_line, n, 5) for n in (8, 10, 12, 14))
_line_8x3, _line_10x3, _line_12x3, _line_14x3 = (_tile(add_line, n, 3) for n in (8, 10, 12, 14))
line_back_8x5, line_back_10x5 = (_tile(add_line_back, n, 5) for n in (8, 10))
_column_8x5, _column_10x5, _column_12x5, _column_14x5 = (
    _tile(add_line, n, 5, packed=False) for n in (8, 10, 12, 14)
)
column_back_8x5, column_back_10x5 = (_tile(add_line_back, n, 5, packed=False) for n in (8, 10))
_loose_1, _loose_5, _loose_7 = (_tile(add_line, n, packed=False) for n in (1, 5, 7))
WIDEST = 14 if WIDE else 4
"""Vectors in the largest tile: as many as fit the registers beside a weight and a pixel."""


@jit
def strip(
    kw: Whole, count: int, memory: Floats, to: To, source: From, sums: Sums, bias: Real
) -> None:
    """Sum all taps for `count` neighbouring pixels, in tiles of nearly equal size.

    Kernels kw = 5 or 3 wide go row by row, if there are pixels enough; others go tap by tap.
    """
    (u_at, u_step, live), (x_at, x_step) = to, source
    tiles = (count + WIDEST - 1) // WIDEST
    done = 0
    while done < count:
        n = (count - done + tiles - 1) // tiles
        u, x = (u_at + done * u_step, u_step, live), (x_at + done * LANES, x_step)
        if n >= 8 and (kw == 5 or kw == 3):
            n = n // 2 * 2
            row_strip(kw, n, memory, u, x, sums, bias)
        elif n == 14:
            _taps_14(memory, u, x, sums, bias)
        elif n >= 8:
            n = 8
            _taps_8(memory, u, x, sums, bias)
        elif n >= 4:
            n = 4
            if kw == 3:
                _line_4x3(memory, u, x, sums, bias)
            elif kw == 5:
                _line_4x5(memory, u, x, sums, bias)
            else:
                _taps_4(memory, u, x, sums, bias)
        elif n >= 2:
            n = 2
            _taps_2(memory, u, x, sums, bias)
        else:
            _taps_1(memory, u, x, sums, bias)
        done += n
        tiles = max(tiles - 1, 1)


@jit
def turned_strip(kw: Whole, count: int, memory: Floats, to: To, source: From, sums: Sums) -> None:
    """Sum all taps, which are turned round, for `count` neighbouring pixels of dx.

    Where a tile is four pixels, kernels kw = 5 or 3 wide go row by row; the rest go tap by tap.
    """
    (u_at, u_step, live), (x_at, x_step) = to, source
    done = 0
    if not WIDE and (kw == 5 or kw == 3):
        while count - done >= 4:
            u, x = (u_at + done * u_step, u_step, live), (x_at + done * LANES, x_step)
            if kw == 5:
                _turned_4x5(memory, u, x, sums, ZERO)
            else:
                _turned_4x3(memory, u, x, sums, ZERO)
            done += 4
    u, x = (u_at + done * u_step, u_step, live), (x_at + done * LANES, x_step)
    strip(np.int64(1), count - done, memory, u, x, sums, ZERO)


@jit
def row_strip(
    kw: Whole, n: int, memory: Floats, to: To, source: From, sums: Sums, bias: Real
) -> None:
    """Choose the tile for n = 8, 10, 12 or 14 pixels and a kernel 5 or 3 wide."""
    if kw == 5:
        if n == 14:
            _line_14x5(memory, to, source, sums, bias)
        elif n == 12:
            _line_12x5(memory, to, source, sums, bias)
        elif n == 10:
            _line_10x5(memory, to, source, sums, bias)
        else:
            _line_8x5(memory, to, source, sums, bias)
    elif n == 14:
        _line_14x3(memory, to, source, sums, bias)
    elif n == 12:
        _line_12x3(memory, to, source, sums, bias)
    elif n == 10:
        _line_10x3(memory, to, source, sums, bias)
    else:
        _line_8x3(memory, to, source, sums, bias)


@jit
def loose_strip(count: int, memory: Floats, to: To, source: From, sums: Sums, bias: Real) -> None:
    """Do the same for vectors any step apart, of which the first `live` floats are kept."""
    (u_at, u_step, live), (x_at, x_step) = to, source
    done = 0
    while done < count:
        u, x = (u_at + done * u_step, u_step, live), (x_at + done * x_step, x_step)
        left = count - done
        if left >= 7 and left != 10:
            _loose_7(memory, u, x, sums, bias)
            done += 7
        elif left >= 5:
            _loose_5(memory, u, x, sums, bias)
            done += 5
        else:
            _loose_1(memory, u, x, sums, bias)
            done += 1


@jit
def columns(
    square: bool, count: int, memory: Floats, to: To, source: From, sums: Sums, bias: Real
) -> None:
    """Sum taps down `count` rows of one image; a square kernel, 5x5, goes column by column."""
    if not WIDE or not square or count < 8:
        loose_strip(count, memory, to, source, sums, bias)
        return
    (u_at, u_step, live), (x_at, x_step) = to, source
    done = 0
    while done < count:
        # The last tile may begin on rows already done: their sums come out the same again.
        left = count - done
        n = 14 if left >= 14 else (left + 1) // 2 * 2
        n = min(max(n, 8), count // 2 * 2)
        done = min(done, count - n)
        u, x = (u_at + done * u_step, u_step, live), (x_at + done * x_step, x_step)
        if n == 14:
            _column_14x5(memory, u, x, sums, bias)
        elif n == 12:
            _column_12x5(memory, u, x, sums, bias)
        elif n == 10:
            _column_10x5(memory, u, x, sums, bias)
        else:
            _column_8x5(memory, u, x, sums, bias)
        done += n
