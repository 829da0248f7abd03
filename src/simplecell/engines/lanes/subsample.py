"""Subsampling: sum each window, one gain, one bias.

d[c,i,j] = sum over p, q of x[c, nh*i+p, nw*j+q]                          kept for the way down
u[c,i,j] = w[c] * d[c,i,j] + b[c]                                         D14
du_below[c, nh*i+p, nw*j+q] = f'(u_below) * w[c] * du[c,i,j]              D10, D11
dw[c] = sum of du * d        db[c] = sum of du                            E1
"""

from collections.abc import Callable

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    BIAS,
    EXTRA,
    FAR,
    FLAG,
    GRADIENT,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    KIND,
    LANE_COUNT,
    LANES,
    MAPS,
    NODES,
    ROW_FIRST,
    ROW_LAST,
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    TARGET,
    WEIGHT,
    WIDTH,
    Address,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.product import add_products
from simplecell.engines.lanes.shuffle import add_neighbours, doubled
from simplecell.engines.lanes.squash import (
    ONE,
    ZERO,
    slope_live,
    slope_run,
    slope_vector,
    squash_node,
)
from simplecell.engines.lanes.sums import add_map_dot, add_map_sum
from simplecell.engines.lanes.vector import (
    fma,
    load,
    multiply,
    multiply_add,
    splat,
    store,
    store_live,
)

SUBSAMPLE_FORWARD, SUBSAMPLE_BACKWARD = range(2)
"""The kinds of instructions of this kernel."""


def _sums(n: int) -> Callable[..., None]:
    @jit
    def sums(
        memory: Floats, at: int, line: int, step: int, nh: int, nw: int, out: int, out_step: int
    ) -> None:
        total = splat(n, ZERO)
        for p in range(nh):
            for q in range(nw):
                total = add_products(total, ONE, memory, at + p * line + q * step, nw * step)
        store(total, memory, out, out_step)

    return sums


_sums_1, _sums_5, _sums_7 = _sums(1), _sums(5), _sums(7)


@jit
def window_sums(
    memory: Floats,
    at: int,
    line: int,
    step: int,
    nh: int,
    nw: int,
    out: int,
    out_step: int,
    width: int,
    lanes: int,
) -> None:
    """Sum the windows along one row of windows, lane by lane."""
    j = 0
    if lanes == LANES:
        while j < width:
            s, o = at + j * nw * step, out + j * out_step
            if (width - j) % 7 == 0:
                _sums_7(memory, s, line, step, nh, nw, o, out_step)
                j += 7
            elif width - j >= 5:
                _sums_5(memory, s, line, step, nh, nw, o, out_step)
                j += 5
            else:
                _sums_1(memory, s, line, step, nh, nw, o, out_step)
                j += 1
    elif nh == 2 and nw == 2:
        ones = splat(1, ONE)
        for j in range(0, width, LANES):
            s = at + 2 * j
            low = multiply_add(load(1, memory, s, 0), ones, load(1, memory, s + line, 0))
            s += LANES
            high = multiply_add(load(1, memory, s, 0), ones, load(1, memory, s + line, 0))
            live = min(LANES, width - j)
            store_live(add_neighbours(low, high), memory, out + j, LANES, live)
    else:
        for j in range(width):
            total = ZERO
            for p in range(nh):
                for q in range(nw):
                    total += memory[at + p * line + j * nw + q]
            memory[out + j] = total


@jit
def subsample_forward(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, sums: Numbers
) -> None:
    """Sum each window, times a gain, plus a bias; then squash.

    u[c,i,j] = w[c] * (sum of the window) + b[c],  x = f(u)
    """
    nh, nw, lanes, height, width = (
        op[KERNEL_HEIGHT],
        op[KERNEL_WIDTH],
        x[LANE_COUNT],
        u[HEIGHT],
        u[WIDTH],
    )
    line = x[WIDTH] * x[STEP]
    for c in range(u[MAPS]):
        gain, bias = w[op[WEIGHT] + c], w[op[BIAS] + c]
        for i in range(height):
            d = sums[BASE] + (c * height + i) * width * lanes
            at = x[BASE] + (c * x[HEIGHT] + i * nh) * line
            window_sums(memory, at, line, x[STEP], nh, nw, d, lanes, width, lanes)
        start, out = (
            sums[BASE] + c * height * width * lanes,
            u[BASE] + c * height * width * u[STEP],
        )
        if lanes == LANES:
            gains, biases = splat(1, gain), splat(1, bias)
            for n in range(height * width):
                value = multiply_add(load(1, memory, start + n * LANES, 0), gains, biases)
                store(value, memory, out + n * u[STEP], 0)
        else:
            d, y = memory[start : start + height * width], memory[out : out + height * width]
            for n in range(height * width):
                y[n] = fma(gain, d[n], bias)
    squash_node(memory, u, op[SQUASH])


@jit
def subsample_backward(
    memory: Floats,
    w: Floats,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    sums: Numbers,
    scratch: Numbers,
    g: Floats,
    down: int,
) -> None:
    """Give w and b their gradients and, if `down`, the map below its delta.

    Of the maps from ROW_FIRST to ROW_LAST.
    """
    for c in range(op[ROW_FIRST], op[ROW_LAST]):
        add_map_dot(memory, u, sums, c, g, op[GRADIENT] + c)
        add_map_sum(memory, u, c, g, op[GRADIENT] + u[MAPS] + c)
        if down:
            spread_map(memory, op, x, u, c, w[op[WEIGHT] + c], scratch)


@jit
def spread_map(
    memory: Floats, op: Numbers, x: Numbers, u: Numbers, c: int, gain: Real, scratch: Numbers
) -> None:
    """Give each pixel below its window's du times the gain, times the slope."""
    nh, nw, lanes, height, width = (
        op[KERNEL_HEIGHT],
        op[KERNEL_WIDTH],
        x[LANE_COUNT],
        u[HEIGHT],
        u[WIDTH],
    )
    gains = splat(1, gain)
    for i in range(height):
        at = u[BASE] + (c * height + i) * width * u[STEP]
        row = x[BASE] + (c * x[HEIGHT] + i * nh) * x[WIDTH] * x[STEP]
        if lanes == LANES:
            for j in range(width):
                dx = multiply(load(1, memory, at + j * u[STEP], 0), gains)
                for p in range(nh):
                    pixel = row + (p * x[WIDTH] + j * nw) * x[STEP]
                    for q in range(nw):
                        slope_vector(memory, pixel + q * x[STEP], dx, op[BELOW])
        elif nw == 2:
            for j in range(0, width, LANES):
                dx = multiply(load(1, memory, at + j, 0), gains)
                left, right = doubled(dx, 0), doubled(dx, 1)
                live = 2 * (width - j)
                for p in range(nh):
                    pixel = row + p * x[WIDTH] + 2 * j
                    slope_live(memory, pixel, left, min(LANES, live), op[BELOW])
                    if live > LANES:
                        slope_live(
                            memory, pixel + LANES, right, min(LANES, live - LANES), op[BELOW]
                        )
        else:
            line = memory[scratch[BASE] : scratch[BASE] + x[WIDTH]]
            du = memory[at : at + width]
            for j in range(width):
                for q in range(nw):
                    line[j * nw + q] = gain * du[j]
            for p in range(nh):
                slope_run(memory, scratch[BASE], row + p * x[WIDTH], x[WIDTH], op[BELOW])


def subsample(
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
    memory, w, slot = carray(memory, FAR), carray(w, FAR), carray(slot, FAR)
    op, here = carray(op, FAR), carray(here, NODES)
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    scratch, kind = here[op[SCRATCH]], op[KIND]
    if kind == SUBSAMPLE_FORWARD:
        subsample_forward(memory, w, op, x, u, extra)
    else:
        subsample_backward(memory, w, op, x, u, extra, scratch, slot, op[FLAG])


ENTRY = Entry(subsample)
