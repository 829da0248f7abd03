"""Convolution: pixels of a map side by side in registers, line after line of their kernel added.

    u[m,i,j] = sum over taps (c,p,q) of w[m,c,p,q] * x[c, i*sh+p, j*sw+q] + b[m]          D9
    dx[c,i,j] = sum over taps (m,p,q) of w[m,c,p,q] * du[m, i-p, j-q]                     D15
    dw[m,c,p,q] = sum over i, j of du[m,i,j] * x[c, i*sh+p, j*sw+q]                       D13
    db[m] = sum over i, j of du[m,i,j]                                                    D12

Connections that a table lacks are taps that do not exist. Padded maps are copied into the middle
of wider ones, whose border stays 0: u and dw are then those of the wider maps, and of dx only the
middle is reckoned.

In a pack a pixel is a vector of sixteen images, and a tile of up to fourteen pixels runs along a
row. Of one image alone a vector is sixteen pixels of a row, and a tile runs down the rows, a 5x5
kernel going column by column. `microkernel` has the tiles, `gradient` the sums for dw.

On the way down, du is first copied to maps with rows of zeros between them and, where the stride
is more than 1, zeros between its pixels. A row of du is then scattered over the row of dx that it
came from, or a pixel of dx reads its taps turned round: the same terms, in another order. In a
pack no tap is added whose row of du is one of zeros; left and right of a row of du stand zeros.
"""

from simplecell.compile import WIDE, carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.gradient import square
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    BIAS,
    EXTRA,
    FAR,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    KIND,
    LANE_COUNT,
    LANES,
    MAPS,
    NODES,
    PAD_LEFT,
    PAD_TOP,
    PAIRS,
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
    Address,
    Floats,
    Numbers,
    Taps,
)
from simplecell.engines.lanes.microkernel import (
    column_back_8x5,
    column_back_10x5,
    columns,
    line_back_8x5,
    line_back_10x5,
    loose_strip,
    strip,
    turned_strip,
)
from simplecell.engines.lanes.squash import ZERO, copy_run, slope_run, squash_run
from simplecell.engines.lanes.vector import load_live, store_live

CONV_FORWARD, CONV_SPREAD, CONV_BACKWARD, CONV_PAD = range(4)
"""The kinds of instructions of this kernel."""


@jit
def conv_forward(
    memory: Floats, w: Floats, taps: Taps, ranges: Numbers, op: Numbers, x: Numbers, u: Numbers
) -> None:
    """Sum each map's taps, then squash.

    u[m,i,j] = sum over taps w * x[c, i*sh+p, j*sw+q] + b[m],  x = f(u)
    """
    height, width, step, lanes = u[HEIGHT], u[WIDTH], u[STEP], x[LANE_COUNT]
    line, x_step = op[STRIDE_HEIGHT] * x[WIDTH] * x[STEP], op[STRIDE_WIDTH] * x[STEP]
    kw, weights = op[KERNEL_WIDTH], op[WEIGHT]
    for i in range(height):
        row = x[BASE] + i * line
        for m in range(u[MAPS]):
            at, bias = u[BASE] + (m * height + i) * width * step, w[op[BIAS] + m]
            first, last = ranges[op[TAPS] + m], ranges[op[TAPS] + m + 1]
            to, source = (at, step, lanes), (row, x_step)
            sums = (taps, first, last, w, weights)
            if x_step == LANES:
                strip(kw, width, memory, to, source, sums, bias)
            else:
                loose_strip(width, memory, to, source, sums, bias)
            if step == LANES:
                squash_run(memory, at, width * LANES, op[SQUASH])
            else:
                for j in range(width):
                    squash_run(memory, at + j * step, lanes, op[SQUASH])


@jit
def conv_forward_single(
    memory: Floats, w: Floats, taps: Taps, ranges: Numbers, op: Numbers, x: Numbers, u: Numbers
) -> None:
    """Do the same for one image: sixteen columns are a vector, a tile runs down the rows."""
    height, width, x_step = u[HEIGHT], u[WIDTH], x[WIDTH]
    by_columns, weights = square(op), op[WEIGHT]
    for m in range(u[MAPS]):
        first, last = ranges[op[TAPS] + m], ranges[op[TAPS] + m + 1]
        at, bias = u[BASE] + m * height * width, w[op[BIAS] + m]
        for j in range(0, width, LANES):
            to, source = (at + j, width, min(LANES, width - j)), (x[BASE] + j, x_step)
            sums = (taps, first, last, w, weights)
            columns(by_columns, height, memory, to, source, sums, bias)
    squash_run(memory, u[BASE], u[MAPS] * height * width, op[SQUASH])


@jit
def conv_pad(memory: Floats, op: Numbers, x: Numbers, wide: Numbers) -> None:
    """Copy x into the middle of wider maps, whose border is 0."""
    height, width, lanes = x[HEIGHT], x[WIDTH], x[LANE_COUNT]
    for m in range(x[MAPS]):
        for i in range(height):
            row = x[BASE] + (m * height + i) * width * x[STEP]
            line = m * wide[HEIGHT] + i + op[PAD_TOP]
            out = wide[BASE] + (line * wide[WIDTH] + op[PAD_LEFT]) * lanes
            if x[STEP] == lanes:
                copy_run(memory, row, out, width * lanes)
            else:
                for j in range(width):
                    copy_run(memory, row + j * x[STEP], out + j * lanes, lanes)


@jit
def conv_spread(memory: Floats, op: Numbers, u: Numbers, spread: Numbers) -> None:
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


@jit
def conv_backward(
    memory: Floats,
    w: Floats,
    taps: Taps,
    ranges: Numbers,
    op: Numbers,
    x: Numbers,
    spread: Numbers,
    scratch: Numbers,
) -> None:
    """Give the map below its delta: its taps, times the slope.

    dx[c,i,j] = sum over taps w * du[m, i-p, j-q],  du below = f'(u below) * dx

    Of padded maps, only the middle gets one.
    """
    kh, kw, lanes, width = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT], x[WIDTH]
    rows, weights = spread_rows(op, spread), op[WEIGHT]
    line, out = width * lanes, scratch[BASE]
    # A row of du is scattered over the whole row that it came from, which has no padding.
    whole = WIDE and kw == 5 and op[STRIDE_WIDTH] == 1 and spread[WIDTH] == width
    for c in range(x[MAPS]):
        first, last = ranges[op[TAPS_BACK] + c], ranges[op[TAPS_BACK] + c + 1]
        per_row = (last - first) // kh
        for i in range(x[HEIGHT]):
            row = i + op[PAD_TOP]
            top = max(0, row - rows + 1)
            bottom = min(kh, row + 1)
            start, stop = first + top * per_row, first + max(bottom, top) * per_row
            d_at = spread[BASE] + ((kh - 1 + row) * spread[WIDTH] + op[PAD_LEFT]) * lanes
            to, source, sums = (out, lanes, lanes), (d_at, lanes), (taps, start, stop, w, weights)
            if whole and width == 14:
                line_back_10x5(memory, to, source, sums, ZERO)
            elif whole and width == 12:
                line_back_8x5(memory, to, source, sums, ZERO)
            else:
                turned_strip(kw, width, memory, to, source, sums)
            at = x[BASE] + (c * x[HEIGHT] + i) * width * x[STEP]
            if x[STEP] == lanes:
                slope_run(memory, out, at, line, op[BELOW])
            else:
                for j in range(width):
                    slope_run(memory, out + j * lanes, at + j * x[STEP], lanes, op[BELOW])


@jit
def spread_rows(op: Numbers, spread: Numbers) -> int:
    """Count the rows from the first to the last that du stands on once it is spread."""
    sh, kh = op[STRIDE_HEIGHT], op[KERNEL_HEIGHT]
    height = spread[HEIGHT] - (kh - 1)  # of x and its padding
    count: int = (height - kh) // sh * sh + 1
    return count


@jit
def conv_backward_single(
    memory: Floats,
    w: Floats,
    taps: Taps,
    ranges: Numbers,
    op: Numbers,
    x: Numbers,
    spread: Numbers,
    scratch: Numbers,
) -> None:
    """Do the same for one image: a tile runs down the rows, over guard rows of 0."""
    height, width, pitch, weights = x[HEIGHT], x[WIDTH], spread[WIDTH], op[WEIGHT]
    above = op[KERNEL_HEIGHT] - 1
    top = spread[BASE] + (above + op[PAD_TOP]) * pitch + op[PAD_LEFT]
    whole = square(op) and spread[HEIGHT] == above + height
    for c in range(x[MAPS]):
        first, last = ranges[op[TAPS_BACK] + c], ranges[op[TAPS_BACK] + c + 1]
        at = x[BASE] + c * height * width
        for j in range(0, width, LANES):
            to = (scratch[BASE] + j, width, min(LANES, width - j))
            source, sums = (top + j, pitch), (taps, first, last, w, weights)
            if whole and height == 14:
                column_back_10x5(memory, to, source, sums, ZERO)
            elif whole and height == 12:
                column_back_8x5(memory, to, source, sums, ZERO)
            else:
                loose_strip(height, memory, to, source, sums, ZERO)
        slope_run(memory, scratch[BASE], at, height * width, op[BELOW])


def conv(
    memory: Address,
    w: Address,
    slot: Address,
    op: Address,
    here: Address,
    taps: Address,
    ranges: Address,
    readers: Address,
) -> None:
    """Carry out the instruction at op, for a pack."""
    memory, w, op = carray(memory, FAR), carray(w, FAR), carray(op, FAR)
    here, taps, ranges = carray(here, NODES), carray(taps, PAIRS), carray(ranges, FAR)
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    if op[KIND] == CONV_FORWARD:
        conv_forward(memory, w, taps, ranges, op, x, u)
    elif op[KIND] == CONV_SPREAD:
        conv_spread(memory, op, u, extra)
    elif op[KIND] == CONV_PAD:
        conv_pad(memory, op, x, extra)
    else:
        conv_backward(memory, w, taps, ranges, op, x, extra, here[op[SCRATCH]])


def conv_single(
    memory: Address,
    w: Address,
    slot: Address,
    op: Address,
    here: Address,
    taps: Address,
    ranges: Address,
    readers: Address,
) -> None:
    """Carry out the instruction at op, for one image alone."""
    memory, w, op = carray(memory, FAR), carray(w, FAR), carray(op, FAR)
    here, taps, ranges = carray(here, NODES), carray(taps, PAIRS), carray(ranges, FAR)
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    if op[KIND] == CONV_FORWARD:
        conv_forward_single(memory, w, taps, ranges, op, x, u)
    elif op[KIND] == CONV_SPREAD:
        conv_spread(memory, op, u, extra)
    elif op[KIND] == CONV_PAD:
        conv_pad(memory, op, x, extra)
    else:
        conv_backward_single(memory, w, taps, ranges, op, x, extra, here[op[SCRATCH]])


ENTRY = Entry(conv)
SINGLE = Entry(conv_single)
"""The same for one image alone: who trains in packs need not wait until this is compiled."""
