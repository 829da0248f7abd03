"""Unshared local connections: a kernel of its own at every position.

    u[m,i,j] = sum over c, p, q of w[m,i,j,c,p,q] * x[c, i*sh+p, j*sw+q] + b[m,i,j]         B2

At each position the patch below is copied out, and all maps there are one matrix product.
"""

from simplecell.engines.lanes.compile import jit
from simplecell.engines.lanes.dense import product
from simplecell.engines.lanes.fields import (
    BASE,
    BELOW,
    BIAS,
    GRADIENT,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    LANES,
    MAPS,
    SQUASH,
    STEP,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    WEIGHT,
    WIDTH,
)
from simplecell.engines.lanes.squash import ZERO, slope_node, squash_node
from simplecell.engines.lanes.sums import add_run_sum


@jit
def patch_of(memory, op, x, i, j, t):
    """Find the pixel below that tap t of position (i, j) reads."""
    kh, kw = op[KERNEL_HEIGHT], op[KERNEL_WIDTH]
    c, p, q = t // (kh * kw), t // kw % kh, t % kw
    row = c * x[HEIGHT] + i * op[STRIDE_HEIGHT] + p
    return row * x[WIDTH] + j * op[STRIDE_WIDTH] + q


@jit
def local_forward(memory, w, op, x, u, scratch):
    """u[m,i,j] = sum of the patch times the position's own w, plus its own b; then x = f(u)."""
    taps = x[MAPS] * op[KERNEL_HEIGHT] * op[KERNEL_WIDTH]
    positions = u[HEIGHT] * u[WIDTH]
    for at in range(positions):
        i, j = at // u[WIDTH], at % u[WIDTH]
        for t in range(taps):
            pixel = x[BASE] + patch_of(memory, op, x, i, j, t) * x[STEP]
            for lane in range(LANES):
                memory[scratch[BASE] + t * LANES + lane] = memory[pixel + lane]
        product(
            w, op[WEIGHT] + at * taps, positions * taps, 1, memory, scratch[BASE], LANES,
            memory, u[BASE] + at * u[STEP], positions * u[STEP], u[MAPS], taps, LANES,
        )
        for m in range(u[MAPS]):
            pixel = u[BASE] + (m * positions + at) * u[STEP]
            for lane in range(LANES):
                memory[pixel + lane] += w[op[BIAS] + m * positions + at]
    squash_node(memory, u, op[SQUASH])


@jit
def local_gradient(memory, op, x, u, scratch, g):
    """dw[m,i,j,t] = sum over images of du[m,i,j] * x[t];  db[m,i,j] = sum of du."""
    taps = x[MAPS] * op[KERNEL_HEIGHT] * op[KERNEL_WIDTH]
    length = (taps + LANES - 1) // LANES * LANES
    positions = u[HEIGHT] * u[WIDTH]
    biases = op[GRADIENT] + u[MAPS] * positions * taps
    for at in range(positions):
        i, j = at // u[WIDTH], at % u[WIDTH]
        for t in range(taps):
            pixel = x[BASE] + patch_of(memory, op, x, i, j, t) * x[STEP]
            for lane in range(LANES):
                memory[scratch[BASE] + lane * length + t] = memory[pixel + lane]
        product(
            memory, u[BASE] + at * u[STEP], positions * u[STEP], 1, memory, scratch[BASE], length,
            g, op[GRADIENT] + at * taps, positions * taps, u[MAPS], LANES, taps,
        )
        for m in range(u[MAPS]):
            pixel = u[BASE] + (m * positions + at) * u[STEP]
            add_run_sum(memory, pixel, 1, LANES, g, biases + m * positions + at)


@jit
def local_backward(memory, w, op, x, u, scratch):
    """dx = each position's du times its own w, added up where patches overlap; then the slope."""
    taps = x[MAPS] * op[KERNEL_HEIGHT] * op[KERNEL_WIDTH]
    positions = u[HEIGHT] * u[WIDTH]
    pixels = x[MAPS] * x[HEIGHT] * x[WIDTH]
    patch = scratch[BASE] + pixels * LANES
    memory[scratch[BASE] : patch] = ZERO
    for at in range(positions):
        i, j = at // u[WIDTH], at % u[WIDTH]
        product(
            w, op[WEIGHT] + at * taps, 1, positions * taps, memory, u[BASE] + at * u[STEP],
            positions * u[STEP], memory, patch, LANES, taps, u[MAPS], LANES,
        )
        for t in range(taps):
            out = scratch[BASE] + patch_of(memory, op, x, i, j, t) * LANES
            for lane in range(LANES):
                memory[out + lane] += memory[patch + t * LANES + lane]
    slope_node(memory, scratch[BASE], x, op[BELOW])
