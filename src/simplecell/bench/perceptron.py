"""scikit-learn's MLPClassifier, for scale: another network of about as many weights.

One hidden layer of relu units on the same pictures, trained by the same plain SGD.
"""

import math
import warnings
from collections.abc import Mapping
from importlib import import_module, metadata
from typing import Any

import numpy as np

from simplecell.bench.system import Forms, Runner, System
from simplecell.bench.task import Task
from simplecell.engines.protocol import Array
from simplecell.spec.accounting import count_network
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network


class Perceptron(System):
    """MLPClassifier, whose products run on NumPy's BLAS."""

    def __init__(self, threads: int) -> None:
        self.maker = import_module("sklearn.neural_network").MLPClassifier
        self.version = f"scikit-learn {metadata.version('scikit-learn')}"

    def network(self, task: Task) -> Network:
        """Give a network of one hidden layer and about as many parameters as the task's."""
        layers = (
            Dense("hidden", _units(task), "relu"),
            Dense("F2", task.network.classes, "softmax"),
        )
        return Network("mlp", task.network.input, layers)

    def training(self, task: Task) -> Forms:
        """Give partial_fit on many batches at a time."""
        return {"partial_fit": lambda: Steps(self._make(task), task)}

    def inference(self, task: Task) -> Forms:
        """Give predict_proba, batch by batch."""
        return {"predict_proba": lambda: Outputs(self._make(task), task)}

    def _make(self, task: Task) -> Any:
        return self.maker(
            hidden_layer_sizes=(_units(task),),
            solver="sgd",
            alpha=0.0,
            batch_size=task.batch,
            learning_rate_init=task.rate,
            momentum=0.0,
            shuffle=False,
            random_state=0,
        )


def _units(task: Task) -> int:
    """Give the hidden units that make about as many parameters as the task's network has."""
    inputs, classes = math.prod(task.network.input), task.network.classes
    parameters = count_network(task.network).total.parameters
    return max(1, round((parameters - classes) / (inputs + 1 + classes)))


class Steps(Runner):
    """Training steps."""

    def __init__(self, classifier: Any, task: Task) -> None:
        self.classifier, self.task = classifier, task
        self.x = task.x.reshape(len(task.x), -1)[: task.batches[-1].stop]
        self.labels = task.labels[: len(self.x)]
        self.classes = np.arange(task.network.classes)
        self.advance(1)
        self.start = [w.copy() for w in (*classifier.coefs_, *classifier.intercepts_)]

    def reset(self) -> None:
        """Go back to the weights after the first step, which drew them."""
        own = (*self.classifier.coefs_, *self.classifier.intercepts_)
        for weights, first in zip(own, self.start, strict=True):
            weights[...] = first

    def advance(self, steps: int) -> None:
        """Take so many steps."""
        left = steps * self.task.batch
        while left:
            count = min(left, len(self.x))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                x, labels = self.x[:count], self.labels[:count]
                self.classifier.partial_fit(x, labels, classes=self.classes)
            left -= count

    def answer(self) -> Mapping[str, Array]:
        """Give the loss of the last pass."""
        return {"loss": np.array([self.classifier.loss_])}


class Outputs(Runner):
    """Batches going forward."""

    def __init__(self, classifier: Any, task: Task) -> None:
        self.classifier = classifier
        Steps(classifier, task)
        x = task.x.reshape(len(task.x), -1)
        self.batches = [x[rows] for rows in task.batches]

    def reset(self) -> None:
        """Do nothing: going forward changes no weights."""

    def advance(self, steps: int) -> None:
        """Run so many batches."""
        for s in range(steps):
            self.classifier.predict_proba(self.batches[s % len(self.batches)])

    def answer(self) -> Mapping[str, Array]:
        """Give the outputs of the first batch."""
        return {"outputs": self.classifier.predict_proba(self.batches[0])}
