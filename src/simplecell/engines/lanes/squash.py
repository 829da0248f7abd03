"""Squashing functions and their slopes, float32.

    scaled tanh(a) = A * tanh(S*a)      sigmoid(a) = 1/2 + 1/2 * tanh(a/2)

Every slope is a function of x = f(u) alone, so u need not be kept:

    sigmoid x(1-x)    tanh 1-x^2    scaled tanh A*S*(1 - (x/A)^2)    relu x > 0

Source: LeCun et al. 1998, appendix A (A = 1.7159, S = 2/3).   Brief: C8, F
"""

import numpy as np

from simplecell.engines.lanes.compile import jit
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

F = np.float32
A = F(1.7159)
S = F(2.0 / 3.0)
LOG2_E = F(1.4426950408889634)
LN2_HIGH = F(0.693359375)
LN2_LOW = F(-2.12194440e-4)
ZERO = F(0.0)
ONE = F(1.0)
HALF = F(0.5)


@jit
def clip(a, low, high):
    """Keep a between two bounds; NaN stays NaN."""
    a = low if low > a else a
    return high if high < a else a


@jit
def exp(a):
    """Raise e to a: 2**n * exp(r), n the nearest whole number to a/ln 2, r by its series."""
    a = clip(a, F(-87.0), F(88.0))
    n = np.floor(fma(a, LOG2_E, HALF))
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, a))
    p = fma(F(1.0 / 5040), r, F(1.0 / 720))
    p = fma(p, r, F(1.0 / 120))
    p = fma(p, r, F(1.0 / 24))
    p = fma(p, r, F(1.0 / 6))
    p = fma(p, r, HALF)
    p = fma(p, r, ONE)
    p = fma(p, r, ONE)
    return p * power_of_two(np.int32(n))


# tanh(a) = a * P(a^2) / Q(a^2) on [-9, 9], least-squares coefficients reweighted towards the
# least maximum; with them the largest relative difference, rounding included, is 3.2e-7.
LIMIT = F(9.0)
P0, P1, P2 = F(0.9999999796284362), F(0.13380981115321966), F(0.0034955344928530754)
P3, P4 = F(2.0608184064354077e-05), F(1.3353412139852605e-08)
Q1, Q2 = F(0.4671429677369119), F(0.025876779923577096)
Q3, Q4 = F(0.0003285546251907222), F(7.776046756509259e-07)


@jit
def tanh(a):
    """Take the hyperbolic tangent, by a quotient of two polynomials in a^2."""
    a = clip(a, -LIMIT, LIMIT)
    z = a * a
    p = fma(fma(fma(fma(P4, z, P3), z, P2), z, P1), z, P0)
    q = fma(fma(fma(fma(Q4, z, Q3), z, Q2), z, Q1), z, ONE)
    return a * p / q


@jit
def squash_run(memory, at, count, squash):
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
def slope_run(memory, dx_at, x_at, count, squash):
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
def slope_of(x, squash):
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
def slope_vector(memory, at, dx, squash):
    """Replace the vector x at `at` by du = dx * f'(u)."""
    store(multiply(dx, slope_of(load(1, memory, at, 0), squash)), memory, at, 0)


@jit
def slope_live(memory, at, dx, live, squash):
    """The same for the first `live` floats of a vector."""
    store_live(multiply(dx, slope_of(load(1, memory, at, 0), squash)), memory, at, 0, live)


@jit
def copy_run(memory, source, target, count):
    """Copy a run of floats to another place, the two not overlapping."""
    x, y = memory[source : source + count], memory[target : target + count]
    for n in range(count):
        y[n] = x[n]


@jit
def runs(node):
    """Give how many floats stand together in a node, and how many such runs there are."""
    pixels = node[MAPS] * node[HEIGHT] * node[WIDTH]
    if node[STEP] == node[LANE_COUNT]:
        return pixels * node[STEP], 1
    return node[LANE_COUNT], pixels


@jit
def squash_node(memory, node, squash):
    """Replace u by x = f(u) in a whole node."""
    if squash != IDENTITY:
        length, count = runs(node)
        for r in range(count):
            squash_run(memory, node[BASE] + r * node[STEP], length, squash)


@jit
def slope_node(memory, dx_at, node, squash):
    """Replace x by du = dx * f'(u) in a whole node, dx standing without gaps."""
    length, count = runs(node)
    for r in range(count):
        slope_run(memory, dx_at + r * length, node[BASE] + r * node[STEP], length, squash)
