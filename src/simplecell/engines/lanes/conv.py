"""Convolution: one tap at a time over whole rows of a pack.

    u[m,i,j] = sum over taps (c,p,q) of w[m,c,p,q] * x[c, i*sh+p, j*sw+q] + b[m]          D9
    dx[c,i,j] = sum over taps (m,p,q) of w[m,c,p,q] * du[m, i-p, j-q]                     D15
    dw[m,c,p,q] = sum over i, j of du[m,i,j] * x[c, i*sh+p, j*sw+q]                       D13
    db[m] = sum over i, j of du[m,i,j]                                                    D12

A pixel is a vector of sixteen images, so `u` advances a row at a time in registers, up to
fourteen neighbouring pixels at once, each tap one multiply-add per pixel. Connections that a
table lacks are taps that do not exist. For one image alone a vector is sixteen neighbouring
pixels of a row and a tile runs down the rows; the sums are the same.

On the way down, du is first spread out with zeros around each row, and between pixels where the
stride is more than 1; then every input pixel reads the same taps, turned round.
"""

import numpy as np
from numba import carray

from simplecell.engines.lanes.compile import WIDE as WIDE_REGISTERS
from simplecell.engines.lanes.compile import Entry, jit
from simplecell.engines.lanes.fields import (
    BASE,
    BELOW,
    BIAS,
    CONV_FORWARD,
    CONV_GRADIENT,
    CONV_SPREAD,
    EXTRA,
    FAR,
    GRADIENT,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    KIND,
    LANES,
    LANE_COUNT,
    MAPS,
    NODES,
    PAIRS,
    READERS,
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    TAPS,
    TAPS_BACK,
    TARGET,
    WEIGHT,
    WIDTH,
)
from simplecell.engines.lanes.squash import ZERO, slope_run, squash_run
from simplecell.engines.lanes.sums import add_map_sum
from simplecell.engines.lanes.vector import (
    add_line,
    add_line_back,
    add_outer,
    add_sums,
    add_tap,
    load_live,
    splat,
    store,
    store_live,
)


def _tile(n):
    @jit
    def tile(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias):
        total = splat(n, bias)
        for t in range(first, last):
            total = add_tap(total, taps, t, w, w_at, memory, x_at, LANES)
        store(total, memory, u_at, u_step)

    return tile


def _loose_tile(n):
    @jit
    def tile(memory, u_at, u_step, live, x_at, x_step, taps, first, last, w, w_at, bias):
        total = splat(n, bias)
        for t in range(first, last):
            total = add_tap(total, taps, t, w, w_at, memory, x_at, x_step)
        store_live(total, memory, u_at, u_step, live)

    return tile


def _line_tile(n, length):
    @jit
    def tile(memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias):
        total = splat(n, bias)
        for t in range(first, last, length):
            total = add_line(total, length, taps, t, w, w_at, 1, memory, x_at, LANES)
        store(total, memory, u_at, u_step)

    return tile


def _line_back_tile(n, length):
    size = n + length - 1

    @jit
    def tile(memory, u_at, x_at, taps, first, last, w, w_at):
        total = splat(size, ZERO)
        for t in range(first, last, length):
            total = add_line_back(total, length, taps, t, w, w_at, 1, memory, x_at, LANES)
        store(total, memory, u_at, LANES)

    return tile


def _column_tile(n, length):
    @jit
    def tile(memory, u_at, u_step, live, x_at, x_step, taps, first, last, w, w_at, bias):
        total = splat(n, bias)
        for t in range(first, last, length):
            total = add_line(total, length, taps, t, w, w_at, length, memory, x_at, x_step)
        store_live(total, memory, u_at, u_step, live)

    return tile


def _column_back_tile(n, length):
    size = n + length - 1

    @jit
    def tile(memory, u_at, u_step, live, x_at, x_step, taps, first, last, w, w_at):
        total = splat(size, ZERO)
        for t in range(first, last, length):
            total = add_line_back(total, length, taps, t, w, w_at, length, memory, x_at, x_step)
        store_live(total, memory, u_at, u_step, live)

    return tile


_1, _2, _4, _8, _14 = (_tile(n) for n in (1, 2, 4, 8, 14))
_8x5, _10x5, _12x5, _14x5 = (_line_tile(n, 5) for n in (8, 10, 12, 14))
_8x3, _10x3, _12x3, _14x3 = (_line_tile(n, 3) for n in (8, 10, 12, 14))
_back_8x5, _back_10x5 = _line_back_tile(8, 5), _line_back_tile(10, 5)
_column_8, _column_10, _column_12, _column_14 = (_column_tile(n, 5) for n in (8, 10, 12, 14))
_column_back_8, _column_back_10 = _column_back_tile(8, 5), _column_back_tile(10, 5)
_loose_1, _loose_5, _loose_7 = (_loose_tile(n) for n in (1, 5, 7))
WIDEST = 14 if WIDE_REGISTERS else 4
"""Vectors in the largest tile: as many as fit the registers beside a weight and a pixel."""


@jit
def strip(kw, count, memory, u_at, u_step, x_at, taps, first, last, w, w_at, bias):
    """Sum taps first..last for `count` neighbouring pixels, in tiles of nearly equal size.

    Kernels five or three wide go row by row, a pixel read once for all taps of a row; other
    widths go tap by tap.
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
            _14(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n >= 8:
            n = 8
            _8(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n >= 4:
            n = 4
            _4(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n >= 2:
            n = 2
            _2(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        else:
            _1(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        done += n
        tiles = max(tiles - 1, 1)


@jit
def row_strip(kw, n, memory, u, u_step, x, taps, first, last, w, w_at, bias):
    """Choose the tile for n = 8, 10, 12 or 14 pixels and a kernel 5 or 3 wide."""
    if kw == 5:
        if n == 14:
            _14x5(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n == 12:
            _12x5(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        elif n == 10:
            _10x5(memory, u, u_step, x, taps, first, last, w, w_at, bias)
        else:
            _8x5(memory, u, u_step, x, taps, first, last, w, w_at, bias)
    elif n == 14:
        _14x3(memory, u, u_step, x, taps, first, last, w, w_at, bias)
    elif n == 12:
        _12x3(memory, u, u_step, x, taps, first, last, w, w_at, bias)
    elif n == 10:
        _10x3(memory, u, u_step, x, taps, first, last, w, w_at, bias)
    else:
        _8x3(memory, u, u_step, x, taps, first, last, w, w_at, bias)


@jit
def loose_strip(count, memory, u_at, u_step, live, x_at, x_step, taps, first, last, w, w_at, bias):
    """The same for vectors any step apart, of which the first `live` floats are kept."""
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
    square, count, memory, u_at, u_step, live, x_at, x_step, taps, first, last, w, w_at, bias
):
    """Sum taps down `count` rows of one image; a 5x5 kernel goes column by column."""
    if not WIDE_REGISTERS or not square or count < 8:
        loose_strip(
            count, memory, u_at, u_step, live, x_at, x_step, taps, first, last, w, w_at, bias
        )
        return
    done = 0
    while done < count:
        # The last tile may begin on rows already done: their sums come out the same again.
        left = count - done
        n = 14 if left >= 14 else (left + 1) // 2 * 2
        n = max(n, 8)
        done = min(done, count - n) if count >= n else 0
        u, x = u_at + done * u_step, x_at + done * x_step
        if n == 14:
            _column_14(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
        elif n == 12:
            _column_12(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
        elif n == 10:
            _column_10(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
        else:
            _column_8(memory, u, u_step, live, x, x_step, taps, first, last, w, w_at, bias)
        done += n


@jit
def conv_forward(memory, w, taps, ranges, op, x, u):
    """u[m,i,j] = sum over taps w * x[c, i*sh+p, j*sw+q] + b[m], then x = f(u)."""
    height, width, step = u[HEIGHT], u[WIDTH], u[STEP]
    line = op[STRIDE_HEIGHT] * x[WIDTH] * x[STEP]
    for i in range(height):
        for m in range(u[MAPS]):
            at = u[BASE] + (m * height + i) * width * step
            first, last = ranges[op[TAPS] + m], ranges[op[TAPS] + m + 1]
            if op[STRIDE_WIDTH] * x[STEP] == LANES:
                strip(
                    op[KERNEL_WIDTH], width, memory, at, step, x[BASE] + i * line, taps, first, last,
                    w, op[WEIGHT], w[op[BIAS] + m],
                )
            else:
                loose_strip(
                    width, memory, at, step, x[LANE_COUNT], x[BASE] + i * line,
                    op[STRIDE_WIDTH] * x[STEP], taps, first, last, w, op[WEIGHT], w[op[BIAS] + m],
                )
            if step == LANES:
                squash_run(memory, at, width * LANES, op[SQUASH])
            else:
                for j in range(width):
                    squash_run(memory, at + j * step, x[LANE_COUNT], op[SQUASH])


@jit
def square(op):
    """Say whether the kernel is 5x5, so that one image's taps stand column by column."""
    return WIDE_REGISTERS and op[KERNEL_HEIGHT] == 5 and op[KERNEL_WIDTH] == 5


@jit
def conv_forward_single(memory, w, taps, ranges, op, x, u):
    """The same for one image: sixteen columns are a vector, a tile runs down the rows."""
    height, width = u[HEIGHT], u[WIDTH]
    for m in range(u[MAPS]):
        first, last = ranges[op[TAPS] + m], ranges[op[TAPS] + m + 1]
        at = u[BASE] + m * height * width
        for j in range(0, width, LANES):
            columns(
                square(op), height, memory, at + j, width, min(LANES, width - j), x[BASE] + j, x[WIDTH],
                taps, first, last, w, op[WEIGHT], w[op[BIAS] + m],
            )
    squash_run(memory, u[BASE], u[MAPS] * height * width, op[SQUASH])


@jit
def conv_spread(memory, op, u, spread):
    """Copy du to every sh-th row and sw-th pixel of a wider map whose other pixels are 0."""
    height, width, lanes = u[HEIGHT], u[WIDTH], u[LANE_COUNT]
    sh, sw = op[STRIDE_HEIGHT], op[STRIDE_WIDTH]
    guard = op[KERNEL_HEIGHT] - 1
    for m in range(u[MAPS]):
        for i in range(height):
            row = u[BASE] + (m * height + i) * width * u[STEP]
            line = m * spread[HEIGHT] + guard + i * sh
            out = spread[BASE] + line * spread[WIDTH] * lanes
            if sw == 1 and u[STEP] == lanes:
                count = width * lanes
                for n in range(0, count, LANES):
                    live = min(LANES, count - n)
                    store_live(load_live(memory, row + n, live), memory, out + n, LANES, live)
            else:
                for j in range(width):
                    for lane in range(lanes):
                        memory[out + j * sw * lanes + lane] = memory[row + j * u[STEP] + lane]


def _outer(rows, q):
    size = rows * q

    @jit
    def outer(
        memory, d_at, d_row, d_line, d_pixel, x_at, x_line, x_pixel, x_step,
        height, width, g, g_at, g_row,
    ):
        total = splat(size, ZERO)
        for i in range(height):
            d, x = d_at + i * d_line, x_at + i * x_line
            for _ in range(width):
                total = add_outer(total, rows, memory, d, d_row, memory, x, x_step)
                d += d_pixel
                x += x_pixel
        add_sums(total, rows, g, g_at, g_row)

    return outer


_11, _12_, _13, _14_, _15 = (_outer(1, q) for q in (1, 2, 3, 4, 5))
_21, _22, _23, _24, _25 = (_outer(2, q) for q in (1, 2, 3, 4, 5))


@jit
def outer_row(
    two, kw, memory, d_at, d_row, d_line, d_pixel, x_at, x_line, x_pixel, x_step,
    height, width, g, g_at, g_row,
):
    """Give one row of one kernel, or of two that read the same map, its gradient."""
    q = 0
    while q < kw:
        n = kw - q
        if n > 5:
            n = (n + 1) // 2 if n < 10 else 5
        x, g0 = x_at + q * x_step, g_at + q
        if two:
            if n == 5:
                _25(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                    height, width, g, g0, g_row)
            elif n == 4:
                _24(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                    height, width, g, g0, g_row)
            elif n == 3:
                _23(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                    height, width, g, g0, g_row)
            elif n == 2:
                _22(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                    height, width, g, g0, g_row)
            else:
                _21(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                    height, width, g, g0, g_row)
        elif n == 5:
            _15(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                height, width, g, g0, g_row)
        elif n == 4:
            _14_(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                 height, width, g, g0, g_row)
        elif n == 3:
            _13(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                height, width, g, g0, g_row)
        elif n == 2:
            _12_(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                 height, width, g, g0, g_row)
        else:
            _11(memory, d_at, d_row, d_line, d_pixel, x, x_line, x_pixel, x_step,
                height, width, g, g0, g_row)
        q += n


@jit
def conv_gradient(memory, readers, op, x, u, delta, g):
    """dw[m,c,p,q] = sum du[m,i,j] * x[c, i*sh+p, j*sw+q];  db[m] = sum du[m,i,j]."""
    kh, kw = op[KERNEL_HEIGHT], op[KERNEL_WIDTH]
    sh, sw, lanes, step = op[STRIDE_HEIGHT], op[STRIDE_WIDTH], u[LANE_COUNT], x[STEP]
    spread = op[EXTRA] != op[TARGET]
    guard = (kh - 1) * delta[WIDTH] if spread else 0
    d_map = delta[HEIGHT] * delta[WIDTH] * delta[STEP]
    d_line = (sh if spread else 1) * delta[WIDTH] * delta[STEP]
    if lanes == LANES:
        width, d_pixel, x_pixel = u[WIDTH], (sw if spread else 1) * delta[STEP], sw * step
    else:
        width, d_pixel, x_pixel = (u[WIDTH] + LANES - 1) // LANES, LANES, LANES
    for c in range(x[MAPS]):
        first, last = readers[op[READERS] + c], readers[op[READERS] + c + 1]
        r = first
        while r < last:
            m = readers[r]
            two = r + 1 < last
            other = readers[r + 1] if two else m
            d_at = delta[BASE] + m * d_map + guard * delta[STEP]
            for p in range(kh):
                outer_row(
                    two, kw, memory, d_at, (other - m) * d_map, d_line, d_pixel,
                    x[BASE] + (c * x[HEIGHT] + p) * x[WIDTH] * step, sh * x[WIDTH] * step,
                    x_pixel, step, u[HEIGHT], width,
                    g, op[GRADIENT] + ((m * x[MAPS] + c) * kh + p) * kw,
                    (other - m) * x[MAPS] * kh * kw,
                )
            r += 2
    biases = op[GRADIENT] + u[MAPS] * x[MAPS] * kh * kw
    for m in range(u[MAPS]):
        add_map_sum(memory, u, m, g, biases + m)


@jit
def conv_backward(memory, w, taps, ranges, op, x, spread, scratch):
    """dx[c,i,j] = sum over taps w * du[m, i-p, j-q], times the slope of the layer below."""
    kh, kw, lanes, width = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT], x[WIDTH]
    rows = spread_rows(op, x)
    line = width * lanes
    for c in range(x[MAPS]):
        first, last = ranges[op[TAPS_BACK] + c], ranges[op[TAPS_BACK] + c + 1]
        per_row = (last - first) // kh
        for i in range(x[HEIGHT]):
            top = max(0, i - rows + 1)
            bottom = min(kh, i + 1)
            start, stop = first + top * per_row, first + max(bottom, top) * per_row
            d_at = spread[BASE] + (kh - 1 + i) * line
            if WIDE_REGISTERS and kw == 5 and width == 14 and op[STRIDE_WIDTH] == 1:
                _back_10x5(memory, scratch[BASE], d_at, taps, start, stop, w, op[WEIGHT])
            elif WIDE_REGISTERS and kw == 5 and width == 12 and op[STRIDE_WIDTH] == 1:
                _back_8x5(memory, scratch[BASE], d_at, taps, start, stop, w, op[WEIGHT])
            else:
                strip(
                    np.int64(1), width, memory, scratch[BASE], lanes, d_at,
                    taps, start, stop, w, op[WEIGHT], ZERO,
                )
            at = x[BASE] + (c * x[HEIGHT] + i) * width * x[STEP]
            if x[STEP] == lanes:
                slope_run(memory, scratch[BASE], at, line, op[BELOW])
            else:
                for j in range(width):
                    slope_run(
                        memory, scratch[BASE] + j * lanes, at + j * x[STEP], lanes, op[BELOW]
                    )


@jit
def spread_rows(op, x):
    """Count the rows from the first to the last that du stands on once it is spread."""
    sh, kh = op[STRIDE_HEIGHT], op[KERNEL_HEIGHT]
    return (x[HEIGHT] - kh) // sh * sh + 1


@jit
def conv_backward_single(memory, w, taps, ranges, op, x, spread, scratch):
    """The same for one image: a tile runs down the rows, over guard rows of 0."""
    height, width = x[HEIGHT], x[WIDTH]
    for c in range(x[MAPS]):
        first, last = ranges[op[TAPS_BACK] + c], ranges[op[TAPS_BACK] + c + 1]
        at = x[BASE] + c * height * width
        for j in range(0, width, LANES):
            d_at = spread[BASE] + (op[KERNEL_HEIGHT] - 1) * spread[WIDTH] + j
            live, out = min(LANES, width - j), scratch[BASE] + j
            if square(op) and height == 14:
                _column_back_10(
                    memory, out, width, live, d_at, spread[WIDTH], taps, first, last, w, op[WEIGHT]
                )
            elif square(op) and height == 12:
                _column_back_8(
                    memory, out, width, live, d_at, spread[WIDTH], taps, first, last, w, op[WEIGHT]
                )
            else:
                loose_strip(
                    height, memory, out, width, live, d_at, spread[WIDTH],
                    taps, first, last, w, op[WEIGHT], ZERO,
                )
        slope_run(memory, scratch[BASE], at, height * width, op[BELOW])

def conv(memory, w, slot, op, here, taps, ranges, readers):
    """Carry out the instruction at op."""
    memory, w, slot = carray(memory, FAR), carray(w, FAR), carray(slot, FAR)
    op, here = carray(op, FAR), carray(here, NODES)
    taps, ranges, readers = carray(taps, PAIRS), carray(ranges, FAR), carray(readers, FAR)
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    scratch, kind = here[op[SCRATCH]], op[KIND]
    packed = x[LANE_COUNT] == LANES
    if kind == CONV_FORWARD and packed:
        conv_forward(memory, w, taps, ranges, op, x, u)
    elif kind == CONV_FORWARD:
        conv_forward_single(memory, w, taps, ranges, op, x, u)
    elif kind == CONV_SPREAD:
        conv_spread(memory, op, u, extra)
    elif kind == CONV_GRADIENT:
        conv_gradient(memory, readers, op, x, u, extra, slot)
    elif packed:
        conv_backward(memory, w, taps, ranges, op, x, extra, scratch)
    else:
        conv_backward_single(memory, w, taps, ranges, op, x, extra, scratch)


ENTRY = Entry(conv)
