"""A network of 65 weights and data it can learn: a whole run takes milliseconds."""

import numpy as np
import pytest

from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.spec.layers import Conv, Dense, Subsample
from simplecell.spec.network import Network


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
def data() -> Dataset:
    return Dataset("rows", ("top", "middle", "bottom"), _part(60, 1), _part(30, 2), (), (6, 6))
