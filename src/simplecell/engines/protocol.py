"""What an engine is: one spec, made runnable.

An `Engine` turns a `Network` into a `Program`. A program runs the network forward, gives the
gradient of a loss, traces one example cell by cell, and takes training steps. Every engine
reads and writes the same parameters by the same names, `C1.w`, `C1.b`, so that what one
trained another can run.

Some layers do something else in a step of training than in use: dropout silences units, batch
normalisation takes the batch's own mean and variance. `forward` and `trace` are in use, `train`
is training, and `gradients` is the first step of a training with the seed 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import DataError
from simplecell.repr import brief
from simplecell.spec.network import Network
from simplecell.spec.validation import shown

Array = NDArray[Any]
Parameters = Mapping[str, Array]
"""Arrays by name: `<layer>.w`, `<layer>.b`, and what is kept and not learned.

`engines/parameters.py` lists their shapes."""

LOSSES = ("cross_entropy", "squared_error", "map", "halved_map", "scaled_map", "mean_square")
RULES = ("sgd", "adam", "sdlm")


def read_numbers(values: Any, what: str) -> Array:
    """Give an array of numbers, or of what can be read as one, a list.

    Raises
        DataError   rows of different lengths, words, objects
    """
    if type(values) is np.ndarray and values.dtype.kind in "uif":
        return values
    try:
        # A list with a ragged row, or with anything else in it, is no array.
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError, RuntimeError):
        array = np.empty(0, object)
    if array.dtype.kind not in "uifb" or isinstance(values, str | bytes | Mapping):
        raise DataError(
            f"{what} are {shown(values)}, {type(values).__name__}; give an array of numbers."
        )
    return array.astype(np.uint8) if array.dtype.kind == "b" else array


def is_number(value: object) -> bool:
    """Say whether it is one number, NumPy's among them, and not True or False."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(
        value, bool
    )


@brief
@dataclass(frozen=True)
class Examples:
    """Pictures, what their pixels mean, and, to learn from, their classes.

        x = scale * pixels + shift

    Shapes
        pixels (N, C, H, W) uint8 or float      labels (N,) whole numbers from 0

    Raises
        DataError   what is no array of numbers, a scale or a shift that is none
    """

    pixels: Array
    labels: NDArray[np.int64] | None = None
    scale: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        """Take lists as arrays, and refuse what is none."""
        pixels = read_numbers(self.pixels, "pixels")
        if pixels.ndim < 1:
            raise DataError(f"pixels are {shown(self.pixels)}; give (N, C, H, W) of them.")
        object.__setattr__(self, "pixels", pixels)
        if self.labels is not None:
            object.__setattr__(self, "labels", read_numbers(self.labels, "labels"))
        for name in ("scale", "shift"):
            told = getattr(self, name)
            if (type(told) is not float and not is_number(told)) or not math.isfinite(told):
                raise DataError(f"the {name} of pixels is {shown(told)}; give a finite number.")

    def __len__(self) -> int:
        return len(self.pixels)

    @cached_property
    def finite(self) -> bool:
        """Whether every pixel is a number, neither NaN nor infinite; looked at once."""
        return self.pixels.dtype.kind != "f" or bool(np.isfinite(self.pixels).all())

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

    `seed` is what dropout draws from, with the number of the step.
    `slots` holds `v` for sgd with momentum, `m` and `v` for adam, `h` for sdlm, which whoever
    trains measures now and then: each the same names and shapes as the parameters. Saving and
    loading a State is enough to go on bit for bit.
    """

    parameters: dict[str, Array]
    slots: dict[str, dict[str, Array]] = field(default_factory=dict)
    steps: int = 0
    seed: int = 0


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
        """Give the mean loss and its gradient by parameter name, as the first step would have it.

        What is kept and not learned has none.
        """
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

    def program(self, network: Network | str) -> Program:
        """Make a network runnable, or the published one of that name."""
        ...


def scores(network: Network, outputs: Array) -> Array:
    """Turn a network's outputs into scores, the largest of which wins.

    An RBF layer gives distances, of which the smallest wins: its scores are their negatives.
    """
    return -outputs if network.layers[-1].gives_distances else outputs
