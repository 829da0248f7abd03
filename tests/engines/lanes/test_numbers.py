"""The engine's own tanh and exp, against NumPy in float64, and its blocks that change places."""

import numpy as np
import pytest

from simplecell.compile import root
from simplecell.engines.lanes.layout import SIGMOID, SQUASH_CODES, squash_word
from simplecell.engines.lanes.shuffle import turn_block
from simplecell.engines.lanes.squash import (
    exp,
    exp_below,
    log_above,
    slope_run,
    squash_run,
    tanh,
)
from simplecell.engines.lanes.vector import load, load_live, store_live
from simplecell.formulas.activations import slope, squash
from simplecell.notation import split


@root
def each_tanh(a: np.ndarray, out: np.ndarray) -> None:
    for n in range(len(a)):
        out[n] = tanh(a[n])


@root
def each_exp(a: np.ndarray, out: np.ndarray) -> None:
    for n in range(len(a)):
        out[n] = exp(a[n])


@root
def each_exp_below(a: np.ndarray, out: np.ndarray) -> None:
    for n in range(len(a)):
        out[n] = exp_below(a[n])


@root
def each_log_above(a: np.ndarray, out: np.ndarray) -> None:
    for n in range(len(a)):
        out[n] = log_above(a[n])


@root
def sloped(memory: np.ndarray, dx_at: int, x_at: int, count: int, code: int) -> None:
    slope_run(memory, dx_at, x_at, count, code)


@root
def squashed(x: np.ndarray, code: int) -> None:
    squash_run(x, 0, len(x), code)


@root
def turned(x: np.ndarray, at: int, step: int, out: np.ndarray, to: int, out_step: int) -> None:
    turn_block(x, at, step, out, to, out_step)


@root
def copied(x: np.ndarray, at: int, out: np.ndarray, to: int, live: int, whole: bool) -> None:
    if whole:
        store_live(load(1, x, at, 0), out, to, 0, live)
    else:
        store_live(load_live(x, at, live), out, to, 0, 16)


def by_tanh(a: np.ndarray) -> np.ndarray:
    out = np.empty_like(a)
    each_tanh(a, out)
    return out


def by_exp(a: np.ndarray) -> np.ndarray:
    out = np.empty_like(a)
    each_exp(a, out)
    return out


def between(low: float, high: float) -> np.ndarray:
    """Many numbers evenly spread, and many small ones of either sign that are inside."""
    small = np.geomspace(1e-30, 1, 20_000)
    both = np.concatenate([-small, small])
    spread = np.linspace(low, high, 500_001)
    return np.concatenate([spread, both[(low <= both) & (both <= high)]]).astype(np.float32)


def worst(found: np.ndarray, wanted: np.ndarray) -> float:
    return float((abs(found - wanted)[wanted != 0] / abs(wanted[wanted != 0])).max())


def test_tanh_is_off_by_5e_7_at_most() -> None:
    a = between(-12, 12)
    assert worst(by_tanh(a), np.tanh(a.astype(np.float64))) <= 5e-7
    assert by_tanh(np.zeros(1, np.float32))[0] == 0


def test_tanh_is_odd_to_the_bit() -> None:
    a = between(0, 12)
    assert np.array_equal(by_tanh(-a), -by_tanh(a))


def test_tanh_far_out_is_1_and_never_beyond_its_rounding() -> None:
    a = np.array([9, 12, 1e4, 3e38, np.inf], np.float32)
    np.testing.assert_allclose(by_tanh(a), 1, rtol=5e-7)
    np.testing.assert_allclose(by_tanh(-a), -1, rtol=5e-7)
    assert abs(by_tanh(between(-12, 12))).max() <= 1 + 3e-7


@pytest.mark.parametrize(("low", "high"), [(-12, 12), (-87, 0), (0, 88)])
def test_exp_is_off_by_3e_7_at_most(low: float, high: float) -> None:
    a = between(low, high)
    assert worst(by_exp(a), np.exp(a.astype(np.float64))) <= 3e-7
    assert by_exp(np.zeros(1, np.float32))[0] == 1


def test_exp_far_out_stays_finite_and_above_0() -> None:
    """A class that has no chance keeps a probability whose logarithm can be taken."""
    found = by_exp(np.array([-np.inf, -1e30, -88, 88, 1e30, np.inf], np.float32))
    assert np.isfinite(found).all()
    assert (found > 0).all()
    assert (np.diff(found) >= 0).all()
    assert found[0] < 2e-38
    assert found[-1] > 1e38


def test_exp_less_1_and_log_of_more_than_1_lose_no_digit_near_0() -> None:
    for function, a, exact in (
        (each_exp_below, between(-87, 0), np.expm1),
        (each_log_above, between(0, 1), np.log1p),
    ):
        a = a[a <= 0] if function is each_exp_below else a
        out = np.empty_like(a)
        function(a, out)
        assert worst(out, exact(a.astype(np.float64))) <= 3e-7
        assert out[a == 0].max(initial=0) == 0


@pytest.mark.parametrize("count", [1, 16, 37])
def test_nan_stays_nan_through_both(count: int) -> None:
    """Alone, and in the lanes of a vector beside numbers, which it leaves as they are."""
    a = np.linspace(-3, 3, count, dtype=np.float32)
    clean = by_tanh(a), by_exp(a)
    for bad in (np.nan, -np.nan):
        b = a.copy()
        b[count // 2] = bad
        for found, wanted in zip((by_tanh(b), by_exp(b)), clean, strict=True):
            assert np.isnan(found[count // 2])
            others = np.arange(count) != count // 2
            assert np.array_equal(found[others], wanted[others])


NAMES = [*sorted(set(SQUASH_CODES) - {"softmax"}), "leaky_relu(0.3)", "elu(2.5)", "elu(0)"]


@pytest.mark.parametrize("name", NAMES)
def test_squashing_is_the_formulas_and_keeps_nan(name: str) -> None:
    """A sigmoid near 0 is 1/2 - 1/2 and so right to a share of 1, not of itself."""
    word = squash_word(*split(name))
    a = between(-9, 9) if name == "softplus" else np.linspace(-9, 9, 3001, dtype=np.float32)
    x = np.append(a, np.float32(np.nan))
    squashed(x, word)
    wanted = squash(name, a.astype(np.float64))
    floor = 1.0 if word == SIGMOID else 1e-30
    assert (abs(x[:-1] - wanted) <= 6e-7 * np.maximum(abs(wanted), floor)).all()
    assert np.isnan(x[-1])


@pytest.mark.parametrize("name", NAMES)
def test_squashing_ends_where_float32_does(name: str) -> None:
    """Nothing overflows that is not too large itself, softplus(1e4) for one."""
    a = np.array([-np.inf, -1e30, -1e4, -88, 88, 1e4, 1e30, np.inf], np.float32)
    x = a.copy()
    squashed(x, squash_word(*split(name)))
    wanted = squash(name, a.astype(np.float64))
    np.testing.assert_allclose(x, wanted.astype(np.float32), rtol=6e-7, atol=2e-38)


@pytest.mark.parametrize("count", [1, 15, 16, 40])
@pytest.mark.parametrize("name", NAMES)
def test_the_slope_follows_from_x_and_nothing_beside_it_moves(name: str, count: int) -> None:
    word = squash_word(*split(name))
    rng = np.random.default_rng(count)
    u = rng.normal(scale=4, size=count).astype(np.float32)
    x = u.copy()
    squashed(x, word)
    dx = rng.normal(size=count).astype(np.float32)
    memory = np.full(120, 7, np.float32)
    memory[3 : 3 + count], memory[60 : 60 + count] = dx, x
    before = memory.copy()
    sloped(memory, 3, 60, count, word)
    wide = u.astype(np.float64)
    wanted = dx * slope(name, wide, squash(name, wide))
    # x + a, or 1 - x^2, cancels where f is flat: the slope is right to a share of 1, or of a.
    scale = np.abs(dx) * max(1, split(name)[1] or 0)
    assert (abs(memory[60 : 60 + count] - wanted) <= 2e-6 * scale).all()
    memory[60 : 60 + count] = x
    assert np.array_equal(memory, before)


def test_the_slope_of_softplus_keeps_its_digits_where_it_is_small() -> None:
    """1 - e^-x is 1e-30 where x is."""
    x = between(1e-30, 30)
    x = x[x > 0]
    memory = np.concatenate([np.ones_like(x), np.zeros(16, np.float32), x])
    sloped(memory, 0, len(x) + 16, len(x), squash_word("softplus", None))
    assert worst(memory[len(x) + 16 :], -np.expm1(-x.astype(np.float64))) <= 3e-7


@pytest.mark.parametrize(("step", "out_step"), [(16, 16), (19, 33), (48, 17)])
def test_a_turned_block_is_its_transpose_and_nothing_around_it_moves(
    step: int, out_step: int
) -> None:
    x = np.arange(16 * step + 5, dtype=np.float32)
    out = np.full(16 * out_step + 30, -1, np.float32)
    turned(x, 3, step, out, 7, out_step)
    block = np.lib.stride_tricks.as_strided(x[3:], (16, 16), (4 * step, 4))
    wanted = np.full_like(out, -1)
    for j in range(16):
        wanted[7 + j * out_step : 7 + j * out_step + 16] = block[:, j]
    assert np.array_equal(out, wanted)


@pytest.mark.parametrize("live", [0, 1, 7, 15, 16])
def test_live_lanes_are_written_and_the_others_left(live: int) -> None:
    x = np.arange(1, 40, dtype=np.float32)
    out = np.full(40, -1, np.float32)
    copied(x, 3, out, 5, live, True)
    wanted = np.full(40, -1, np.float32)
    wanted[5 : 5 + live] = x[3 : 3 + live]
    assert np.array_equal(out, wanted)
    copied(x, 3, out, 5, live, False)
    wanted[5:21] = 0
    wanted[5 : 5 + live] = x[3 : 3 + live]
    assert np.array_equal(out, wanted)
