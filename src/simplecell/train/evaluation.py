"""How good a model is: its errors, its loss, what it took for what."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simplecell.data.part import Part
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.parameters import parameter_shapes
from simplecell.engines.protocol import Array, Engine, Examples, Parameters, Program, scores
from simplecell.errors import DataError
from simplecell.formulas.activations import AMPLITUDE, softmax
from simplecell.formulas.losses import (
    POSTERIORS,
    check_labels,
    cross_entropy_forward,
    map_forward,
    mean_square_forward,
    squared_error_forward,
    targets,
)
from simplecell.spec.network import Network
from simplecell.train.model import Model

ROWS = 2000
"""How many examples are run at a time: what memory is needed does not grow with their number."""


@dataclass(frozen=True)
class Evaluation:
    """What a model made of labelled examples.

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


def evaluate(
    model: Model, part: Part | None, *, engine: str | Engine = "auto", threads: int | None = None
) -> Evaluation:
    """Run a model over labelled examples and count what it gets wrong.

    Raises
        ModelError   pictures of another shape than the network reads
        DataError    no examples, or a label that the network has no output for
    """
    if part is None:
        raise DataError("these data have no test part: evaluate on another part, or other data.")
    chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
    examples = model.examples(part.pixels, part.labels)
    return measure(chosen.program(model.network), model.parameters, examples, model.loss)


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


def probabilities(network: Network, outputs: Array) -> Array:
    """Give how likely each class is, as the network has it.

    softmax outputs are probabilities; the scores of RBF, identity and relu outputs are put
    through softmax; sigmoid and tanh outputs, in 0 … 1, are divided by their sum.

    Shapes
        outputs, p (N, classes)
    """
    y = outputs.astype(np.float64)
    squash = network.layers[-1].squash
    if squash == "softmax":
        return y
    if squash in ("sigmoid", "tanh", "scaled_tanh"):
        reach = AMPLITUDE if squash == "scaled_tanh" else 1.0
        low, high = (0.0 if squash == "sigmoid" else -reach), reach
        y = np.clip((y - low) / (high - low), 1e-12, 1)
        shares: Array = y / y.sum(axis=1, keepdims=True)
        return shares
    return softmax(scores(network, y))


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
    network = model.network
    chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
    names = [each.name for each in network.layers]
    last = network.layer(layer).name if layer is not None else names[max(len(names) - 2, 0)]
    below = replace(network, layers=network.layers[: names.index(last) + 1])
    wanted = parameter_shapes(below)
    parameters = {name: w for name, w in model.parameters.items() if name in wanted}
    return chosen.program(below).forward(parameters, model.examples(pixels))
