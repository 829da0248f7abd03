"""Losses of a pack: the value, and the delta du of the output layer, written over its x.

    cross entropy   E = log sum_k exp(s[k]) - s[t]             ds = softmax(s) - onehot(t)
    map             E = log(e^-j + sum_k exp(s[k])) - s[t]     the same, rubbish being a class
    mean square     E = u[t]                                   du = onehot(t)
    squared error   E = 1/2 sum_k (y[k] - t[k])^2              du = (y - t) * f'(u)

s is u, or minus the distances of an RBF layer. Deltas are divided by the images of the batch.
Lanes that hold no image get a delta of 0, so nothing of theirs reaches a gradient.

Brief: C14, D1, D2, D3, D7, F
"""

import math
from typing import Any

from simplecell.compile import jit
from simplecell.engines.lanes.layout import (
    BASE,
    CROSS_ENTROPY,
    HEIGHT,
    LANE_COUNT,
    MAPS,
    MEAN_SQUARE,
    SCALED_TANH,
    SOFTMAX,
    SQUARED_ERROR,
    SQUASH,
    STEP,
    TANH,
    WIDTH,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.squash import ONE, ZERO, exp, slope_run
from simplecell.formulas.losses import POSTERIORS

NO_RUBBISH = Real(-3e38)
"""The score of a rubbish class that takes no share."""

LOSS_KINDS = {
    "cross_entropy": CROSS_ENTROPY,
    "mean_square": MEAN_SQUARE,
    "squared_error": SQUARED_ERROR,
    **dict.fromkeys(POSTERIORS, CROSS_ENTROPY),
}
"""Which instruction of the machine carries out each loss."""


@jit
def softmax_node(
    memory: Floats, node: Numbers, factor: Real, rubbish: Real, scratch: Numbers
) -> None:
    """Replace s = factor*u by softmax(s), lane by lane; leave the largest and the sum in scratch.

    `rubbish` is the score of one more class, which takes its share.
    """
    classes, lanes = node[MAPS] * node[HEIGHT] * node[WIDTH], node[LANE_COUNT]
    top, total = scratch[BASE], scratch[BASE] + lanes
    for lane in range(lanes):
        memory[top + lane] = rubbish
    for k in range(classes):
        at = node[BASE] + k * node[STEP]
        for lane in range(lanes):
            memory[top + lane] = max(memory[top + lane], factor * memory[at + lane])
    for lane in range(lanes):
        memory[total + lane] = exp(rubbish - memory[top + lane])
    for k in range(classes):
        at = node[BASE] + k * node[STEP]
        for lane in range(lanes):
            memory[at + lane] = exp(factor * memory[at + lane] - memory[top + lane])
            memory[total + lane] += memory[at + lane]
    for k in range(classes):
        at = node[BASE] + k * node[STEP]
        for lane in range(lanes):
            memory[at + lane] /= memory[total + lane]


@jit
def cross_entropy(
    memory: Floats,
    factor: Real,
    rubbish: Real,
    u: Numbers,
    scratch: Numbers,
    labels: Numbers,
    order: Numbers,
    first: int,
    images: int,
    scale: Real,
) -> float:
    """Give the pack's sum of losses, and each live lane its delta.

    E = log sum_k exp(s[k]) - s[label],  du[k] = factor * scale * (softmax(s)[k] - [k = label])

    The score of rubbish is among the s[k] that are summed; NO_RUBBISH adds nothing.
    """
    classes, lanes = u[MAPS] * u[HEIGHT] * u[WIDTH], u[LANE_COUNT]
    loss = 0.0
    picked = scratch[BASE] + 2 * lanes
    for lane in range(images):
        label = labels[order[first + lane]]
        memory[picked + lane] = factor * memory[u[BASE] + label * u[STEP] + lane]
    softmax_node(memory, u, factor, rubbish, scratch)
    top, total = scratch[BASE], scratch[BASE] + lanes
    for lane in range(images):
        loss += math.log(memory[total + lane]) + memory[top + lane] - memory[picked + lane]
        memory[u[BASE] + labels[order[first + lane]] * u[STEP] + lane] -= ONE
    for k in range(classes):
        at = u[BASE] + k * u[STEP]
        for lane in range(lanes):
            memory[at + lane] = memory[at + lane] * factor * scale if lane < images else ZERO
    return loss


@jit
def mean_square(
    memory: Floats,
    u: Numbers,
    labels: Numbers,
    order: Numbers,
    first: int,
    images: int,
    scale: Real,
) -> float:
    """Give the pack's sum of losses, and each live lane its delta.

    E = u[label],  du[k] = scale * [k = label]
    """
    loss = 0.0
    for k in range(u[MAPS]):
        at = u[BASE] + k * u[STEP]
        for lane in range(u[LANE_COUNT]):
            right = lane < images and labels[order[first + lane]] == k
            if right:
                loss += memory[at + lane]
            memory[at + lane] = scale if right else ZERO
    return loss


@jit
def output_curvature(
    memory: Floats, op: Numbers, u: Numbers, scratch: Numbers, images: int, scale: Real
) -> None:
    """Replace the output layer's values by their curvature: p (1 - p), or f'(u)^2.

    The first is that of cross entropy, p being the softmax of u; the second of squared error.
    """
    classes, lanes = u[MAPS] * u[HEIGHT] * u[WIDTH], u[LANE_COUNT]
    softmax = op[SQUASH] == SOFTMAX
    if softmax:
        softmax_node(memory, u, ONE, NO_RUBBISH, scratch)
    for k in range(classes):
        at = u[BASE] + k * u[STEP]
        if softmax:
            for lane in range(lanes):
                memory[at + lane] *= ONE - memory[at + lane]
        else:
            for lane in range(lanes):
                memory[scratch[BASE] + lane] = ONE
            slope_run(memory, scratch[BASE], at, lanes, op[SQUASH])
            for lane in range(lanes):
                memory[at + lane] *= memory[at + lane]
        for lane in range(lanes):
            memory[at + lane] = memory[at + lane] * scale if lane < images else ZERO


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
