"""A task: one network, one batch size, the same pictures, weights and rate for every system."""

import os
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from simplecell.data.normalise import published
from simplecell.data.sources import load
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Array, Examples
from simplecell.spec.layers import Shape
from simplecell.spec.network import Network
from simplecell.train.recipes import default_loss

PICTURES = 4096
"""So many are gone through again and again: more than fit a core's own cache, no more."""
RATE = 0.01
SEED = 0


@dataclass(frozen=True, eq=False)
class Task:
    """What every system is given alike.

    `examples` are pixels as they are kept, and `order` the rows in the order of training;
    `x`, `labels` are the same pictures scaled, in that order, contiguous: peers have their
    batches cut before the clock starts.

    Shapes
        x (N, C, H, W) float32      labels (N,) int64
    """

    network: Network
    batch: int
    threads: int
    examples: Examples
    order: NDArray[np.int64]
    x: NDArray[np.float32]
    labels: NDArray[np.int64]
    parameters: dict[str, Array]
    source: str
    rate: float = RATE

    @property
    def loss(self) -> str:
        """The loss the network is trained with."""
        return default_loss(self.network)

    @property
    def batches(self) -> list[slice]:
        """Give the rows of x of each step; after the last comes the first again."""
        steps = len(self.x) // self.batch
        return [slice(s * self.batch, (s + 1) * self.batch) for s in range(steps)]

    def examples_of(self, rows: slice) -> Examples:
        """Give the pixels as they are kept of some rows of x."""
        pixels = self.examples.pixels[self.order[rows]]
        return Examples(pixels, None, self.examples.scale, self.examples.shift)


def make_task(network: Network, batch: int, threads: int, pictures: int = PICTURES) -> Task:
    """Draw the weights, load or draw the pictures, cut the batches."""
    pixels, labels, source = _pictures(network.input, network.classes, max(pictures, batch))
    scaling = published()
    examples = Examples(pixels, labels, scaling.scale, scaling.shift)
    order = np.random.default_rng(SEED).permutation(len(labels))
    weights = initial_parameters(network, SEED)
    return Task(
        network=network,
        batch=batch,
        threads=threads,
        examples=examples,
        order=order,
        x=np.ascontiguousarray(examples.values(order, np.float32)),
        labels=labels[order],
        parameters={name: w.astype(np.float32) for name, w in weights.items()},
        source=source,
    )


@cache
def _pictures(shape: Shape, classes: int, count: int) -> tuple[Array, NDArray[np.int64], str]:
    """Give MNIST's first pictures where SIMPLECELL_DATA has them, or pictures drawn at random."""
    if os.environ.get("SIMPLECELL_DATA") and shape[0] == 1 and classes == 10:
        part = load("mnist", size=shape[1:]).train
        return part.pixels[:count], part.labels[:count], "mnist"
    rng = np.random.default_rng(SEED)
    pixels = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
    return pixels, rng.integers(0, classes, count), "drawn at random"
