"""How good a model is: its errors, its loss, what it took for what."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.known import check_known
from simplecell.data.part import Part
from simplecell.data.picture import FITTED
from simplecell.data.sources import NAMES, Dataset, by_names, check_classes, load
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.protocol import Array, Engine, Examples, Parameters, Program, scores
from simplecell.errors import DataError, ModelError
from simplecell.formulas.losses import (
    POSTERIORS,
    check_labels,
    cross_entropy_forward,
    map_forward,
    mean_square_forward,
    squared_error_forward,
    targets,
)
from simplecell.repr import within
from simplecell.spec.network import Network
from simplecell.train.choice import check_engine
from simplecell.train.model import Model, load_model
from simplecell.train.prediction import own_parameters, truncated
from simplecell.train.prediction import run as run_network
from simplecell.train.run import Run

ROWS = 2000
"""How many examples are run at a time: what memory is needed does not grow with their number."""


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What a model made of labelled examples.

    >>> import simplecell as sc
    >>> run = sc.fit("lenet5", "digits", epochs=2, progress=False)
    >>> found = sc.evaluate(run, "digits")
    >>> found.examples, found.predictions.shape, found.confusion.shape
    (359, (359,), (10, 10))

    Shapes
        predictions (N,) the winning class      confusion (true, predicted) counts
    """

    examples: int
    errors: int
    loss: float
    predictions: NDArray[np.int64]
    confusion: NDArray[np.int64]

    @property
    def error_percent(self) -> float:
        """Wrong answers of a hundred."""
        return 100 * self.errors / self.examples

    def __repr__(self) -> str:
        """Say how many are wrong."""
        return within(
            f"Evaluation: {self.error_percent:.2f} % wrong, {self.errors:,} of"
            f" {self.examples:,}; loss {self.loss:.4f}; .confusion and .predictions hold more"
        )


def evaluate(
    model: Model | Run | str | Path,
    data: Any,
    *,
    engine: str | Engine = "auto",
    threads: int | None = None,
    **how: Any,
) -> Evaluation:
    """Run a model over labelled pictures and count what it gets wrong.

    >>> import simplecell as sc
    >>> run = sc.fit("lenet5", "digits", epochs=1, progress=False)
    >>> sc.evaluate(run, "digits").examples
    359

    The model may be a run, or the path of a run folder or model file. The data may be a data
    set, whose test part is taken, one part of it, (pictures, labels), or the name or path of a
    data set. `how` answers what arrays leave open, as `Model.predict` says: `layout`, `values`,
    `invert`.

    Raises
        ModelError   no model there, or pictures of another shape than the network reads
        DataError    no examples, or a label that the model has no output for
    """
    if isinstance(model, str | PathLike):
        model = load_model(Path(model))
    elif isinstance(model, Run):
        model = model.model
    elif not isinstance(model, Model):
        raise ModelError(
            f"{type(model).__name__} is no model: give a Model, a Run, or the path of a run"
            " folder or model file; of a ConvNetClassifier, its model_."
        )
    check_engine(engine)
    part = _labelled(model, data, how)
    if part is None:
        raise DataError("these data have no test part: evaluate on another part, or other data.")
    chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
    examples = model.examples(part.pixels, part.labels)
    return measure(chosen.program(model.network), model.parameters, examples, model.loss)


def check_fits(model: Model, data: str) -> None:
    """Refuse, before it is fetched, a data set of ours that cannot be meant for a model.

    Raises
        DataError   other classes, or pictures that it cannot read
    """
    told = model.metadata.get("data")
    learned_from = told.get("name") if isinstance(told, Mapping) else None
    named = model.reading in FITTED or learned_from in NAMES
    name = model.network.name
    check_known(data.lower(), model.classes, model.network.input, named=named, network=name)


def _labelled(model: Model, data: Any, how: Mapping[str, Any]) -> Part | None:
    """Give the pictures and labels of whatever was named, as the model reads them."""
    if data is None or isinstance(data, Part):
        return data
    if isinstance(data, tuple | list) and len(data) == 2:
        pixels, _ = model.reader(**how).read(data[0])
        return Part(pixels, model.numbers(data[1], len(pixels)))
    if isinstance(data, str | PathLike):
        check_fits(model, str(data))
        channels, *sides = model.network.input
        data = load(Path(data) if isinstance(data, PathLike) else data,
                    size=(sides[0], sides[1]), channels=channels,
                    crop=model.reading == "cropped")  # fmt: skip
    if not isinstance(data, Dataset):
        raise DataError(
            f"{type(data).__name__} is no labelled data: give a data set, one part of it,"
            " (pictures, labels), or a name such as 'mnist'."
        )
    found = by_names(data, model.classes)
    check_classes(found, model.network.classes, model.network.name)
    return found.test


def measure(program: Program, parameters: Parameters, examples: Examples, loss: str) -> Evaluation:
    """Run a program over labelled examples, some thousands at a time, and count.

    Raises
        DataError    no examples, or labels that are missing or out of range
    """
    network, count = program.network, len(examples)
    if count == 0:
        raise DataError("there are no examples to evaluate on.")
    labels = check_labels(examples.labels, count, network.classes)
    predictions = np.empty(count, np.int64)
    total = 0.0
    for start in range(0, count, ROWS):
        rows = slice(start, start + ROWS)
        some = Examples(examples.pixels[rows], labels[rows], examples.scale, examples.shift)
        outputs = program.forward(parameters, some)
        predictions[rows] = scores(network, outputs).argmax(axis=1)
        total += float(_losses(network, outputs, labels[rows], loss).sum())
    confusion = np.zeros((network.classes, network.classes), np.int64)
    np.add.at(confusion, (labels, predictions), 1)
    errors = count - int(np.trace(confusion))
    return Evaluation(count, errors, total / count, predictions, confusion)


def _losses(network: Network, outputs: Array, labels: Array, loss: str) -> Array:
    """Give the loss of each example from what the last layer handed on."""
    y = outputs.astype(np.float64)
    squash = network.layers[-1].squash
    if loss == "squared_error":
        return squared_error_forward(y, targets(labels, network.classes, squash))
    if loss in POSTERIORS:
        return map_forward(y, labels, **POSTERIORS[loss])
    if loss == "mean_square":
        return mean_square_forward(y, labels)
    if squash == "softmax":
        # A float32 probability may be 0 where its true value is e^-100.
        right = y[np.arange(len(labels)), labels]
        return -np.log(np.maximum(right, np.finfo(np.float32).tiny))
    return cross_entropy_forward(scores(network, y), labels)


def features(
    model: Model,
    pixels: Array,
    layer: str | None = None,
    *,
    engine: str | Engine = "auto",
    threads: int | None = None,
) -> Array:
    """Give what a layer hands on for each picture: of LeNet-5, unless told, F6's 84 values.

    `layer` left out is the last but one, which the output layer judges by.

    Shapes
        pixels (N, C, H, W) as `model.examples` takes them      x (N, M*H*W)

    Raises
        ModelError    pictures of another shape than the network reads
        UnknownName   no layer of that name

    Brief: C1
    """
    below = truncated(model.network, layer)
    parameters = own_parameters(below, model.parameters)
    return run_network(below, parameters, model.examples(pixels), engine, threads)
