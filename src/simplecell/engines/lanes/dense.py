"""Units that read everything below: matrix products on (features, images).

    u[m,n] = sum over k of w[m,k] * x[k,n] + b[m]
    dx[k,n] = sum over m of w[m,k] * du[m,n]                                  D6
    dw[m,k] = sum over n of du[m,n] * x[k,n]       db[m] = sum over n of du   D8, D5

The first two run pack by pack, a vector being sixteen images. The third needs every image of the
batch, and runs once a batch on the transposed x, a vector being sixteen features: no sum across
lanes, and each weight's gradient is written once.
"""

import numpy as np

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    BIAS,
    COLUMNS,
    EXTRA,
    FAR,
    FLAG,
    HEIGHT,
    KIND,
    LANE_COUNT,
    LANES,
    LENGTH,
    MAPS,
    NODES,
    PER_PACK,
    ROW_FIRST,
    ROW_LAST,
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    TARGET,
    WEIGHT,
    WIDTH,
    Address,
    Floats,
    Numbers,
)
from simplecell.engines.lanes.matrix import product, product_turned
from simplecell.engines.lanes.product import add_dots
from simplecell.engines.lanes.shuffle import add_sums, turn_block
from simplecell.engines.lanes.squash import ZERO, copy_run, slope_node, squash_node
from simplecell.engines.lanes.sums import add_run_sum
from simplecell.engines.lanes.vector import splat

DENSE_FORWARD, TURN, DENSE_BACKWARD, DENSE_GRADIENT = range(4)
"""The kinds of instructions of this kernel."""


@jit
def dense_forward(memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers) -> None:
    """Let each unit sum all inputs, then squash.

    u[m,n] = sum over k of w[m,k] * x[k,n] + b[m],  x = f(u)
    """
    inputs, units = x[MAPS] * x[HEIGHT] * x[WIDTH], u[MAPS]
    if x[LANE_COUNT] == LANES:
        product(
            (w, op[WEIGHT], inputs),
            (memory, x[BASE], x[STEP]),
            (memory, u[BASE], u[STEP]),
            units,
            inputs,
            x[LANE_COUNT],
        )
        for m in range(units):
            at = u[BASE] + m * u[STEP]
            for lane in range(LANES):
                memory[at + lane] += w[op[BIAS] + m]
    else:
        dots(w, op[WEIGHT], memory, x[BASE], inputs, memory, u[BASE], units)
        for m in range(units):
            memory[u[BASE] + m] += w[op[BIAS] + m]
    squash_node(memory, u, op[SQUASH])


@jit
def dots(
    w: Floats, w_at: int, x: Floats, x_at: int, inputs: int, u: Floats, u_at: int, units: int
) -> None:
    """Multiply a matrix by one image, which is followed by zeros.

    u[m] = sum over k of w[m,k] * x[k]
    """
    vectors = (inputs + LANES - 1) // LANES
    m = 0
    while m < units:
        if units - m >= 4:
            total = splat(4, ZERO)
            for k in range(vectors):
                total = add_dots(
                    total, w, w_at + m * inputs + k * LANES, inputs, x, x_at + k * LANES
                )
            for r in range(4):
                u[u_at + m + r] = ZERO
            add_sums(total, 1, u, u_at + m, 0)
            m += 4
        else:
            one = splat(1, ZERO)
            for k in range(vectors):
                one = add_dots(one, w, w_at + m * inputs + k * LANES, 0, x, x_at + k * LANES)
            u[u_at + m] = ZERO
            add_sums(one, 1, u, u_at + m, 0)
            m += 1


@jit
def dense_backward(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, scratch: Numbers
) -> None:
    """Give the layer below its delta.

    dx[k,n] = sum over m of w[m,k] * du[m,n],  du below = f'(u below) * dx

    LENGTH is how many weights a unit has: x may be some of its inputs.
    """
    inputs = x[MAPS] * x[HEIGHT] * x[WIDTH]
    if x[LANE_COUNT] == LANES:
        product_turned(
            (w, op[WEIGHT], op[LENGTH]),
            (memory, u[BASE], u[STEP]),
            (memory, scratch[BASE], x[LANE_COUNT]),
            inputs,
            u[MAPS],
            x[LANE_COUNT],
        )
    else:
        product(
            (memory, u[BASE], np.int64(0)),
            (w, op[WEIGHT], op[LENGTH]),
            (memory, scratch[BASE], inputs),
            np.int64(1),
            u[MAPS],
            inputs,
        )
    slope_node(memory, scratch[BASE], x, op[BELOW])


@jit
def turn(memory: Floats, x: Numbers, turned: Numbers) -> None:
    """Copy x to rows by image, features side by side, for `dense_gradient`."""
    inputs = x[MAPS] * x[HEIGHT] * x[WIDTH]
    lanes, out, length = x[LANE_COUNT], turned[BASE], turned[STEP]
    if lanes == LANES:
        whole = inputs // LANES * LANES
        for k in range(0, whole, LANES):
            turn_block(memory, x[BASE] + k * x[STEP], x[STEP], memory, out + k, length)
        for k in range(whole, inputs):
            for lane in range(LANES):
                memory[out + lane * length + k] = memory[x[BASE] + k * x[STEP] + lane]
    else:
        copy_run(memory, x[BASE], out, inputs)


@jit
def dense_gradient(
    memory: Floats, op: Numbers, x: Numbers, u: Numbers, turned: Numbers, g: Floats
) -> None:
    """Give rows ROW_FIRST to ROW_LAST of the weights their gradient, and their biases.

    dw[m,k] = sum over n of du[m,n] * x[k,n],  db[m] = sum over n of du[m,n]

    FLAG says that there are no biases.
    """
    images, first, last = op[COLUMNS], op[ROW_FIRST], op[ROW_LAST]
    inputs = x[MAPS] * x[HEIGHT] * x[WIDTH]
    packed = x[LANE_COUNT] == LANES
    a_row, a_step = np.int64(1), u[PER_PACK]
    dw = op[WEIGHT] + first * inputs
    if packed:
        a_row, a_step = u[STEP], np.int64(1)
        product(
            (memory, u[BASE] + first * a_row, a_row),
            (memory, turned[BASE], turned[STEP]),
            (g, dw, inputs),
            last - first,
            images,
            inputs,
        )
    elif images == 1:
        x_row = memory[turned[BASE] : turned[BASE] + inputs]
        for m in range(first, last):
            start, du = op[WEIGHT] + m * inputs, memory[u[BASE] + m]
            row = g[start : start + inputs]
            for k in range(inputs):
                row[k] = du * x_row[k]
    else:
        product_turned(
            (memory, u[BASE] + first, a_step),
            (memory, turned[BASE], turned[STEP]),
            (g, dw, inputs),
            last - first,
            images,
            inputs,
        )
    if op[FLAG]:
        return
    for m in range(first, last):
        g[op[BIAS] + m] = ZERO
        if packed:
            add_run_sum(
                memory, u[BASE] + m * a_row, images // LANES, x[LANE_COUNT], g, op[BIAS] + m
            )
        else:
            for n in range(images):
                g[op[BIAS] + m] += memory[u[BASE] + m + n * a_step]


def dense(
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
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    scratch, kind = here[op[SCRATCH]], op[KIND]
    if kind == DENSE_FORWARD:
        dense_forward(memory, w, op, x, u)
    elif kind == TURN:
        turn(memory, x, extra)
    elif kind == DENSE_BACKWARD:
        dense_backward(memory, w, op, x, u, scratch)
    else:
        dense_gradient(memory, op, x, u, extra, slot)


ENTRY = Entry(dense)
