"""Pooling in windows that overlap, lie apart, or reach over the edges of the map.

    mean   u[c,i,j] = mean of the window          dx: the shares of all windows that a cell is in
    max    u[c,i,j] = largest of the window       dx: of each window in which it is the largest

A window's bounds are cut to the map. Deltas are added up in scratch memory, window by window, and
then take the slope once. Windows side by side that cover their map are in `pool`.

Of one image alone, a vector is sixteen neighbouring columns: the largest, or the sum, of each
column's rows, of which each window then takes its own columns.
"""

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    FAR,
    FLAG,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    KIND,
    LANE_COUNT,
    LANES,
    MAPS,
    NODES,
    PAD_BOTTOM,
    PAD_LEFT,
    PAD_RIGHT,
    PAD_TOP,
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    TARGET,
    WIDTH,
    Address,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.pool import window_largest
from simplecell.engines.lanes.squash import ONE, ZERO, slope_node, squash_node
from simplecell.engines.lanes.vector import largest, load, multiply_add, splat, store, where_equal

WINDOW_FORWARD, WINDOW_BACKWARD = range(2)
"""The kinds of instructions of this kernel."""

MEAN, LARGEST, COUNTED = range(3)
"""What is taken of a window: its FLAG. A mean may count padding as cells of 0."""
SQUARED = 4
"""Added to the FLAG where shares are squared, as curvature wants them."""


@jit
def cut(start: int, size: int, length: int) -> tuple[int, int]:
    """Give the first cell of a window that is on the map, and the one after the last."""
    return max(start, 0), min(start + size, length)


@jit
def counted(start: int, size: int, length: int, after: int, padded: bool) -> int:
    """Count the cells of a window along one side, by which a mean is divided."""
    if padded:
        return min(size, length + after - start)
    first, last = cut(start, size, length)
    return last - first


@jit
def share(op: Numbers, x: Numbers, row: int, column: int) -> Real:
    """Give the share of each cell of a mean whose window begins at (row, column)."""
    padded = op[FLAG] % SQUARED == COUNTED
    rows = counted(row, op[KERNEL_HEIGHT], x[HEIGHT], op[PAD_BOTTOM], padded)
    columns = counted(column, op[KERNEL_WIDTH], x[WIDTH], op[PAD_RIGHT], padded)
    part = ONE / Real(rows * columns)
    if op[FLAG] >= SQUARED:
        part *= part
    return part


@jit
def window_forward(memory: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers) -> None:
    """Take the mean or the largest of each window, then squash.

    u = mean or max of the window,  x = f(u)
    """
    for c in range(u[MAPS]):
        for i in range(u[HEIGHT]):
            row = i * op[STRIDE_HEIGHT] - op[PAD_TOP]
            first, last = cut(row, op[KERNEL_HEIGHT], x[HEIGHT])
            at = x[BASE] + (c * x[HEIGHT] + first) * x[WIDTH] * x[STEP]
            out = u[BASE] + (c * u[HEIGHT] + i) * u[WIDTH] * u[STEP]
            if x[LANE_COUNT] == LANES:
                pack_row(memory, op, x, u, at, row, last - first, out)
            else:
                alone_row(memory, op, x, u, at, row, last - first, out, scratch[BASE])
    squash_node(memory, u, op[SQUASH])


@jit
def pack_row(
    memory: Floats,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    at: int,
    row: int,
    rows: int,
    out: int,
) -> None:
    """Take the windows of one row, of a pack."""
    step = x[STEP]
    line = x[WIDTH] * step
    for j in range(u[WIDTH]):
        column = j * op[STRIDE_WIDTH] - op[PAD_LEFT]
        first, last = cut(column, op[KERNEL_WIDTH], x[WIDTH])
        pixel = at + first * step
        if op[FLAG] == LARGEST:
            best = window_largest(memory, pixel, line, step, rows, last - first)
            store(best, memory, out + j * u[STEP], 0)
        else:
            part = splat(1, share(op, x, row, column))
            total = splat(1, ZERO)
            for p in range(rows):
                for q in range(last - first):
                    cell = load(1, memory, pixel + p * line + q * step, 0)
                    total = multiply_add(cell, part, total)
            store(total, memory, out + j * u[STEP], 0)


@jit
def alone_row(
    memory: Floats,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    at: int,
    row: int,
    rows: int,
    out: int,
    line: int,
) -> None:
    """Take the windows of one row, of one image: first down the columns, to `line`."""
    gather_columns(memory, x, at, rows, line, op[FLAG] == LARGEST)
    for j in range(u[WIDTH]):
        column = j * op[STRIDE_WIDTH] - op[PAD_LEFT]
        first, last = cut(column, op[KERNEL_WIDTH], x[WIDTH])
        if op[FLAG] == LARGEST:
            memory[out + j] = run_largest(memory, line + first, last - first)
        else:
            total = ZERO
            for n in range(line + first, line + last):
                total += memory[n]
            memory[out + j] = total * share(op, x, row, column)


@jit
def gather_columns(memory: Floats, x: Numbers, at: int, rows: int, line: int, most: bool) -> None:
    """Write the largest, or the sum, of so many rows of each column to `line`."""
    for n in range(0, x[WIDTH], LANES):
        best = load(1, memory, at + n, 0)
        for p in range(1, rows):
            cells = load(1, memory, at + p * x[WIDTH] + n, 0)
            best = largest(best, cells) if most else multiply_add(cells, splat(1, ONE), best)
        store(best, memory, line + n, 0)


@jit
def run_largest(memory: Floats, at: int, count: int) -> Real:
    """Take the largest of a run of floats; NaN stays NaN."""
    best: Real = memory[at]
    for n in range(at + 1, at + count):
        value = memory[n]
        if value > best or value != value:
            best = value
    return best


@jit
def window_backward(memory: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers) -> None:
    """Give the map below its delta, added up where windows overlap.

    dx = sum over windows of each cell's share of du,  du below = f'(u below) * dx
    """
    lanes, base = x[LANE_COUNT], scratch[BASE]
    cells = x[HEIGHT] * x[WIDTH]
    line = base + x[MAPS] * cells * lanes
    for n in range(base, line):
        memory[n] = ZERO
    for c in range(u[MAPS]):
        for i in range(u[HEIGHT]):
            row = i * op[STRIDE_HEIGHT] - op[PAD_TOP]
            first, last = cut(row, op[KERNEL_HEIGHT], x[HEIGHT])
            start = c * cells + first * x[WIDTH]
            du = u[BASE] + (c * u[HEIGHT] + i) * u[WIDTH] * u[STEP]
            if lanes == LANES:
                pack_back(memory, op, x, u, start, row, last - first, du, base)
            else:
                alone_back(memory, op, x, u, start, row, last - first, du, base, line)
    slope_node(memory, base, x, op[BELOW])


@jit
def pack_back(
    memory: Floats,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    start: int,
    row: int,
    rows: int,
    du: int,
    base: int,
) -> None:
    """Add the deltas of one row of windows, of a pack, to scratch memory."""
    ones = splat(1, ONE)
    for j in range(u[WIDTH]):
        column = j * op[STRIDE_WIDTH] - op[PAD_LEFT]
        first, last = cut(column, op[KERNEL_WIDTH], x[WIDTH])
        left = load(1, memory, du + j * u[STEP], 0)
        if op[FLAG] % SQUARED == LARGEST:
            pixel = x[BASE] + (start + first) * x[STEP]
            line = x[WIDTH] * x[STEP]
            best = window_largest(memory, pixel, line, x[STEP], rows, last - first)
            for p in range(rows):
                for q in range(first, last):
                    cell = load(1, memory, x[BASE] + (start + p * x[WIDTH] + q) * x[STEP], 0)
                    out = base + (start + p * x[WIDTH] + q) * LANES
                    hit = where_equal(cell, best, left, 1)
                    store(multiply_add(hit, ones, load(1, memory, out, 0)), memory, out, 0)
                    left = where_equal(cell, best, left, 0)
        else:
            part = splat(1, share(op, x, row, column))
            for p in range(rows):
                for q in range(first, last):
                    out = base + (start + p * x[WIDTH] + q) * LANES
                    store(multiply_add(left, part, load(1, memory, out, 0)), memory, out, 0)


@jit
def alone_back(
    memory: Floats,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    start: int,
    row: int,
    rows: int,
    du: int,
    base: int,
    line: int,
) -> None:
    """Add the deltas of one row of windows, of one image, to scratch memory."""
    most = op[FLAG] % SQUARED == LARGEST
    if most:
        gather_columns(memory, x, x[BASE] + start, rows, line, True)
    for j in range(u[WIDTH]):
        column = j * op[STRIDE_WIDTH] - op[PAD_LEFT]
        first, last = cut(column, op[KERNEL_WIDTH], x[WIDTH])
        if most:
            best = run_largest(memory, line + first, last - first)
            winner = first_equal(memory, x, x[BASE] + start + first, rows, last - first, best)
            if winner >= 0:
                memory[base + start + first + winner] += memory[du + j]
        else:
            part = memory[du + j] * share(op, x, row, column)
            for p in range(rows):
                for q in range(first, last):
                    memory[base + start + p * x[WIDTH] + q] += part


@jit
def first_equal(memory: Floats, x: Numbers, at: int, rows: int, columns: int, best: Real) -> int:
    """Say how far the first cell of a window that is `best` is from its corner; -1 if none is."""
    for p in range(rows):
        for q in range(columns):
            if memory[at + p * x[WIDTH] + q] == best:
                return int(p * x[WIDTH] + q)
    return -1


def window(
    memory: Address,
    w: Address,
    slot: Address,
    op: Address,
    here: Address,
    taps: Address,
    ranges: Address,
    readers: Address,
) -> None:
    """Carry out the instruction at op."""
    memory = carray(memory, FAR)
    op, here = carray(op, FAR), carray(here, NODES)
    x, u = here[op[SOURCE]], here[op[TARGET]]
    scratch, kind = here[op[SCRATCH]], op[KIND]
    if kind == WINDOW_FORWARD:
        window_forward(memory, op, x, u, scratch)
    else:
        window_backward(memory, op, x, u, scratch)


ENTRY = Entry(window)
