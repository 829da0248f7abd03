import numpy as np
import pytest

from simplecell.errors import UnknownName
from simplecell.formulas.gradcheck import numeric_gradient
from simplecell.formulas.pool import pool_backward, pool_forward, window_cells

WINDOWS = [(1, 1), (2, 2), (3, 2), (1, 4)]


def drawn(window):
    rng = np.random.default_rng(0)
    shape = (2, 3, 2 * window[0], 3 * window[1])
    return rng.normal(size=shape), rng.normal(size=(2, 3, 2, 3))


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kind", ["mean", "max"])
def test_each_window_becomes_its_mean_or_its_largest(kind, window):
    """Brief: C6"""
    x, _ = drawn(window)
    u = pool_forward(x, window, kind)
    (n, m), of = window, {"mean": np.mean, "max": np.max}[kind]
    for c, i, j in np.ndindex(3, 2, 3):
        cells = x[1, c, n * i : n * i + n, m * j : m * j + m]
        assert u[1, c, i, j] == pytest.approx(of(cells))
        assert np.array_equal(window_cells(x, window)[1, c, i, j], cells.ravel())


@pytest.mark.parametrize("window", WINDOWS)
def test_the_mean_shares_alike_and_the_maximum_gives_all_to_one(window):
    x, du = drawn(window)
    area = window[0] * window[1]
    mean = window_cells(pool_backward(x, du, window, "mean"), window)
    assert np.allclose(mean, du[..., None] / area)
    largest = window_cells(pool_backward(x, du, window, "max"), window)
    cells = window_cells(x, window)
    winners = cells == cells.max(axis=-1, keepdims=True)
    assert np.array_equal(largest, np.where(winners, du[..., None], 0))


def test_pooling_ties_share_nothing():
    """The first of the tied cells takes all, in the order of reading."""
    x = np.array([[[[0.0, 7.0], [7.0, 7.0]]]])
    du = np.array([[[[5.0]]]])
    assert pool_backward(x, du, (2, 2), "max")[0, 0].tolist() == [[0, 5], [0, 0]]
    flat = np.zeros((1, 1, 2, 2))
    assert pool_backward(flat, du, (2, 2), "max")[0, 0].tolist() == [[5, 0], [0, 0]]


def test_a_tie_breaks_a_gradient_check_and_that_is_no_error_of_ours():
    """At a tie the difference quotient is half the one-sided slope; the maximum has none."""
    x = np.array([[[[7.0, 7.0]]]])
    measured = numeric_gradient(lambda v: float(pool_forward(v, (1, 2), "max").sum()), x)
    assert measured[0, 0].round(6).tolist() == [[0.5, 0.5]]
    assert pool_backward(x, np.ones((1, 1, 1, 1)), (1, 2), "max")[0, 0].tolist() == [[1, 0]]


def test_a_pooling_nobody_knows_is_refused():
    x, du = drawn((2, 2))
    with pytest.raises(UnknownName, match="no pooling is called 'maxx'"):
        pool_forward(x, (2, 2), "maxx")
    with pytest.raises(UnknownName, match="no pooling is called 'sum'"):
        pool_backward(x, du, (2, 2), "sum")
