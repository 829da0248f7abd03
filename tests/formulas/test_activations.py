import numpy as np
import pytest
from scipy.special import expit
from scipy.special import softmax as scipy_softmax

from simplecell.errors import UnknownName
from simplecell.formulas.activations import bounds, corners, slope, softmax, squash
from simplecell.formulas.gradcheck import numeric_gradient

NAMES = (
    "identity",
    "sigmoid",
    "tanh",
    "scaled_tanh",
    "relu",
    "leaky_relu",
    "leaky_relu(0.3)",
    "elu",
    "elu(0.5)",
    "softplus",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_slope_is_the_derivative(name):
    u = np.linspace(-3, 3, 24)  # an even number of points: 0, the corner of relu, is not one
    x = squash(name, u)
    measured = numeric_gradient(lambda v: squash(name, v).sum(), u)
    assert np.allclose(slope(name, u, x), measured, rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_squashing_keeps_float32_and_its_input(name):
    u = np.array([-2, -0.5, 0, 0.5, 2], np.float32)
    x = squash(name, u)
    assert x.dtype == slope(name, u, x).dtype == softmax(u[None]).dtype == np.float32
    assert u.tolist() == [-2, -0.5, 0, 0.5, 2]


def test_scaled_tanh_passes_through_one_and_minus_one():
    """f(+-1) = +-1, to the five digits of the paper's 1.7159. Brief: F"""
    assert squash("scaled_tanh", np.array([1.0, -1.0])) == pytest.approx([1, -1], abs=1e-5)


def test_scaled_tanh_bends_most_at_one():
    """The paper chose S so that the second derivative is largest at +-1. Brief: F"""
    u = np.linspace(0, 3, 3001)
    bend = np.gradient(slope("scaled_tanh", u, squash("scaled_tanh", u)), u)
    assert u[np.abs(bend).argmax()] == pytest.approx(1, abs=0.02)


def test_the_sigmoid_does_not_average_zero_and_tanh_does():
    """The deck says the sigmoid's outputs average about 0. Brief: C8, errors in the sources"""
    u = np.random.default_rng(0).normal(size=10_000)
    u -= u.mean()
    assert squash("sigmoid", u).mean() == pytest.approx(0.5, abs=0.01)
    assert squash("sigmoid", u).min() > 0
    for name in ("tanh", "scaled_tanh"):
        assert squash(name, u).mean() == pytest.approx(0, abs=0.01)


def test_the_sigmoid_is_exact_and_quiet_at_both_ends():
    u = np.array([-1e4, -700.0, -40.0, -1.0, 0.0, 1.0, 40.0, 1e4])
    assert np.allclose(squash("sigmoid", u), expit(u), rtol=1e-15, atol=0)


def test_relu_has_no_slope_at_its_corner():
    u = np.array([-1.0, 0.0, 1.0])
    assert slope("relu", u, squash("relu", u)).tolist() == [0, 0, 1]


def test_a_parameter_stands_in_the_name_and_the_usual_one_may_be_left_out():
    u = np.array([-2.0, 0.0, 3.0])
    assert squash("leaky_relu", u).tolist() == squash("leaky_relu(0.01)", u).tolist()
    assert squash("leaky_relu(0.25)", u).tolist() == [-0.5, 0, 3]
    assert squash("elu(2)", u) == pytest.approx([2 * (np.exp(-2) - 1), 0, 3], rel=1e-15)
    assert squash("elu(0)", u).tolist() == squash("relu", u).tolist()


def test_softplus_and_elu_are_exact_and_quiet_at_both_ends():
    u = np.array([-1e4, -700.0, -40.0, -1e-9, 0.0, 1e-9, 40.0, 1e4])
    assert np.allclose(squash("softplus", u), np.logaddexp(0, u), rtol=1e-15, atol=0)
    assert squash("softplus", u)[[1, 7]].tolist() == [np.exp(-700), 1e4]
    assert squash("elu", u)[[0, 3, 7]].tolist() == [-1, np.expm1(-1e-9), 1e4]
    assert slope("elu", u, squash("elu", u))[[1, 7]].tolist() == [np.exp(-700), 1]


def test_corners_and_bounds_follow_from_the_parameter():
    assert corners("elu") == corners("softplus") == corners("leaky_relu(1)") == ()
    assert corners("elu(0.5)") == corners("leaky_relu") == corners("relu") == (0.0,)
    assert bounds("elu(0.5)") is bounds("softplus") is bounds("leaky_relu") is None


def test_softmax_agrees_with_scipy_and_does_not_overflow():
    u = np.random.default_rng(0).normal(size=(5, 7)) * 10
    u[0] += 1e6
    assert np.allclose(softmax(u), scipy_softmax(u, axis=1), rtol=1e-12, atol=0)


def test_a_squashing_function_nobody_knows_is_refused_with_the_nearest():
    u = np.zeros(1)
    with pytest.raises(UnknownName, match="'tanhh': did you mean 'tanh'"):
        squash("tanhh", u)
    with pytest.raises(UnknownName, match="no squashing function of one cell is called 'softmax'"):
        slope("softmax", u, u)
