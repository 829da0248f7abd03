"""What an engine is: one spec, made runnable.

An `Engine` turns a `Network` into a `Program`. A program runs the network forward, gives the
gradient of a loss, traces one example cell by cell, and takes training steps. Every engine
reads and writes the same parameters by the same names, `C1.w`, `C1.b`, so that what one
trained another can run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simplecell.repr import brief
from simplecell.spec.network import Network

Array = NDArray[Any]
Parameters = Mapping[str, Array]
"""Arrays by name: `<layer>.w`, `<layer>.b`; shapes as `engines/parameters.py` lists them."""

LOSSES = ("cross_entropy", "squared_error", "map", "halved_map", "scaled_map", "mean_square")
RULES = ("sgd", "adam", "sdlm")


@brief
@dataclass(frozen=True)
class Examples:
    """Pictures, what their pixels mean, and, to learn from, their classes.

        x = scale * pixels + shift

    Shapes
        pixels (N, C, H, W) uint8 or float      labels (N,) whole numbers from 0
    """

    pixels: Array
    labels: NDArray[np.int64] | None = None
    scale: float = 1.0
    shift: float = 0.0

    def __len__(self) -> int:
        return len(self.pixels)

    def values(self, rows: slice | Array, dtype: Any = np.float64) -> Array:
        """Give x for some rows."""
        x: Array = np.asarray(self.pixels[rows], dtype) * dtype(self.scale) + dtype(self.shift)
        return x


@brief
@dataclass(frozen=True)
class Update:
    """How a gradient moves a parameter; the formulas are in `formulas/updates.py`.

        sgd    v = momentum * v + dw;  w = w - rate * v
        adam   Kingma and Ba 2015, with `momentum` = beta1 and `second` = beta2
        sdlm   w = w - rate / (mu + h) * dw, h the curvature that `Program.curvature` gave

    `decay` is decoupled weight decay: w is first multiplied by (1 - rate * decay); of sdlm,
    rate is there each weight's own. sdlm takes no momentum.
    """

    rule: str = "sgd"
    momentum: float = 0.0
    second: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.0
    mu: float = 0.02


@brief
@dataclass
class State:
    """All that training changes: parameters, the rule's running means, steps taken so far.

    `slots` holds `v` for sgd with momentum, `m` and `v` for adam, `h` for sdlm, which whoever
    trains measures now and then: each the same names and shapes as the parameters. Saving and
    loading a State is enough to go on bit for bit.
    """

    parameters: dict[str, Array]
    slots: dict[str, dict[str, Array]] = field(default_factory=dict)
    steps: int = 0


@brief
@dataclass(frozen=True)
class LayerTrace:
    """What one layer did with one example.

    Shapes
        u, x, du (M, H, W)     `gradients`: the layer's own, as `w`, `b`
    """

    u: Array
    x: Array
    du: Array
    gradients: dict[str, Array]


@brief
@dataclass(frozen=True)
class Trace:
    """One example's way through the network and back, by layer name."""

    x: Array
    dx: Array
    loss: float
    layers: dict[str, LayerTrace]


class Program(Protocol):
    """A network made runnable by one engine. Losses are means over the examples given."""

    network: Network

    def forward(self, parameters: Parameters, examples: Examples) -> Array:
        """Give the last layer's x, (N, classes): distances if it is an RBF layer."""
        ...

    def gradients(
        self, parameters: Parameters, examples: Examples, loss: str
    ) -> tuple[float, dict[str, Array]]:
        """Give the mean loss and its gradient by parameter name."""
        ...

    def curvature(self, parameters: Parameters, examples: Examples, loss: str) -> dict[str, Array]:
        """Give the mean of d2E/dw2 by parameter name, never negative.

        By the diagonal Gauss-Newton recursion of the `*_curvature` formulas; the weights that
        are shared have theirs summed.   Source: LeCun et al. 1998, appendix C.   Brief: F
        """
        ...

    def trace(self, parameters: Parameters, examples: Examples, loss: str) -> Trace:
        """Give every u, x, delta and gradient for the one example that is passed."""
        ...

    def train(
        self,
        state: State,
        examples: Examples,
        order: NDArray[np.int64],
        batch: int,
        rates: Sequence[float],
        update: Update,
        loss: str,
    ) -> NDArray[np.float64]:
        """Take len(rates) steps, changing `state`; give the mean loss of each step.

        Step s learns from rows order[s*batch : (s+1)*batch], the last maybe fewer, at rates[s].
        """
        ...


class Engine(Protocol):
    """A way to run networks: `reference`, `lanes`. A value that is passed in, never a global."""

    name: str
    threads: int

    def program(self, network: Network) -> Program:
        """Make the network runnable."""
        ...


def scores(network: Network, outputs: Array) -> Array:
    """Turn a network's outputs into scores, the largest of which wins.

    An RBF layer gives distances, of which the smallest wins: its scores are their negatives.
    """
    return -outputs if network.layers[-1].gives_distances else outputs
