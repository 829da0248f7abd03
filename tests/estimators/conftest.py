"""Digits of scikit-learn, few enough that a fit takes a tenth of a second."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from simplecell.estimators import ConvNetClassifier


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """600 digits of four classes: rows of 64, and the labels 0 to 3."""
    x, y = load_digits(n_class=4, return_X_y=True)
    return x[:600], y[:600]


@pytest.fixture
def net() -> ConvNetClassifier:
    return ConvNetClassifier(epochs=4, rate=0.005, random_state=0, n_jobs=1)
