import numpy as np
import pytest
from scipy.spatial.distance import cdist

from simplecell.formulas.rbf import rbf_backward, rbf_forward


def test_the_distance_is_squared_and_euclidean():
    """y_i = sum_j (x_j - w_ij)^2. Brief: C14"""
    rng = np.random.default_rng(0)
    x, codes = rng.normal(size=(3, 84)), rng.choice([-1.0, 1.0], size=(10, 84))
    assert np.allclose(rbf_forward(x, codes), cdist(x, codes, "sqeuclidean"))


def test_a_code_is_at_distance_0_from_itself_and_farther_is_larger():
    """Brief: C14"""
    codes = np.random.default_rng(1).choice([-1.0, 1.0], size=(10, 84))
    y = rbf_forward(codes, codes)
    assert np.array_equal(np.diag(y), np.zeros(10))
    assert y.argmin(axis=1).tolist() == list(range(10))
    # Two codes of +-1 lie 4 apart for every cell in which they differ.
    assert y[0, 1] == 4 * (codes[0] != codes[1]).sum()
    further = codes[0] + np.array([[0.1], [0.2], [0.3]])
    assert np.all(np.diff(rbf_forward(further, codes[:1])[:, 0]) > 0)


def test_following_the_gradient_brings_features_and_code_together():
    rng = np.random.default_rng(2)
    x, codes = rng.normal(size=(1, 6)), rng.normal(size=(1, 6))
    before = rbf_forward(x, codes)[0, 0]
    dx, dcodes = rbf_backward(x, codes, np.ones((1, 1)))
    assert rbf_forward(x - 0.1 * dx, codes)[0, 0] == pytest.approx(0.64 * before)
    assert rbf_forward(x, codes - 0.1 * dcodes)[0, 0] == pytest.approx(0.64 * before)
