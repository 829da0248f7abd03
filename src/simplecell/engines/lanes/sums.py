"""Sums over pixels and lanes, in one fixed order: vector by vector, lanes last, then the rest."""

from simplecell.compile import jit
from simplecell.engines.lanes.layout import (
    BASE,
    HEIGHT,
    LANE_COUNT,
    LANES,
    STEP,
    WIDTH,
    Floats,
    Numbers,
    Whole,
)
from simplecell.engines.lanes.product import add_dots, add_products
from simplecell.engines.lanes.shuffle import add_sums
from simplecell.engines.lanes.squash import ONE, ZERO
from simplecell.engines.lanes.vector import load, load_live, multiply_add, splat


@jit
def add_run_sum(memory: Floats, at: int, count: Whole, step: Whole, g: Floats, g_at: int) -> None:
    """Add the sum of `count` vectors, `step` apart, to g[g_at]."""
    four, one = splat(4, ZERO), splat(1, ZERO)
    whole = count // 4 * 4
    for n in range(0, whole, 4):
        four = add_products(four, ONE, memory, at + n * step, step)
    for n in range(whole, count):
        one = add_products(one, ONE, memory, at + n * step, step)
    add_sums(four, 4, g, g_at, 0)
    add_sums(one, 1, g, g_at, 0)


@jit
def add_run_dot(
    memory: Floats,
    a_at: int,
    a_step: int,
    b_at: int,
    b_step: int,
    count: int,
    g: Floats,
    g_at: int,
) -> None:
    """Add the sum of products of `count` pairs of vectors to g[g_at]."""
    even, odd = splat(1, ZERO), splat(1, ZERO)
    for n in range(0, count - 1, 2):
        even = add_dots(even, memory, a_at + n * a_step, 0, memory, b_at + n * b_step)
        odd = add_dots(odd, memory, a_at + (n + 1) * a_step, 0, memory, b_at + (n + 1) * b_step)
    if count % 2:
        n = count - 1
        even = add_dots(even, memory, a_at + n * a_step, 0, memory, b_at + n * b_step)
    add_sums(even, 1, g, g_at, 0)
    add_sums(odd, 1, g, g_at, 0)


@jit
def add_map_sum(memory: Floats, node: Numbers, m: int, g: Floats, g_at: int) -> None:
    """Add the sum of map m, all pixels and lanes, to g[g_at]."""
    pixels = node[HEIGHT] * node[WIDTH]
    at = node[BASE] + m * pixels * node[STEP]
    if node[LANE_COUNT] == LANES:
        add_run_sum(memory, at, pixels, node[STEP], g, g_at)
    else:
        total = splat(1, ZERO)
        for n in range(0, pixels, LANES):
            part = load_live(memory, at + n, min(LANES, pixels - n))
            total = multiply_add(part, splat(1, ONE), total)
        add_sums(total, 1, g, g_at, 0)


@jit
def add_map_dot(memory: Floats, a: Numbers, b: Numbers, m: int, g: Floats, g_at: int) -> None:
    """Add the sum of products of two nodes' map m to g[g_at]."""
    pixels = a[HEIGHT] * a[WIDTH]
    a_at = a[BASE] + m * pixels * a[STEP]
    b_at = b[BASE] + m * pixels * b[STEP]
    if a[LANE_COUNT] == LANES:
        add_run_dot(memory, a_at, a[STEP], b_at, b[STEP], pixels, g, g_at)
    else:
        total = splat(1, ZERO)
        for n in range(0, pixels, LANES):
            part = load_live(memory, a_at + n, min(LANES, pixels - n))
            total = multiply_add(part, load(1, memory, b_at + n, 0), total)
        add_sums(total, 1, g, g_at, 0)
