"""Squaring: what curvature does between two layers, beside the kernels of gradients.

Curvature goes down as deltas do, squared: every weight, value and slope enters by its square.
So the kernels of gradients carry it, given squares; these prepare them:

    square   y = x^2                            what a layer's own curvature is gathered with
    slopes   s = f'(u)^2 / area                 from x = f(u); area is 1, but of a mean it shares
    times    hu = s * hx
    rbf      hx[j] = sum over k of 2 du[k]      of distances, which bend by themselves
             hcode[j,k] = 2 du[k]               if codes are learned

Source: LeCun et al. 1998, appendix C; `formulas/*_curvature`.   Brief: F
"""

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    EXTRA,
    FAR,
    FLAG,
    GRADIENT,
    HEIGHT,
    KIND,
    LANE_COUNT,
    MAPS,
    NODES,
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
from simplecell.engines.lanes.squash import ONE, ZERO, slope_run

SQUARE, SLOPES, TIMES, RBF_CURVATURE = range(4)
"""The kinds of instructions of this kernel."""

TWO = Real(2.0)


@jit
def square(memory: Floats, x: Numbers, y: Numbers) -> None:
    """Give y = x^2; the two may be one."""
    for k in range(x[MAPS] * x[HEIGHT] * x[WIDTH]):
        at, out = x[BASE] + k * x[STEP], y[BASE] + k * y[STEP]
        for lane in range(x[LANE_COUNT]):
            memory[out + lane] = memory[at + lane] * memory[at + lane]


@jit
def slopes(memory: Floats, x: Numbers, s: Numbers, squash: int, area: Real) -> None:
    """Give s = f'(u)^2 / area from x = f(u)."""
    lanes = x[LANE_COUNT]
    for k in range(x[MAPS] * x[HEIGHT] * x[WIDTH]):
        at, out = x[BASE] + k * x[STEP], s[BASE] + k * s[STEP]
        for lane in range(lanes):
            memory[out + lane] = memory[at + lane]
        # slope_run replaces x by dx * f'(u); dx is 1, and stands behind x.
        for lane in range(lanes):
            memory[out + lanes + lane] = ONE
        slope_run(memory, out + lanes, out, lanes, squash)
        for lane in range(lanes):
            memory[out + lane] *= memory[out + lane] / area


@jit
def times(memory: Floats, s: Numbers, h: Numbers) -> None:
    """Replace hx by hu = s * hx."""
    for k in range(h[MAPS] * h[HEIGHT] * h[WIDTH]):
        at, out = s[BASE] + k * s[STEP], h[BASE] + k * h[STEP]
        for lane in range(h[LANE_COUNT]):
            memory[out + lane] *= memory[at + lane]


@jit
def rbf_curvature(memory: Floats, op: Numbers, x: Numbers, du: Numbers, slot: Floats) -> None:
    """Replace features by their curvature; gather that of codes, if they are learned."""
    classes = du[MAPS]
    for j in range(x[MAPS] * x[HEIGHT] * x[WIDTH]):
        at = x[BASE] + j * x[STEP]
        for lane in range(x[LANE_COUNT]):
            memory[at + lane] = ZERO
        for k in range(classes):
            for lane in range(x[LANE_COUNT]):
                bent = TWO * memory[du[BASE] + k * du[STEP] + lane]
                memory[at + lane] += bent
                if op[FLAG]:
                    slot[op[GRADIENT] + j * classes + k] += bent


def squaring(
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
    memory, slot = carray(memory, FAR), carray(slot, FAR)
    op, here = carray(op, FAR), carray(here, NODES)
    source, target, kind = here[op[SOURCE]], here[op[TARGET]], op[KIND]
    if kind == SQUARE:
        square(memory, source, target)
    elif kind == SLOPES:
        slopes(memory, source, target, op[SQUASH], Real(op[EXTRA]))
    elif kind == RBF_CURVATURE:
        rbf_curvature(memory, op, source, target, slot)
    else:
        times(memory, source, target)


ENTRY = Entry(squaring)
