import numpy as np
import pytest

from simplecell.formulas.activations import slope, squash
from simplecell.formulas.dense import dense_backward, dense_forward
from simplecell.formulas.gradcheck import numeric_gradient, relative_difference
from simplecell.formulas.losses import squared_error_backward, squared_error_forward


@pytest.fixture
def two_layers():
    """Run one example through two layers of sigmoids and back, in the brief's own letters."""
    rng = np.random.default_rng(0)
    x0, t = rng.normal(size=5), np.array([0.0, 1.0, 0.0])
    w1, b1, w2, b2 = (rng.normal(size=s) for s in ((4, 5), (4,), (3, 4), (3,)))
    u1 = dense_forward(x0[None], w1, b1)
    x1 = squash("sigmoid", u1)
    u2 = dense_forward(x1, w2, b2)
    y = squash("sigmoid", u2)
    delta2 = slope("sigmoid", u2, y) * squared_error_backward(y, t[None])
    dx1, dw2, db2 = dense_backward(x1, w2, delta2)
    delta1 = slope("sigmoid", u1, x1) * dx1
    _, dw1, db1 = dense_backward(x0[None], w1, delta1)
    return locals()


def test_the_forward_recursion_is_w_x_plus_b(two_layers):
    """u = W x + b, x = f(u). Brief: D4"""
    v = two_layers
    assert np.allclose(v["u1"][0], v["w1"] @ v["x0"] + v["b1"])
    assert np.allclose(v["y"][0], 1 / (1 + np.exp(-(v["w2"] @ v["x1"][0] + v["b2"]))))


def test_delta_of_the_output_is_the_slope_times_the_error(two_layers):
    """delta = f'(u) o (y - t). Brief: D7"""
    v = two_layers
    y = v["y"][0]
    assert np.allclose(v["delta2"][0], y * (1 - y) * (y - v["t"]))


def test_delta_below_is_w_transposed_delta_times_the_slope(two_layers):
    """delta below = (W above)^T delta above o f'(u below). Brief: D6"""
    v = two_layers
    x1 = v["x1"][0]
    assert np.allclose(v["delta1"][0], (v["w2"].T @ v["delta2"][0]) * x1 * (1 - x1))


def test_the_bias_gradient_is_delta(two_layers):
    """dE/db = delta. Brief: D5"""
    v = two_layers
    assert np.allclose(v["db1"], v["delta1"][0])
    assert np.allclose(v["db2"], v["delta2"][0])


def test_the_weight_gradient_is_delta_times_x_below(two_layers):
    """dE/dW = delta x^T. Brief: D8"""
    v = two_layers
    assert np.allclose(v["dw2"], np.outer(v["delta2"], v["x1"]))
    assert np.allclose(v["dw1"], np.outer(v["delta1"], v["x0"]))


def test_both_layers_agree_with_finite_differences(two_layers):
    """Brief: D4-D8, E4"""
    v = two_layers

    def error(w1, b1, w2, b2):
        x1 = squash("sigmoid", dense_forward(v["x0"][None], w1, b1))
        y = squash("sigmoid", dense_forward(x1, w2, b2))
        return float(squared_error_forward(y, v["t"][None])[0])

    names = ("w1", "b1", "w2", "b2")
    for name in names:
        measured = numeric_gradient(
            lambda a, name=name: error(**{n: a if n == name else v[n] for n in names}), v[name]
        )
        assert relative_difference(v[f"d{name}"], measured) < 1e-7


def test_a_batch_gathers_what_its_examples_would_alone():
    rng = np.random.default_rng(1)
    x, w, du = rng.normal(size=(6, 5)), rng.normal(size=(4, 5)), rng.normal(size=(6, 4))
    dx, dw, db = dense_backward(x, w, du)
    alone = [dense_backward(x[n : n + 1], w, du[n : n + 1]) for n in range(6)]
    assert np.allclose(dx, np.concatenate([one[0] for one in alone]))
    assert np.allclose(dw, sum(one[1] for one in alone))
    assert np.allclose(db, sum(one[2] for one in alone))
