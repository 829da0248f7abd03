import numpy as np
import pytest
from scipy.special import log_softmax

from simplecell.errors import DataError
from simplecell.formulas.losses import (
    check_labels,
    cross_entropy_backward,
    cross_entropy_forward,
    squared_error_backward,
    squared_error_forward,
    targets,
)


def test_squared_error_is_half_the_sum_over_classes_and_adds_up_over_examples():
    """E = 1/2 sum_n sum_k (t - y)^2. Brief: D1, D2"""
    y = np.array([[0.5, 0.25], [1.0, 0.0]])
    t = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert squared_error_forward(y, t).tolist() == [0.15625, 0.5]
    assert squared_error_forward(y, t).sum() == 0.5 * ((t - y) ** 2).sum()
    assert squared_error_backward(y, t).tolist() == [[-0.5, 0.25], [0.0, -1.0]]


@pytest.mark.parametrize("squash", ["sigmoid", "identity", "relu"])
def test_one_of_c_targets_are_0_and_1(squash):
    """Brief: D3"""
    assert targets(np.array([1, 0]), 3, squash).tolist() == [[0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("squash", ["tanh", "scaled_tanh"])
def test_one_of_c_targets_are_minus_1_and_1_where_outputs_reach_them(squash):
    """Brief: D3"""
    assert targets(np.array([1, 0]), 3, squash).tolist() == [[-1, 1, -1], [1, -1, -1]]


def test_cross_entropy_is_minus_the_log_of_the_labels_softmax():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(6, 4)) * 5, rng.integers(0, 4, 6)
    expected = -log_softmax(scores, axis=1)[np.arange(6), labels]
    assert np.allclose(cross_entropy_forward(scores, labels), expected, rtol=1e-12)


def test_cross_entropy_of_no_knowledge_is_log_of_the_classes():
    assert cross_entropy_forward(np.zeros((1, 10)), np.array([3]))[0] == pytest.approx(np.log(10))


def test_cross_entropy_does_not_overflow_and_shifts_do_not_change_it():
    scores, labels = np.array([[1e5, -1e5, 0.0]]), np.array([1])
    assert cross_entropy_forward(scores, labels).tolist() == [2e5]
    assert cross_entropy_backward(scores, labels).tolist() == [[1, -1, 0]]
    near = np.array([[1.0, 2.0, 3.0]])
    assert np.allclose(
        cross_entropy_forward(near, labels), cross_entropy_forward(near + 1000, labels)
    )


def test_a_scores_gradient_sums_to_nothing_over_the_classes():
    rng = np.random.default_rng(1)
    gradient = cross_entropy_backward(rng.normal(size=(6, 4)), rng.integers(0, 4, 6))
    assert np.allclose(gradient.sum(axis=1), 0)
    assert ((gradient < 0).sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "a loss needs a label for every example; these examples have none."),
        (
            np.array([1, 2]),
            r"there are 3 examples, and labels of shape \(2,\);"
            r" give one label per example, shape \(3,\).",
        ),
        (np.array([[0], [1], [2]]), r"labels of shape \(3, 1\)"),
        (np.array([0.0, 1.0, 2.0]), "labels are float64; give whole numbers from 0."),
        (
            np.array([0, 1, 10]),
            "label 10 of example 2 is out of range: there are 10 classes, 0 to 9.",
        ),
        (np.array([0, -1, 2]), "label -1 of example 1 is out of range"),
    ],
)
def test_labels_that_do_not_fit_are_refused_by_place_and_value(labels, message):
    with pytest.raises(DataError, match=message):
        check_labels(labels, 3, 10)


def test_labels_that_fit_are_given_back():
    labels = np.array([0, 9, 3], np.uint8)
    assert check_labels(labels, 3, 10) is labels
