import numpy as np
import pytest

from simplecell.formulas.gradcheck import numeric_gradient, relative_difference


def test_a_known_gradient_is_measured():
    x = np.random.default_rng(0).normal(size=(2, 3))
    measured = numeric_gradient(lambda v: float(np.sin(v).sum() + v[0, 1] * v[1, 2]), x)
    expected = np.cos(x)
    expected[0, 1] += x[1, 2]
    expected[1, 2] += x[0, 1]
    assert np.allclose(measured, expected, rtol=0, atol=1e-8)


def test_the_array_is_left_as_it_was_and_may_be_laid_out_in_any_order():
    """A copy that is no view of the moved array would measure 0 everywhere."""
    x = np.asfortranarray(np.random.default_rng(1).normal(size=(3, 4)))
    before = x.copy()
    weights = np.arange(12.0).reshape(3, 4)
    measured = numeric_gradient(lambda v: float((weights * v).sum()), x)
    assert np.allclose(measured, weights, rtol=0, atol=1e-9)
    assert np.array_equal(x, before)


def test_chosen_cells_are_measured_and_no_others():
    x = np.arange(6.0).reshape(2, 3)
    calls = []

    def f(v):
        calls.append(v.copy())
        return float((v**2).sum())

    assert numeric_gradient(f, x, cells=np.array([4, 1])) == pytest.approx([8, 2])
    assert len(calls) == 4
    assert all(np.count_nonzero(v - x) == 1 for v in calls)


def test_the_difference_is_symmetric_and_does_not_depend_on_scale():
    a, b = np.random.default_rng(2).normal(size=(2, 20))
    assert relative_difference(a, b) == relative_difference(b, a) > 0
    assert relative_difference(1e6 * a, 1e6 * b) == pytest.approx(relative_difference(a, b))


def test_opposite_gradients_are_as_far_apart_as_can_be():
    a = np.array([3.0, 4.0])
    assert relative_difference(a, -a) == 2
    assert relative_difference(a, 0 * a) == 1


def test_near_zero_the_difference_is_measured_by_the_floor():
    zero, dust = np.zeros(4), np.array([1e-13, 0, 0, 0])
    assert relative_difference(zero, zero) == 0
    assert relative_difference(zero, dust) == pytest.approx(1e-5)
    assert relative_difference(zero, dust, floor=1e-13) == 1


def test_one_wrong_cell_among_many_is_seen():
    a = np.random.default_rng(3).normal(size=1000)
    b = a.copy()
    b[7] += 0.1
    assert relative_difference(a, b) > 1e-3


def test_a_nan_is_no_agreement():
    assert not relative_difference(np.array([1.0, np.nan]), np.ones(2)) <= 1
