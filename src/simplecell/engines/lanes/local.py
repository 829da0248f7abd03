"""Unshared local connections: a kernel of its own at every position.

    u[m,i,j] = sum over c, p, q of w[m,i,j,c,p,q] * x[c, i*sh+p, j*sw+q] + b[m,i,j]         B2

At each position the patch below is copied out, and all maps there are one matrix product. What a
patch has of padding is 0, and what it carries back there goes nowhere.
"""

import numpy as np

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    BIAS,
    FAR,
    GRADIENT,
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
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    TARGET,
    WEIGHT,
    WIDTH,
    Address,
    Floats,
    Numbers,
)
from simplecell.engines.lanes.matrix import product, product_turned
from simplecell.engines.lanes.squash import ZERO, slope_node, squash_node
from simplecell.engines.lanes.sums import add_run_sum

LOCAL_FORWARD, LOCAL_GRADIENT, LOCAL_BACKWARD = range(3)
"""The kinds of instructions of this kernel."""


@jit
def patch_of(memory: Floats, op: Numbers, x: Numbers, i: int, j: int, t: int) -> int:
    """Find the pixel below that tap t of position (i, j) reads; -1 for one of padding."""
    kh, kw = op[KERNEL_HEIGHT], op[KERNEL_WIDTH]
    c, p, q = t // (kh * kw), t // kw % kh, t % kw
    row = i * op[STRIDE_HEIGHT] + p - op[PAD_TOP]
    column = j * op[STRIDE_WIDTH] + q - op[PAD_LEFT]
    pixel: int = (c * x[HEIGHT] + row) * x[WIDTH] + column
    inside = 0 <= row < x[HEIGHT] and 0 <= column < x[WIDTH]
    return pixel if inside else -1


@jit
def local_forward(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers
) -> None:
    """Sum each position's patch by its own w, then squash.

    u[m,i,j] = sum over t of w[m,i,j,t] * patch[t] + b[m,i,j],  x = f(u)
    """
    taps = x[MAPS] * op[KERNEL_HEIGHT] * op[KERNEL_WIDTH]
    positions = u[HEIGHT] * u[WIDTH]
    for at in range(positions):
        i, j = at // u[WIDTH], at % u[WIDTH]
        for t in range(taps):
            place, out = patch_of(memory, op, x, i, j, t), scratch[BASE] + t * LANES
            pixel = x[BASE] + place * x[STEP]
            for lane in range(LANES):
                memory[out + lane] = memory[pixel + lane] if place >= 0 else ZERO
        product(
            (w, op[WEIGHT] + at * taps, positions * taps),
            (memory, scratch[BASE], x[LANE_COUNT]),
            (memory, u[BASE] + at * u[STEP], positions * u[STEP]),
            u[MAPS],
            taps,
            x[LANE_COUNT],
        )
        for m in range(u[MAPS]):
            pixel = u[BASE] + (m * positions + at) * u[STEP]
            for lane in range(LANES):
                memory[pixel + lane] += w[op[BIAS] + m * positions + at]
    squash_node(memory, u, op[SQUASH])


@jit
def local_gradient(
    memory: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers, g: Floats
) -> None:
    """Give each position's own w and b their gradient.

    dw[m,i,j,t] = sum over images of du[m,i,j] * patch[t],  db[m,i,j] = sum of du
    """
    taps = x[MAPS] * op[KERNEL_HEIGHT] * op[KERNEL_WIDTH]
    length = (taps + LANES - 1) // LANES * LANES
    positions = u[HEIGHT] * u[WIDTH]
    biases = op[GRADIENT] + u[MAPS] * positions * taps
    for at in range(positions):
        i, j = at // u[WIDTH], at % u[WIDTH]
        for t in range(taps):
            place, out = patch_of(memory, op, x, i, j, t), scratch[BASE] + t
            pixel = x[BASE] + place * x[STEP]
            for lane in range(LANES):
                memory[out + lane * length] = memory[pixel + lane] if place >= 0 else ZERO
        product(
            (memory, u[BASE] + at * u[STEP], positions * u[STEP]),
            (memory, scratch[BASE], length),
            (g, op[GRADIENT] + at * taps, positions * taps),
            u[MAPS],
            x[LANE_COUNT],
            taps,
        )
        for m in range(u[MAPS]):
            pixel = u[BASE] + (m * positions + at) * u[STEP]
            add_run_sum(memory, pixel, np.int64(1), x[LANE_COUNT], g, biases + m * positions + at)


@jit
def local_backward(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers
) -> None:
    """Give the map below its delta, added up where patches overlap.

    dpatch[t] = sum over m of w[m,i,j,t] * du[m,i,j],  du below = f'(u below) * dx
    """
    taps = x[MAPS] * op[KERNEL_HEIGHT] * op[KERNEL_WIDTH]
    positions = u[HEIGHT] * u[WIDTH]
    pixels = x[MAPS] * x[HEIGHT] * x[WIDTH]
    patch = scratch[BASE] + pixels * LANES
    for n in range(scratch[BASE], patch):
        memory[n] = ZERO
    for at in range(positions):
        i, j = at // u[WIDTH], at % u[WIDTH]
        product_turned(
            (w, op[WEIGHT] + at * taps, positions * taps),
            (memory, u[BASE] + at * u[STEP], positions * u[STEP]),
            (memory, patch, x[LANE_COUNT]),
            taps,
            u[MAPS],
            x[LANE_COUNT],
        )
        for t in range(taps):
            place = patch_of(memory, op, x, i, j, t)
            if place >= 0:
                out = scratch[BASE] + place * LANES
                for lane in range(LANES):
                    memory[out + lane] += memory[patch + t * LANES + lane]
    slope_node(memory, scratch[BASE], x, op[BELOW])


def local(
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
    if kind == LOCAL_FORWARD:
        local_forward(memory, w, op, x, u, scratch)
    elif kind == LOCAL_GRADIENT:
        local_gradient(memory, op, x, u, scratch, slot)
    else:
        local_backward(memory, w, op, x, u, scratch)


ENTRY = Entry(local)
