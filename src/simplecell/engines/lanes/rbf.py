"""Distances to codes.

u[k] = sum over j of (x[j] - code[j,k])^2                                 C14
dx[j] = sum over k of 2 * du[k] * (x[j] - code[j,k])
dcode[j,k] = sum over images of 2 * du[k] * (code[j,k] - x[j])              if codes are learned
"""

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    FAR,
    GRADIENT,
    HEIGHT,
    KIND,
    LANE_COUNT,
    LANES,
    MAPS,
    NODES,
    SCRATCH,
    SOURCE,
    STEP,
    TARGET,
    WEIGHT,
    WIDTH,
    Address,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.squash import ONE, ZERO, slope_node
from simplecell.engines.lanes.vector import fma, load, multiply_add, splat, store

RBF_FORWARD, RBF_GRADIENT, RBF_BACKWARD = range(3)
"""The kinds of instructions of this kernel."""

TWO = Real(2.0)


@jit
def rbf_forward(memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers) -> None:
    """Measure how far x is from each code; codes stand behind the parameters in w.

    u[k] = sum over j of (x[j] - code[j,k])^2
    """
    classes, inputs = u[MAPS], x[MAPS] * x[HEIGHT] * x[WIDTH]
    if x[LANE_COUNT] == LANES:
        for k in range(classes):
            total = splat(1, ZERO)
            for j in range(inputs):
                code = splat(1, -w[op[WEIGHT] + j * classes + k])
                gap = multiply_add(load(1, memory, x[BASE] + j * x[STEP], 0), splat(1, ONE), code)
                total = multiply_add(gap, gap, total)
            store(total, memory, u[BASE] + k * u[STEP], 0)
    else:
        out = memory[u[BASE] : u[BASE] + classes]
        for k in range(classes):
            out[k] = ZERO
        for j in range(inputs):
            code = w[op[WEIGHT] + j * classes : op[WEIGHT] + (j + 1) * classes]
            for k in range(classes):
                gap = memory[x[BASE] + j] - code[k]
                out[k] = fma(gap, gap, out[k])


@jit
def rbf_gradient(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, slot: Floats
) -> None:
    """Gather the delta on codes that are learned, into the pack's own gradient.

    dcode[j,k] += sum over lanes of 2 du[k] (code[j,k] - x[j])
    """
    classes = u[MAPS]
    for j in range(x[MAPS] * x[HEIGHT] * x[WIDTH]):
        for k in range(classes):
            code, total = w[op[WEIGHT] + j * classes + k], ZERO
            for lane in range(x[LANE_COUNT]):
                gap = code - memory[x[BASE] + j * x[STEP] + lane]
                total = fma(TWO * memory[u[BASE] + k * u[STEP] + lane], gap, total)
            slot[op[GRADIENT] + j * classes + k] += total


@jit
def rbf_backward(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers
) -> None:
    """Give the layer below its delta.

    dx[j] = sum over k of 2 du[k] (x[j] - code[j,k]),  du below = f'(u below) * dx
    """
    classes, lanes = u[MAPS], x[LANE_COUNT]
    for j in range(x[MAPS] * x[HEIGHT] * x[WIDTH]):
        at, code, out = x[BASE] + j * x[STEP], op[WEIGHT] + j * classes, scratch[BASE] + j * lanes
        if lanes == LANES:
            total = splat(1, ZERO)
            value = load(1, memory, at, 0)
            for k in range(classes):
                gap = multiply_add(value, splat(1, TWO), splat(1, -TWO * w[code + k]))
                total = multiply_add(load(1, memory, u[BASE] + k * u[STEP], 0), gap, total)
            store(total, memory, out, 0)
        else:
            sum_ = ZERO
            for k in range(classes):
                gap = memory[at] - w[code + k]
                sum_ = fma(TWO * memory[u[BASE] + k], gap, sum_)
            memory[out] = sum_
    slope_node(memory, scratch[BASE], x, op[BELOW])


def rbf(
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
    if kind == RBF_FORWARD:
        rbf_forward(memory, w, op, x, u)
    elif kind == RBF_GRADIENT:
        rbf_gradient(memory, w, op, x, u, slot)
    else:
        rbf_backward(memory, w, op, x, u, scratch)


ENTRY = Entry(rbf)
