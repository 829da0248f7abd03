"""`ConvNetClassifier`: a network, trained by `train.loop.fit`, as scikit-learn wants it."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted

from simplecell.data.normalise import Size, pad
from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine as choose_engine
from simplecell.estimators.answers import Answering
from simplecell.estimators.design import chosen, room_around
from simplecell.estimators.reading import (
    check_range,
    check_shape,
    is_table,
    picture_shape,
    read_rows,
    seed_of,
    threads_of,
    to_bytes,
    value_errors,
    value_range,
)
from simplecell.estimators.serialization import Serializable
from simplecell.estimators.weights import example_weights, reading_order, times_read
from simplecell.spec.layers import Shape
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback
from simplecell.train.checkpoint import Checkpoint
from simplecell.train.history import Epoch
from simplecell.train.loop import Run, fit
from simplecell.train.model import Model
from simplecell.train.prediction import probabilities
from simplecell.train.recipes import Recipe, adjusted, recipe
from simplecell.train.schedules import Schedule, rates

Array = NDArray[Any]

ROWS = 2000
"""Examples that are answered for at a time."""

PACK = 16
"""Fewer are filled up to this many: the fast engine sums one or two by another way, and an answer
is to be the same, bit for bit, whoever else is asked about."""


class Patience(Callback):
    """Ends training when the validation score has not risen by `tol` for `patience` epochs."""

    def __init__(self, patience: int, tol: float) -> None:
        self.patience, self.tol = patience, tol
        self.best, self.waited = -np.inf, 0

    def epoch(self, row: Epoch) -> None:
        """Hear what an epoch came to."""
        score = validation_score(row)
        self.waited = 0 if score > self.best + self.tol else self.waited + 1
        self.best = max(self.best, score)

    def enough(self) -> bool:
        """Say whether patience is at its end."""
        return self.waited >= self.patience


def validation_score(row: Epoch) -> float:
    """Give the share of right answers on the validation part after an epoch."""
    return 1 - (row.validation_error_percent or 0.0) / 100


def steady(recipe: Recipe) -> Recipe:
    """Give a recipe one rate, the mean of its own: nobody knows where a stream will end."""
    schedule = recipe.schedule
    if schedule.shape == "constant":
        return recipe
    mean = float(rates(schedule, recipe.epochs, 100).mean())
    return replace(recipe, schedule=Schedule("constant", mean))


class ConvNetClassifier(Answering, ClassifierMixin, Serializable):
    """A convolutional network as a scikit-learn classifier.

    >>> import simplecell as sc
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> net = sc.ConvNetClassifier(epochs=4, random_state=0).fit(X[:1500], y[:1500])
    >>> net.predict(X[1500:1503]).shape
    (3,)

    X is rows (n, features), or pictures (n, height, width), (n, channels, height, width) or
    (n, height, width, channels). Rows of a square number of features from 64 on are square
    pictures, others a table, for which "auto" is a network of dense layers. Values become 256
    levels between the least and the largest that `fit` saw; of a table, column by column.

    network      "auto", a published network's name ("lenet5"), a JSON file, or a `Network`.
                 Pictures smaller than it reads are padded with background.
    image_shape  (height, width) or (channels, height, width) of a row; None finds it
    recipe       a recipe's name or a `Recipe`; `epochs`, `batch`, `rate` replace its own
    class_weight None, "balanced", or a dict by class. An example is read as many times as it
                 weighs, together with its sample_weight: see `weights.py`.
    early_stopping   puts `validation_fraction` aside, before any weight is looked at, and ends
                 when its score has not risen by `tol` for `n_iter_no_change` epochs
    warm_start   fit begins with the weights there are, and reads values as it did before
    random_state a whole number is the seed itself
    n_jobs       threads, None for all processors; they change no bit of the result
    engine       "auto", "lanes", "reference", "torch"

    After fit: `model_` (a `Model`; `model_.save` writes the file that `simplecell predict`
    reads), `classes_`, `image_shape_`, `range_`, `n_iter_`, `loss_curve_`, `validation_scores_`.

    The order in which rows come changes no bit. `partial_fit` makes one pass over what it is
    given, at the mean rate of the recipe; n such passes over the same rows are the same, bit for
    bit, as fit with that constant rate and n epochs.
    """

    classes_: Array
    model_: Model
    image_shape_: Shape
    range_: NDArray[np.float64]
    n_iter_: int
    loss_curve_: list[float]
    validation_scores_: list[float] | None
    n_features_in_: int

    def __init__(
        self,
        network: str | Network = "auto",
        *,
        image_shape: tuple[int, ...] | None = None,
        recipe: str | Recipe = "fast",
        epochs: int | None = None,
        batch: int | None = None,
        rate: float | None = None,
        class_weight: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 3,
        tol: float = 1e-4,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        engine: str = "auto",
    ) -> None:
        self.network = network
        self.image_shape = image_shape
        self.recipe = recipe
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.engine = engine

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network.

        Raises
            ValueError      X, y, weights or parameters that cannot be
            TrainingError   the loss is no longer a number: lower the rate
        """
        with value_errors():
            again = self.warm_start and hasattr(self, "model_")
            x, y, found = read_rows(self, X, y, reset=not again)
            classes, codes = self._classes(y, self.classes_ if again else None)
            data, aside = self._lesson(x, codes, classes, sample_weight, found, again)
            told = replace(self._recipe(), validation=0.0)
            run = fit(
                self._network(classes) if not again else self.model_.network,
                data,
                recipe=told,
                seed=self._seed,
                engine=self.engine,
                threads=threads_of(self.n_jobs),
                initial=self.model_.parameters if again else None,
                normalisation=self.model_.normalisation if again else None,
                validation=aside,
                callbacks=() if aside is None else (Patience(self.n_iter_no_change, self.tol),),
            )
            return self._learnt(run, classes)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Make one pass over some examples; the first time, `classes` lists all there will be.

        The first call decides how values are read; the rule's running means go on from call to
        call.

        Raises
            ValueError      as fit; no classes in the first call, others later, or an unknown one
            TrainingError   the loss is no longer a number: lower the rate
        """
        with value_errors():
            again = hasattr(self, "model_")
            x, y, found = read_rows(self, X, y, reset=not again)
            known, codes = self._classes(y, self._told(classes, again))
            data, _ = self._lesson(x, codes, known, sample_weight, found, again, portion=True)
            done = self._checkpoint.epoch if again else 0
            told = replace(steady(self._recipe()), validation=0.0, epochs=done + 1)
            run = fit(
                self.model_.network if again else self._network(known),
                data,
                recipe=told,
                seed=self._seed,
                engine=self.engine,
                threads=threads_of(self.n_jobs),
                begin=self._checkpoint if again else None,
                normalisation=self.model_.normalisation if again else None,
            )
            return self._learnt(run, known)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give how likely each class is: (n, classes), in the order of `classes_`."""
        check_is_fitted(self)
        with value_errors():
            x, _, found = read_rows(self, X, "no", reset=False)
            self._check(x, found)
            program = choose_engine(self.engine, threads_of(self.n_jobs)).program(
                self.model_.network
            )
            parts = []
            for start in range(0, len(x), ROWS):
                some = self._pictures(x[start : start + ROWS], self.model_.network)
                full = np.resize(some, (max(len(some), PACK), *some.shape[1:]))
                outputs = program.forward(self.model_.parameters, self.model_.examples(full))
                parts.append(probabilities(program.network, outputs[: len(some)]))
            # Outputs that no class was learnt for are left out.
            p = np.concatenate(parts)[:, : len(self.classes_)]
            p = np.maximum(p, np.finfo(np.float32).tiny)
            shares: NDArray[np.float64] = p / p.sum(axis=1, keepdims=True)
            return shares

    def _recipe(self) -> Recipe:
        base = recipe(self.recipe) if isinstance(self.recipe, str) else self.recipe
        return adjusted(base, epochs=self.epochs, batch=self.batch, rate=self.rate)

    def _network(self, classes: Array) -> Network:
        return chosen(self.network, self.image_shape_, len(classes))

    def _lesson(
        self,
        x: Array,
        codes: NDArray[np.int64],
        classes: Array,
        sample_weight: Any,
        found: Shape | None,
        again: bool,
        portion: bool = False,
    ) -> tuple[Dataset, Part | None]:
        """Make of the rows what is learnt from, and the part that is put aside to judge by."""
        if not again:
            self._seed = seed_of(self.random_state)
            self.image_shape_ = picture_shape(self.image_shape, found, x.shape[1])
        else:
            self._check(x, found)
        few = 1 if portion else 2
        weights = example_weights(x, codes, classes, sample_weight, self.class_weight, few)
        table = is_table(self.image_shape_)
        times = times_read(weights, self._seed)
        if not again:
            seen = x if times is None else np.repeat(x, times, 0) if table else x[times > 0]
            self.range_ = value_range(seen, table)
        network = self.model_.network if again else self._network(classes)
        levels = to_bytes(x, self.range_)
        order = reading_order(levels, codes, None)
        if weights is not None:
            order = order[weights[order] > 0]
        kept = np.ones(len(order), np.int64) if times is None else times[order]
        part = Part(self._shaped(levels[order], network), codes[order], "X")
        rows, aside = np.arange(len(part)), None
        if self.early_stopping and not portion:
            rows, others = train_test_split(
                rows,
                test_size=self.validation_fraction,
                stratify=part.labels,
                random_state=self._seed,
            )
            rows.sort()
            aside = part.rows(others)
        part = part.rows(np.repeat(rows, kept[rows]))
        names = tuple(str(name) for name in classes)
        frame = self.image_shape_[1:]
        return Dataset(type(self).__name__, names, part, None, (), frame), aside

    def _check(self, x: Array, found: Shape | None) -> None:
        """Refuse what is of another shape, or in other units, than what was fitted."""
        check_shape(found, self.image_shape_)
        if not is_table(self.image_shape_):
            check_range(x, self.range_)

    def _pictures(self, x: Array, network: Network) -> NDArray[np.uint8]:
        return self._shaped(to_bytes(x, self.range_), network)

    def _shaped(self, levels: NDArray[np.uint8], network: Network) -> NDArray[np.uint8]:
        size: Size = room_around(network, self.image_shape_)
        return pad(levels.reshape(-1, *self.image_shape_), size)

    def _learnt(self, run: Run, classes: Array) -> Self:
        self.classes_, self.model_ = classes, run.model
        self._checkpoint: Checkpoint = run.checkpoint
        self.n_iter_ = len(run.history)
        self.loss_curve_ = [row.train_loss for row in run.history]
        scores = [
            validation_score(row)
            for row in run.history
            if row.validation_error_percent is not None
        ]
        self.validation_scores_ = scores or None
        return self
