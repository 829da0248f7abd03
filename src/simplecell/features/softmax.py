"""Softmax regression: classify by scores that are linear in the input, or in features of it.

Source: UFLDL tutorial, Softmax regression.   Brief: A, A4
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import DataError, ModelError
from simplecell.features.cost import RegressionCost, unflat
from simplecell.features.descent import LEG, Search, Step, Watch, minimise
from simplecell.formulas.dense import dense_forward
from simplecell.formulas.examples import check_examples
from simplecell.formulas.losses import check_labels
from simplecell.train.checkpoint import read_arrays, write_arrays

SOFTMAX = "simplecell.softmax"

Array = NDArray[Any]
Precision = type[np.float32] | type[np.float64]


@dataclass(frozen=True, eq=False)
class SoftmaxRegression:
    """Weights that tell classes apart.

    Shapes
        w (K, D)      b (K,)
    """

    w: Array
    b: Array

    def scores(self, x: Array) -> Array:
        """Give each class's score, the largest of which wins.

        Shapes
            x (N, D)      gives (N, K)

        Raises
            DataError   examples of another number of cells; NaN or infinite cells
        """
        cells = self.w.shape[1]
        if check_examples(x).shape[1] != cells:
            raise DataError(f"these are rows of {x.shape[1]} cells; {cells} are read here.")
        return dense_forward(x.astype(self.w.dtype, copy=False), self.w, self.b)

    def predict(self, x: Array) -> NDArray[np.int64]:
        """Give the class of each example."""
        best: NDArray[np.int64] = self.scores(x).argmax(axis=1)
        return best

    def accuracy_percent(self, x: Array, labels: NDArray[np.int64]) -> float:
        """Measure on how many examples in a hundred the class is the label."""
        check_labels(labels, len(x), len(self.b))
        return 100 * float((self.predict(x) == labels).mean())

    def save(self, path: str | Path) -> None:
        """Write the weights to one safetensors file, whole or not at all."""
        write_arrays(Path(path), SOFTMAX, {"w": self.w, "b": self.b}, {})


def load_softmax(path: str | Path) -> SoftmaxRegression:
    """Read what `SoftmaxRegression.save` wrote.

    Raises
        ModelError   no such file, another kind of file, or a damaged one
    """
    arrays, _ = read_arrays(Path(path), SOFTMAX)
    shapes = {name: value.shape for name, value in arrays.items()}
    w = shapes.get("w", ())
    if len(w) != 2 or shapes != {"w": w, "b": w[:1]}:
        raise ModelError(f"{path} is damaged: arrays {shapes} make no softmax regression.")
    return SoftmaxRegression(arrays["w"], arrays["b"])


@dataclass(frozen=True)
class Fitted:
    """A softmax regression, and how it was found."""

    softmax: SoftmaxRegression
    history: tuple[Step, ...]
    ended: str
    seconds: float


def fit_softmax(
    x: Array,
    labels: NDArray[np.int64],
    *,
    classes: int | None = None,
    decay: float = 1e-4,
    iterations: int = 100,
    dtype: Precision = np.float32,
    tolerance: float = 0.0,
    leg: int = LEG,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Fitted:
    """Fit softmax regression by minimising its cost with L-BFGS, from weights of 0.

        J = mean surprise + decay/2 sum W^2

    J has one minimum, so that no seed is asked for. Without `classes`, there are as many as the
    largest label says.

    Shapes
        x (N, D)      labels (N,) whole numbers from 0

    Raises
        DataError       examples that are no rows of finite numbers; labels that do not match
        TrainingError   the cost is no longer a number
        Interrupted     Ctrl-C
    """
    n, cells = check_examples(x).shape
    if not 0 <= decay < np.inf:
        raise DataError(f"decay is {decay}: give a number from 0, e.g. 1e-4.")
    labels = np.asarray(labels)
    count = classes or (int(labels.max()) + 1 if labels.size else 1)
    check_labels(labels, n, count)
    cost = RegressionCost(x, labels, count, decay, dtype, threads)
    start = Search(np.zeros(count * (cells + 1)))
    search = minimise(cost, start, iterations, tolerance=tolerance, leg=leg, watch=watch)
    w, b = unflat(search.theta.astype(dtype), cost.shapes)
    fitted = SoftmaxRegression(w, b)
    return Fitted(fitted, tuple(search.history), search.ended, search.seconds)
