"""The cost of the brief, written out once more by hand, and its gradient by differences."""

import numpy as np
import pytest

from simplecell.errors import DataError, UnknownName
from simplecell.formulas.autoencoder import (
    DECODERS,
    Weights,
    autoencoder_cost,
    check_reach,
    decode,
    encode,
    initial_weights,
)
from simplecell.formulas.gradcheck import numeric_gradient, relative_difference

RNG = np.random.default_rng(0)


def patches(n: int = 200, cells: int = 64) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.1, 0.9, (n, cells))


def moved(weights: Weights, k: int, value: np.ndarray) -> Weights:
    return Weights(*(value if i == k else w for i, w in enumerate(weights)))


@pytest.mark.parametrize("decoder", DECODERS)
def test_j_is_the_briefs_sum_written_out(decoder):
    """Brief: A, the cost; example by example and unit by unit."""
    x, rho, decay, beta = patches(7, 5), 0.2, 0.03, 1.7
    w1, b1, w2, b2 = weights = initial_weights(5, 3, RNG)
    f = {"sigmoid": lambda u: 1 / (1 + np.exp(-u)), "tanh": np.tanh, "linear": lambda u: u}
    error, active = 0.0, np.zeros(3)
    for row in x:
        h = f["sigmoid"](w1 @ row + b1)
        y = f[decoder](w2 @ h + b2)
        error += 0.5 * ((y - row) ** 2).sum() / 7
        active += h / 7
    size = decay / 2 * ((w1**2).sum() + (w2**2).sum())
    apart = sum(rho * np.log(rho / a) + (1 - rho) * np.log((1 - rho) / (1 - a)) for a in active)
    cost, _ = autoencoder_cost(x, weights, decoder, rho, decay, beta)
    assert cost.error == pytest.approx(error, rel=1e-13)
    assert cost.decay == pytest.approx(size, rel=1e-13)
    assert cost.sparsity == pytest.approx(beta * apart, rel=1e-13)
    assert cost.total == pytest.approx(error + size + beta * apart, rel=1e-13)
    assert cost.mean == pytest.approx(active)


def test_the_gradient_agrees_with_differences_to_1e_9():
    """Brief: A, gradient check: epsilon 1e-4, difference at most 1e-9, at the brief's settings.

    The difference is the tutorial's, |numeric - ours| / |numeric + ours|, over all 3,289
    parameters of 64-25-64; and the largest difference of any one of them.
    """
    x, settings = patches(), ("sigmoid", 0.01, 1e-4, 3.0)
    weights = initial_weights(64, 25, np.random.default_rng(2))
    gradient = np.concatenate([g.ravel() for g in autoencoder_cost(x, weights, *settings)[1]])
    numeric = np.concatenate(
        [
            numeric_gradient(
                lambda v, k=k: autoencoder_cost(x, moved(weights, k, v), *settings)[0].total, w
            ).ravel()
            for k, w in enumerate(weights)
        ]
    )
    apart = np.linalg.norm(numeric - gradient) / np.linalg.norm(numeric + gradient)
    assert apart <= 1e-9
    assert np.abs(numeric - gradient).max() <= 1e-9


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_decoder_has_its_gradient(decoder):
    x, settings = patches(9, 6), (decoder, 0.1, 0.02, 2.0)
    weights = initial_weights(6, 4, RNG)
    _, gradient = autoencoder_cost(x, weights, *settings)
    for k, w in enumerate(weights):
        numeric = numeric_gradient(
            lambda v, k=k: autoencoder_cost(x, moved(weights, k, v), *settings)[0].total, w
        )
        assert relative_difference(gradient[k], numeric) < 1e-7


def test_weights_start_within_the_briefs_bounds_and_biases_at_0():
    w1, b1, w2, b2 = initial_weights(64, 25, RNG)
    limit = np.sqrt(6 / (64 + 25 + 1))
    for w in (w1, w2):
        assert 0.95 * limit < np.abs(w).max() <= limit
    assert not b1.any()
    assert not b2.any()


def test_the_target_is_the_input():
    """Brief: A1. With as many units as cells, weights exist that give everything back."""
    x = np.random.default_rng(3).uniform(-1e-3, 1e-3, (20, 4))
    # A sigmoid is straight around 0, with slope 1/4.
    weights = Weights(np.eye(4), np.zeros(4), 4 * np.eye(4), np.full(4, -2.0))
    cost, _ = autoencoder_cost(x, weights, "linear", 0.5, 0.0, 0.0)
    assert cost.total < 1e-18
    assert decode(encode(x, *weights[:2]), *weights[2:], "linear") == pytest.approx(x, abs=1e-9)


@pytest.mark.parametrize(
    ("decoder", "low", "high"), [("sigmoid", -0.1, 1), ("sigmoid", 0, 1.5), ("tanh", -1.5, 0)]
)
def test_what_a_decoder_cannot_give_back_is_refused(decoder, low, high):
    with pytest.raises(DataError, match=rf"{decoder} decoder gives (?s:.*) the linear decoder"):
        check_reach(np.array([[low, high]]), decoder)
    check_reach(np.array([[low, high]]), "linear")


def test_an_unknown_decoder_is_named():
    with pytest.raises(UnknownName, match="no decoder is called 'linnear': did you mean 'linear'"):
        check_reach(np.zeros((1, 1)), "linnear")
