"""Losses of a pack: the value, and the delta du of the output layer, written over its x.

    cross entropy   E = log sum_k exp(s[k]) - s[t]        ds = softmax(s) - onehot(t)
    squared error   E = 1/2 sum_k (y[k] - t[k])^2         du = (y - t) * f'(u)

s is u, or minus the distances of an RBF layer. Deltas are divided by the images of the batch.
Lanes that hold no image get a delta of 0, so nothing of theirs reaches a gradient.

Brief: D1, D2, D3, D7
"""

import math
from typing import Any

from simplecell.compile import jit
from simplecell.engines.lanes.fields import (
    BASE,
    FLAG,
    HEIGHT,
    LANE_COUNT,
    MAPS,
    SCALED_TANH,
    SQUASH,
    STEP,
    TANH,
    WIDTH,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.squash import ONE, ZERO, exp, slope_run


@jit
def softmax_node(memory: Floats, node: Numbers, sign: Real, scratch: Numbers) -> None:
    """Replace s = sign*u by softmax(s), lane by lane; leave the largest and the sum in scratch."""
    classes, lanes = node[MAPS] * node[HEIGHT] * node[WIDTH], node[LANE_COUNT]
    top, total = scratch[BASE], scratch[BASE] + lanes
    for lane in range(lanes):
        memory[top + lane] = sign * memory[node[BASE] + lane]
        memory[total + lane] = ZERO
    for k in range(classes):
        at = node[BASE] + k * node[STEP]
        for lane in range(lanes):
            memory[top + lane] = max(memory[top + lane], sign * memory[at + lane])
    for k in range(classes):
        at = node[BASE] + k * node[STEP]
        for lane in range(lanes):
            memory[at + lane] = exp(sign * memory[at + lane] - memory[top + lane])
            memory[total + lane] += memory[at + lane]
    for k in range(classes):
        at = node[BASE] + k * node[STEP]
        for lane in range(lanes):
            memory[at + lane] /= memory[total + lane]


@jit
def cross_entropy(
    memory: Floats,
    op: Numbers,
    u: Numbers,
    scratch: Numbers,
    labels: Numbers,
    order: Numbers,
    first: int,
    images: int,
    scale: Real,
) -> float:
    """Give the pack's sum of losses, and each live lane its delta.

    E = log sum_k exp(s[k]) - s[label],  du[k] = sign * scale * (softmax(s)[k] - [k = label])
    """
    classes, lanes = u[MAPS] * u[HEIGHT] * u[WIDTH], u[LANE_COUNT]
    sign = Real(op[FLAG])
    loss = 0.0
    picked = scratch[BASE] + 2 * lanes
    for lane in range(images):
        label = labels[order[first + lane]]
        memory[picked + lane] = sign * memory[u[BASE] + label * u[STEP] + lane]
    softmax_node(memory, u, sign, scratch)
    top, total = scratch[BASE], scratch[BASE] + lanes
    for lane in range(images):
        loss += math.log(memory[total + lane]) + memory[top + lane] - memory[picked + lane]
        memory[u[BASE] + labels[order[first + lane]] * u[STEP] + lane] -= ONE
    for k in range(classes):
        at = u[BASE] + k * u[STEP]
        for lane in range(lanes):
            memory[at + lane] = memory[at + lane] * sign * scale if lane < images else ZERO
    return loss


@jit
def squared_error(
    memory: Floats,
    op: Numbers,
    x: Numbers,
    scratch: Numbers,
    labels: Numbers,
    order: Numbers,
    first: int,
    images: int,
    scale: Real,
) -> float:
    """Give the pack's sum of losses, and each live lane its delta.

        E = 1/2 sum_k (y[k] - t[k])^2,  du[k] = scale * (y[k] - t[k]) * f'(u[k])

    t is 1 at the label, and elsewhere 0, or -1 for tanh and scaled tanh.
    """
    classes, lanes = x[MAPS] * x[HEIGHT] * x[WIDTH], x[LANE_COUNT]
    low = -ONE if op[SQUASH] == TANH or op[SQUASH] == SCALED_TANH else ZERO
    loss = 0.0
    for k in range(classes):
        at = x[BASE] + k * x[STEP]
        for lane in range(lanes):
            gap: Any = ZERO
            if lane < images:
                gap = memory[at + lane] - (ONE if labels[order[first + lane]] == k else low)
            loss += 0.5 * gap * gap
            memory[scratch[BASE] + lane] = gap * scale
        slope_run(memory, scratch[BASE], at, lanes, op[SQUASH])
    return loss
