"""How a guard is taught: digits as people draw them, beside all that is none.

Half of the training digits, bent, turned and with other pens, are the first ten classes;
letters, scribbles, textures and pieces of digits are the eleventh (`data/negatives.py`). Other
training digits, treated the same way, say where the line is drawn: REJECTED of them fall short.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simplecell.data.alignment import FRAME
from simplecell.data.batches import shuffle
from simplecell.data.distort import distort, keys
from simplecell.data.distortion import Distortion
from simplecell.data.negatives import negatives
from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.engines.protocol import Engine
from simplecell.spec.layers import Conv, Dense, Pool
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback
from simplecell.train.guard import Guard, is_taught, middle
from simplecell.train.loop import fit
from simplecell.train.model import Model
from simplecell.train.prediction import probabilities
from simplecell.train.recipes import recipe

DIGITS, STRANGERS, JUDGED, EPOCHS = 24_000, 20_000, 4_000, 4
"""Digits and others that a guard learns from; digits that set its threshold; passes."""

REJECTED = 0.014
"""The share of such digits below the threshold."""

HANDS = Distortion(
    shift=1, scale=0.12, squeeze=0.12, shear=0.15, rotation=15, elastic=15, smoothness=5
)
"""What one's own digits may have that MNIST's have not: above all, 15 degrees of tilt."""

FAT, SLIM = 0.25, 0.1
"""Shares of the digits whose strokes are made a pixel wider, or narrower."""

_DRILL = 3


def with_rejection(
    model: Model,
    data: Dataset,
    *,
    engine: Engine,
    seed: int = 0,
    callbacks: tuple[Callback, ...] = (),
) -> Model:
    """Give the model a guard, if its data are digits in MNIST's pose and there are enough.

    The same data and seed give the same guard.
    """
    if not is_taught(data):
        return model
    digits, classes = middle(data.train.pixels, FRAME), model.network.classes
    order = shuffle(len(digits), _DRILL, seed)
    judged = order[: min(JUDGED, len(order) // 5)]
    learnt = order[len(judged) :][:DIGITS]
    taught = data.train.labels[learnt]
    hands = _by_other_hands(digits[learnt], seed, engine.threads)
    others = negatives(digits[learnt], taught, len(learnt) * STRANGERS // DIGITS, seed)
    none = np.full(len(others), classes)
    part = Part(np.concatenate([hands, others]), np.concatenate([taught, none]))
    lesson = Dataset("guard", (*model.classes, "none"), part, None)
    told = recipe("fast", epochs=EPOCHS, rate=3e-3)
    how = replace(told, validation=0.0, initial="glorot")
    network = _network(classes + 1)
    run = fit(network, lesson, recipe=how, seed=seed, engine=engine, callbacks=callbacks)
    found = run.model
    guard = Guard(found.network, found.parameters, found.normalisation, 0.0)
    shown = _by_other_hands(data.train.pixels[judged], seed + 1, engine.threads)
    program = engine.program(model.network)
    p = probabilities(model.network, program.forward(model.parameters, model.examples(shown)))
    threshold = float(np.quantile(guard.sureness(p, shown, engine), REJECTED))
    return replace(model, guard=replace(guard, threshold=threshold))


def _network(classes: int) -> Network:
    layers = (
        Conv("C1", 8, (5, 5), squash="relu"),
        Pool("S2"),
        Conv("C3", 16, (5, 5), squash="relu"),
        Pool("S4"),
        Dense("F5", 64, "relu"),
        Dense("F6", classes, "softmax"),
    )
    return Network("guard", (1, FRAME, FRAME), layers)


def _by_other_hands(digits: NDArray[np.uint8], seed: int, threads: int) -> NDArray[np.uint8]:
    rows = np.arange(len(digits))
    bent = distort(digits, HANDS, keys(rows, seed, _DRILL), threads)
    place = shuffle(len(digits), _DRILL, seed, 1)
    fat = place[: round(FAT * len(digits))]
    slim = place[len(place) - round(SLIM * len(digits)) :]
    bent[fat], bent[slim] = _wider(bent[fat]), _narrower(bent[slim])
    return bent


def _wider(x: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Spread ink to the pixel below and to the right."""
    wide = np.maximum(x, np.roll(x, 1, 3))
    return np.maximum(wide, np.roll(wide, 1, 2))


def _narrower(x: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep ink where the pixel to the left has some, too."""
    return np.minimum(x, np.roll(x, 1, 3))
