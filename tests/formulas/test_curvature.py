"""What the Gauss-Newton diagonal holds, what it leaves out, and by how much.

That each curvature is the second derivative of its own layer, test_backward.py shows.

Source: LeCun et al. 1998, appendix C.   Brief: F
"""

import numpy as np
import pytest

from simplecell.formulas.activations import slope, squash, squash_curvature
from simplecell.formulas.conv import (
    conv_backward,
    conv_curvature,
    conv_forward,
    kernel_windows,
    table_mask,
)
from simplecell.formulas.dense import dense_curvature
from simplecell.formulas.gradcheck import numeric_curvature, numeric_gradient
from simplecell.formulas.local import local_backward, local_curvature, local_forward
from simplecell.formulas.losses import (
    cross_entropy_backward,
    cross_entropy_curvature,
    map_backward,
    map_curvature,
    map_forward,
    mean_square_backward,
    mean_square_curvature,
    mean_square_forward,
    posterior,
    squared_error_curvature,
)
from simplecell.formulas.pool import pool_curvature
from simplecell.formulas.rbf import rbf_backward, rbf_curvature, rbf_forward
from simplecell.formulas.subsample import down, subsample_curvature

TABLE = ((0, 1), (2,), (0, 2), (1,))


def unshared(w, places):
    """Write shared kernels (M, C, p, q) as a copy at every place, (M, i, j, C, p, q)."""
    return np.broadcast_to(w[:, None, None], (len(w), *places, *w.shape[1:])).copy()


@pytest.mark.parametrize(("stride", "places"), [((1, 1), (5, 4)), ((2, 3), (3, 2))])
@pytest.mark.parametrize("table", [None, TABLE])
def test_a_shared_weight_has_the_curvature_of_all_its_unshared_copies(stride, places, table):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 7, 7)), rng.normal(size=(4, 3, 3, 4))
    hu = rng.uniform(size=(2, 4, *places))
    mask = table_mask(table, 4, 3)[:, :, None, None]
    hx, hw, hb = conv_curvature(x, w, hu, stride, table)
    copies = local_curvature(x, unshared(w * mask, places), hu, stride)
    assert np.allclose(hx, copies[0], rtol=1e-12)
    assert np.allclose(hw, mask * copies[1].sum(axis=(1, 2)), rtol=1e-12)
    assert np.allclose(hb, copies[2].sum(axis=(1, 2)), rtol=1e-12)
    assert (hw[:, :, 0, 0] > 0).tolist() == table_mask(table, 4, 3).tolist()


def test_below_a_second_layer_the_sum_over_copies_leaves_out_how_two_uses_bend_together():
    """A convolution, a full connection, squared error: d2E/dw2, shared and unshared."""
    rng = np.random.default_rng(1)
    x, w, b = rng.normal(size=(2, 1, 4, 4)), rng.normal(size=(1, 1, 2, 2)), np.zeros(1)
    top, t = rng.normal(size=(3, 9)), rng.normal(size=(2, 3))

    def delta(u):
        return ((u.reshape(2, 9) @ top.T - t) @ top).reshape(u.shape)

    def shared(w):
        return conv_backward(x, w, delta(conv_forward(x, w, b)))[1]

    def each(w):
        return local_backward(x, w, delta(local_forward(x, w, np.zeros((1, 3, 3)))))[1]

    u = conv_forward(x, w, b)
    hu, _, _ = dense_curvature(u.reshape(2, 9), top, squared_error_curvature(t))
    _, hw, _ = conv_curvature(x, w, hu.reshape(u.shape))
    copies = numeric_curvature(each, unshared(w, (3, 3)))
    assert np.allclose(hw, copies.sum(axis=(1, 2)), rtol=1e-7)
    together = np.einsum("nijpq,kij->nkpq", kernel_windows(x, (2, 2), (1, 1))[:, 0], _maps(top))
    whole = numeric_curvature(shared, w)
    assert np.allclose(whole[0, 0], (together**2).sum(axis=(0, 1)), rtol=1e-7)
    assert not np.allclose(hw, whole, rtol=0.1)


def _maps(top):
    return top.reshape(len(top), 3, 3)


def test_a_gain_is_used_once_a_window_on_what_the_window_sums_to():
    """The sum over its cells, one connection each, is another number: see the guess."""
    rng = np.random.default_rng(2)
    x, w, hu = rng.normal(size=(2, 3, 4, 6)), rng.normal(size=3), rng.uniform(size=(2, 3, 2, 3))
    hx, hw, hb = subsample_curvature(x, w, hu, (2, 2))
    one = np.einsum("ncij,ncij->c", hu, down(x, (2, 2)) ** 2)
    cells = np.einsum("ncij,ncij->c", hu, down(x * x, (2, 2)))
    assert np.allclose(hw, one, rtol=1e-12)
    assert not np.allclose(hw, cells, rtol=0.1)
    assert np.allclose(hb, hu.sum(axis=(0, 2, 3)))
    assert hx[1, 2, 3, 5] == pytest.approx(w[2] ** 2 * hu[1, 2, 1, 2])


def test_a_mean_squares_its_share_and_a_maximum_passes_all_to_the_winner():
    x, hu = np.arange(8.0).reshape(1, 1, 2, 4), np.array([[[[16.0, 32.0]]]])
    assert pool_curvature(x, hu, (2, 2), "mean")[0, 0].tolist() == [[1, 1, 2, 2]] * 2
    assert pool_curvature(x, hu, (2, 2), "max")[0, 0].tolist() == [[0, 0, 0, 0], [0, 16, 0, 32]]


CHAIN = [("identity", 0.7), ("sigmoid", -0.4), ("tanh", 0.9), ("scaled_tanh", 0.9), ("relu", 0.9)]


def chain(f, u, error):
    """One unit on one unit: E = (v f(w x) - t)^2 / 2, with x = 1.5, v = 0.8, y - t = error.

    Gives the curvature on w by the recursion, and as measured; and f'' dE/dx x^2.
    """
    x, v = np.array([[1.5]]), np.array([[0.8]])
    w = np.array([[u / 1.5]])
    z = squash(f, np.array([[u]]))
    t = v * z - error

    def gradient(w):
        u = x @ w.T
        z = squash(f, u)
        return (slope(f, u, z) * ((v * z - t) * v)) * x

    hz, _, _ = dense_curvature(z, v, squared_error_curvature(t))
    hu = squash_curvature(f, np.array([[u]]), z, hz)
    _, hw, _ = dense_curvature(x, w, hu)
    bend = numeric_gradient(lambda u: slope(f, u, squash(f, u)).sum(), np.array([[u]]))
    return hw[0, 0], numeric_curvature(gradient, w)[0, 0], bend[0, 0] * error * 0.8 * 1.5**2


@pytest.mark.parametrize(("f", "u"), CHAIN)
def test_along_one_path_it_is_the_second_derivative_where_the_answer_is_right(f, u):
    found, measured, _ = chain(f, u, error=0.0)
    assert found == pytest.approx(measured, rel=1e-7)
    assert found > 0.05


@pytest.mark.parametrize(("f", "u"), CHAIN)
def test_where_the_answer_is_wrong_it_leaves_out_the_bend_of_the_squashing_function(f, u):
    found, measured, left_out = chain(f, u, error=3.0)
    assert measured - found == pytest.approx(left_out, abs=1e-7)
    assert (left_out == 0) == (f in ("identity", "relu"))


def test_two_layers_down_it_leaves_out_how_two_units_bend_together():
    rng = np.random.default_rng(3)
    middle, top = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
    x = rng.normal(size=(1, 3))
    h_above, _, _ = dense_curvature(x @ middle.T, top, np.ones((1, 2)))
    assert np.allclose(h_above, (top**2).sum(axis=0), rtol=1e-12)  # exact: E is diagonal in y
    h_below, _, _ = dense_curvature(x, middle, h_above)
    bends = top.T @ top  # d2E/du2 in the middle layer, whole
    whole = np.diag(middle.T @ bends @ middle)
    across = np.diag(middle.T @ (bends - np.diag(np.diag(bends))) @ middle)
    measured = numeric_curvature(lambda x: x @ middle.T @ bends @ middle, x)
    assert np.allclose(measured[0], whole, rtol=1e-8)
    assert np.allclose(h_below[0], whole - across, rtol=1e-12)
    assert np.abs(across).min() > 0.1


def rbf_example(seed=4):
    rng = np.random.default_rng(seed)
    x, codes = 0.3 * rng.normal(size=(6, 5)), 0.3 * rng.normal(size=(4, 5))
    return x, codes, np.array([0, 1, 2, 3, 0, 0])


def measured_below(x, codes, labels, backward):
    """Measure d2E/dx2 and d2E/dcodes2, with E the sum of a loss of the distances."""

    def gradient(x, codes, which):
        return rbf_backward(x, codes, backward(rbf_forward(x, codes), labels))[which]

    return (
        numeric_curvature(lambda moved: gradient(moved, codes, 0), x),
        numeric_curvature(lambda moved: gradient(x, moved, 1), codes),
    )


def test_the_papers_mse_has_curvature_2_in_every_feature():
    """And in every code 2 for each example of its class. Both are exact."""
    x, codes, labels = rbf_example()
    y = rbf_forward(x, codes)
    hx, hcodes = rbf_curvature(x, codes, mean_square_backward(y, labels), mean_square_curvature(y))
    assert np.array_equal(hx, np.full(x.shape, 2.0))
    assert np.array_equal(hcodes, np.outer([6.0, 2.0, 2.0, 2.0], np.ones(5)))
    exact = measured_below(x, codes, labels, mean_square_backward)
    assert np.allclose(hx, exact[0], rtol=1e-8)
    assert np.allclose(hcodes, exact[1], rtol=1e-8)


@pytest.mark.parametrize("j", [0.5, 3.0])
def test_through_map_only_what_lies_across_two_distances_is_left_out_of_the_features(j):
    x, codes, labels = rbf_example()
    y = rbf_forward(x, codes)
    hx, _ = rbf_curvature(x, codes, map_backward(y, labels, j), map_curvature(y, j))
    exact, _ = measured_below(x, codes, labels, lambda y, labels: map_backward(y, labels, j))
    slopes = posterior(y, j)[:, :-1, None] * 2 * (x[:, None] - codes)
    across = (slopes**2).sum(axis=1) - slopes.sum(axis=1) ** 2
    assert np.allclose(exact, hx + across, rtol=1e-6)
    assert (exact > 0).all()
    assert (hx >= 0).all()
    assert np.abs(across).max() > 0.01


def test_codes_of_wrong_classes_that_map_bends_downwards_keep_a_curvature_of_0_or_more():
    x, codes, labels = rbf_example()
    y = rbf_forward(x, codes)
    du, hu = map_backward(y, labels, 3.0), map_curvature(y, 3.0)
    _, hcodes = rbf_curvature(x, codes, du, hu)
    _, exact = measured_below(x, codes, labels, lambda y, labels: map_backward(y, labels, 3.0))
    downwards = 2 * np.minimum(du, 0).sum(axis=0)[:, None]
    assert np.allclose(exact, hcodes + downwards, rtol=1e-6)
    assert exact.min() < 0
    assert hcodes.min() >= 0


def test_cross_entropy_of_distances_pulls_no_feature_anywhere_by_itself():
    """The shares of the classes sum to 1, so the bends of the distances cancel."""
    x, codes, labels = rbf_example()
    y = rbf_forward(x, codes)
    du, hu = -cross_entropy_backward(-y, labels), cross_entropy_curvature(-y)
    hx, _ = rbf_curvature(x, codes, du, hu)
    assert np.allclose(hx, (4 * (x[:, None] - codes) ** 2 * hu[:, :, None]).sum(axis=1))


def test_the_curvature_of_map_fades_as_answers_become_sure_and_that_of_mse_does_not():
    codes = np.random.default_rng(5).choice([-1.0, 1.0], size=(10, 84))
    x, labels = codes.copy(), np.arange(10)
    y = rbf_forward(x, codes)
    sure, _ = rbf_curvature(x, codes, map_backward(y, labels), map_curvature(y))
    always, _ = rbf_curvature(x, codes, mean_square_backward(y, labels), mean_square_curvature(y))
    assert map_forward(y, labels).max() < 1e-5
    assert mean_square_forward(y, labels).max() == 0
    assert sure.max() < 1e-4
    assert always.min() == 2


def test_curvature_adds_up_over_examples_and_never_mixes_them():
    rng = np.random.default_rng(6)
    x, w, hu = rng.normal(size=(3, 4)), rng.normal(size=(2, 4)), rng.uniform(size=(3, 2))
    hx, hw, hb = dense_curvature(x, w, hu)
    one_by_one = [dense_curvature(x[n : n + 1], w, hu[n : n + 1]) for n in range(3)]
    assert np.allclose(hx, np.concatenate([one[0] for one in one_by_one]))
    assert np.allclose(hw, sum(one[1] for one in one_by_one))
    assert np.allclose(hb, sum(one[2] for one in one_by_one))
