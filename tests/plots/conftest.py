"""A small network with a table and RBF outputs, and answers of which some are wrong."""

import numpy as np
import pytest

from simplecell.data.normalise import Normalisation
from simplecell.data.part import Part
from simplecell.engines.parameters import initial_parameters
from simplecell.spec.layers import RBF, Conv, Dense, Subsample
from simplecell.spec.network import Network
from simplecell.train.answer import Answer
from simplecell.train.model import Model

TABLE = ((0,), (0, 1), (1,), (0, 1))


@pytest.fixture
def network() -> Network:
    layers = (
        Conv("C1", 2, (3, 3)),
        Subsample("S2"),
        Conv("C3", 4, (2, 2), table=TABLE),
        Dense("F4", 6),
        RBF("RBF", ("##....", "..##..", "....##")),
    )
    return Network("small", (1, 8, 8), layers)


@pytest.fixture
def model(network: Network) -> Model:
    named = ("top", "middle", "bottom")
    weights = initial_parameters(network, 1)
    return Model(network, weights, Normalisation(0.01, -0.1), named)


@pytest.fixture
def part() -> Part:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 90, (8, 1, 8, 8), dtype=np.uint8)
    return Part(pixels, np.array([0, 0, 0, 1, 1, 2, 2, 2]))


@pytest.fixture
def answers() -> list[Answer]:
    """Wrong of the third (0 for 1), of the fifth (1 for 0), and, surest of all, of the last."""
    given = [(0, 0.9), (0, 0.5), (1, 0.6), (1, 0.8), (0, 0.7), (2, 0.95), (2, 0.85), (0, 0.997)]
    return [Answer(label, p, None, 0.0) for label, p in given]
