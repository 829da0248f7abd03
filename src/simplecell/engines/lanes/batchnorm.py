"""Batch normalisation: packs count their own, meet, and go on with what all have counted.

    m[c], v[c]  mean and variance of x[c] over the batch, n numbers        d = x - m
    u = w / sqrt(v + e) * d + b                                            on the way up
    db = sum du        dw = sum du * d / sqrt(v + e)                       on the way down
    dx = w / sqrt(v + e) * (du - db / n - d * sum(du * d) / (n * (v + e)))

A pack takes its own mean first and its squares from there, since a sum of squares would lose all
digits where the mean is large; it writes both to its row of the ledger. After the meeting, each
thread joins the rows in the order of the packs, in float64 (Chan, Golub, LeVeque 1979), so how
many threads there are changes no bit. The thread of the first pack moves the running statistics.

In use, the running statistics take the place of the batch's, and nobody meets.

Source: Ioffe, Szegedy 2015.
"""

import math

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    BIAS,
    CONSTANTS,
    EXTRA,
    FACTS,
    FAR,
    FIRST,
    FLAG,
    GRADIENT,
    HEIGHT,
    KIND,
    LANE_COUNT,
    LANES,
    LEDGER,
    MAPS,
    MEAN,
    NODES,
    PER_PACK,
    PLACE,
    RELU,
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    TARGET,
    TOTAL,
    VARIANCE,
    WEIGHT,
    WIDTH,
    Address,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.squash import ONE, ZERO, slope_run, slope_vector, squash_run
from simplecell.engines.lanes.vector import (
    largest,
    load,
    load_live,
    multiply,
    multiply_add,
    splat,
    store,
)

NORM_COUNT, NORM_FORWARD, NORM_SUMS, NORM_BACKWARD, NORM_USED, NORM_USED_BACK = range(6)
"""The kinds of instructions of this kernel."""
COLUMNS = 4
"""What a row of the ledger, and what a thread makes of all rows, says of each map: mean and
squares, sums of du and of du * d; mean, 1 / sqrt(v + e), and the two means that are taken off."""


@jit
def live_lanes(memory: Floats, at: int, images: int) -> None:
    """Write 1 for the lanes that hold an image, and 0 for the others."""
    for lane in range(LANES):
        memory[at + lane] = ONE if lane < images else ZERO


@jit
def lanes_sum(memory: Floats, at: int) -> float:
    """Add sixteen floats, in float64."""
    total = 0.0
    for lane in range(LANES):
        total += memory[at + lane]
    return total


@jit
def total_of(memory: Floats, at: int, step: int, count: int, live: int, work: int) -> float:
    """Sum `count` vectors, the live lanes only."""
    mask = load(1, memory, live, 0)
    a, b, c, d = splat(1, ZERO), splat(1, ZERO), splat(1, ZERO), splat(1, ZERO)
    whole = count // 4 * 4
    for n in range(0, whole, 4):
        here = at + n * step
        a = multiply_add(load(1, memory, here, 0), mask, a)
        b = multiply_add(load(1, memory, here + step, 0), mask, b)
        c = multiply_add(load(1, memory, here + 2 * step, 0), mask, c)
        d = multiply_add(load(1, memory, here + 3 * step, 0), mask, d)
    for n in range(whole, count):
        a = multiply_add(load(1, memory, at + n * step, 0), mask, a)
    one = splat(1, ONE)
    store(multiply_add(multiply_add(a, one, b), one, multiply_add(c, one, d)), memory, work, 0)
    return lanes_sum(memory, work)


@jit
def squares_of(
    memory: Floats, at: int, step: int, count: int, mean: Real, live: int, work: int
) -> float:
    """Sum the squares of what `count` vectors are above the mean, the live lanes only."""
    mask, away, one = load(1, memory, live, 0), splat(1, -mean), splat(1, ONE)
    a, b = splat(1, ZERO), splat(1, ZERO)
    for n in range(0, count - 1, 2):
        here = at + n * step
        x = multiply(multiply_add(load(1, memory, here, 0), one, away), mask)
        y = multiply(multiply_add(load(1, memory, here + step, 0), one, away), mask)
        a, b = multiply_add(x, x, a), multiply_add(y, y, b)
    if count % 2:
        x = multiply(multiply_add(load(1, memory, at + (count - 1) * step, 0), one, away), mask)
        a = multiply_add(x, x, a)
    store(multiply_add(a, one, b), memory, work, 0)
    return lanes_sum(memory, work)


@jit
def count_pack(memory: Floats, x: Numbers, ledger: Numbers, facts: Numbers, scratch: int) -> None:
    """Write this pack's mean of each map, and the squares around it, to its row."""
    maps, pixels = x[MAPS], x[HEIGHT] * x[WIDTH]
    images = min(LANES, facts[TOTAL] - facts[PLACE])
    live, work = scratch, scratch + LANES
    live_lanes(memory, live, images)
    for c in range(maps):
        at = x[BASE] + c * pixels * x[STEP]
        mean = Real(total_of(memory, at, x[STEP], pixels, live, work) / (images * pixels))
        memory[ledger[BASE] + c] = mean
        squares = squares_of(memory, at, x[STEP], pixels, mean, live, work)
        memory[ledger[BASE] + maps + c] = Real(squares)


@jit
def join_statistics(
    memory: Floats,
    w: Floats,
    op: Numbers,
    x: Numbers,
    ledger: Numbers,
    joined: Numbers,
    facts: Numbers,
) -> None:
    """Make the batch's mean and variance of all packs'; the first pack moves the running ones."""
    maps, pixels, total = x[MAPS], x[HEIGHT] * x[WIDTH], facts[TOTAL]
    rows = ledger[BASE] - facts[PLACE] // LANES * ledger[PER_PACK]
    epsilon, momentum = w[op[CONSTANTS]], w[op[CONSTANTS] + 1]
    for c in range(maps):
        count, mean, squares = 0.0, 0.0, 0.0
        for pack in range((total + LANES - 1) // LANES):
            row = rows + pack * ledger[PER_PACK]
            more = float(min(LANES, total - pack * LANES) * pixels)
            away = memory[row + c] - mean
            mean += away * (more / (count + more))
            squares += memory[row + maps + c] + away * away * (count * more / (count + more))
            count += more
        memory[joined[BASE] + c] = Real(mean)
        memory[joined[BASE] + maps + c] = Real(1.0 / math.sqrt(squares / count + epsilon))
        if facts[PLACE] == 0:
            keep = 1.0 - momentum
            at, to = op[MEAN] + c, op[VARIANCE] + c
            w[at] = Real(keep * w[at] + momentum * mean)
            w[to] = Real(keep * w[to] + momentum * (squares / (count - 1.0)))


@jit
def normalise(
    memory: Floats, x: Numbers, u: Numbers, c: int, mean: Real, gain: Real, bias: Real, squash: int
) -> None:
    """Write one map of a pack: x = f(gain * (x - mean) + bias)."""
    away, gains, biases, one = splat(1, -mean), splat(1, gain), splat(1, bias), splat(1, ONE)
    pixels, step, x_step, least = x[HEIGHT] * x[WIDTH], u[STEP], x[STEP], splat(1, ZERO)
    at, out = x[BASE] + c * pixels * x_step, u[BASE] + c * pixels * step
    if squash == RELU:
        # What most networks have here, in the same pass.
        for n in range(pixels):
            d = multiply_add(load(1, memory, at + n * x_step, 0), one, away)
            store(largest(multiply_add(d, gains, biases), least), memory, out + n * step, 0)
        return
    for n in range(pixels):
        d = multiply_add(load(1, memory, at + n * x_step, 0), one, away)
        store(multiply_add(d, gains, biases), memory, out + n * step, 0)
    if step == LANES:
        squash_run(memory, out, pixels * LANES, squash)
    else:
        for n in range(pixels):
            squash_run(memory, out + n * step, LANES, squash)


@jit
def norm_forward(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, joined: Numbers
) -> None:
    """Normalise a pack by what all packs have counted."""
    maps = x[MAPS]
    for c in range(maps):
        scale = memory[joined[BASE] + maps + c]
        mean, gain = memory[joined[BASE] + c], w[op[WEIGHT] + c] * scale
        normalise(memory, x, u, c, mean, gain, w[op[BIAS] + c], op[SQUASH])


@jit
def map_sums(
    memory: Floats, x: Numbers, u: Numbers, c: int, mean: Real, work: int
) -> tuple[float, float]:
    """Sum du, and du * (x - mean), over one map of a pack. Lanes without an image have du 0."""
    pixels, one, away = x[HEIGHT] * x[WIDTH], splat(1, ONE), splat(1, -mean)
    at, du = x[BASE] + c * pixels * x[STEP], u[BASE] + c * pixels * u[STEP]
    a, b, p, q = splat(1, ZERO), splat(1, ZERO), splat(1, ZERO), splat(1, ZERO)
    for n in range(0, pixels - 1, 2):
        g, h = load(1, memory, du + n * u[STEP], 0), load(1, memory, du + (n + 1) * u[STEP], 0)
        a, b = multiply_add(g, one, a), multiply_add(h, one, b)
        near = multiply_add(load(1, memory, at + n * x[STEP], 0), one, away)
        far = multiply_add(load(1, memory, at + (n + 1) * x[STEP], 0), one, away)
        p, q = multiply_add(g, near, p), multiply_add(h, far, q)
    if pixels % 2:
        n = pixels - 1
        g = load(1, memory, du + n * u[STEP], 0)
        a = multiply_add(g, one, a)
        p = multiply_add(g, multiply_add(load(1, memory, at + n * x[STEP], 0), one, away), p)
    store(multiply_add(a, one, b), memory, work, 0)
    first = lanes_sum(memory, work)
    store(multiply_add(p, one, q), memory, work, 0)
    return first, lanes_sum(memory, work)


@jit
def sum_pack(
    memory: Floats,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    ledger: Numbers,
    joined: Numbers,
    g: Floats,
    work: int,
) -> None:
    """Give w and b what this pack adds to their gradients, and write both sums to its row."""
    maps = x[MAPS]
    for c in range(maps):
        mean, scale = memory[joined[BASE] + c], memory[joined[BASE] + maps + c]
        total, along = map_sums(memory, x, u, c, mean, work)
        memory[ledger[BASE] + 2 * maps + c] = Real(total)
        memory[ledger[BASE] + 3 * maps + c] = Real(along)
        g[op[GRADIENT] + c] = Real(along * scale)
        g[op[GRADIENT] + maps + c] = Real(total)


@jit
def join_sums(
    memory: Floats, x: Numbers, ledger: Numbers, joined: Numbers, facts: Numbers
) -> None:
    """Make of all packs' sums the two means that are taken off du."""
    maps, total = x[MAPS], facts[TOTAL]
    count = float(total * x[HEIGHT] * x[WIDTH])
    rows = ledger[BASE] - facts[PLACE] // LANES * ledger[PER_PACK]
    for c in range(maps):
        plain, along = 0.0, 0.0
        for pack in range((total + LANES - 1) // LANES):
            row = rows + pack * ledger[PER_PACK]
            plain += memory[row + 2 * maps + c]
            along += memory[row + 3 * maps + c]
        scale = float(memory[joined[BASE] + maps + c])
        memory[joined[BASE] + 2 * maps + c] = Real(plain / count)
        memory[joined[BASE] + 3 * maps + c] = Real(along * scale * scale / count)


@jit
def norm_backward(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, joined: Numbers, facts: Numbers
) -> None:
    """Give the map below its delta: gain * (du - mean - d * mean along d), times the slope."""
    maps, pixels = x[MAPS], x[HEIGHT] * x[WIDTH]
    images = min(LANES, facts[TOTAL] - facts[PLACE])
    one = splat(1, ONE)
    for c in range(maps):
        mean, gain = memory[joined[BASE] + c], w[op[WEIGHT] + c] * memory[joined[BASE] + maps + c]
        away, gains = splat(1, -mean), splat(1, gain)
        plain = splat(1, -memory[joined[BASE] + 2 * maps + c])
        along = splat(1, -memory[joined[BASE] + 3 * maps + c])
        at, du = x[BASE] + c * pixels * x[STEP], u[BASE] + c * pixels * u[STEP]
        for n in range(pixels):
            pixel = at + n * x[STEP]
            d = multiply_add(load(1, memory, pixel, 0), one, away)
            left = multiply_add(load(1, memory, du + n * u[STEP], 0), one, plain)
            dx = multiply(multiply_add(d, along, left), gains)
            slope_vector(memory, pixel, dx, op[BELOW])
            if images < LANES:
                store(load_live(memory, pixel, images), memory, pixel, 0)


@jit
def norm_used(memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers) -> None:
    """Normalise by the running statistics, in use."""
    pixels = x[HEIGHT] * x[WIDTH]
    for c in range(x[MAPS]):
        mean, gain = w[op[MEAN] + c], w[op[WEIGHT] + c] * used_scale(w, op, c)
        bias = w[op[BIAS] + c]
        if x[LANE_COUNT] == LANES:
            normalise(memory, x, u, c, mean, gain, bias, op[SQUASH])
        else:
            at, out = x[BASE] + c * pixels, u[BASE] + c * pixels
            values, given = memory[at : at + pixels], memory[out : out + pixels]
            for n in range(pixels):
                given[n] = gain * (values[n] - mean) + bias
            squash_run(memory, out, pixels, op[SQUASH])


@jit
def used_scale(w: Floats, op: Numbers, c: int) -> Real:
    """Give 1 / sqrt(variance + epsilon) of a map's running variance."""
    return Real(1.0 / math.sqrt(float(w[op[VARIANCE] + c]) + float(w[op[CONSTANTS]])))


@jit
def norm_used_back(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, g: Floats, scratch: int
) -> None:
    """Give w and b their gradients and the map below its delta, statistics staying as they are."""
    maps, pixels = x[MAPS], x[HEIGHT] * x[WIDTH]
    for c in range(maps):
        mean, scale = w[op[MEAN] + c], used_scale(w, op, c)
        gain = w[op[WEIGHT] + c] * scale
        at, du = x[BASE] + c * pixels * x[STEP], u[BASE] + c * pixels * u[STEP]
        if x[LANE_COUNT] == LANES:
            total, along = map_sums(memory, x, u, c, mean, scratch)
            for n in range(pixels * op[FLAG]):
                dx = multiply(load(1, memory, du + n * u[STEP], 0), splat(1, gain))
                slope_vector(memory, at + n * x[STEP], dx, op[BELOW])
        else:
            total, along = 0.0, 0.0
            for n in range(pixels):
                total += memory[du + n]
                along += memory[du + n] * (memory[at + n] - mean)
                memory[scratch + n] = gain * memory[du + n]
            if op[FLAG]:
                slope_run(memory, scratch, at, pixels, op[BELOW])
        g[op[GRADIENT] + c] = Real(along * scale)
        g[op[GRADIENT] + maps + c] = Real(total)


def batchnorm(
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
    x, u, joined, facts = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]], here[FACTS]
    ledger, scratch, kind = here[op[LEDGER]], here[op[SCRATCH]][BASE], op[KIND]
    if kind == NORM_COUNT:
        count_pack(memory, x, ledger, facts, scratch)
    elif kind == NORM_FORWARD:
        if facts[FIRST]:
            join_statistics(memory, w, op, x, ledger, joined, facts)
        norm_forward(memory, w, op, x, u, joined)
    elif kind == NORM_SUMS:
        sum_pack(memory, op, x, u, ledger, joined, slot, scratch)
    elif kind == NORM_BACKWARD:
        if facts[FIRST]:
            join_sums(memory, x, ledger, joined, facts)
        norm_backward(memory, w, op, x, u, joined, facts)
    elif kind == NORM_USED:
        norm_used(memory, w, op, x, u)
    else:
        norm_used_back(memory, w, op, x, u, slot, scratch)


ENTRY = Entry(batchnorm)
