"""A classifier on pooled features: softmax regression, each feature brought to one scale.

    fitted = fit_pooled(ConvolvedFeatures(dictionary), pictures, labels)
    fitted.classifier.predict(others)

Source: UFLDL tutorial, exercise "Convolution and pooling".   Brief: C6
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.patches import Pictures
from simplecell.errors import DataError
from simplecell.features.convolved import ROWS, ConvolvedFeatures
from simplecell.features.descent import Watch
from simplecell.features.softmax import Fitted, SoftmaxRegression, fit_softmax
from simplecell.formulas.losses import check_labels

Array = NDArray[Any]

LEAST = 1e-3
"""Of the mean deviation of all features: one that varies less is not blown up any further."""


@dataclass(frozen=True, eq=False)
class PooledClassifier:
    """Features, and the weights that tell classes apart by them."""

    features: ConvolvedFeatures
    softmax: SoftmaxRegression

    def scores(self, pictures: Pictures, threads: int | None = None) -> Array:
        """Give each class's score, the largest of which wins.

        Shapes
            pictures as `ConvolvedFeatures.encode` takes them      gives (N, classes)
        """
        if len(pictures) == 0:
            raise DataError("there are no pictures to classify.")
        parts = [
            self.softmax.scores(z) for _, z in self.features.blocks(pictures, threads=threads)
        ]
        return np.concatenate(parts)

    def predict(self, pictures: Pictures, threads: int | None = None) -> NDArray[np.int64]:
        """Give the class of each picture."""
        best: NDArray[np.int64] = self.scores(pictures, threads).argmax(axis=1)
        return best

    def accuracy_percent(
        self, pictures: Pictures, labels: NDArray[np.int64], threads: int | None = None
    ) -> float:
        """Measure on how many pictures in a hundred the class is the label."""
        check_labels(labels, len(pictures), len(self.softmax.b))
        return 100 * float((self.predict(pictures, threads) == labels).mean())


@dataclass(frozen=True)
class PooledFit:
    """A classifier, how it was found, and how long the features of the pictures took."""

    classifier: PooledClassifier
    fitted: Fitted
    encode_seconds: float


def fit_pooled(
    features: ConvolvedFeatures,
    pictures: Pictures,
    labels: NDArray[np.int64],
    *,
    classes: int | None = None,
    decay: float = 1e-3,
    iterations: int = 100,
    tolerance: float = 0.0,
    threads: int | None = None,
    watch: Watch | None = None,
) -> PooledFit:
    """Fit softmax regression on pooled features, each less its mean, over its deviation.

    Features differ in scale a hundredfold, and L-BFGS would spend its steps on that. The scale
    is folded into the weights in the end, so that they read features as they are:

        w (z - mean) / s + b  =  (w / s) z + (b - (w / s) mean)

    Shapes
        pictures as `ConvolvedFeatures.encode` takes them      labels (N,)

    Raises
        DataError     pictures or labels that cannot be
        Interrupted   Ctrl-C
    """
    check_labels(labels, len(pictures), classes or int(np.max(labels, initial=0)) + 1)
    started = time.perf_counter()
    z = features.encode(pictures, threads)
    encoded = time.perf_counter() - started
    mean, scale = standard_scale(z)
    for block in _blocks(len(z)):
        z[block] -= mean.astype(z.dtype)
        z[block] /= scale.astype(z.dtype)
    fitted = fit_softmax(
        z,
        labels,
        classes=classes,
        decay=decay,
        iterations=iterations,
        dtype=features.dtype,
        tolerance=tolerance,
        threads=threads,
        watch=watch,
    )
    w = fitted.softmax.w / scale
    softmax = SoftmaxRegression(w, fitted.softmax.b - w @ mean)
    return PooledFit(PooledClassifier(features, softmax), fitted, encoded)


def standard_scale(z: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the mean of each feature, and its standard deviation or LEAST of all features' mean.

    Shapes
        z (N, D)      gives two of (D,)

    Raises
        DataError   features that are the same for all examples
    """
    mean = z.mean(axis=0, dtype=np.float64)
    squares = np.zeros_like(mean)
    for block in _blocks(len(z)):
        away = z[block] - mean
        squares += np.einsum("nk,nk->k", away, away)
    deviation = np.sqrt(squares / len(z))
    if deviation.max() == 0:
        raise DataError(
            f"all {len(z)} pictures have the same features: there is nothing to tell them apart"
            " by."
        )
    return mean, np.maximum(deviation, LEAST * deviation.mean())


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, min(start + ROWS, n)) for start in range(0, n, ROWS))
