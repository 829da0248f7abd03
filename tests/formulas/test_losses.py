import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp
from scipy.stats import norm

from simplecell.errors import DataError
from simplecell.formulas.activations import slope, squash
from simplecell.formulas.dense import dense_backward, dense_forward
from simplecell.formulas.losses import (
    POSTERIORS,
    RUBBISH_DISTANCE,
    check_labels,
    cross_entropy_backward,
    cross_entropy_forward,
    map_backward,
    map_forward,
    mean_square_backward,
    mean_square_forward,
    posterior,
    squared_error_backward,
    squared_error_forward,
    targets,
)
from simplecell.formulas.rbf import rbf_backward, rbf_forward
from simplecell.spec.glyphs import DIGIT_CODES


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


def distances(seed=2, scale=5.0):
    rng = np.random.default_rng(seed)
    return scale * rng.uniform(size=(6, 4)), rng.integers(0, 4, 6)


def test_the_papers_mse_is_the_distance_of_the_right_class_and_of_no_other():
    """E = y_D, equation 8. Brief: F"""
    y = np.array([[3.0, 0.5, 9.0], [1.0, 2.0, 4.0]])
    assert mean_square_forward(y, np.array([2, 0])).tolist() == [9, 1]
    assert mean_square_backward(y, np.array([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_map_is_the_papers_formula():
    """E = y_D + log(e^-j + sum_i e^-y_i), equation 9. Brief: F"""
    y, labels = distances()
    for j in (0.1, 2.0):
        expected = y[np.arange(6), labels] + np.log(np.exp(-j) + np.exp(-y).sum(axis=1))
        assert np.allclose(map_forward(y, labels, j), expected, rtol=1e-12)
        assert np.allclose(map_forward(y, labels, j), -np.log(posterior(y, j)[range(6), labels]))


def test_halved_map_is_the_surprise_of_gaussians_of_variance_1():
    """Beside rubbish as likely as a picture midway between 3 and 8. Brief: F"""
    codes = np.array([[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0], [1.0, 1.0, -1.0]])
    x, labels = np.random.default_rng(3).normal(size=(6, 3)), np.array([0, 1, 2, 0, 1, 2])
    told = POSTERIORS["halved_map"]
    density = norm.pdf(x[:, None], codes).prod(axis=2) / norm.pdf(0) ** 3
    wanted = density / (np.exp(-told["j"]) + density.sum(axis=1, keepdims=True))
    y = rbf_forward(x, codes)
    assert np.allclose(posterior(y, **told)[:, :3], wanted, rtol=1e-12)
    assert np.allclose(map_forward(y, labels, **told), -np.log(wanted[range(6), labels]))


@pytest.mark.parametrize("j", [0.0, 12.0, 1e4])
def test_map_is_stable_at_distances_of_ten_thousand(j):
    """Brief: F"""
    y = np.array([[1e4, 1.1e4, 2e4], [1e4, 0.0, 1e4], [0.0, 0.5, 1.0], [1e4, 1e4, 1e4]])
    labels = np.zeros(4, int)
    terms = np.concatenate([-y, np.full((4, 1), -j)], axis=1)
    expected = y[:, 0] + logsumexp(terms, axis=1)
    assert np.allclose(map_forward(y, labels, j), expected, rtol=1e-12, atol=1e-11)
    p = posterior(y, j)
    assert np.allclose(p.sum(axis=1), 1)
    assert np.allclose(map_backward(y, labels, j), np.eye(3)[labels] - p[:, :3])
    assert np.isfinite(map_forward(y.astype(np.float32), labels, j)).all()


def test_with_rubbish_far_away_map_is_the_cross_entropy_of_minus_the_distances():
    """Brief: F"""
    y, labels = distances()
    far = 1e3
    assert np.allclose(map_forward(y, labels, far), cross_entropy_forward(-y, labels), rtol=1e-12)
    assert np.allclose(map_backward(y, labels, far), -cross_entropy_backward(-y, labels))
    assert np.allclose(posterior(y, far)[:, -1], 0)


def test_far_from_every_code_rubbish_wins_and_map_pulls_as_mse_does():
    """Brief: F"""
    y, labels = distances(scale=1.0)
    p = posterior(y + 100)
    assert (p.argmax(axis=1) == 4).all()
    assert p[:, -1].min() > 0.999
    assert np.allclose(map_backward(y + 100, labels), mean_square_backward(y, labels))
    assert (posterior(y).argmax(axis=1) == y.argmin(axis=1)).all()


def test_map_pushes_no_distance_up_that_is_well_above_rubbish():
    """Brief: F"""
    y, labels, j = np.array([[1.0, 2.0, 23.0]]), np.array([0]), 3.0
    right, near, far = map_backward(y, labels, j)[0]
    assert right > 0.1
    assert near < -0.1
    assert -1e-8 < far < 0
    assert right + near + far == pytest.approx(posterior(y, j)[0, -1])


def test_rubbish_begins_at_the_distance_of_the_two_codes_that_are_most_alike():
    codes = np.array([[1.0 if cell == "#" else -1.0 for cell in code] for code in DIGIT_CODES])
    between = rbf_forward(codes, codes)
    nearest = between[~np.eye(10, dtype=bool)].min()
    assert nearest == between[3, 8] == RUBBISH_DISTANCE


def learned(loss, learn_codes, steps=1000, rate=0.1):
    """Train one layer and three codes on three clouds that overlap; give E, x and the errors."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    pixels = np.array([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])[labels]
    pixels = pixels + 0.8 * rng.normal(size=(60, 2))
    codes = rng.choice([-1.0, 1.0], size=(3, 6))
    w, b = rng.uniform(-1, 1, (6, 2)), np.zeros(6)
    for _ in range(steps):
        u = dense_forward(pixels, w, b)
        x = squash("scaled_tanh", u)
        y = rbf_forward(x, codes)
        backward = mean_square_backward if loss == "mean_square" else map_backward
        dx, dcodes = rbf_backward(x, codes, backward(y, labels) / 60)
        _, dw, db = dense_backward(pixels, w, slope("scaled_tanh", u, x) * dx)
        w, b = w - rate * dw, b - rate * db
        codes = codes - rate * dcodes * learn_codes
    forward = mean_square_forward if loss == "mean_square" else map_forward
    return forward(y, labels).mean(), x, codes, (y.argmin(axis=1) != labels).mean()


def test_mse_with_learned_codes_collapses_to_one_answer_for_everything():
    """The loss is perfect, and nothing is told from anything. Brief: F"""
    e, x, codes, _ = learned("mean_square", learn_codes=True)
    assert e < 1e-9
    assert x.std(axis=0).max() < 1e-4
    assert np.ptp(codes, axis=0).max() < 1e-4


def test_mse_with_fixed_codes_does_not_collapse():
    """Brief: C14, F"""
    _, x, _, errors = learned("mean_square", learn_codes=False)
    assert x.std(axis=0).mean() > 0.5
    assert errors < 0.1


def test_map_with_learned_codes_does_not_collapse():
    """Brief: F"""
    e, x, codes, errors = learned("map", learn_codes=True)
    assert x.std(axis=0).mean() > 0.5
    assert np.ptp(codes, axis=0).mean() > 0.5
    assert errors < 0.1
    assert e < 0.5
