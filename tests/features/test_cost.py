"""The fast costs repeat their oracles; how the rows are shared out changes no bit."""

import numpy as np
import pytest

from simplecell.features import shares
from simplecell.features.cost import NEVER, AutoencoderCost, RegressionCost, flat, unflat
from simplecell.formulas.autoencoder import DECODERS, autoencoder_cost, initial_weights
from simplecell.formulas.regression import regression_cost

RNG = np.random.default_rng(0)
X = RNG.uniform(0.1, 0.9, (500, 12))
LABELS = RNG.integers(0, 4, 500)
WEIGHTS = initial_weights(12, 7, RNG)
THETA = flat(WEIGHTS)
SETTINGS = (0.05, 3e-3, 3.0)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut 500 rows into 8 blocks, as 10,000 pictures would be cut."""
    monkeypatch.setattr(shares, "BLOCK_CELLS", 0)


def autoencoder(decoder: str, dtype: type, threads: int = 2) -> AutoencoderCost:
    return AutoencoderCost(X, 7, decoder, *SETTINGS, dtype=dtype, threads=threads)


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(("dtype", "near"), [(np.float64, 1e-13), (np.float32, 1e-6)])
def test_the_autoencoders_cost_repeats_the_formula(decoder, dtype, near):
    cost, gradient = autoencoder_cost(X, WEIGHTS, decoder, *SETTINGS)
    ours = autoencoder(decoder, dtype)
    value, found = ours(THETA)
    assert value == pytest.approx(cost.total, rel=near)
    assert ours.terms == pytest.approx(
        {
            "error": cost.error,
            "decay": cost.decay,
            "sparsity": cost.sparsity,
            "activation": cost.mean.mean(),
        },
        rel=near,
    )
    expected = flat(gradient)
    assert np.abs(found - expected).max() < 10 * near * np.abs(expected).max()
    assert found.dtype == np.float64


@pytest.mark.parametrize(("dtype", "near"), [(np.float64, 1e-13), (np.float32, 1e-6)])
def test_the_regressions_cost_repeats_the_formula(dtype, near):
    w, b = RNG.normal(size=(4, 12)), RNG.normal(size=4)
    cost, dw, db = regression_cost(X, LABELS, w, b, 0.1)
    ours = RegressionCost(X, LABELS, 4, 0.1, dtype, threads=2)
    value, found = ours(flat([w, b]))
    assert value == pytest.approx(cost, rel=near)
    assert np.abs(found - flat([dw, db])).max() < 10 * near * np.abs(dw).max()
    right = ((X @ w.T + b).argmax(axis=1) == LABELS).mean()
    assert ours.terms["accuracy_percent"] == pytest.approx(100 * right)


def test_the_number_of_threads_changes_no_bit():
    one, many = (autoencoder("sigmoid", np.float32, threads)(THETA) for threads in (1, 5))
    assert one[0] == many[0]
    assert one[1].tobytes() == many[1].tobytes()
    one, many = (RegressionCost(X, LABELS, 4, 0.1, threads=n)(np.ones(52)) for n in (1, 5))
    assert one[0] == many[0]
    assert one[1].tobytes() == many[1].tobytes()


def test_a_second_call_does_not_remember_the_first():
    cost = autoencoder("sigmoid", np.float32)
    once = cost(THETA)
    cost(-3 * THETA)
    again = cost(THETA)
    assert once[0] == again[0]
    assert np.array_equal(once[1], again[1])


@pytest.mark.parametrize("bias", [-200.0, 200.0])
def test_units_that_never_or_always_fire_cost_much_and_find_back(bias):
    """float32 takes sigmoid(-200) for 0, whose divergence from rho would be infinite."""
    theta = THETA.copy()
    unflat(theta, autoencoder("sigmoid", np.float32).shapes)[1][:] = bias
    cost = autoencoder("sigmoid", np.float32)
    value, gradient = cost(theta)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert cost.terms["activation"] in (pytest.approx(NEVER), pytest.approx(1 - NEVER))
    assert cost.terms["sparsity"] > 1


def test_flat_and_unflat_are_each_others_way_back():
    shapes = [w.shape for w in WEIGHTS]
    for there, back in zip(WEIGHTS, unflat(THETA, shapes), strict=True):
        assert np.array_equal(there, back)
