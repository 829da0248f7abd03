"""Pooling: the mean, or the largest, of each window.

    mean   u[c,i,j] = mean of the window          its delta goes back in equal parts
    max    u[c,i,j] = largest of the window       its delta goes to the first cell that is largest
"""

import numpy as np

from numba import carray

from simplecell.engines.lanes.compile import Entry, jit
from simplecell.engines.lanes.fields import (
    BASE,
    BELOW,
    EXTRA,
    FAR,
    FLAG,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    KIND,
    LANES,
    LANE_COUNT,
    MAPS,
    NODES,
    POOL_FORWARD,
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    TARGET,
    WIDTH,
)
from simplecell.engines.lanes.squash import ONE, ZERO, squash_node
from simplecell.engines.lanes.subsample import slope_rows, spread_map, window_sums


@jit
def window_largest(memory, at, line, step, nh, nw, out, out_step, width, lanes):
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
def pool_forward(memory, op, x, u):
    """u = mean or max of each window, then x = f(u)."""
    nh, nw, lanes, height, width = (
        op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT], u[HEIGHT], u[WIDTH],
    )
    line, part = x[WIDTH] * x[STEP], ONE / np.float32(nh * nw)
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
def pool_backward(memory, op, x, u, scratch):
    """Give the map below its delta: equal parts, or all to the first largest cell."""
    nh, nw, lanes = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT]
    part = ONE / np.float32(nh * nw)
    for c in range(u[MAPS]):
        if not op[FLAG]:
            spread_map(memory, op, x, u, c, part, scratch)
            continue
        for i in range(u[HEIGHT]):
            at = u[BASE] + (c * u[HEIGHT] + i) * u[WIDTH] * u[STEP]
            for j in range(u[WIDTH]):
                to_largest(memory, x, c, i, j, at + j * u[STEP], scratch, nh, nw, lanes)
            for p in range(nh):
                _slope_line(memory, x, c, i * nh + p, scratch, p, op[BELOW])


@jit
def _slope_line(memory, x, c, row, scratch, p, below):
    line = scratch.copy()
    line[BASE] += p * x[WIDTH] * x[LANE_COUNT]
    slope_rows(memory, x, c, row, 1, line, below)


@jit
def to_largest(memory, x, c, i, j, du, scratch, nh, nw, lanes):
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

def pool(memory, w, slot, op, here, taps, ranges, readers):
    """Carry out the instruction at op."""
    memory, w, slot = carray(memory, FAR), carray(w, FAR), carray(slot, FAR)
    op, here = carray(op, FAR), carray(here, NODES)
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    scratch, kind = here[op[SCRATCH]], op[KIND]
    if kind == POOL_FORWARD:
        pool_forward(memory, op, x, u)
    else:
        pool_backward(memory, op, x, u, scratch)


ENTRY = Entry(pool)
