"""Brief: A, the sparsity term of J."""

import numpy as np
import pytest

from simplecell.errors import DataError
from simplecell.formulas.sparsity import (
    divergence,
    divergence_slope,
    sparsity_backward,
    sparsity_forward,
)


def test_a_unit_as_active_as_asked_costs_nothing_and_any_other_costs_something():
    shares = np.linspace(0.01, 0.99, 99)
    cost = divergence(0.3, shares)
    assert cost[29] == pytest.approx(0, abs=1e-15)
    assert (np.delete(cost, 29) > 0).all()
    assert (np.sign(divergence_slope(0.3, shares)).round() == np.sign(shares - 0.3).round())[
        np.arange(99) != 29
    ].all()


def test_the_divergence_is_the_briefs_formula():
    rho, m = 0.05, 0.2
    expected = 0.05 * np.log(0.05 / 0.2) + 0.95 * np.log(0.95 / 0.8)
    assert divergence(rho, np.array([m]))[0] == pytest.approx(expected, rel=1e-14)


def test_only_the_mean_over_the_examples_counts():
    even = np.full((4, 1), 0.25)
    uneven = np.array([[0.97], [0.01], [0.01], [0.01]])
    assert sparsity_forward(even, 0.1) == pytest.approx(sparsity_forward(uneven, 0.1))


def test_every_example_is_pushed_alike():
    x = np.random.default_rng(0).uniform(0.1, 0.9, (6, 3))
    dx = sparsity_backward(x, 0.2, np.ones(3))
    assert (dx == dx[0]).all()


@pytest.mark.parametrize("rho", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_cannot_be_is_refused(rho):
    with pytest.raises(DataError, match=r"rho is .*between 0 and 1"):
        sparsity_forward(np.full((2, 2), 0.5), rho)
