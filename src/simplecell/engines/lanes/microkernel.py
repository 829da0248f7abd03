"""Strips: the sums of a convolution, or of its way back, for pixels side by side.

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

import numpy as np

from simplecell.compile import WIDE, jit
from simplecell.engines.lanes.layout import LANES, Floats, Real, Taps, Whole
from simplecell.engines.lanes.product import add_line, add_line_back, add_line_turned, add_tap
from simplecell.engines.lanes.squash import ZERO
from simplecell.engines.lanes.vector import splat, store, store_live

Tile = Callable[..., None]


def _tile(n: int) -> Tile:
    """Make the kernel that sums u of n pixels, tap by tap."""

    @jit
    def tile(
        memory: Floats,
        u_at: int,
        u_step: int,
        x_at: int,
        taps: Taps,
        first: int,
        last: int,
        w: Floats,
        w_at: int,
        bias: Real,
    ) -> None:
        total = splat(n, bias)
        for t in range(first, last):
            total = add_tap(total, taps, t, w, w_at, memory, x_at, LANES)
        store(total, memory, u_at, u_step)

    return tile


def _loose_tile(n: int) -> Tile:
    """Make the kernel that sums u of n vectors any step apart, keeping `live` floats of each."""

    @jit
    def tile(
        memory: Floats,
        u_at: int,
        u_step: int,
        live: int,
        x_at: int,
        x_step: int,
        taps: Taps,
        first: int,
        last: int,
        w: Floats,
        w_at: int,
        bias: Real,
    ) -> None:
        total = splat(n, bias)
        for t in range(first, last):
            total = add_tap(total, taps, t, w, w_at, memory, x_at, x_step)
        store_live(total, memory, u_at, u_step, live)

    return tile


def _line_tile(n: int, length: int) -> Tile:
    """Make the kernel that sums u of n pixels, a row of the kernel at a time."""

    @jit
    def tile(
        memory: Floats,
        u_at: int,
        u_step: int,
        x_at: int,
        taps: Taps,
        first: int,
        last: int,
        w: Floats,
        w_at: int,
        bias: Real,
    ) -> None:
        total = splat(n, bias)
        for t in range(first, last, length):
            total = add_line(total, length, taps, t, w, w_at, 1, memory, x_at, LANES)
        store(total, memory, u_at, u_step)

    return tile


def _turned_tile(n: int, length: int) -> Tile:
    """Make the kernel that sums dx of n pixels, a turned row of the kernel at a time."""

    @jit
    def tile(
        memory: Floats,
        u_at: int,
        x_at: int,
        taps: Taps,
        first: int,
        last: int,
        w: Floats,
        w_at: int,
    ) -> None:
        total = splat(n, ZERO)
        for t in range(first, last, length):
            total = add_line_turned(total, length, taps, t, w, w_at, memory, x_at)
        store(total, memory, u_at, LANES)

    return tile


def _line_back_tile(n: int, length: int) -> Tile:
    """Make the kernel that sums dx of n + length - 1 pixels, n deltas and a row at a time."""
    size = n + length - 1

    @jit
    def tile(
        memory: Floats,
        u_at: int,
        x_at: int,
        taps: Taps,
        first: int,
        last: int,
        w: Floats,
        w_at: int,
    ) -> None:
        total = splat(size, ZERO)
        for t in range(first, last, length):
            total = add_line_back(total, length, taps, t, w, w_at, 1, memory, x_at, LANES)
        store(total, memory, u_at, LANES)

    return tile


def _column_tile(n: int, length: int) -> Tile:
    """Make the kernel that sums u of n rows of one image, a column of the kernel at a time."""

    @jit
    def tile(
        memory: Floats,
        u_at: int,
        u_step: int,
        live: int,
        x_at: int,
        x_step: int,
        taps: Taps,
        first: int,
        last: int,
        w: Floats,
        w_at: int,
        bias: Real,
    ) -> None:
        total = splat(n, bias)
        for t in range(first, last, length):
            total = add_line(total, length, taps, t, w, w_at, length, memory, x_at, x_step)
        store_live(total, memory, u_at, u_step, live)

    return tile


def _column_back_tile(n: int, length: int) -> Tile:
    """Make the kernel that sums dx of n + length - 1 rows of one image, by columns."""
    size = n + length - 1

    @jit
    def tile(
        memory: Floats,
        u_at: int,
        u_step: int,
        live: int,
        x_at: int,
        x_step: int,
        taps: Taps,
        first: int,
        last: int,
        w: Floats,
        w_at: int,
    ) -> None:
        total = splat(size, ZERO)
        for t in range(first, last, length):
            total = add_line_back(total, length, taps, t, w, w_at, length, memory, x_at, x_step)
        store_live(total, memory, u_at, u_step, live)

    return tile


# A name says how many pixels, or pixels x cells of a line.
_taps_1, _taps_2, _taps_4, _taps_8, _taps_14 = (_tile(n) for n in (1, 2, 4, 8, 14))
_line_4x5, _line_4x3 = _line_tile(4, 5), _line_tile(4, 3)
_turned_4x5, _turned_4x3 = _turned_tile(4, 5), _turned_tile(4, 3)
_line_8x5, _line_10x5, _line_12x5, _line_14x5 = (_line_tile(n, 5) for n in (8, 10, 12, 14))
_line_8x3, _line_10x3, _line_12x3, _line_14x3 = (_line_tile(n, 3) for n in (8, 10, 12, 14))
line_back_8x5, line_back_10x5 = _line_back_tile(8, 5), _line_back_tile(10, 5)
_column_8x5, _column_10x5, _column_12x5, _column_14x5 = (
    _column_tile(n, 5) for n in (8, 10, 12, 14)
)
column_back_8x5, column_back_10x5 = _column_back_tile(8, 5), _column_back_tile(10, 5)
_loose_1, _loose_5, _loose_7 = (_loose_tile(n) for n in (1, 5, 7))
WIDEST = 14 if WIDE else 4
"""Vectors in the largest tile: as many as fit the registers beside a weight and a pixel."""


@jit
def strip(
    kw: Whole,
    count: int,
    memory: Floats,
    u_at: int,
    u_step: Whole,
    x_at: int,
    taps: Taps,
    first: int,
    last: int,
    w: Floats,
    w_at: int,
    bias: Real,
) -> None:
    """Sum taps first..last for `count` neighbouring pixels, in tiles of nearly equal size.

    Kernels kw = 5 or 3 wide go row by row, if there are pixels enough; others go tap by tap.
    """
    tiles = (count + WIDEST - 1) // WIDEST
    done = 0
    while done < count:
        n = (count - done + tiles - 1) // tiles
        u, x = u_at + done * u_step, x_at + done * LANES
        if n >= 8 and (kw == 5 or kw == 3):
            n = n // 2 * 2
            row_strip(kw, n, memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n == 14:
            _taps_14(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n >= 8:
            n = 8
            _taps_8(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n >= 4:
            n = 4
            if kw == 3:
                _line_4x3(memory, u, u_step, x, taps, first, last, w, w_at, bias)
            elif kw == 5:
                _line_4x5(memory, u, u_step, x, taps, first, last, w, w_at, bias)
            else:
                _taps_4(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n >= 2:
            n = 2
            _taps_2(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        else:
            _taps_1(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        done += n
        tiles = max(tiles - 1, 1)


@jit
def turned_strip(
    kw: Whole,
    count: int,
    memory: Floats,
    u_at: int,
    x_at: int,
    taps: Taps,
    first: int,
    last: int,
    w: Floats,
    w_at: int,
) -> None:
    """Sum turned taps first..last for `count` neighbouring pixels of dx.

    Where a tile is four pixels, kernels kw = 5 or 3 wide go row by row; the rest go tap by tap.
    """
    done = 0
    if not WIDE and (kw == 5 or kw == 3):
        while count - done >= 4:
            u, x = u_at + done * LANES, x_at + done * LANES
            if kw == 5:
                _turned_4x5(memory, u, x, taps, first, last, w, w_at)
            else:
                _turned_4x3(memory, u, x, taps, first, last, w, w_at)
            done += 4
    u, x, by_one = u_at + done * LANES, x_at + done * LANES, np.int64(1)  # so tiles compile once
    strip(by_one, count - done, memory, u, LANES * by_one, x, taps, first, last, w, w_at, ZERO)


@jit
def row_strip(
    kw: Whole,
    n: int,
    memory: Floats,
    u_at: Whole,
    u_step: Whole,
    x_at: int,
    taps: Taps,
    first: int,
    last: int,
    w: Floats,
    w_at: int,
    bias: Real,
) -> None:
    """Choose the tile for n = 8, 10, 12 or 14 pixels and a kernel 5 or 3 wide."""
    if kw == 5:
        if n == 14:
            _line_14x5(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias)
        elif n == 12:
            _line_12x5(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias)
        elif n == 10:
            _line_10x5(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias)
        else:
            _line_8x5(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias)
    elif n == 14:
        _line_14x3(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias)
    elif n == 12:
        _line_12x3(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias)
    elif n == 10:
        _line_10x3(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias)
    else:
        _line_8x3(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias)


@jit
def loose_strip(
    count: int,
    memory: Floats,
    u_at: int,
    u_step: int,
    live: int,
    x_at: int,
    x_step: int,
    taps: Taps,
    first: int,
    last: int,
    w: Floats,
    w_at: int,
    bias: Real,
) -> None:
    """Do the same for vectors any step apart, of which the first `live` floats are kept."""
    done = 0
    while done < count:
        u, x, left = u_at + done * u_step, x_at + done * x_step, count - done
        if left >= 7 and left != 10:
            _loose_7(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
            done += 7
        elif left >= 5:
            _loose_5(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
            done += 5
        else:
            _loose_1(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
            done += 1


@jit
def columns(
    square: bool,
    count: int,
    memory: Floats,
    u_at: int,
    u_step: int,
    live: int,
    x_at: int,
    x_step: int,
    taps: Taps,
    first: int,
    last: int,
    w: Floats,
    w_at: int,
    bias: Real,
) -> None:
    """Sum taps down `count` rows of one image; a square kernel, 5x5, goes column by column."""
    if not WIDE or not square or count < 8:
        loose_strip(
            count, memory, u_at, u_step, live, x_at, x_step, taps, first, last, w, w_at, bias
        )
        return
    done = 0
    while done < count:
        # The last tile may begin on rows already done: their sums come out the same again.
        left = count - done
        n = 14 if left >= 14 else (left + 1) // 2 * 2
        n = min(max(n, 8), count // 2 * 2)
        done = min(done, count - n)
        u, x = u_at + done * u_step, x_at + done * x_step
        if n == 14:
            _column_14x5(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
        elif n == 12:
            _column_12x5(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
        elif n == 10:
            _column_10x5(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
        else:
            _column_8x5(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
        done += n
