"""Distances to codes.

    u[k] = sum over j of (x[j] - code[j,k])^2                                 C14
    dx[j] = sum over k of 2 * du[k] * (x[j] - code[j,k])
"""

from simplecell.engines.lanes.compile import jit
from simplecell.engines.lanes.fields import (
    BASE,
    BELOW,
    HEIGHT,
    LANE_COUNT,
    LANES,
    MAPS,
    STEP,
    WEIGHT,
    WIDTH,
)
from simplecell.engines.lanes.squash import ZERO, F, slope_node

TWO = F(2.0)


@jit
def rbf_forward(memory, w, op, x, u):
    """u[k] = sum over j of (x[j] - code[j,k])^2; codes stand behind the parameters in w."""
    classes, lanes = u[MAPS], x[LANE_COUNT]
    for k in range(classes):
        for lane in range(lanes):
            memory[u[BASE] + k * u[STEP] + lane] = ZERO
    for j in range(x[MAPS] * x[HEIGHT] * x[WIDTH]):
        at, code = x[BASE] + j * x[STEP], op[WEIGHT] + j * classes
        for k in range(classes):
            out = u[BASE] + k * u[STEP]
            if lanes == LANES:
                for lane in range(LANES):
                    gap = memory[at + lane] - w[code + k]
                    memory[out + lane] += gap * gap
            else:
                gap = memory[at] - w[code + k]
                memory[out] += gap * gap


@jit
def rbf_backward(memory, w, op, x, u, scratch):
    """dx[j] = sum over k of 2 du[k] (x[j] - code[j,k]), times the slope of the layer below."""
    classes, lanes = u[MAPS], x[LANE_COUNT]
    for j in range(x[MAPS] * x[HEIGHT] * x[WIDTH]):
        at, code, out = x[BASE] + j * x[STEP], op[WEIGHT] + j * classes, scratch[BASE] + j * lanes
        for lane in range(lanes):
            total = ZERO
            for k in range(classes):
                gap = memory[at + lane] - w[code + k]
                total += TWO * memory[u[BASE] + k * u[STEP] + lane] * gap
            memory[out + lane] = total
    slope_node(memory, scratch[BASE], x, op[BELOW])
