"""Sums over pixels and lanes, in one fixed order: vector by vector, lanes last, then the rest."""

from simplecell.engines.lanes.compile import jit
from simplecell.engines.lanes.fields import BASE, HEIGHT, LANE_COUNT, LANES, STEP, WIDTH
from simplecell.engines.lanes.squash import ONE, ZERO
from simplecell.engines.lanes.vector import add_dots, add_products, add_sums, splat


@jit
def add_run_sum(memory, at, count, step, g, g_at):
    """Add the sum of `count` vectors, `step` apart, to g[g_at]."""
    total = splat(1, ZERO)
    for n in range(count):
        total = add_products(total, ONE, memory, at + n * step, step)
    add_sums(total, 1, g, g_at, 0)


@jit
def add_run_dot(memory, a_at, a_step, b_at, b_step, count, g, g_at):
    """Add the sum of products of `count` pairs of vectors to g[g_at]."""
    total = splat(1, ZERO)
    for n in range(count):
        total = add_dots(total, memory, a_at + n * a_step, 0, memory, b_at + n * b_step)
    add_sums(total, 1, g, g_at, 0)


@jit
def add_map_sum(memory, node, m, g, g_at):
    """Add the sum of map m, all pixels and lanes, to g[g_at]."""
    pixels = node[HEIGHT] * node[WIDTH]
    at = node[BASE] + m * pixels * node[STEP]
    if node[LANE_COUNT] == LANES:
        add_run_sum(memory, at, pixels, node[STEP], g, g_at)
    else:
        whole = pixels // LANES
        add_run_sum(memory, at, whole, LANES, g, g_at)
        for n in range(whole * LANES, pixels):
            g[g_at] += memory[at + n]


@jit
def add_map_dot(memory, a, b, m, g, g_at):
    """Add the sum of products of two nodes' map m to g[g_at]."""
    pixels = a[HEIGHT] * a[WIDTH]
    a_at = a[BASE] + m * pixels * a[STEP]
    b_at = b[BASE] + m * pixels * b[STEP]
    if a[LANE_COUNT] == LANES:
        add_run_dot(memory, a_at, a[STEP], b_at, b[STEP], pixels, g, g_at)
    else:
        whole = pixels // LANES
        add_run_dot(memory, a_at, LANES, b_at, LANES, whole, g, g_at)
        for n in range(whole * LANES, pixels):
            g[g_at] += memory[a_at + n] * memory[b_at + n]
