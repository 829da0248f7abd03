"""Squashing functions and their slopes, float32.

    scaled tanh(u) = A * tanh(S*u)      sigmoid(u) = 1/2 + 1/2 * tanh(u/2)
    softplus(u) = max(u, 0) + log(1 + e^-|u|), which cannot overflow

Every slope is a function of x = f(u) alone, so u need not be kept:

    sigmoid x(1-x)    tanh 1-x^2    scaled tanh A*S*(1 - (x/A)^2)
    relu 1 or 0       leaky relu 1 or a       elu 1 or x + a      softplus 1 - e^-x

where of two the first is meant for x > 0. `squash_run` has what f is, `slope_of` what f' is, and
nothing else knows either. A parameter a comes with the word that names the function, from
`fields.squash_word`: kernels are compiled once for all its values.

x is a run of floats, a vector, or a whole node: what `layout` calls the maps of one layer.

Source: LeCun et al. 1998, appendix A (A = 1.7159, S = 2/3).   Brief: C8, F
"""

from typing import Any

import numpy as np

from simplecell.compile import jit
from simplecell.engines.lanes.layout import (
    BASE,
    CODE_BITS,
    ELU,
    HEIGHT,
    IDENTITY,
    LANE_COUNT,
    LANES,
    LEAKY_RELU,
    MAPS,
    RELU,
    SCALED_TANH,
    SIGMOID,
    SOFTPLUS,
    STEP,
    TANH,
    WIDTH,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.vector import (
    float_of_bits,
    floor,
    fma,
    largest,
    like,
    load,
    load_live,
    multiply,
    multiply_add,
    power_of_two,
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
LEAST_POWER = Real(-87.0)
"""e to this is hardly more than the smallest float that has all its digits."""


@jit
def clip(a: Real, low: Real, high: Real) -> Real:
    """Keep a between two bounds; NaN stays NaN."""
    a = low if low > a else a
    return high if high < a else a


@jit
def exp(a: Real) -> Real:
    """Raise e to a, which is 2^n e^r: n the whole number nearest to a/ln 2, e^r by its series."""
    a = clip(a, LEAST_POWER, Real(88.0))
    n = np.floor(fma(a, LOG2_E, HALF))
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, a))
    p = fma(Real(1.0 / 5040), r, Real(1.0 / 720))
    p = fma(p, r, Real(1.0 / 120))
    p = fma(p, r, Real(1.0 / 24))
    p = fma(p, r, Real(1.0 / 6))
    p = fma(p, r, HALF)
    p = fma(p, r, ONE)
    p = fma(p, r, ONE)
    value: Real = p * power_of_two(n)
    return value


@jit
def exp_below(a: Any) -> Any:
    """Give e^a - 1, a a float or a tile, not above 0: 2^n (e^r - 1) + (2^n - 1), as in `exp`.

    Near 0, where n is 0, no digit of a is lost.
    """
    # The largest, and not the smallest: `largest` keeps NaN.
    a = largest(a, like(a, LEAST_POWER))
    n = floor(multiply_add(a, like(a, LOG2_E), like(a, HALF)))
    r = multiply_add(n, like(a, -LN2_HIGH), a)
    r = multiply_add(n, like(a, -LN2_LOW), r)
    p = multiply_add(like(a, Real(1.0 / 5040)), r, like(a, Real(1.0 / 720)))
    p = multiply_add(p, r, like(a, Real(1.0 / 120)))
    p = multiply_add(p, r, like(a, Real(1.0 / 24)))
    p = multiply_add(p, r, like(a, Real(1.0 / 6)))
    p = multiply_add(p, r, like(a, HALF))
    p = multiply_add(multiply(p, r), r, r)
    power = power_of_two(n)
    return multiply_add(power, p, multiply_add(power, like(a, ONE), like(a, -ONE)))


@jit
def log_above(t: Real) -> Real:
    """Give log(1 + t), t from 0 to 1: 2 artanh(s) by its series, s = t / (2 + t) at most 1/3."""
    s = t / (Real(2.0) + t)
    z = s * s
    p = fma(Real(2.0 / 15), z, Real(2.0 / 13))
    p = fma(p, z, Real(2.0 / 11))
    p = fma(p, z, Real(2.0 / 9))
    p = fma(p, z, Real(2.0 / 7))
    p = fma(p, z, Real(2.0 / 5))
    p = fma(p, z, Real(2.0 / 3))
    value: Real = fma(p * z, s, Real(2.0) * s)
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
def parameter_of(squash: int) -> Real:
    """Read the parameter in a squashing function's word."""
    value: Real = float_of_bits(squash >> CODE_BITS)
    return value


@jit
def code_of(squash: int) -> int:
    """Read the function's code in its word."""
    return squash & ((1 << CODE_BITS) - 1)


@jit
def squash_run(memory: Floats, at: int, count: int, squash: int) -> None:
    """Replace u by x = f(u) in a run of floats."""
    x, code, a = memory[at : at + count], code_of(squash), parameter_of(squash)
    if code == SCALED_TANH:
        for n in range(count):
            x[n] = A * tanh(S * x[n])
    elif code == TANH:
        for n in range(count):
            x[n] = tanh(x[n])
    elif code == SIGMOID:
        for n in range(count):
            x[n] = HALF + HALF * tanh(HALF * x[n])
    elif code == RELU:
        for n in range(count):
            x[n] = max(x[n], ZERO)
    elif code == LEAKY_RELU:
        for n in range(count):
            x[n] = x[n] if x[n] > ZERO else a * x[n]
    elif code == ELU:
        for n in range(count):
            x[n] = x[n] if x[n] > ZERO else a * exp_below(x[n])
    elif code == SOFTPLUS:
        for n in range(count):
            x[n] = (x[n] if x[n] > ZERO else ZERO) + log_above(exp(-abs(x[n])))


@jit
def slope_of(x: Any, squash: int) -> Any:
    """Give f'(u), where x = f(u) is a float or a tile."""
    code, one = code_of(squash), like(x, ONE)
    if code == SCALED_TANH:
        return multiply_add(multiply(x, like(x, -S / A)), x, like(x, A * S))
    if code == RELU:
        return where_positive(x, one, like(x, ZERO))
    if code == TANH:
        return multiply_add(multiply(x, like(x, -ONE)), x, one)
    if code == SIGMOID:
        return multiply_add(multiply(x, like(x, -ONE)), x, x)
    if code == LEAKY_RELU:
        return where_positive(x, one, like(x, parameter_of(squash)))
    if code == ELU:
        below = multiply_add(x, one, like(x, parameter_of(squash)))
        return where_positive(x, one, below)
    if code == SOFTPLUS:
        minus = like(x, -ONE)
        return multiply(exp_below(multiply(x, minus)), minus)
    return one


@jit
def slope_run(memory: Floats, dx_at: int, x_at: int, count: int, squash: int) -> None:
    """Replace x by the delta du = dx * f'(u), in a run of floats."""
    # A constant is compiled into the loop, so that none of it asks which function it is. Those
    # that are asked for most get a loop of their own; the parameter of the others is in the word.
    if squash == SCALED_TANH:
        slope_loop(memory, dx_at, x_at, count, SCALED_TANH)
    elif squash == RELU:
        slope_loop(memory, dx_at, x_at, count, RELU)
    elif squash == TANH:
        slope_loop(memory, dx_at, x_at, count, TANH)
    elif squash == IDENTITY:
        slope_loop(memory, dx_at, x_at, count, IDENTITY)
    else:
        slope_loop(memory, dx_at, x_at, count, squash)


@jit
def slope_loop(memory: Floats, dx_at: int, x_at: int, count: int, squash: int) -> None:
    """Do what `slope_run` does."""
    whole = count // LANES * LANES
    for n in range(0, whole, LANES):
        slope_vector(memory, x_at + n, load(1, memory, dx_at + n, 0), squash)
    if whole < count:
        live = count - whole
        dx, x = load_live(memory, dx_at + whole, live), load_live(memory, x_at + whole, live)
        store_live(multiply(dx, slope_of(x, squash)), memory, x_at + whole, 0, live)


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
