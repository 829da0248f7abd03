"""Pooling: the mean, or the largest, of each window.

mean   u[c,i,j] = mean of the window          its delta goes back in equal parts
max    u[c,i,j] = largest of the window       its delta goes to the first cell that is largest

For one image alone, windows are two wide: sixteen of them are every other float of two vectors.
"""

from typing import Any

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
from simplecell.engines.lanes.shuffle import every_other, interleaved
from simplecell.engines.lanes.squash import ONE, runs, slope_live, slope_vector, squash_node
from simplecell.engines.lanes.subsample import spread_map, window_sums
from simplecell.engines.lanes.vector import largest, load, store, store_live, where_equal

POOL_FORWARD, POOL_BACKWARD = range(2)
"""The kinds of instructions of this kernel."""


@jit
def window_largest(memory: Floats, at: int, line: int, step: int, nh: int, nw: int) -> Any:
    """Take the largest of a window of a pack, lane by lane."""
    best = load(1, memory, at, 0)
    for p in range(nh):
        for q in range(nw):
            best = largest(best, load(1, memory, at + p * line + q * step, 0))
    return best


@jit
def pair_largest(memory: Floats, at: int, line: int, nh: int) -> Any:
    """Take the largest of sixteen neighbouring windows, two wide, of one image."""
    best = every_other(load(1, memory, at, 0), load(1, memory, at + LANES, 0), 0)
    for p in range(nh):
        low, high = load(1, memory, at + p * line, 0), load(1, memory, at + p * line + LANES, 0)
        best = largest(best, largest(every_other(low, high, 0), every_other(low, high, 1)))
    return best


@jit
def pool_forward(memory: Floats, op: Numbers, x: Numbers, u: Numbers) -> None:
    """Take the mean or the largest of each window, then squash.

    u = mean or max of the window,  x = f(u)
    """
    nh, nw, lanes, width = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT], u[WIDTH]
    line, step = x[WIDTH] * x[STEP], x[STEP]
    for row in range(u[MAPS] * u[HEIGHT]):
        out, at = u[BASE] + row * width * u[STEP], x[BASE] + row * nh * line
        if op[FLAG] and lanes == LANES:
            for j in range(width):
                best = window_largest(memory, at + j * nw * step, line, step, nh, nw)
                store(best, memory, out + j * u[STEP], 0)
        elif op[FLAG]:
            for j in range(0, width, LANES):
                best = pair_largest(memory, at + 2 * j, line, nh)
                store_live(best, memory, out + j, 0, min(LANES, width - j))
        else:
            window_sums(memory, at, line, step, nh, nw, out, u[STEP], width, lanes)
    if not op[FLAG]:
        scale_node(memory, u, ONE / Real(nh * nw))
    squash_node(memory, u, op[SQUASH])


@jit
def scale_node(memory: Floats, u: Numbers, part: Real) -> None:
    """Multiply all of a node by a number."""
    length, count = runs(u)
    for r in range(count):
        at = u[BASE] + r * u[STEP]
        run = memory[at : at + length]
        for n in range(length):
            run[n] *= part


@jit
def pool_backward(memory: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers) -> None:
    """Give the map below its delta: equal parts, or all to the first largest cell."""
    nh, nw, lanes, width = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT], u[WIDTH]
    line = x[WIDTH] * x[STEP]
    if not op[FLAG]:
        for c in range(u[MAPS]):
            spread_map(memory, op, x, u, c, ONE / Real(nh * nw), scratch)
        return
    for row in range(u[MAPS] * u[HEIGHT]):
        du, at = u[BASE] + row * width * u[STEP], x[BASE] + row * nh * line
        if lanes == LANES:
            for j in range(width):
                pixel = at + j * nw * x[STEP]
                to_largest(memory, pixel, line, x[STEP], nh, nw, du + j * u[STEP], op[BELOW])
        else:
            for j in range(0, width, LANES):
                live = 2 * min(LANES, width - j)
                pair_to_largest(memory, at + 2 * j, line, nh, du + j, live, op[BELOW])


@jit
def to_largest(
    memory: Floats, at: int, line: int, step: int, nh: int, nw: int, du: int, below: int
) -> None:
    """Replace a window of a pack: du times the slope at its first largest cell, 0 elsewhere."""
    best = window_largest(memory, at, line, step, nh, nw)
    left = load(1, memory, du, 0)
    for p in range(nh):
        for q in range(nw):
            pixel = at + p * line + q * step
            cell = load(1, memory, pixel, 0)
            slope_vector(memory, pixel, where_equal(cell, best, left, 1), below)
            left = where_equal(cell, best, left, 0)


@jit
def pair_to_largest(
    memory: Floats, at: int, line: int, nh: int, du: int, live: int, below: int
) -> None:
    """Replace sixteen windows, two wide, of one image."""
    best = pair_largest(memory, at, line, nh)
    left = load(1, memory, du, 0)
    for p in range(nh):
        pixel = at + p * line
        low, high = load(1, memory, pixel, 0), load(1, memory, pixel + LANES, 0)
        even, odd = every_other(low, high, 0), every_other(low, high, 1)
        first = where_equal(even, best, left, 1)
        left = where_equal(even, best, left, 0)
        second = where_equal(odd, best, left, 1)
        left = where_equal(odd, best, left, 0)
        slope_live(memory, pixel, interleaved(first, second, 0), min(LANES, live), below)
        if live > LANES:
            rest = interleaved(first, second, 1)
            slope_live(memory, pixel + LANES, rest, live - LANES, below)


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
