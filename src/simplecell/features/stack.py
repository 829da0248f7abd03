"""A greedy stack: autoencoders one on the other, softmax on top, then all of it fine-tuned.

    pixels -> 200 features of them -> 200 features of those -> softmax      each learnt by itself
    the same numbers as a network of dense layers                           trained as a whole

The first two steps never see a label. What they end with is where `train.loop.fit`, the only
training loop, begins.

Source: Bengio, Lamblin, Popovici, Larochelle 2007; UFLDL tutorial, exercise "Implement deep
networks for digit classification".   Brief: A4
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.normalise import Normalisation, published, standard
from simplecell.data.part import Part, split
from simplecell.data.patches import rows
from simplecell.data.sources import Dataset
from simplecell.engines.protocol import Engine
from simplecell.errors import DataError
from simplecell.features.autoencoder import Learnt, Settings, SparseAutoencoder
from simplecell.features.selftaught import STROKES, StageWatch, in_two_goes, stage_watch
from simplecell.features.softmax import Fitted, SoftmaxRegression, fit_softmax
from simplecell.spec.layers import Dense, Shape
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback
from simplecell.train.loop import Run, fit
from simplecell.train.model import Model
from simplecell.train.recipes import RECIPES, Recipe

Array = NDArray[Any]

WIDTHS = (200, 200)
"""The tutorial's hidden layers."""

FINE = replace(
    RECIPES["fast"],
    name="fine",
    epochs=12,
    initial="glorot",
    schedule=replace(RECIPES["fast"].schedule, rate=3e-3),
)
"""How the whole is trained, chosen on the validation part: rate .003 and decay .1 of six pairs."""


@dataclass(frozen=True)
class Stack:
    """What each step gave: the layers, the classifier, the network before and after.

    `before` holds what was learnt greedily, `run` what fine-tuning made of it.
    """

    layers: tuple[Learnt, ...]
    classifier: Fitted
    before: Model
    run: Run
    seconds: float


def stack_network(shape: Shape, widths: Sequence[int], classes: int) -> Network:
    """Describe the stack: dense sigmoid layers H1, H2 … and a softmax over the classes."""
    hidden = [Dense(f"H{k}", width, "sigmoid") for k, width in enumerate(widths, start=1)]
    return Network("stack", shape, (*hidden, Dense("F", classes, "softmax")))


def stack_parameters(
    layers: Sequence[SparseAutoencoder], softmax: SoftmaxRegression, normalisation: Normalisation
) -> dict[str, Array]:
    """Write what was learnt as the parameters of the stack's network.

    Autoencoders read pixels as p / 255, the network as x = scale p + shift. So of the first layer

        w = W1 / (255 scale)        b = b1 - shift sum_k w[k]

    Raises
        DataError   no autoencoder
    """
    if not layers:
        raise DataError("a stack takes one autoencoder at least.")
    parameters: dict[str, Array] = {}
    for k, layer in enumerate(layers, start=1):
        parameters[f"H{k}.w"] = np.asarray(layer.weights.w1, np.float64)
        parameters[f"H{k}.b"] = np.asarray(layer.weights.b1, np.float64)
    first = parameters["H1.w"] / (255 * normalisation.scale)
    parameters["H1.w"] = first
    parameters["H1.b"] = parameters["H1.b"] - normalisation.shift * first.sum(axis=1)
    parameters["F.w"] = np.asarray(softmax.w, np.float64)
    parameters["F.b"] = np.asarray(softmax.b, np.float64)
    return parameters


def learn_stack(
    data: Dataset,
    widths: Sequence[int] = WIDTHS,
    settings: Settings = STROKES,
    *,
    recipe: Recipe = FINE,
    iterations: int = 100,
    rehearsal: int = 100,
    decay: float = 1e-4,
    classifier_iterations: int = 100,
    seed: int = 0,
    engine: str | Engine = "auto",
    threads: int | None = None,
    watch: StageWatch | None = None,
    callbacks: Sequence[Callback] = (),
) -> Stack:
    """Learn layer on layer without labels, a classifier on the last, then train the whole.

    Each layer takes `settings`, with its own width for `hidden`, and is sought as `in_two_goes`
    says; the tutorial's way is a `rehearsal` of 0 and 400 `iterations`. All steps learn from the
    same examples: the recipe's validation part is put aside from the first, and judges
    fine-tuning. The test part is not looked at.

    Raises
        DataError     no widths; as `learn` and `fit`
        Interrupted   Ctrl-C
    """
    started = time.perf_counter()
    if not widths:
        raise DataError("a stack takes one hidden layer at least: give its width, e.g. 200.")
    part, _ = split(data.train, recipe.validation, seed)
    layers, h = _greedy(
        part, widths, settings, iterations=iterations, rehearsal=rehearsal, seed=seed,
        threads=threads, watch=watch,
    )  # fmt: skip
    classifier = fit_softmax(
        h, part.labels, classes=len(data.classes), decay=decay, iterations=classifier_iterations,
        threads=threads, watch=stage_watch(watch, "classifier"),
    )  # fmt: skip
    normalisation = standard(part.pixels) if recipe.normalisation == "standard" else published()
    encoders = [layer.autoencoder for layer in layers]
    begin = stack_parameters(encoders, classifier.softmax, normalisation)
    network = stack_network(data.train.pixels.shape[1:], widths, len(data.classes))
    weights = {name: w.astype(np.float32) for name, w in begin.items()}
    before = Model(network, weights, normalisation, data.classes, data.frame)
    run = fit(
        network, data, recipe=recipe, seed=seed, engine=engine, threads=threads,
        initial=begin, callbacks=callbacks,
    )  # fmt: skip
    return Stack(tuple(layers), classifier, before, run, time.perf_counter() - started)


def _greedy(
    part: Part, widths: Sequence[int], settings: Settings, *, seed: int, **told: Any
) -> tuple[list[Learnt], Array]:
    """Learn each layer from what the one below it hands on; give the last one's features too."""
    h: Array = rows(part.pixels)
    layers: list[Learnt] = []
    watch = told.pop("watch")
    for k, width in enumerate(widths, start=1):
        own = replace(settings, hidden=width)
        stages = (f"rehearsal {k}", f"features {k}")
        _, learnt = in_two_goes(h, own, seed=seed, watch=watch, stages=stages, **told)
        h = learnt.autoencoder.encode(h, told["threads"])
        layers.append(learnt)
    return layers, h
