"""What is minimised, fast: the costs of `formulas`, in blocks of rows and by several threads.

The oracles are `autoencoder_cost` and `regression_cost`; these repeat them, in the precision
asked for, on one long row of parameters in float64, as SciPy wants them. Sums over examples are
kept in float64 where they decide the cost: its smallest changes steer the search.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simplecell.features.shares import Shares
from simplecell.formulas.autoencoder import DECODERS, Weights
from simplecell.formulas.sparsity import divergence, divergence_slope

Array = NDArray[Any]

NEVER = 1e-7
"""A unit that float32 finds silent on all examples, or active on all, counts as this far off.

Its divergence would be infinite, and so would the way back.
"""


class Objective(Protocol):
    """A cost to be minimised, and what its last value was made of."""

    @property
    def terms(self) -> Mapping[str, float]:
        """What the cost came to, by name."""
        ...

    def __call__(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Give the cost and its gradient at one row of parameters."""
        ...


def flat(arrays: Sequence[Array]) -> NDArray[np.float64]:
    """Put arrays one after the other into one row."""
    return np.concatenate([np.asarray(a, np.float64).ravel() for a in arrays])


def unflat(theta: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Give the arrays of one row back, as views of it."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(theta, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def weight_shapes(inputs: int, hidden: int) -> list[tuple[int, ...]]:
    """Give the shapes of an autoencoder's w1, b1, w2, b2."""
    return [(hidden, inputs), (hidden,), (inputs, hidden), (inputs,)]


def mean_of(sums: Sequence[Array], n: int) -> NDArray[np.float64]:
    """Add the shares' sums up, in their order and into the first, and divide by n."""
    total = sums[0]
    for part in sums[1:]:
        total += part
    return total.astype(np.float64) / n


def decayed(
    theta: Array, gradient: Array, shapes: Sequence[tuple[int, ...]], decay: float
) -> float:
    """Give decay/2 sum W^2 over the matrices, and add decay W to their gradients."""
    total = 0.0
    for w, dw in zip(unflat(theta, shapes)[::2], unflat(gradient, shapes)[::2], strict=True):
        dw += decay * w
        total += float(np.vdot(w, w))
    return 0.5 * decay * total


def sigmoid(u: Array) -> None:
    """Squash in place; e^-u may overflow to infinity, of which 1 / (1 + e^-u) makes 0."""
    np.negative(u, out=u)
    with np.errstate(over="ignore"):
        np.exp(u, out=u)
    u += 1
    np.reciprocal(u, out=u)


class AutoencoderCost:
    """J of `formulas.autoencoder` over the same examples at ever new weights."""

    def __init__(
        self,
        x: Array,
        hidden: int,
        decoder: str,
        rho: float,
        decay: float,
        beta: float,
        dtype: Any = np.float32,
        threads: int | None = None,
    ) -> None:
        self.x = np.ascontiguousarray(x, dtype)
        self.squash = DECODERS[decoder]
        self.rho, self.decay, self.beta = rho, decay, beta
        self.shapes = weight_shapes(x.shape[1], hidden)
        self.h = np.empty((len(x), hidden), dtype)
        self.shares = Shares(len(x), sum(self.h.shape[1:] + x.shape[1:]), threads)
        self.desks = [_Desk(self, dtype) for _ in range(self.shares.workers)]
        self.terms: dict[str, float] = {}

    def __call__(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Give J and its gradient."""
        w = Weights(*unflat(theta.astype(self.x.dtype), self.shapes))
        n = len(self.x)
        sums = self.shares.run(lambda blocks, desk: self._encode(w, blocks))
        mean = np.clip(np.sum(sums, axis=0) / n, NEVER, 1 - NEVER)
        push = (self.beta * divergence_slope(self.rho, mean)).astype(self.x.dtype)
        parts = self.shares.run(lambda blocks, desk: self.desks[desk].share(w, push, blocks))
        gradient = mean_of([part for _, part in parts], n)
        self.terms = {
            "error": sum(error for error, _ in parts) / n,
            "decay": decayed(theta, gradient, self.shapes, self.decay),
            "sparsity": self.beta * float(divergence(self.rho, mean).sum()),
            "activation": float(mean.mean()),
        }
        return sum(self.terms[name] for name in ("error", "decay", "sparsity")), gradient

    def _encode(self, w: Weights, blocks: Sequence[slice]) -> Array:
        """Fill in h for one share; give the sum of each unit."""
        total = np.zeros(self.h.shape[1])
        for rows in blocks:
            h = self.h[rows]
            np.matmul(self.x[rows], w.w1.T, out=h)
            h += w.b1
            sigmoid(h)
            total += h.sum(axis=0, dtype=np.float64)
        return total


class _Desk:
    """One worker's own arrays, and what it does with them to a share."""

    def __init__(self, cost: AutoencoderCost, dtype: Any) -> None:
        rows, self.cost = cost.shares.block, cost
        hidden, inputs = cost.shapes[0]
        self.y: Array = np.empty((rows, inputs), dtype)
        self.d: Array = np.empty((rows, hidden), dtype)
        self.y_slope, self.h_slope = np.empty_like(self.y), np.empty_like(self.d)
        self.dw1, self.dw2 = np.empty((hidden, inputs), dtype), np.empty((inputs, hidden), dtype)

    def share(self, w: Weights, push: Array, blocks: Sequence[slice]) -> tuple[float, Array]:
        """Go forward to y and back; give the sum of 1/2 |y - x|^2 and of the gradients."""
        gradient = np.zeros(sum(v.size for v in w), w.w1.dtype)
        dw1, db1, dw2, db2 = unflat(gradient, self.cost.shapes)
        error = 0.0
        for rows in blocks:
            x, h = self.cost.x[rows], self.cost.h[rows]
            away, own = self._output(w, x, h)
            error += own
            np.matmul(away.T, h, out=self.dw2)
            dw2 += self.dw2
            db2 += away.sum(axis=0)
            d = self._hidden(w, push, away, h)
            np.matmul(d.T, x, out=self.dw1)
            dw1 += self.dw1
            db1 += d.sum(axis=0)
        return error, gradient

    def _output(self, w: Weights, x: Array, h: Array) -> tuple[Array, float]:
        """Give du2 = (y - x) f'(u2), and the error."""
        y, slope = self.y[: len(x)], self.y_slope[: len(x)]
        np.matmul(h, w.w2.T, out=y)
        y += w.b2
        if self.cost.squash == "sigmoid":
            sigmoid(y)
            np.subtract(1, y, out=slope)
            slope *= y
        elif self.cost.squash == "tanh":
            np.tanh(y, out=y)
            np.multiply(y, y, out=slope)
            np.subtract(1, slope, out=slope)
        y -= x
        error = 0.5 * float(np.einsum("nk,nk->n", y, y).sum(dtype=np.float64))
        if self.cost.squash != "identity":
            y *= slope
        return y, error

    def _hidden(self, w: Weights, push: Array, away: Array, h: Array) -> Array:
        """Give du1 = (W2^T du2 + beta dKL/dh) h (1 - h)."""
        d, slope = self.d[: len(h)], self.h_slope[: len(h)]
        np.matmul(away, w.w2, out=d)
        d += push
        np.subtract(1, h, out=slope)
        slope *= h
        d *= slope
        return d


class RegressionCost:
    """J of `formulas.regression` over the same examples at ever new weights."""

    def __init__(
        self,
        x: Array,
        labels: Array,
        classes: int,
        decay: float,
        dtype: Any = np.float32,
        threads: int | None = None,
    ) -> None:
        self.x, self.labels, self.decay = np.ascontiguousarray(x, dtype), labels, decay
        self.shapes = [(classes, x.shape[1]), (classes,)]
        self.shares = Shares(len(x), x.shape[1], threads)
        self.terms: dict[str, float] = {}

    def __call__(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Give J and its gradient."""
        w, b = unflat(theta.astype(self.x.dtype), self.shapes)
        parts = self.shares.run(lambda blocks, desk: self._share(w, b, blocks))
        n = len(self.x)
        gradient = mean_of([part for *_, part in parts], n)
        surprise = sum(e for e, *_ in parts) / n
        size = decayed(theta, gradient, self.shapes, self.decay)
        right = sum(k for _, k, _ in parts)
        self.terms = {"surprise": surprise, "decay": size, "accuracy_percent": 100 * right / n}
        return surprise + size, gradient

    def _share(self, w: Array, b: Array, blocks: Sequence[slice]) -> tuple[float, int, Array]:
        """Give the sum of the surprises, how many are right, and the sum of the gradients."""
        gradient = np.zeros(w.size + b.size, w.dtype)
        dw, db = unflat(gradient, self.shapes)
        surprise, right = 0.0, 0
        for rows in blocks:
            x, labels = self.x[rows], self.labels[rows]
            at = np.arange(len(x)), labels
            u = x @ w.T
            u += b
            right += int((u.argmax(axis=1) == labels).sum())
            # Scores are taken from the largest: it cancels, and e^0 cannot overflow.
            u -= u.max(axis=1, keepdims=True)
            scores = u[at]
            np.exp(u, out=u)
            total = u.sum(axis=1, keepdims=True)
            surprise += float((np.log(total[:, 0]) - scores).sum(dtype=np.float64))
            u /= total
            u[at] -= 1
            dw += u.T @ x
            db += u.sum(axis=0)
        return surprise, right, gradient
