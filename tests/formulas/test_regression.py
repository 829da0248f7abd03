import numpy as np
import pytest

from simplecell.formulas.gradcheck import numeric_gradient, relative_difference
from simplecell.formulas.regression import regression_cost

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(12, 5)), RNG.integers(0, 3, 12)
W, B = RNG.normal(size=(3, 5)), RNG.normal(size=3)


def test_the_cost_is_the_mean_surprise_and_the_decay_of_the_weights():
    surprise = 0.0
    for row, label in zip(X, LABELS, strict=True):
        powers = np.exp(W @ row + B)
        surprise -= np.log(powers[label] / powers.sum()) / 12
    cost, _, _ = regression_cost(X, LABELS, W, B, 0.1)
    assert cost == pytest.approx(surprise + 0.05 * (W**2).sum(), rel=1e-13)


def test_the_gradient_agrees_with_differences():
    _, dw, db = regression_cost(X, LABELS, W, B, 0.1)
    numeric = numeric_gradient(lambda w: regression_cost(X, LABELS, w, B, 0.1)[0], W)
    assert relative_difference(dw, numeric) < 1e-8
    numeric = numeric_gradient(lambda b: regression_cost(X, LABELS, W, b, 0.1)[0], B)
    assert relative_difference(db, numeric) < 1e-8


def test_biases_do_not_decay():
    plain, heavy = (regression_cost(X, LABELS, W, B, decay)[2] for decay in (0.0, 10.0))
    assert np.array_equal(plain, heavy)
