from pathlib import Path

import numpy as np
import pytest

from simplecell.data.patches import rows
from simplecell.data.sources import load
from simplecell.errors import DataError, ModelError
from simplecell.features.softmax import SoftmaxRegression, fit_softmax, load_softmax
from simplecell.formulas.regression import regression_cost

DIGITS = load("digits")
X, LABELS = rows(DIGITS.train.pixels), DIGITS.train.labels
assert DIGITS.test is not None
UNSEEN, TRUTH = rows(DIGITS.test.pixels), DIGITS.test.labels


def test_digits_are_told_apart() -> None:
    """Logistic regression reads about 96 % of these digits."""
    fitted = fit_softmax(X, LABELS)
    assert fitted.softmax.accuracy_percent(UNSEEN, TRUTH) > 94
    assert fitted.history[-1].terms["accuracy_percent"] > 97


def test_it_ends_at_the_minimum_scikit_learn_finds() -> None:
    """Its penalty is on sum W^2 / (2 C), of the sum of the surprises: C = 1 / (N decay)."""
    from sklearn.linear_model import LogisticRegression

    x, labels, decay = X[:300].astype(np.float64), LABELS[:300], 0.1
    fitted = fit_softmax(x, labels, decay=decay, iterations=1000, dtype=np.float64)
    theirs = LogisticRegression(C=1 / (len(x) * decay), tol=1e-6).fit(x, labels)
    w, b = fitted.softmax.w, fitted.softmax.b
    assert w == pytest.approx(theirs.coef_, abs=1e-4)
    _, dw, db = regression_cost(x, labels, w, b, decay)
    assert max(np.abs(dw).max(), np.abs(db).max()) < 1e-6


def test_predictions_are_the_largest_score() -> None:
    softmax = SoftmaxRegression(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.0, 0.5]))
    x = np.array([[1.0, 0.0], [0.2, 0.0], [0.0, 0.0]])
    assert softmax.predict(x).tolist() == [0, 1, 1]
    assert softmax.accuracy_percent(x, np.array([0, 0, 1])) == pytest.approx(200 / 3)


def test_classes_without_examples_may_be_asked_for() -> None:
    assert fit_softmax(X, LABELS, classes=12, iterations=2).softmax.b.shape == (12,)


def test_a_saved_softmax_is_the_same_again(tmp_path: Path) -> None:
    softmax = fit_softmax(X, LABELS, iterations=3).softmax
    softmax.save(tmp_path / "softmax.safetensors")
    again = load_softmax(tmp_path / "softmax.safetensors")
    assert np.array_equal(again.scores(X), softmax.scores(X))


def test_a_file_of_other_arrays_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "softmax.safetensors"
    SoftmaxRegression(np.ones((2, 3)), np.ones(3)).save(path)
    with pytest.raises(ModelError, match="make no softmax regression"):
        load_softmax(path)


@pytest.mark.parametrize(
    ("x", "labels", "words"),
    [
        (X, LABELS[:-1], "give one label per example"),
        (X, LABELS - 1, "label -1 of example"),
        (X, LABELS.astype(float), "give whole numbers"),
        (X.reshape(-1, 8, 8), LABELS, "give rows"),
        (np.where(X == 1, np.nan, X), LABELS, "NaN"),
        (X[:0], LABELS[:0], "give rows"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x: np.ndarray, labels: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words):
        fit_softmax(x, labels)


def test_examples_of_another_size_are_refused() -> None:
    softmax = fit_softmax(X, LABELS, iterations=1).softmax
    with pytest.raises(DataError, match="rows of 63 cells; 64 are read here"):
        softmax.predict(X[:, :63])
    with pytest.raises(DataError, match="decay is -1"):
        fit_softmax(X, LABELS, decay=-1)
