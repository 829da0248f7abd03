import numpy as np
import pytest

from simplecell.formulas.updates import adam, momentum_sgd, sdlm, sgd


def test_a_step_goes_against_the_gradient():
    """Brief: D8"""
    assert sgd(np.array([1.0, 2.0]), np.array([10.0, -10.0]), 0.1).tolist() == [0, 3]


def test_momentum_is_the_published_recursion():
    w, v = np.array([1.0]), np.zeros(1)
    w, v = momentum_sgd(w, np.array([1.0]), v, rate=0.1, momentum=0.5)
    assert (w[0], v[0]) == pytest.approx((0.9, 1.0))
    w, v = momentum_sgd(w, np.array([1.0]), v, rate=0.1, momentum=0.5)
    assert (w[0], v[0]) == pytest.approx((0.75, 1.5))


def test_momentum_0_is_a_plain_step():
    w, dw = np.random.default_rng(0).normal(size=(2, 5))
    assert np.array_equal(momentum_sgd(w, dw, np.zeros(5), 0.1, 0.0, 0.3)[0], sgd(w, dw, 0.1, 0.3))


def test_adams_first_step_has_the_length_of_the_rate():
    """After correction for the start, mean / size is the sign of the first gradient."""
    w, m, v = adam(np.zeros(3), np.array([1e-3, -7.0, 2e4]), np.zeros(3), np.zeros(3), 1, 0.01)
    assert np.allclose(w, [-0.01, 0.01, -0.01], rtol=1e-4)
    assert np.allclose(m, [1e-4, -0.7, 2e3])
    assert np.allclose(v, [1e-9, 0.049, 4e5])


def test_adam_takes_the_published_steps():
    """Algorithm 1 of Kingma and Ba, written out by hand for one number."""
    w, m, v = np.array([1.0]), np.zeros(1), np.zeros(1)
    by_hand, mean, size = 1.0, 0.0, 0.0
    for step, g in enumerate([0.3, -0.2, 0.5, 0.1], start=1):
        w, m, v = adam(w, np.array([g]), m, v, step, 0.02, 0.8, 0.95, 1e-6)
        mean, size = 0.8 * mean + 0.2 * g, 0.95 * size + 0.05 * g**2
        corrected = (size / (1 - 0.95**step)) ** 0.5 + 1e-6
        by_hand -= 0.02 * (mean / (1 - 0.8**step)) / corrected
    assert w[0] == pytest.approx(by_hand, rel=1e-12)


def test_decay_shrinks_the_weight_and_stays_out_of_the_running_means():
    w, dw, zero = np.array([10.0]), np.array([1.0]), np.zeros(1)
    still = np.zeros(1)
    assert sgd(w, still, 0.1, decay=0.5)[0] == pytest.approx(9.5)
    for decay in (0.0, 0.5):
        kept = 10 * (1 - 0.1 * decay)
        moved, v = momentum_sgd(w, dw, zero, 0.1, 0.9, decay)
        assert (moved[0], v[0]) == pytest.approx((kept - 0.1, 1.0))
        moved, m, v = adam(w, dw, zero, zero, 1, 0.1, decay=decay)
        assert (moved[0], m[0], v[0]) == pytest.approx((kept - 0.1, 0.1, 0.001))


def test_updates_keep_float32_and_change_nothing_in_place():
    arrays = [np.full(3, value, np.float32) for value in (1.0, 0.5, 0.25, 0.125)]
    copies = [a.copy() for a in arrays]
    w, dw, m, v = arrays
    results = (
        sgd(w, dw, 0.1, 0.01),
        *momentum_sgd(w, dw, v, 0.1, 0.9, 0.01),
        *adam(w, dw, m, v, 3, 0.1, 0.9, 0.999, 1e-8, 0.01),
    )
    assert {a.dtype for a in results} == {np.dtype(np.float32)}
    assert all(np.array_equal(a, b) for a, b in zip(arrays, copies, strict=True))


def test_every_weight_has_a_rate_of_its_own_by_its_curvature():
    """eta / (mu + h), the paper's rule. Brief: D8, F"""
    h = np.array([[0.0, 0.02], [0.98, 100.0]])
    w = sdlm(np.zeros((2, 2)), np.ones((2, 2)), h, rate=5e-4)
    assert np.allclose(-w, [[0.025, 0.0125], [5e-4, 5e-4 / 100.02]], rtol=1e-12)


def test_one_step_by_curvature_without_mu_finds_the_bottom_of_a_bowl_along_its_axes():
    h, bottom = np.array([1e-3, 1.0, 1e3]), np.array([3.0, -2.0, 1.0])
    w = np.zeros(3)
    assert np.allclose(sdlm(w, h * (w - bottom), h, rate=1.0, mu=0.0), bottom)


def test_decay_by_curvature_shrinks_each_weight_at_its_own_rate():
    w = sdlm(np.ones(2), np.zeros(2), np.array([0.0, 0.98]), rate=0.01, decay=0.1)
    assert np.allclose(w, [1 - 0.5 * 0.1, 1 - 0.01 * 0.1])
