import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from simplecell.errors import TrainingError
from simplecell.estimators import SoftmaxRegression

Digits = tuple[np.ndarray, np.ndarray]


def test_it_finds_what_scikit_learn_finds(digits: Digits) -> None:
    """LogisticRegression minimises C sum of surprises + 1/2 |W|^2: its C is 1 / (N decay)."""
    x, y = digits[0] / 16, digits[1]
    ours = SoftmaxRegression(1e-2, iterations=300).fit(x, y)
    theirs = LogisticRegression(C=1 / (len(x) * 1e-2), tol=1e-8, max_iter=1000).fit(x, y)
    assert np.abs(ours.predict_proba(x) - theirs.predict_proba(x)).max() < 2e-3
    assert np.abs(ours.coef_ - theirs.coef_).max() < 5e-3


def test_passes_over_the_same_rows_come_close_to_the_minimum(digits: Digits) -> None:
    x, y = digits[0] / 16, digits[1]
    fitted = SoftmaxRegression(iterations=100).fit(x, y)
    stream = SoftmaxRegression(random_state=0)
    losses = [stream.partial_fit(x, y, classes=[0, 1, 2, 3]).loss_ for _ in range(60)]
    assert losses[0] > 10 * losses[-1]
    assert losses[-1] < fitted.loss_ + 0.02
    assert (stream.predict(x) == fitted.predict(x)).mean() > 0.99


def test_a_warm_start_begins_where_the_last_fit_ended(digits: Digits) -> None:
    x, y = digits[0] / 16, digits[1]
    cold = SoftmaxRegression(iterations=10).fit(x, y)
    warm = clone(cold).set_params(warm_start=True).fit(x, y)
    assert warm.loss_ == cold.loss_
    assert warm.fit(x, y).loss_ < 0.9 * cold.loss_
    assert cold.fit(x, y).loss_ > warm.loss_


def test_a_tolerance_ends_the_search_early(digits: Digits) -> None:
    x, y = digits[0] / 16, digits[1]
    assert SoftmaxRegression(iterations=200, tol=0.2).fit(x, y).n_iter_ < 100


def test_weights_of_any_size_lead_where_repetitions_lead(digits: Digits) -> None:
    x, y = digits[0] / 16, digits[1]
    weights = np.random.default_rng(0).integers(1, 4, len(x))
    model = SoftmaxRegression(1e-2, iterations=60)
    repeated = clone(model).fit(np.repeat(x, weights, 0), np.repeat(y, weights))
    whole = clone(model).fit(x, y, sample_weight=weights)
    assert np.array_equal(repeated.coef_, whole.coef_)
    scaled = clone(model).fit(x, y, sample_weight=weights * 0.37)
    assert np.abs(repeated.predict_proba(x) - scaled.predict_proba(x)).max() < 1e-4


def test_what_cannot_be_is_refused(digits: Digits) -> None:
    x, y = digits
    with pytest.raises(ValueError, match="decay is -1"):
        SoftmaxRegression(-1).fit(x, y)
    with pytest.raises(ValueError, match="0 iterations"):
        SoftmaxRegression(iterations=0).fit(x, y)
    with pytest.raises(TrainingError, match="diverged at the rate"):
        huge = SoftmaxRegression(rate=1e38)
        for _ in range(3):
            huge.partial_fit(x, y, classes=[0, 1, 2, 3])
