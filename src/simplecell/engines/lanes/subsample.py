"""Subsampling: sum each window, one gain, one bias.

    d[c,i,j] = sum over p, q of x[c, nh*i+p, nw*j+q]                          kept for the way down
    u[c,i,j] = w[c] * d[c,i,j] + b[c]                                         D14
    du_below[c, nh*i+p, nw*j+q] = f'(u_below) * w[c] * du[c,i,j]              D10, D11
    dw[c] = sum of du * d        db[c] = sum of du                            E1
"""

from simplecell.engines.lanes.compile import jit
from simplecell.engines.lanes.fields import (
    BASE,
    BELOW,
    BIAS,
    GRADIENT,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    LANE_COUNT,
    LANES,
    MAPS,
    SQUASH,
    STEP,
    WEIGHT,
    WIDTH,
)
from simplecell.engines.lanes.squash import ZERO, slope_run, squash_node
from simplecell.engines.lanes.sums import add_map_dot, add_map_sum


@jit
def window_sums(memory, at, line, step, nh, nw, out, out_step, width, lanes):
    """Sum the windows along one row of windows, lane by lane."""
    if lanes == LANES:
        for j in range(width):
            s, o = at + j * nw * step, out + j * out_step
            for lane in range(LANES):
                memory[o + lane] = memory[s + lane]
            for n in range(1, nh * nw):
                s = at + n // nw * line + (j * nw + n % nw) * step
                for lane in range(LANES):
                    memory[o + lane] += memory[s + lane]
    else:
        for j in range(width):
            total = ZERO
            for p in range(nh):
                for q in range(nw):
                    total += memory[at + p * line + j * nw + q]
            memory[out + j] = total


@jit
def subsample_forward(memory, w, op, x, u, sums):
    """u[c,i,j] = w[c] * (sum of the window) + b[c], then x = f(u)."""
    nh, nw, lanes, height, width = (
        op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT], u[HEIGHT], u[WIDTH],
    )
    line = x[WIDTH] * x[STEP]
    for c in range(u[MAPS]):
        gain, bias = w[op[WEIGHT] + c], w[op[BIAS] + c]
        for i in range(height):
            row = (c * height + i) * width
            d = sums[BASE] + row * lanes
            at = x[BASE] + (c * x[HEIGHT] + i * nh) * line
            window_sums(memory, at, line, x[STEP], nh, nw, d, lanes, width, lanes)
            if u[STEP] == lanes:
                out = u[BASE] + row * lanes
                for n in range(width * lanes):
                    memory[out + n] = gain * memory[d + n] + bias
            else:
                for j in range(width):
                    out = u[BASE] + (row + j) * u[STEP]
                    for lane in range(LANES):
                        memory[out + lane] = gain * memory[d + j * LANES + lane] + bias
    squash_node(memory, u, op[SQUASH])


@jit
def subsample_backward(memory, w, op, x, u, sums, scratch, g, down):
    """Give w and b their gradients and, if `down`, the map below its delta."""
    nh, nw, lanes = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[LANE_COUNT]
    for c in range(u[MAPS]):
        add_map_dot(memory, u, sums, c, g, op[GRADIENT] + c)
        add_map_sum(memory, u, c, g, op[GRADIENT] + u[MAPS] + c)
        if down:
            for i in range(u[HEIGHT]):
                at = u[BASE] + (c * u[HEIGHT] + i) * u[WIDTH] * u[STEP]
                spread_row(memory, at, u[STEP], w[op[WEIGHT] + c], scratch, nw, u[WIDTH], lanes)
                slope_rows(memory, x, c, i * nh, nh, scratch, op[BELOW])


@jit
def spread_row(memory, at, step, gain, scratch, nw, width, lanes):
    """Copy each delta of a row, times the gain, to the nw pixels it came from."""
    out = scratch[BASE]
    if lanes == LANES:
        for j in range(width):
            for q in range(nw):
                o = out + (j * nw + q) * LANES
                for lane in range(LANES):
                    memory[o + lane] = gain * memory[at + j * step + lane]
    else:
        for j in range(width):
            for q in range(nw):
                memory[out + j * nw + q] = gain * memory[at + j]


@jit
def slope_rows(memory, x, c, top, count, scratch, below):
    """Write scratch times the slope over `count` rows of map c, from row `top` on."""
    for p in range(count):
        row = x[BASE] + (c * x[HEIGHT] + top + p) * x[WIDTH] * x[STEP]
        if x[STEP] == x[LANE_COUNT]:
            slope_run(memory, scratch[BASE], row, x[WIDTH] * x[STEP], below)
        else:
            for j in range(x[WIDTH]):
                slope_run(memory, scratch[BASE] + j * LANES, row + j * x[STEP], LANES, below)
