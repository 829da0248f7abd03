import numpy as np
import pytest

from simplecell.errors import UnknownName
from simplecell.formulas.gradcheck import numeric_gradient
from simplecell.formulas.pool import (
    Windows,
    pool_backward,
    pool_curvature,
    pool_forward,
    window_cells,
)

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


ROWS = np.arange(1.0, 7.0).reshape(1, 1, 1, 6)
"""One row of six cells, 1 to 6."""


def row(window, kind="mean", **edges):
    pads = ((0, 0), edges.pop("pads", (0, 0)))
    stride = (1, edges.pop("stride"))
    return pool_forward(ROWS, Windows((1, window), stride, pads, **edges), kind)[0, 0, 0].tolist()


def test_windows_may_overlap():
    assert row(3, stride=2) == [2, 4]
    assert row(3, "max", stride=1) == [3, 4, 5, 6]


def test_with_ceil_the_last_window_hangs_over_and_is_the_mean_of_what_there_is():
    assert row(3, stride=2, ceil=True) == [2, 4, 5.5]
    assert row(4, "max", stride=3, ceil=True) == [4, 6]


def test_padding_is_left_out_of_the_mean_unless_it_is_counted():
    assert row(3, stride=2, pads=(1, 0)) == [1.5, 3, 5]
    assert row(3, stride=2, pads=(1, 0), count_padding=True) == [1, 3, 5]


def test_what_hangs_over_behind_the_padding_is_never_counted():
    """The third window has cells 5 and 6, one of the padding, and one that is nowhere."""
    assert row(4, stride=2, pads=(0, 0), ceil=True, count_padding=True) == [2.5, 4.5]
    counted = row(4, stride=3, pads=(2, 1), ceil=True, count_padding=True)
    assert counted == [0.75, 3.5, 11 / 3]


def test_padding_never_is_the_largest():
    x = -ROWS
    windows = Windows((1, 3), (1, 2), ((0, 0), (1, 1)))
    assert pool_forward(x, windows, "max")[0, 0, 0].tolist() == [-1, -2, -4]


def test_a_cell_in_several_windows_gets_the_delta_of_each():
    du = np.array([[[[1.0, 10.0, 100.0, 1000.0]]]])
    windows = Windows((1, 3), (1, 1))
    assert pool_backward(-ROWS, du, windows, "max")[0, 0, 0].tolist() == [1, 10, 100, 1000, 0, 0]
    shares = pool_backward(ROWS, 3 * du, windows, "mean")[0, 0, 0].tolist()
    assert shares == [1, 11, 111, 1110, 1100, 1000]
    squares = pool_curvature(ROWS, 9 * du, windows, "mean")[0, 0, 0].tolist()
    assert squares == [1, 11, 111, 1110, 1100, 1000]


def test_of_tied_cells_the_first_takes_all_in_each_window():
    x = np.zeros((1, 1, 1, 4))
    du = np.ones((1, 1, 1, 3))
    windows = Windows((1, 2), (1, 1))
    assert pool_backward(x, du, windows, "max")[0, 0, 0].tolist() == [1, 1, 1, 0]
