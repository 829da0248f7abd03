"""Pooling: the mean, or the largest, of each window.

mean   u[c,i,j] = mean of the window          its delta goes back in equal parts
max    u[c,i,j] = largest of the window       its delta goes to the first cell that is largest
"""

from simplecell.engines.lanes.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.fields import (
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
    POOL_FORWARD,
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    TARGET,
    WIDTH,
    Address,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.squash import ONE, ZERO, slope_run, squash_node
from simplecell.engines.lanes.subsample import spread_map, window_sums


@jit
def window_largest(
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
    """Take the largest of each window along one row of windows, lane by lane."""
    for j in range(width):
        o, s = out + j * out_step, at + j * nw * step
        if lanes == LANES:
            for lane in range(LANES):
                memory[o + lane] = memory[s + lane]
            for n in range(1, nh * nw):
                s = at + n // nw * line + (j * nw + n % nw) * step
                for lane in range(LANES):
                    memory[o + lane] = max(memory[o + lane], memory[s + lane])
        else:
            best = memory[s]
            for p in range(nh):
                for q in range(nw):
                    best = max(best, memory[s + p * line + q])
            memory[o] = best


@jit
def pool_forward(memory: Floats, op: Numbers, x: Numbers, u: Numbers) -> None:
    """U = mean or max of each window, then x = f(u)."""
    nh, nw, lanes, height, width = (
        op[KERNEL_HEIGHT],
        op[KERNEL_WIDTH],
        x[LANE_COUNT],
        u[HEIGHT],
        u[WIDTH],
    )
    line, part = x[WIDTH] * x[STEP], ONE / Real(nh * nw)
    for c in range(u[MAPS]):
        for i in range(height):
            out = u[BASE] + (c * height + i) * width * u[STEP]
            at = x[BASE] + (c * x[HEIGHT] + i * nh) * line
            if op[FLAG]:
                window_largest(memory, at, line, x[STEP], nh, nw, out, u[STEP], width, lanes)
            else:
                window_sums(memory, at, line, x[STEP], nh, nw, out, u[STEP], width, lanes)
                for j in range(width):
                    for lane in range(lanes):
                        memory[out + j * u[STEP] + lane] *= part
    squash_node(memory, u, op[SQUASH])


@jit
def pool_backward(memory: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers) -> None:
    """Give the map below its delta: equal parts, or all to the first largest cell."""
    nh, nw, lanes = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT]
    part = ONE / Real(nh * nw)
    for c in range(u[MAPS]):
        if not op[FLAG]:
            spread_map(memory, op, x, u, c, part, scratch)
            continue
        for i in range(u[HEIGHT]):
            at = u[BASE] + (c * u[HEIGHT] + i) * u[WIDTH] * u[STEP]
            for j in range(u[WIDTH]):
                to_largest(memory, x, c, i, j, at + j * u[STEP], scratch, nh, nw, lanes)
            for p in range(nh):
                dx_at = scratch[BASE] + p * x[WIDTH] * lanes
                slope_row(memory, dx_at, x, c, i * nh + p, op[BELOW])


@jit
def slope_row(memory: Floats, dx_at: int, x: Numbers, c: int, row: int, below: int) -> None:
    """Replace x by du = dx * f'(u) in one row of map c, dx standing without gaps."""
    at, lanes = x[BASE] + (c * x[HEIGHT] + row) * x[WIDTH] * x[STEP], x[LANE_COUNT]
    if x[STEP] == lanes:
        slope_run(memory, dx_at, at, x[WIDTH] * lanes, below)
    else:
        for j in range(x[WIDTH]):
            slope_run(memory, dx_at + j * lanes, at + j * x[STEP], lanes, below)


@jit
def to_largest(
    memory: Floats,
    x: Numbers,
    c: int,
    i: int,
    j: int,
    du: int,
    scratch: Numbers,
    nh: int,
    nw: int,
    lanes: int,
) -> None:
    """Write one window of scratch: du at its first largest cell, 0 elsewhere."""
    line = x[WIDTH] * x[STEP]
    s = x[BASE] + (c * x[HEIGHT] + i * nh) * line + j * nw * x[STEP]
    for lane in range(lanes):
        best = memory[s + lane]
        for n in range(1, nh * nw):
            best = max(best, memory[s + n // nw * line + n % nw * x[STEP] + lane])
        free = True
        for n in range(nh * nw):
            cell = memory[s + n // nw * line + n % nw * x[STEP] + lane]
            out = scratch[BASE] + (n // nw * x[WIDTH] + j * nw + n % nw) * lanes + lane
            hit = free and cell == best
            memory[out] = memory[du + lane] if hit else ZERO
            free = free and not hit


def pool(
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
    x, u = here[op[SOURCE]], here[op[TARGET]]
    scratch, kind = here[op[SCRATCH]], op[KIND]
    if kind == POOL_FORWARD:
        pool_forward(memory, op, x, u)
    else:
        pool_backward(memory, op, x, u, scratch)


ENTRY = Entry(pool)
