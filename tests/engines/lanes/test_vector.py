"""The words that kernels are made of, against NumPy."""

import numpy as np
import pytest
from numba import njit

from simplecell.engines.lanes.product import (
    add_dots,
    add_line,
    add_line_back,
    add_line_turned,
    add_outer,
    add_products,
    add_rows,
)
from simplecell.engines.lanes.shuffle import (
    add_neighbours,
    add_sums,
    doubled,
    load_block,
    turn_block,
)
from simplecell.engines.lanes.squash import exp, tanh
from simplecell.engines.lanes.vector import (
    load,
    load_live,
    multiply,
    multiply_add,
    power_of_two,
    splat,
    store,
    store_live,
    store_rows,
    where_positive,
)

ZERO = np.float32(0)
NOTHING = np.float32(-7)
RNG = np.random.default_rng(0)


def drawn(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def room(count):
    return np.full(count, NOTHING, np.float32)


def near(ours, theirs):
    return np.allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def vectors(x, starts):
    """Gather sixteen floats from each start."""
    return np.stack([x[at : at + 16] for at in starts]).astype(np.float64)


def test_a_tile_is_read_and_written_where_its_steps_say():
    @njit
    def copy(x, u):
        store(load(3, x, 5, 40), u, 2, 20)

    x, u = drawn(200), room(100)
    copy(x, u)
    expected = room(100)
    for v in range(3):
        expected[2 + 20 * v : 18 + 20 * v] = x[5 + 40 * v : 21 + 40 * v]
    assert np.array_equal(u, expected)


@pytest.mark.parametrize("live", [0, 1, 7, 15, 16])
def test_only_live_lanes_are_read_and_written(live):
    u, v, expected = room(80), room(40), room(80)
    # What is not live is not even looked at: the array ends there.
    x = drawn(live)
    masked(x, u, v, live)
    for at in (3, 33):
        expected[at : at + live] = x
    assert np.array_equal(u, expected)
    assert np.array_equal(v[:16], np.concatenate([x, np.zeros(16 - live, np.float32)]))


@njit
def masked(x, u, v, live):
    one = load_live(x, 0, live)
    store(one, v, 0, 0)
    store_live(one, u, 3, 0, live)
    store_live(one, u, 33, 0, live)


def test_rows_of_one_vector_are_cut_off_and_wider_ones_are_not():
    @njit
    def fill(u, v, live):
        store_rows(splat(3, np.float32(1)), 3, u, 1, 20, live)
        store_rows(splat(4, np.float32(2)), 2, v, 1, 40, live)

    u, v = room(64), room(100)
    fill(u, v, 5)
    places = np.flatnonzero(u != NOTHING)
    assert places.tolist() == [1 + 20 * r + n for r in range(3) for n in range(5)]
    places = np.flatnonzero(v != NOTHING)
    assert places.tolist() == [1 + 40 * r + n for r in range(2) for n in range(32)]


def test_elements_are_multiplied_added_and_chosen():
    @njit
    def run(a, b, c, u):
        x, y, z = load(2, a, 0, 16), load(2, b, 0, 16), load(2, c, 0, 16)
        store(multiply(x, y), u, 0, 16)
        store(multiply_add(x, y, z), u, 32, 16)
        store(where_positive(x, y, z), u, 64, 16)

    a, b, c, u = drawn(32), drawn(32), drawn(32), room(96)
    a[3], a[4] = 0, np.nan
    run(a, b, c, u)
    assert np.array_equal(u[:32], a * b, equal_nan=True)
    once = (a.astype(np.float64) * b + c).astype(np.float32)
    assert np.array_equal(u[32:64], once, equal_nan=True)
    assert np.array_equal(u[64:], np.where(a > 0, b, c))


def test_products_are_added_to_a_tile():
    @njit
    def run(w, x, u):
        store(add_products(splat(3, w[0]), w[1], x, 4, 20), u, 0, 16)
        store(add_dots(splat(3, w[0]), x, 4, 20, x, 7), u, 48, 16)

    w, x, u = drawn(2), drawn(100), room(96)
    run(w, x, u)
    rows = vectors(x, (4, 24, 44))
    assert near(u[:48].reshape(3, 16), w[0] + w[1] * rows)
    assert near(u[48:].reshape(3, 16), w[0] + rows * x[7:23])


def test_an_outer_product_and_a_matrix_product_are_added_to_a_tile():
    @njit
    def run(d, x, u):
        store(add_outer(splat(6, ZERO), 2, d, 3, 30, x, 5, 18), u, 0, 16)
        store(add_rows(splat(6, ZERO), 2, d, 3, 30, x, 5), u, 96, 16)

    d, x, u = drawn(100), drawn(100), room(192)
    run(d, x, u)
    outer = vectors(d, (3, 33))[:, None] * vectors(x, (5, 23, 41))[None]
    assert near(u[:96].reshape(2, 3, 16), outer)
    matrix = d[[3, 33], None, None] * vectors(x, (5, 21, 37))[None]
    assert near(u[96:].reshape(2, 3, 16), matrix)


def test_a_line_of_a_kernel_is_its_taps_one_by_one():
    """Brief: D9"""

    @njit
    def run(taps, w, x, u):
        store(add_line(splat(4, w[0]), 3, taps, 1, w, 2, 2, x, 6, 16), u, 0, 16)
        total = splat(4, w[0])
        for q in range(3):
            total = add_line(total, 1, taps, 1 + q, w, 2, 1, x, 6, 16)
        store(total, u, 64, 16)

    # Three taps, a pixel apart in x, two floats apart in w.
    taps = np.array([[99, 99], [16, 1], [32, 3], [48, 5]], np.int32)
    w, x, u = drawn(12), drawn(160), room(128)
    run(taps, w, x, u)
    assert np.array_equal(u[:64], u[64:])
    pixels = vectors(x, range(22, 22 + 16 * 6, 16))
    expected = [w[0] + sum(w[3 + 2 * q] * pixels[v + q] for q in range(3)) for v in range(4)]
    assert near(u[:64].reshape(4, 16), expected)


def test_a_line_turned_round_is_its_taps_one_by_one():
    """Brief: D15"""

    @njit
    def run(taps, w, d, u):
        store(add_line_turned(splat(4, w[0]), 3, taps, 1, w, 2, 1, d, 6, 16), u, 0, 16)
        total = splat(4, w[0])
        for q in range(3):
            total = add_line(total, 1, taps, 1 + q, w, 2, 1, d, 6, 16)
        store(total, u, 64, 16)

    # Each tap reads the delta before, and takes the weight after, that of the last.
    taps = np.array([[99, 99], [48, 1], [32, 2], [16, 3]], np.int32)
    w, d, u = drawn(12), drawn(160), room(128)
    run(taps, w, d, u)
    assert np.array_equal(u[:64], u[64:])
    deltas = vectors(d, range(22, 22 + 16 * 6, 16))
    expected = [w[0] + sum(w[3 + q] * deltas[v + 2 - q] for q in range(3)) for v in range(4)]
    assert near(u[:64].reshape(4, 16), expected)


def test_a_line_back_scatters_each_delta_over_the_pixels_it_came_from():
    """Brief: D15"""

    @njit
    def run(taps, w, d, u):
        store(add_line_back(splat(6, ZERO), 3, taps, 0, w, 2, 1, d, 6, 16), u, 0, 16)

    w, d, u = drawn(12), drawn(100), room(96)
    run(np.array([[10, 4]], np.int32), w, d, u)
    expected = np.zeros((6, 16))
    for v, delta in enumerate(vectors(d, (16, 32, 48, 64))):
        for q in range(3):
            expected[v + q] += w[6 + q] * delta
    assert near(u.reshape(6, 16), expected)


def sums_of(n, height):
    @njit
    def run(x, u):
        add_sums(load(n, x, 0, 16), height, u, 2, 10)

    return run


@pytest.mark.parametrize(("n", "height"), [(1, 1), (3, 1), (4, 4), (10, 2), (16, 4)])
def test_the_sum_of_each_vector_is_added_in_its_place(n, height):
    x, u = drawn(n * 16), np.ones(60, np.float32)
    sums_of(n, height)(x, u)
    expected = np.ones(60)
    for v, total in enumerate(x.astype(np.float64).reshape(n, 16).sum(1)):
        expected[2 + v // (n // height) * 10 + v % (n // height)] += total
    assert near(u, expected)


def test_neighbours_are_added_and_lanes_doubled():
    @njit
    def run(x, u):
        low, high = load(1, x, 0, 0), load(1, x, 16, 0)
        store(add_neighbours(low, high), u, 0, 0)
        store(doubled(low, 0), u, 16, 0)
        store(doubled(low, 1), u, 32, 0)

    x, u = drawn(32), room(48)
    run(x, u)
    assert np.array_equal(u[:16], x[::2] + x[1::2])
    assert np.array_equal(u[16:], np.repeat(x[:16], 2))


def test_a_block_is_turned():
    @njit
    def run(x, u):
        turn_block(x, 3, 20, u, 1, 18)

    x, u = drawn(330), room(300)
    run(x, u)
    expected = room(300)
    for i in range(16):
        for j in range(16):
            expected[1 + 18 * j + i] = x[3 + 20 * i + j]
    assert np.array_equal(u, expected)


def test_a_block_of_bytes_becomes_pixels_an_image_a_lane():
    @njit
    def run(pictures, rows, scale, shift, u):
        load_block(pictures, rows, 4, scale, shift, u, 1, 18)

    pictures = RNG.integers(0, 256, 900, dtype=np.uint8)
    rows = RNG.integers(0, 880, 16)
    scale, shift, u, expected = np.float32(1 / 255), np.float32(-0.1), room(300), room(300)
    run(pictures, rows, scale, shift, u)
    for n in range(16):
        bytes_ = pictures[rows[n] + 4 : rows[n] + 20].astype(np.float64)
        expected[1 + n : 1 + n + 18 * 16 : 18] = np.float64(scale) * bytes_ + shift
    assert np.array_equal(u, expected)


@njit
def squashed(a, e, t, p):
    for n in range(len(a)):
        e[n] = exp(a[n])
        t[n] = tanh(a[n])
        p[n] = power_of_two(np.float32(n % 253 - 126))


def test_exp_and_tanh_are_right_to_the_last_digits_of_float32():
    """Brief: C8"""
    a = np.concatenate(
        [np.linspace(-12, 12, 200_001), np.geomspace(1e-30, 12, 10_000), [0.0]]
    ).astype(np.float32)
    e, t, p = (np.empty_like(a) for _ in range(3))
    squashed(a, e, t, p)
    wide = a.astype(np.float64)
    assert np.abs(e / np.exp(wide) - 1).max() <= 2e-7
    true = np.tanh(wide)
    assert np.abs(t - true).max() <= 4e-7
    assert (np.abs(t - true) <= 5e-7 * np.abs(true)).all()
    assert np.array_equal(p[:253], 2.0 ** np.arange(-126, 127))


def test_exp_and_tanh_end_where_float32_does_and_keep_what_is_no_number():
    a = np.array([-np.inf, -1e30, -88, 88, 1e30, np.inf, np.nan], np.float32)
    e, t, p = (np.empty_like(a) for _ in range(3))
    squashed(a, e, t, p)
    assert np.isfinite(e[:6]).all()
    assert (e[:3] <= 2e-38).all()
    assert (e[3:6] >= 1.6e38).all()
    assert np.allclose(t[:6], [-1, -1, -1, 1, 1, 1], rtol=5e-7)
    assert np.isnan([e[6], t[6]]).all()
