"""Pooling with channels last: windows side by side, a vector being sixteen maps.

mean   u = mean of the window          its delta goes back in equal parts
max    u = largest of the window       its delta goes to the first cell that is largest
"""

from typing import Any

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    FACTS,
    FAR,
    FLAG,
    HEIGHT,
    IDENTITY,
    IMAGES,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    KIND,
    LANES,
    MAPS,
    NODES,
    SOURCE,
    SQUASH,
    TARGET,
    WIDTH,
    Address,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.pool import to_largest, window_largest
from simplecell.engines.lanes.product import add_products
from simplecell.engines.lanes.squash import ONE, ZERO, slope_vector, squash_run
from simplecell.engines.lanes.vector import like, load, multiply, splat, store

FORWARD, BACKWARD = range(2)
"""The kinds of instructions of this kernel."""


@jit
def window_mean(memory: Floats, at: int, line: int, step: int, nh: int, nw: int) -> Any:
    """Take the mean of a window, map by map."""
    total = splat(1, ZERO)
    for p in range(nh):
        for q in range(nw):
            total = add_products(total, ONE, memory, at + p * line + q * step, 0)
    return multiply(total, like(total, ONE / Real(nh * nw)))


@jit
def share_mean(
    memory: Floats, at: int, line: int, step: int, nh: int, nw: int, du: int, below: int
) -> None:
    """Replace a window: equal parts of du, times the slope."""
    delta = load(1, memory, du, 0)
    part = multiply(delta, like(delta, ONE / Real(nh * nw)))
    for p in range(nh):
        for q in range(nw):
            slope_vector(memory, at + p * line + q * step, part, below)


@jit
def pass_windows(
    memory: Floats, op: Numbers, x: Numbers, u: Numbers, images: int, forward: bool
) -> None:
    """Go through all windows of all images: up, or down."""
    nh, nw, maps, width = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], x[MAPS], u[WIDTH]
    line, largest, below = x[WIDTH] * maps, op[FLAG], op[BELOW]
    for row in range(images * u[HEIGHT]):
        for j in range(width):
            for c in range(0, maps, LANES):
                at = x[BASE] + row * nh * line + j * nw * maps + c
                to = u[BASE] + (row * width + j) * maps + c
                if not forward and largest:
                    to_largest(memory, at, line, maps, nh, nw, to, below)
                elif not forward:
                    share_mean(memory, at, line, maps, nh, nw, to, below)
                elif largest:
                    store(window_largest(memory, at, line, maps, nh, nw), memory, to, 0)
                else:
                    store(window_mean(memory, at, line, maps, nh, nw), memory, to, 0)


def channelpool(
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
    memory = carray(memory, FAR)
    op, here = carray(op, FAR), carray(here, NODES)
    x, u, images = here[op[SOURCE]], here[op[TARGET]], here[FACTS, IMAGES]
    forward = op[KIND] == FORWARD
    pass_windows(memory, op, x, u, images, forward)
    if forward and op[SQUASH] != IDENTITY:
        squash_run(memory, u[BASE], images * u[HEIGHT] * u[WIDTH] * u[MAPS], op[SQUASH])


ENTRY = Entry(channelpool)
