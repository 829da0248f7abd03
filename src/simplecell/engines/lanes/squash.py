"""Squashing functions and their slopes, float32.

    scaled tanh(a) = A * tanh(S*a)      sigmoid(a) = 1/2 + 1/2 * tanh(a/2)

Every slope is a function of x = f(u) alone, so u need not be kept:

    sigmoid x(1-x)    tanh 1-x^2    scaled tanh A*S*(1 - (x/A)^2)    relu x > 0

x is a run of floats, a vector, or a whole node: what `fields` calls the maps of one layer.

Source: LeCun et al. 1998, appendix A (A = 1.7159, S = 2/3).   Brief: C8, F
"""

from typing import Any

import numpy as np

from simplecell.compile import jit
from simplecell.engines.lanes.fields import (
    BASE,
    HEIGHT,
    IDENTITY,
    LANE_COUNT,
    MAPS,
    RELU,
    SCALED_TANH,
    SIGMOID,
    STEP,
    TANH,
    WIDTH,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.vector import (
    fma,
    load,
    multiply,
    multiply_add,
    power_of_two,
    splat,
    store,
    store_live,
    where_positive,
)

A = Real(1.7159)
S = Real(2.0 / 3.0)
LOG2_E = Real(1.4426950408889634)
LN2_HIGH = Real(0.693359375)
LN2_LOW = Real(-2.12194440e-4)
ZERO = Real(0.0)
ONE = Real(1.0)
HALF = Real(0.5)


@jit
def clip(a: Real, low: Real, high: Real) -> Real:
    """Keep a between two bounds; NaN stays NaN."""
    a = low if low > a else a
    return high if high < a else a


@jit
def exp(a: Real) -> Real:
    """Raise e to a, which is 2^n e^r: n the whole number nearest to a/ln 2, e^r by its series."""
    a = clip(a, Real(-87.0), Real(88.0))
    n = np.floor(fma(a, LOG2_E, HALF))
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, a))
    p = fma(Real(1.0 / 5040), r, Real(1.0 / 720))
    p = fma(p, r, Real(1.0 / 120))
    p = fma(p, r, Real(1.0 / 24))
    p = fma(p, r, Real(1.0 / 6))
    p = fma(p, r, HALF)
    p = fma(p, r, ONE)
    p = fma(p, r, ONE)
    value: Real = p * power_of_two(np.int32(n))
    return value


# tanh(a) = a * P(a^2) / Q(a^2) on [-9, 9], least-squares coefficients reweighted towards the
# least maximum; with them the largest relative difference, rounding included, is 3.2e-7.
LIMIT = Real(9.0)
P0, P1, P2 = Real(0.9999999796284362), Real(0.13380981115321966), Real(0.0034955344928530754)
P3, P4 = Real(2.0608184064354077e-05), Real(1.3353412139852605e-08)
Q1, Q2 = Real(0.4671429677369119), Real(0.025876779923577096)
Q3, Q4 = Real(0.0003285546251907222), Real(7.776046756509259e-07)


@jit
def tanh(a: Real) -> Real:
    """Take the hyperbolic tangent: a * P(a^2) / Q(a^2), two polynomials."""
    a = clip(a, -LIMIT, LIMIT)
    z = a * a
    p = fma(fma(fma(fma(P4, z, P3), z, P2), z, P1), z, P0)
    q = fma(fma(fma(fma(Q4, z, Q3), z, Q2), z, Q1), z, ONE)
    quotient: Real = a * p / q
    return quotient


@jit
def squash_run(memory: Floats, at: int, count: int, squash: int) -> None:
    """Replace u by x = f(u) in a run of floats."""
    x = memory[at : at + count]
    if squash == SCALED_TANH:
        for n in range(count):
            x[n] = A * tanh(S * x[n])
    elif squash == TANH:
        for n in range(count):
            x[n] = tanh(x[n])
    elif squash == SIGMOID:
        for n in range(count):
            x[n] = HALF + HALF * tanh(HALF * x[n])
    elif squash == RELU:
        for n in range(count):
            x[n] = max(x[n], ZERO)


@jit
def slope_run(memory: Floats, dx_at: int, x_at: int, count: int, squash: int) -> None:
    """Replace x by the delta du = dx * f'(u), in a run of floats."""
    dx = memory[dx_at : dx_at + count]
    x = memory[x_at : x_at + count]
    if squash == SCALED_TANH:
        for n in range(count):
            x[n] = dx[n] * (A * S - (S / A) * x[n] * x[n])
    elif squash == TANH:
        for n in range(count):
            x[n] = dx[n] * (ONE - x[n] * x[n])
    elif squash == SIGMOID:
        for n in range(count):
            x[n] = dx[n] * (x[n] * (ONE - x[n]))
    elif squash == RELU:
        for n in range(count):
            x[n] = dx[n] if x[n] > ZERO else ZERO
    else:
        for n in range(count):
            x[n] = dx[n]


@jit
def slope_of(x: Any, squash: int) -> Any:
    """Give f'(u) for a vector of x = f(u)."""
    if squash == SCALED_TANH:
        return multiply_add(multiply(x, splat(1, -S / A)), x, splat(1, A * S))
    if squash == TANH:
        return multiply_add(multiply(x, splat(1, -ONE)), x, splat(1, ONE))
    if squash == SIGMOID:
        return multiply_add(multiply(x, splat(1, -ONE)), x, x)
    if squash == RELU:
        return where_positive(x, splat(1, ONE))
    return splat(1, ONE)


@jit
def slope_vector(memory: Floats, at: int, dx: Any, squash: int) -> None:
    """Replace the vector x at `at` by du = dx * f'(u)."""
    store(multiply(dx, slope_of(load(1, memory, at, 0), squash)), memory, at, 0)


@jit
def slope_live(memory: Floats, at: int, dx: Any, live: int, squash: int) -> None:
    """Replace the first `live` floats at `at` by du = dx * f'(u)."""
    store_live(multiply(dx, slope_of(load(1, memory, at, 0), squash)), memory, at, 0, live)


@jit
def copy_run(memory: Floats, source: int, target: int, count: int) -> None:
    """Copy a run of floats to another place, the two not overlapping."""
    x, y = memory[source : source + count], memory[target : target + count]
    for n in range(count):
        y[n] = x[n]


@jit
def runs(node: Numbers) -> tuple[int, int]:
    """Give how many floats stand together in a node, and how many such runs there are."""
    pixels = node[MAPS] * node[HEIGHT] * node[WIDTH]
    if node[STEP] == node[LANE_COUNT]:
        return pixels * node[STEP], 1
    return node[LANE_COUNT], pixels


@jit
def squash_node(memory: Floats, node: Numbers, squash: int) -> None:
    """Replace u by x = f(u) in a whole node."""
    if squash != IDENTITY:
        length, count = runs(node)
        for r in range(count):
            squash_run(memory, node[BASE] + r * node[STEP], length, squash)


@jit
def slope_node(memory: Floats, dx_at: int, node: Numbers, squash: int) -> None:
    """Replace x by du = dx * f'(u) in a whole node, dx standing without gaps."""
    length, count = runs(node)
    for r in range(count):
        slope_run(memory, dx_at + r * length, node[BASE] + r * node[STEP], length, squash)
