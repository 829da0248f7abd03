import numpy as np
import pytest
from scipy.signal import correlate
from scipy.stats import entropy

from simplecell.formulas.activations import softmax
from simplecell.formulas.combine import (
    absolute_penalty,
    choice_gradient,
    combine_backward,
    combine_forward,
    entropy_penalty,
    mixed_kernels,
    share_gradient,
)
from simplecell.formulas.conv import conv_forward, kernel_windows
from simplecell.formulas.gradcheck import numeric_gradient, relative_difference


def drawn(seed=0, maps=4, channels=3):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(2, channels, 7, 6)), rng.normal(size=(channels, 3, 2))
    return x, w, rng.normal(size=(maps, channels)), rng.normal(size=maps), rng


def test_a_mixture_is_the_sum_of_shares_of_what_each_maps_kernel_finds():
    """u_j = sum_i alpha_ij (x_i * k_i) + b_j, alpha = softmax_i(c_ij). Brief: E2"""
    x, w, choice, b, _ = drawn()
    alpha = np.exp(choice) / np.exp(choice).sum(axis=1, keepdims=True)
    for n in range(2):
        found = [correlate(x[n, c], w[c], "valid") for c in range(3)]
        for m in range(4):
            expected = sum(alpha[m, c] * found[c] for c in range(3)) + b[m]
            assert np.allclose(combine_forward(x, w, choice, b)[n, m], expected)


def test_a_row_with_one_share_left_is_a_connection_table_of_one_map():
    x, w, _, b, _ = drawn()
    choice = 1000 * np.eye(3)[[2, 0, 1, 2]]
    kernels = np.broadcast_to(w, (4, *w.shape))
    table = ((2,), (0,), (1,), (2,))
    expected = conv_forward(x, kernels, b, table=table)
    assert np.allclose(combine_forward(x, w, choice, b), expected)


def test_the_gradient_on_the_shares_is_delta_times_what_was_found():
    """dE/dalpha_i = sum delta o (x_i * k_i). Brief: E2"""
    x, w, choice, b, rng = drawn()
    du = rng.normal(size=combine_forward(x, w, choice, b).shape)
    dalpha = share_gradient(x, w, du)
    for m, c in np.ndindex(4, 3):
        found = np.stack([correlate(x[n, c], w[c], "valid") for n in range(2)])
        assert dalpha[m, c] == pytest.approx((du[:, m] * found).sum())
    measured = numeric_gradient(
        lambda alpha: (du * conv_forward(x, mixed_kernels(w, alpha), b)).sum(), softmax(choice)
    )
    assert relative_difference(dalpha, measured) < 1e-9


def test_the_gradient_on_the_choice_is_the_briefs_formula():
    """dE/dc_i = alpha_i (dE/dalpha_i - sum_k alpha_k dE/dalpha_k). Brief: E2"""
    x, w, choice, b, rng = drawn()
    du = rng.normal(size=combine_forward(x, w, choice, b).shape)
    alpha, dalpha = softmax(choice), share_gradient(x, w, du)
    dchoice = combine_backward(x, w, choice, du)[2]
    for m, i in np.ndindex(4, 3):
        common = sum(alpha[m, k] * dalpha[m, k] for k in range(3))
        assert dchoice[m, i] == pytest.approx(alpha[m, i] * (dalpha[m, i] - common))
    assert np.allclose(dchoice, choice_gradient(alpha, dalpha))


def test_the_published_penalty_has_no_gradient():
    """alpha >= 0 and sums to 1, so sum |alpha| is 1 a row, whatever c. Brief: E3, source error"""
    for seed in range(20):
        choice = 10 * np.random.default_rng(seed).normal(size=(5, 7))
        value, gradient = absolute_penalty(choice)
        assert value == pytest.approx(5, abs=1e-14)
        assert np.abs(gradient).max() < 1e-15
        measured = numeric_gradient(lambda moved: absolute_penalty(moved)[0], choice)
        assert np.abs(measured).max() < 1e-10


def test_no_strength_of_the_published_penalty_makes_a_row_sparser():
    """Brief: E3, source error"""
    choice = np.random.default_rng(1).normal(size=(4, 6))
    moved = choice.copy()
    for _ in range(500):
        moved -= 1e3 * absolute_penalty(moved)[1]
    assert np.abs(softmax(moved) - softmax(choice)).max() < 1e-9


def test_the_entropy_penalty_is_the_entropy_and_its_gradient_passes_finite_differences():
    """Brief: E3"""
    for seed in range(20):
        choice = 2 * np.random.default_rng(seed).normal(size=(5, 7))
        value, gradient = entropy_penalty(choice)
        assert value == pytest.approx(entropy(softmax(choice), axis=1).sum())
        measured = numeric_gradient(lambda moved: entropy_penalty(moved)[0], choice)
        assert relative_difference(gradient, measured) < 1e-7


def test_equal_shares_have_the_largest_entropy_and_no_way_to_go():
    value, gradient = entropy_penalty(np.zeros((2, 6)))
    assert value == pytest.approx(2 * np.log(6))
    assert np.abs(gradient).max() < 1e-15


def test_entropy_is_exact_where_a_share_is_too_small_to_write():
    value, gradient = entropy_penalty(np.array([[1e5, 0.0, -1e5], [800.0, 0.0, 0.0]]))
    assert value == 0
    assert np.array_equal(gradient, np.zeros((2, 3)))


def test_less_entropy_leaves_each_row_one_share_the_largest_it_had():
    """Brief: E3"""
    choice = np.random.default_rng(0).normal(size=(4, 6))
    moved = choice.copy()
    for _ in range(500):
        moved -= entropy_penalty(moved)[1]
    assert softmax(choice).max(axis=1).max() < 0.6
    assert softmax(moved).max(axis=1).min() > 0.999
    assert np.array_equal(moved.argmax(axis=1), choice.argmax(axis=1))


TABLE = ((0, 1), (2,), (3, 4), (0, 5))


def maps_in_use(strength):
    """Learn the shares behind noisy mixtures of TABLE; list those above a twentieth."""
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 6, 6, 6)), rng.normal(size=(6, 3, 3)), np.zeros(4)
    w /= np.linalg.norm(w, axis=(1, 2), keepdims=True)
    alpha = np.zeros((4, 6))
    for m, row in enumerate(TABLE):
        alpha[m, list(row)] = 1 / len(row)
    windows = kernel_windows(x, (3, 3), (1, 1))
    goal = np.einsum("mc,cpq,ncijpq->nmij", alpha, w, windows, optimize=True)
    goal += 0.5 * rng.normal(size=goal.shape)
    choice = 0.1 * rng.normal(size=(4, 6))
    for _ in range(800):
        du = (combine_forward(x, w, choice, b) - goal) / goal[:, 0].size
        dchoice = combine_backward(x, w, choice, du)[2]
        choice -= 10 * (dchoice + strength * entropy_penalty(choice)[1])
    return tuple(tuple(np.flatnonzero(row > 0.05).tolist()) for row in softmax(choice))


def test_the_entropy_penalty_finds_the_sparse_table_behind_noisy_maps():
    """Without it the noise keeps maps in use that made nothing. Brief: E2, E3"""
    assert maps_in_use(strength=0.1) == TABLE
    noisy = maps_in_use(strength=0.0)
    assert sum(map(len, noisy)) > sum(map(len, TABLE))
