"""A network of 65 weights and data it can learn: a whole run takes milliseconds."""

from collections.abc import Callable

import numpy as np
import pytest

from simplecell.data.distortion import Distortion
from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.spec.layers import BatchNorm, Conv, Dense, Dropout, Subsample
from simplecell.spec.network import Network
from simplecell.train.loop import Run, fit
from simplecell.train.optimisers import optimiser
from simplecell.train.recipes import Recipe
from simplecell.train.schedules import Schedule


def _part(count: int, seed: int) -> Part:
    """Noise, and a bright row that says the class."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 3)
    pixels = rng.integers(0, 100, (count, 1, 6, 6))
    pixels[np.arange(count), 0, labels + 1] += 120
    return Part(pixels.astype(np.uint8), labels.astype(np.int64), "rows")


@pytest.fixture
def network() -> Network:
    layers = (Conv("C1", 2, (3, 3)), Subsample("S2"), Dense("F3", 3, "softmax"))
    return Network("rows", (1, 6, 6), layers)


@pytest.fixture
def learning() -> Network:
    """Layers that do something else in training than in use."""
    layers = (
        Conv("C1", 2, (3, 3), squash="identity"),
        BatchNorm("N1", squash="relu"),
        Dropout("D1", 0.25),
        Subsample("S2"),
        Dense("F3", 3, "softmax"),
    )
    return Network("learning", (1, 6, 6), layers)


@pytest.fixture
def data() -> Dataset:
    return Dataset("rows", ("top", "middle", "bottom"), _part(60, 1), _part(30, 2), (), (6, 6))


@pytest.fixture
def recipes() -> dict[str, Recipe]:
    """One recipe for each rule, and between them every kind of anything else."""
    adam = Recipe(
        "adam",
        update=optimiser("adam"),
        schedule=Schedule("one_cycle", 0.05, warmup=0.2, first=0.1),
        epochs=3,
        batch=16,
    )
    sgd = Recipe("sgd", schedule=Schedule("constant", 0.3), epochs=3, batch=7)
    momentum = Recipe(
        "momentum",
        update=optimiser("momentum"),
        schedule=Schedule("passes", 0.05, passes=((1, 1.0), (1, 0.5))),
        epochs=3,
        batch=16,
        normalisation="standard",
        initial="glorot",
        validation=0.25,
    )
    moves = Distortion(shift=0.5, scale=0.1, elastic=2.0, smoothness=1.0)
    sdlm = Recipe(
        "sdlm",
        update=optimiser("sdlm"),
        schedule=Schedule("passes", 0.02, passes=((2, 1.0), (1, 0.4))),
        epochs=3,
        batch=1,
        validation=0.0,
        distortion=moves,
        copies=2,
        curvature_examples=20,
    )
    averaged = Recipe(
        "averaged",
        update=optimiser("adam"),
        schedule=Schedule("constant", 0.05),
        epochs=3,
        batch=16,
        distortion=moves,
        average=0.7,
    )
    return {entry.name: entry for entry in (adam, sgd, momentum, sdlm, averaged)}


@pytest.fixture
def train(network: Network, data: Dataset, recipes: dict[str, Recipe]) -> Callable[..., Run]:
    def train(**settings: object) -> Run:
        asked = {"recipe": recipes["adam"], "engine": "reference", "seed": 1, **settings}
        return fit(network, data, **asked)  # type: ignore[arg-type]

    return train
