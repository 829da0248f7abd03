"""`SparseAutoencoder`: features without labels, as a scikit-learn transformer."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from simplecell.estimators.reading import read_rows, seed_of, threads_of, value_errors
from simplecell.estimators.serialization import Serializable
from simplecell.features.autoencoder import Settings, learn
from simplecell.features.autoencoder import SparseAutoencoder as Learnt
from simplecell.formulas.autoencoder import Weights

Array = NDArray[Any]


class SparseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Serializable):
    """A sparse autoencoder: its hidden activations are the features.

    >>> import simplecell as sc
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> sc.SparseAutoencoder(25, iterations=5, random_state=0).fit_transform(X[:300] / 16).shape
    (300, 25)

        h = sigmoid(W1 x + b1)        y = f(W2 h + b2), which is to come close to x

    X is rows (n, features), or pictures, which are folded into rows; values are read as they
    are. The defaults are the UFLDL tutorial's for MNIST, with pixels in 0 .. 1.

    hidden       how many features
    decoder      "sigmoid" (X in 0 .. 1), "tanh" (-1 .. 1), "linear", or "auto": sigmoid where
                 what fit sees lies in 0 .. 1, else linear
    rho, beta    the activity that units are to have on average, and how much that matters
    decay        weight decay
    tol          the search ends when the cost falls, over ten iterations, by less than this share
    warm_start   fit begins at the weights there are

    After fit: `autoencoder_`, `components_` (hidden, features) W1, `decoder_`, `n_iter_`,
    `loss_curve_`. `score` is minus the mean of 1/2 |y - x|^2.
    """

    autoencoder_: Learnt
    decoder_: str
    n_iter_: int
    loss_curve_: list[float]

    def __init__(
        self,
        hidden: int = 196,
        *,
        decoder: str = "auto",
        rho: float = 0.1,
        decay: float = 3e-3,
        beta: float = 3.0,
        iterations: int = 400,
        tol: float = 0.0,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.decoder = decoder
        self.rho = rho
        self.decay = decay
        self.beta = beta
        self.iterations = iterations
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the features; y is not looked at.

        Raises
            ValueError   X or parameters that cannot be; values that the decoder cannot give back
        """
        with value_errors():
            again = self.warm_start and hasattr(self, "autoencoder_")
            x, _, _ = read_rows(self, X, "no", reset=not again)
            x = x.astype(np.float32)
            decoder = self.decoder
            if decoder == "auto":
                decoder = "sigmoid" if x.min() >= 0 and x.max() <= 1 else "linear"
            learnt = learn(
                x,
                Settings(self.hidden, decoder, self.rho, self.decay, self.beta),
                iterations=self.iterations,
                seed=seed_of(self.random_state),
                start=self.autoencoder_.weights if again else None,
                tolerance=self.tol,
                threads=threads_of(self.n_jobs),
            )
            # Learnt in float32; answers are given in the precision of the question.
            weights = Weights(*(w.astype(np.float64) for w in learnt.autoencoder.weights))
            self.autoencoder_ = Learnt(weights, learnt.autoencoder.settings)
            self.decoder_ = decoder
            self.loss_curve_ = [step.cost for step in learnt.history]
            self.n_iter_ = len(learnt.history)
            return self

    @property
    def components_(self) -> Array:
        """W1, one row for each feature."""
        check_is_fitted(self)
        return self.autoencoder_.weights.w1

    @property
    def _n_features_out(self) -> int:
        return self.autoencoder_.settings.hidden

    def transform(self, X: Any) -> Array:
        """Give the features: (n, hidden), float32 where X is, else float64."""
        check_is_fitted(self)
        x, _, _ = read_rows(self, X, "no", reset=False)
        return self._map(self.autoencoder_.encode, x)

    def inverse_transform(self, X: Any) -> Array:
        """Give what features stand for: (n, features)."""
        check_is_fitted(self)
        return self._map(self.autoencoder_.decode, np.asarray(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Give minus the mean reconstruction error, for searches: larger is better."""
        check_is_fitted(self)
        x, _, _ = read_rows(self, X, "no", reset=False)
        return -self.autoencoder_.error(x.astype(np.float64))

    def _map(self, f: Any, x: Array) -> Array:
        precision = np.float32 if x.dtype == np.float32 else np.float64
        with value_errors():
            found: Array = f(x.astype(np.float64), threads_of(self.n_jobs))
        return found.astype(precision)

    def __sklearn_tags__(self) -> Any:
        """Say that features come in the precision of X."""
        above: Any = super()
        tags = above.__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
