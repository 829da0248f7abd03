import numpy as np
import pytest

from simplecell.formulas.activations import slope, squash
from simplecell.formulas.conv import conv_backward
from simplecell.formulas.gradcheck import numeric_gradient, relative_difference
from simplecell.formulas.subsample import down, subsample_backward, subsample_forward, up


@pytest.fixture
def drawn():
    """Give x, w, b, du for 3 examples, 2 maps, windows of 2x3."""
    rng = np.random.default_rng(0)
    shapes = ((3, 2, 4, 9), (2,), (2,), (3, 2, 2, 3))
    return tuple(rng.normal(size=shape) for shape in shapes)


def test_up_is_the_kronecker_product_with_ones():
    """Brief: D11"""
    x = np.random.default_rng(1).normal(size=(3, 2))
    assert np.array_equal(up(x, (2, 3)), np.kron(x, np.ones((2, 3))))
    assert np.array_equal(up(x, (2, 3)), x.repeat(2, axis=0).repeat(3, axis=1))


def test_down_sums_each_window():
    """Brief: D14"""
    x = np.random.default_rng(2).normal(size=(2, 6, 4))
    d = down(x, (3, 2))
    assert d.shape == (2, 2, 2)
    for c, i, j in np.ndindex(*d.shape):
        assert d[c, i, j] == pytest.approx(x[c, 3 * i : 3 * i + 3, 2 * j : 2 * j + 2].sum())


def test_up_is_the_transpose_of_down():
    """sum(down(x) * y) = sum(x * up(y)). Brief: D10, D11"""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(6, 6)), rng.normal(size=(2, 3))
    assert (down(x, (3, 2)) * y).sum() == pytest.approx((x * up(y, (3, 2))).sum())


def test_s2_sums_scales_adds_and_squashes(drawn):
    """x = f(beta down(x below) + b). Brief: C7, D14"""
    x, w, b, _ = drawn
    u = subsample_forward(x, w, b, (2, 3))
    for n, c, i, j in np.ndindex(*u.shape):
        window = x[n, c, 2 * i : 2 * i + 2, 3 * j : 3 * j + 3]
        assert u[n, c, i, j] == pytest.approx(w[c] * window.sum() + b[c])


@pytest.mark.parametrize("name", ["sigmoid", "scaled_tanh"])
def test_delta_of_the_layer_below_is_the_briefs_formula_as_written(drawn, name):
    """delta_j = beta_j ( f'(u_j) o up(delta_j above) ). Brief: D10"""
    _, w, b, du = drawn
    u_below = np.random.default_rng(4).normal(size=(3, 2, 4, 9))
    x_below = squash(name, u_below)
    f_prime = slope(name, u_below, x_below)
    delta = f_prime * subsample_backward(x_below, w, du, (2, 3))[0]
    for n, j in np.ndindex(3, 2):
        ones = np.ones((2, 3))
        assert np.allclose(delta[n, j], w[j] * (f_prime[n, j] * np.kron(du[n, j], ones)))

    def total(u):
        return float((du * subsample_forward(squash(name, u), w, b, (2, 3))).sum())

    assert relative_difference(delta, numeric_gradient(total, u_below)) < 1e-7


def test_the_gain_gradient_keeps_what_its_window_summed_to(drawn):
    """dE/dbeta = sum(delta o d), dE/db = sum(delta), d = down(x). Brief: E1"""
    x, w, _, du = drawn
    _, dw, db = subsample_backward(x, w, du, (2, 3))
    d = down(x, (2, 3))
    assert np.allclose(dw, [(du[:, c] * d[:, c]).sum() for c in range(2)])
    assert np.allclose(db, [du[:, c].sum() for c in range(2)])


def test_the_gain_gradient_as_commonly_translated_is_wrong(drawn):
    """A common translation prints dE/dbeta without "o d". Brief: E1, errors in the sources"""
    x, w, b, du = drawn
    dw = subsample_backward(x, w, du, (2, 3))[1]
    measured = numeric_gradient(lambda v: (du * subsample_forward(x, v, b, (2, 3))).sum(), w)
    misprinted = du.sum(axis=(0, 2, 3))
    assert relative_difference(dw, measured) < 1e-9
    assert relative_difference(misprinted, measured) > 0.1


def test_delta_of_a_subsampling_layer_below_a_convolution():
    """delta_j = f'(u_j) o sum of conv2(delta, rot180(k), full). Brief: D15"""
    from scipy.signal import convolve2d

    rng = np.random.default_rng(5)
    u, k = rng.normal(size=(2, 6, 6)), rng.normal(size=(3, 2, 3, 3))
    delta = rng.normal(size=(3, 4, 4))
    x = squash("tanh", u)
    w = k[:, :, ::-1, ::-1]  # conv2 turns k; our kernels are laid on as they are
    ours = slope("tanh", u, x) * conv_backward(x[None], w, delta[None])[0][0]
    for j in range(2):
        parts = [convolve2d(delta[m], np.rot90(k[m, j], 2), "full") for m in range(3)]
        assert np.allclose(ours[j], (1 - x[j] ** 2) * sum(parts))
