"""The sparse autoencoder: learn features of unlabelled examples, then see examples through them.

    learnt = learn(x, Settings(hidden=25))
    h = learnt.autoencoder.encode(x)                 the features
    learnt.autoencoder.reconstruct(x)                what they make of x

Source: UFLDL tutorial, Autoencoders and sparsity.   Brief: A, A1-A3
"""

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import check_seed
from simplecell.engines.requests import read_threads
from simplecell.errors import DataError, ModelError
from simplecell.features.cost import AutoencoderCost, flat, unflat, weight_shapes
from simplecell.features.descent import LEG, Look, Search, Step, Watch, begin, minimise
from simplecell.features.shares import Shares
from simplecell.formulas.autoencoder import (
    Weights,
    check_reach,
    decode,
    encode,
    initial_weights,
    squash_of,
)
from simplecell.formulas.examples import check_examples
from simplecell.formulas.sparsity import check_rho
from simplecell.train.checkpoint import read_arrays, write_arrays

AUTOENCODER = "simplecell.autoencoder"

Array = NDArray[Any]
Precision = type[np.float32] | type[np.float64]


@dataclass(frozen=True)
class Settings:
    """What J is made of: hidden units, the decoder's squashing, and the weights of its terms.

        J = error + decay/2 (sum W1^2 + sum W2^2) + beta sum_j KL(rho || mean h_j)

    The values given are the tutorial's for natural patches.
    """

    hidden: int
    decoder: str = "sigmoid"
    rho: float = 0.01
    decay: float = 1e-4
    beta: float = 3.0

    def __post_init__(self) -> None:
        squash_of(self.decoder)
        check_rho(self.rho)
        if self.hidden < 1:
            raise DataError(f"{self.hidden} hidden units were asked for; give 1 or more.")
        if not (0 <= self.decay < np.inf and 0 <= self.beta < np.inf):
            raise DataError(
                f"decay is {self.decay}, beta {self.beta}: give numbers from 0, e.g. 1e-4 and 3."
            )


@dataclass(frozen=True, eq=False)
class SparseAutoencoder:
    """Weights that were learnt, and the settings they were learnt with.

    Every feature sees every cell of an example, and is one number: an example becomes a vector.

    Shapes
        w1 (K, D)      b1 (K,)      w2 (D, K)      b2 (D,)

    Brief: A2, A3, A5, D17
    """

    weights: Weights
    settings: Settings

    def __post_init__(self) -> None:
        hidden, inputs = self.weights.w1.shape
        found = [w.shape for w in self.weights]
        if found != weight_shapes(inputs, hidden) or hidden != self.settings.hidden:
            raise ModelError(
                f"weights of shapes {found} make no autoencoder of {self.settings.hidden} units."
            )

    @property
    def inputs(self) -> int:
        """How many cells an example has."""
        return int(self.weights.w1.shape[1])

    def encode(self, x: Array, threads: int | None = None) -> Array:
        """Give the hidden activations: one vector of features for each example.

            h = sigmoid(W1 x + b1)

        Shapes
            x (N, D)      h (N, K) float32, or float64 where the weights are

        Raises
            DataError   examples of another number of cells; NaN or infinite cells
        """
        w = self.weights
        return self._map(x, self.inputs, lambda rows: encode(rows, w.w1, w.b1), threads)

    def decode(self, h: Array, threads: int | None = None) -> Array:
        """Give the examples that features stand for.

            y = f(W2 h + b2)

        Shapes
            h (N, K)      y (N, D)
        """
        w, decoder = self.weights, self.settings.decoder
        hidden = self.settings.hidden
        return self._map(h, hidden, lambda rows: decode(rows, w.w2, w.b2, decoder), threads)

    def reconstruct(self, x: Array, threads: int | None = None) -> Array:
        """Give what the features make of each example: y, which is to come close to x."""
        return self.decode(self.encode(x, threads), threads)

    def error(self, x: Array) -> float:
        """Measure how far reconstructions lie from their examples, as J does.

        1/N sum_n 1/2 |y_n - x_n|^2
        """
        away = self.reconstruct(x) - x
        return 0.5 * float(np.einsum("nk,nk->n", away, away).mean(dtype=np.float64))

    def save(self, path: str | Path) -> None:
        """Write weights and settings to one safetensors file, whole or not at all.

        Raises
            ModelError   no room, or no permission
        """
        write_arrays(
            Path(path), AUTOENCODER, self.weights._asdict(), {"settings": asdict(self.settings)}
        )

    def _map(
        self, x: Array, cells: int, f: Callable[[Array], Array], threads: int | None
    ) -> Array:
        if check_examples(x).shape[1] != cells:
            raise DataError(f"these are rows of {x.shape[1]} cells; {cells} are read here.")
        dtype = self.weights.w1.dtype
        outputs = self.inputs + self.settings.hidden - cells
        y = np.empty((len(x), outputs), dtype)
        shares = Shares(len(x), cells + outputs, threads)

        def work(blocks: Any, worker: int) -> None:
            for rows in blocks:
                y[rows] = f(x[rows].astype(dtype, copy=False))

        shares.run(work)
        return y


@dataclass(frozen=True)
class Learnt:
    """An autoencoder, and how it was found. `ended` says why the search was over early, if so."""

    autoencoder: SparseAutoencoder
    history: tuple[Step, ...]
    ended: str
    seconds: float


def learn(
    x: Array,
    settings: Settings,
    *,
    iterations: int = 400,
    seed: int = 0,
    start: Weights | None = None,
    dtype: Precision = np.float32,
    tolerance: float = 0.0,
    leg: int = LEG,
    threads: int | None = None,
    watch: Watch | None = None,
    look: Look | None = None,
    path: str | Path | None = None,
    resume: bool = False,
) -> Learnt:
    """Learn features of examples by minimising J with L-BFGS.

    The search begins at random weights that the seed draws, or at `start`. Products are reckoned
    in `dtype`, the search itself in float64. `watch` hears of each iteration: the cost, its terms
    `error`, `decay` and `sparsity`, and `activation`, the mean over the hidden units, which is to
    come near rho; `look` sees the weights as well, as one row of numbers. The search ends early
    when over ten iterations J falls by less than `tolerance` of itself. With a `path` it is saved
    after each leg, and `resume` goes on with what was saved there, bit for bit, for more
    iterations if so asked. The number of threads changes no bit.

    Shapes
        x (N, D)

    Raises
        DataError       examples that are no rows of finite numbers, or that the decoder cannot
                        reach; settings that cannot be
        ModelError      a file that is taken, or about another search
        TrainingError   the cost is no longer a number
        Interrupted     Ctrl-C

    Brief: A1
    """
    if not isinstance(settings, Settings):
        raise DataError(
            f"settings are {type(settings).__name__}; give the autoencoder's Settings."
        )
    threads = None if threads is None else read_threads(threads)
    check_reach(check_examples(x), settings.decoder)
    inputs = x.shape[1]
    rng = np.random.default_rng(check_seed(seed))
    first = start or initial_weights(inputs, settings.hidden, rng)
    theta = flat(SparseAutoencoder(first, settings).weights)
    if len(theta) != sum(math.prod(shape) for shape in weight_shapes(inputs, settings.hidden)):
        raise DataError(f"the weights to start from do not read examples of {inputs} cells.")
    about = {
        **asdict(settings),
        **describe(x),
        "seed": seed,
        "start": zlib.crc32(theta.data),
        "precision": np.dtype(dtype).name,
        "tolerance": tolerance,
        "leg": leg,
    }
    search, file = begin(Search(theta), path, resume, about)
    cost = AutoencoderCost(x, **asdict(settings), dtype=dtype, threads=threads)
    told: dict[str, Any] = {"tolerance": tolerance, "leg": leg, "watch": watch, "look": look}
    search = minimise(cost, search, iterations, **told, path=file, about=about)
    arrays = unflat(search.theta.astype(dtype), weight_shapes(inputs, settings.hidden))
    return Learnt(
        SparseAutoencoder(Weights(*arrays), settings),
        tuple(search.history),
        search.ended,
        search.seconds,
    )


def describe(x: Array) -> dict[str, Any]:
    """Say which examples these are, so that no search goes on with others."""
    crc = zlib.crc32(np.ascontiguousarray(x).data)
    return {"examples": len(x), "cells": x.shape[1], "crc32": crc}


def load_autoencoder(path: str | Path) -> SparseAutoencoder:
    """Read what `SparseAutoencoder.save` wrote.

    Raises
        ModelError   no such file, another kind of file, or a damaged one
    """
    file = Path(path)
    arrays, document = read_arrays(file, AUTOENCODER)
    try:
        settings: Mapping[str, Any] = document["settings"]
        weights = Weights(**arrays)
        return SparseAutoencoder(weights, Settings(**settings))
    except (KeyError, TypeError, ValueError, DataError) as problem:
        raise ModelError(f"{file} is damaged: {problem}. Use another copy.") from None
