"""What tasks that train have in common: which data, which recipe, and the one look at the test.

The data are MNIST; a quick look takes some of the bundled digits, padded to the same size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from simplecell.data.part import Part
from simplecell.data.sources import Dataset, load
from simplecell.errors import DataError
from simplecell.reproduce.experiment import Picture, Results, Tell, threads
from simplecell.spec.layers import Pair
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback
from simplecell.train.evaluation import Evaluation, evaluate
from simplecell.train.history import Epoch
from simplecell.train.loop import Run, fit
from simplecell.train.recipes import Recipe

QUICK_TRAIN, QUICK_TEST = 300, 100
QUICK_EPOCHS = 2


@cache
def dataset(quick: bool, size: Pair | None) -> Dataset:
    """Give MNIST, or for a quick look some of the bundled digits, padded to `size`."""
    if not quick:
        return load("mnist", size=size)
    digits = load("digits", size=size)
    few = digits.train.rows(np.arange(QUICK_TRAIN))
    return replace(digits, train=few, test=test_part(digits).rows(np.arange(QUICK_TEST)))


def test_part(data: Dataset) -> Part:
    """Give the test part of data that have one."""
    if data.test is None:
        raise DataError(f"{data.name} has no test part, and this experiment measures on one.")
    return data.test


class Teller(Callback):
    """Tells what each epoch came to."""

    def __init__(self, name: str, tell: Tell) -> None:
        self.name, self.tell, self.epochs = name, tell, 0

    def compiling(self) -> None:
        """Say why nothing seems to happen."""
        self.tell("compiling kernels: once per machine, ten seconds or more")

    def begin(self, epochs: int, steps: int) -> None:
        """Learn how many epochs there are."""
        self.epochs = epochs
        self.tell(f"{self.name}: epoch 1 of {epochs}")

    def epoch(self, row: Epoch) -> None:
        """Tell an epoch's figures."""
        judged = ""
        if row.validation_error_percent is not None:
            judged = f", validation error {row.validation_error_percent:.2f} %"
        self.tell(
            f"{self.name}: epoch {row.epoch} of {self.epochs}, loss {row.train_loss:.4f}{judged}"
        )


def train(
    network: Network,
    recipe: str | Recipe,
    seed: int,
    quick: bool,
    tell: Tell,
    *,
    epochs: int | None = None,
    callbacks: Sequence[Callback] = (),
    **options: Any,
) -> Run:
    """Train a network on the data of a full run, or of a quick look for a few epochs."""
    return fit(
        network,
        dataset(quick, network.input[1:]),
        recipe=recipe,
        epochs=QUICK_EPOCHS if quick else epochs,
        seed=seed,
        threads=threads(),
        callbacks=[Teller(network.name, tell), *callbacks],
        **options,
    )


def tested(run: Run, quick: bool) -> Evaluation:
    """Look at the test part, once."""
    data = dataset(quick, run.network.input[1:])
    return evaluate(run.model, test_part(data), threads=threads())


def measured(run: Run, quick: bool) -> Mapping[str, Any]:
    """Give what every task that trains reports: errors on test and training part, curve, time.

    `train_error_percent` is of the finished network on all of the training part, the examples
    kept aside for validation among them.
    """
    data = dataset(quick, run.network.input[1:])
    learned = evaluate(run.model, data.train, threads=threads())
    return {
        "test_error_percent": tested(run, quick).error_percent,
        "train_error_percent": learned.error_percent,
        "validation_error_percent": run.history[-1].validation_error_percent,
        "train_seconds": run.train_seconds,
        "epochs": len(run.history),
        "recipe": run.recipe.to_document(),
        "curve_validation_error_percent": [row.validation_error_percent for row in run.history],
        "curve_train_loss": [row.train_loss for row in run.history],
    }


def course(results: Results, name: str, what: str, **options: Any) -> Sequence[Picture]:
    """Draw how a number went over the passes, a line for each task; none, if none has it."""
    series = {}
    for task, by_seed in results.items():
        runs = [
            result[name] for result in by_seed.values() if None not in result.get(name, [None])
        ]
        if runs:
            series[task] = {"x": list(range(1, len(runs[0]) + 1)), "runs": runs}
    data = {"series": series, "x_label": "pass", "y_label": what, "y_log": True, **options}
    return (Picture("course", "curves", f"{what} over the passes.", data),) if series else ()
