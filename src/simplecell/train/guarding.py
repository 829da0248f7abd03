"""How a guard is taught for any pictures: they themselves, beside what is made to be none of them.

The model's own training part, but a fifth, are the classes; `data/outliers.py` makes the class
more. REJECTED of that fifth fall below the threshold, and no more of one half of the validation
part, of which neither has learnt. What is said of right pictures turned away is measured on its
other half, which sets nothing. A guard that would turn away less than half of other strangers is
not kept.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import shuffle
from simplecell.data.outliers import outliers
from simplecell.data.part import Part, split
from simplecell.data.sources import Dataset
from simplecell.engines.protocol import Engine
from simplecell.errors import SimplecellError
from simplecell.spec.preset import preset
from simplecell.train.callbacks import Callback
from simplecell.train.folds import of_pictures
from simplecell.train.guard import JUDGED, LEARNT, SHARE, Guard, is_taught_own, lesson_epochs
from simplecell.train.loop import fit
from simplecell.train.model import Model
from simplecell.train.recipes import Recipe, recipe

REJECTED = 0.02
"""The share of pictures of the classes below the threshold."""

WORTH, TRIED = 0.5, 500
"""Of so many other strangers, it turns away such a share, or it is not kept."""

FEWEST_RIGHT = 20
"""Validation pictures that are read right, below which nothing is said of them."""

_WATCH = 13


@dataclass(frozen=True)
class Watch:
    """A model with its guard, and what was measured.

    `turned_away` is the share of `right` pictures read right that fall below the threshold, of the
    half of the validation part that did not set it; None where there are too few. `strangers` is
    the share of strangers, made from another seed, that do.
    """

    model: Model
    turned_away: float | None
    right: int
    strangers: float


def with_guard(
    model: Model,
    data: Dataset,
    *,
    engine: Engine,
    seed: int = 0,
    callbacks: tuple[Callback, ...] = (),
) -> Watch | None:
    """Give the model a guard, if its data are pictures of which there are enough; else None.

    The same data and seed give the same guard.
    """
    if not is_taught_own(data):
        return None
    told = _recipe(model)
    train, validation = split(data.train, told.validation, seed)
    order = shuffle(len(train), _WATCH, seed)
    judged = train.rows(order[: min(JUDGED, round(SHARE * len(order)))])
    learnt = train.rows(order[len(judged) :][:LEARNT])
    guard = _taught(model, data, learnt, told, seed, engine, callbacks)
    if guard is None:
        return None

    def sure(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        return guard.sureness(of_pictures(model, pixels, engine), pixels, engine)

    threshold = float(np.quantile(sure(judged.pixels), REJECTED))
    p = of_pictures(model, validation.pixels, engine)
    right = p.argmax(axis=1) == validation.labels
    away, count = None, 0
    if right.sum() >= FEWEST_RIGHT:
        kept = guard.sureness(p[right], validation.pixels[right], engine)
        threshold = min(threshold, float(np.quantile(kept[::2], REJECTED)))
        away, count = float((kept[1::2] < threshold).mean()), len(kept[1::2])
    others = outliers(judged.pixels, judged.labels, TRIED, seed + 1)
    caught = float((sure(others) < threshold).mean())
    found = replace(model, guard=replace(guard, threshold=threshold))
    return Watch(found, away, count, caught) if caught >= WORTH else None


def _recipe(model: Model) -> Recipe:
    told: Any = model.metadata.get("recipe")
    return Recipe.from_document(told) if told else recipe("fast")


def _taught(
    model: Model,
    data: Dataset,
    learnt: Part,
    told: Recipe,
    seed: int,
    engine: Engine,
    callbacks: tuple[Callback, ...],
) -> Guard | None:
    classes = model.network.classes
    others = outliers(learnt.pixels, learnt.labels, len(learnt), seed)
    part = Part(
        np.concatenate([learnt.pixels, others]),
        np.concatenate([learnt.labels, np.full(len(others), classes)]),
    )
    how = replace(
        recipe("fast", epochs=lesson_epochs(len(part)), rate=3e-3),
        validation=0.0,
        distortion=told.distortion,
        copies=told.copies,
    )
    lesson = Dataset("guard", (*model.classes, "none"), part, None)
    channels, height, width = part.pixels.shape[1:]
    try:
        network = replace(preset(classes + 1, (channels, height, width)), name="guard")
        run = fit(network, lesson, recipe=how, seed=seed, engine=engine, callbacks=callbacks,
                  progress=False)  # fmt: skip
    except SimplecellError:
        # A guard is an extra: what cannot be taught is no reason to lose what was learnt.
        return None
    return Guard(network, run.model.parameters, run.model.normalisation, 0.0)
