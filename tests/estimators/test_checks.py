"""scikit-learn's own checks, over all estimators: small networks, few iterations."""

from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from simplecell.estimators import (
    ConvNetClassifier,
    ConvolvedFeatures,
    SoftmaxRegression,
    SparseAutoencoder,
)

CANNOT: dict[str, dict[str, str]] = {
    "ConvNetClassifier": {},
    "SoftmaxRegression": {},
    "SparseAutoencoder": {},
    "ConvolvedFeatures": {},
}
"""Checks that cannot pass, by estimator and check, each with its reason."""


def reasons(estimator: Any) -> dict[str, str]:
    return CANNOT[type(estimator).__name__]


@parametrize_with_checks(
    [
        ConvNetClassifier(epochs=12, batch=16, n_jobs=1),
        SoftmaxRegression(iterations=30, n_jobs=1),
        SparseAutoencoder(4, iterations=10, n_jobs=1),
        ConvolvedFeatures(3, patches=200, iterations=10, n_jobs=1),
    ],
    expected_failed_checks=reasons,
)
def test_every_estimator_passes_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)
