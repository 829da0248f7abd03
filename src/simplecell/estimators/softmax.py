"""`SoftmaxRegression`: the classifier of `features/softmax.py`, as scikit-learn wants it."""

import math
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from simplecell.data.batches import order
from simplecell.engines.choose import engine
from simplecell.engines.protocol import Examples, State, Update
from simplecell.errors import TrainingError
from simplecell.estimators.answers import Answering
from simplecell.estimators.reading import read_rows, seed_of, threads_of, value_errors
from simplecell.estimators.serialization import Serializable
from simplecell.estimators.weights import example_weights, reading_order, times_read
from simplecell.features.cost import RegressionCost, flat, unflat
from simplecell.features.descent import Search, minimise
from simplecell.formulas.activations import softmax
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.optimisers import optimiser

Array = NDArray[Any]


class SoftmaxRegression(Answering, ClassifierMixin, Serializable):
    """Softmax regression by L-BFGS, as in the UFLDL tutorial.

    >>> import simplecell as sc
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> sc.SoftmaxRegression().fit(X[:1500] / 16, y[:1500]).score(X[1500:] / 16, y[1500:]) > 0.85
    True

        J = mean surprise + decay/2 sum W^2

    X is rows (n, features), or pictures, which are folded into rows. The defaults are the
    tutorial's for pixels in 0 .. 1: bring features to about that scale.

    class_weight None, "balanced", or a dict by class. An example is read as many times as it
                 weighs, together with its sample_weight: see `weights.py`.
    tol          the search ends when J falls, over ten iterations, by less than this share
    warm_start   fit begins at the weights there are
    batch, rate  of partial_fit, which makes one pass of Adam over what it is given
    random_state draws the order of partial_fit, and what is left of fractions of weights

    After fit: `coef_` (classes, features), `intercept_`, `classes_`, `n_iter_`, `loss_`.

    The order in which rows come changes no bit. J has one minimum: passes of partial_fit over
    the same rows come close to it, and fit finds it.
    """

    classes_: Array
    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]
    n_iter_: int
    loss_: float

    def __init__(
        self,
        decay: float = 1e-4,
        *,
        iterations: int = 100,
        tol: float = 0.0,
        class_weight: Any = None,
        warm_start: bool = False,
        batch: int = 64,
        rate: float = 0.01,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.decay = decay
        self.iterations = iterations
        self.tol = tol
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.batch = batch
        self.rate = rate
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go down J.

        Raises
            ValueError   X, y, weights or parameters that cannot be
        """
        with value_errors():
            again = self.warm_start and hasattr(self, "coef_")
            x, y, _ = read_rows(self, X, y, reset=not again)
            classes, codes = self._classes(y, self.classes_ if again else None)
            x, codes = self._weighed(x, codes, classes, sample_weight, 2)
            threads = threads_of(self.n_jobs)
            cost = RegressionCost(x, codes, len(classes), self._decay(), np.float32, threads)
            start = np.zeros(sum(math.prod(shape) for shape in cost.shapes))
            if again:
                start = flat([self.coef_, self.intercept_])
            search = minimise(cost, Search(start), self.iterations, tolerance=self.tol)
            self.coef_, self.intercept_ = unflat(search.theta, cost.shapes)
            self.classes_ = classes
            self.n_iter_, self.loss_ = search.iteration, search.history[-1].cost
            self._state: State | None = None
            self._passes = 0
            return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Make one pass over some examples; the first time, `classes` lists all there will be.

        Raises
            ValueError      as fit; no classes in the first call, others later, or an unknown one
            TrainingError   the loss is no longer a number: lower the rate
        """
        with value_errors():
            again = hasattr(self, "coef_")
            x, y, _ = read_rows(self, X, y, reset=not again)
            known, codes = self._classes(y, self._told(classes, again))
            if not again:
                self._state, self._passes = None, 0
                self.coef_ = np.zeros((len(known), x.shape[1]))
                self.intercept_ = np.zeros(len(known))
                self.classes_ = known
            x, codes = self._weighed(x, codes, known, sample_weight, 1)
            self._pass(x, codes)
            return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give how likely each class is: (n, classes), in the order of `classes_`."""
        check_is_fitted(self)
        x, _, _ = read_rows(self, X, "no", reset=False)
        # Summed row by row, so that an answer does not depend on who else is asked about.
        scores = np.einsum("nd,kd->nk", x.astype(np.float64), self.coef_) + self.intercept_
        p: NDArray[np.float64] = np.maximum(softmax(scores), np.finfo(np.float64).tiny)
        return p

    def _decay(self) -> float:
        if not 0 <= self.decay < np.inf:
            raise ValueError(f"decay is {self.decay}: give a number from 0, e.g. 1e-4.")
        return self.decay

    def _weighed(
        self,
        x: Array,
        codes: NDArray[np.int64],
        classes: Array,
        sample_weight: Any,
        fewest: int,
    ) -> tuple[Array, NDArray[np.int64]]:
        """Give the examples as often as they are read, in an order of their own."""
        weights = example_weights(x, codes, classes, sample_weight, self.class_weight, fewest)
        fractions = weights is not None and not np.array_equal(weights, np.rint(weights))
        times = times_read(weights, seed_of(self.random_state) if fractions else 0)
        rows = reading_order(x, codes, times)
        return x[rows].astype(np.float32), codes[rows]

    def _pass(self, x: Array, codes: NDArray[np.int64]) -> None:
        """Take the steps of one pass, by the engine: a network of one dense layer."""
        classes, cells = self.coef_.shape
        network = Network("softmax", (1, 1, cells), (Dense("F1", classes, "softmax"),))
        if self._state is None:
            self._seed = seed_of(self.random_state)
            weights = {"F1.w": self.coef_.copy(), "F1.b": self.intercept_.copy()}
            self._state = State(weights)
        program = engine("auto", threads_of(self.n_jobs)).program(network)
        steps = math.ceil(len(x) / self.batch)
        rule: Update = optimiser("adam")
        update = Update(rule.rule, rule.momentum, rule.second, rule.epsilon, self._decay())
        with np.errstate(all="ignore"):
            losses = program.train(
                self._state,
                Examples(x.reshape(-1, 1, 1, cells), codes),
                order(len(x), self._seed, self._passes),
                self.batch,
                [self.rate] * steps,
                update,
                "cross_entropy",
            )
        if not np.isfinite(losses).all():
            raise TrainingError(
                f"partial_fit diverged at the rate {self.rate}: the loss is no longer a number."
                "\n  Bring the features to one scale, e.g. by StandardScaler, or lower the rate."
            )
        learnt = self._state.parameters
        self.coef_ = np.asarray(learnt["F1.w"], np.float64)
        self.intercept_ = np.asarray(learnt["F1.b"], np.float64)
        self._passes += 1
        self.n_iter_, self.loss_ = self._passes, float(losses.mean())
