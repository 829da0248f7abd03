"""Squashing functions x = f(u), and their slopes.

    identity      u
    sigmoid       1 / (1 + e^-u)           between 0 and 1, so never 0 on average
    tanh          tanh(u)                  between -1 and 1, 0 on average
    scaled_tanh   1.7159 tanh(2u/3)        f(1) = 1, f(-1) = -1
    relu          max(u, 0)
    softmax       e^u_k / sum_i e^u_i      over the classes of one example

Source: LeCun et al. 1998, II.B and appendix A, equations 5 and 6.   Brief: C8, F
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simplecell.errors import UnknownName
from simplecell.formulas import Array

AMPLITUDE = 1.7159
STEEPNESS = 2 / 3


def _sigmoid(u: Array) -> Array:
    # e^-|u| never overflows, and 1 - sigmoid(-u) would lose every digit of a small value.
    small = np.exp(-np.abs(u))
    return np.where(u >= 0, 1 / (1 + small), small / (1 + small))


@dataclass(frozen=True)
class Activation:
    """One squashing function of one cell.

    `slope` takes u and x = f(u): where f' is a function of x it is cheaper, and as exact, to
    reckon it from x. x lies between `low` and `high`; at `corners` f has no slope.
    """

    of: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    low: float = -math.inf
    high: float = math.inf
    corners: tuple[float, ...] = ()


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(lambda u: u, lambda u, x: np.ones_like(u)),
    "sigmoid": Activation(_sigmoid, lambda u, x: x * (1 - x), 0.0, 1.0),
    "tanh": Activation(np.tanh, lambda u, x: 1 - x * x, -1.0, 1.0),
    "scaled_tanh": Activation(
        lambda u: AMPLITUDE * np.tanh(STEEPNESS * u),
        lambda u, x: STEEPNESS * (AMPLITUDE - x * x / AMPLITUDE),
        -AMPLITUDE,
        AMPLITUDE,
    ),
    "relu": Activation(
        lambda u: np.maximum(u, 0), lambda u, x: (u > 0).astype(u.dtype), 0.0, corners=(0.0,)
    ),
}
"""By name; to put another entry in is to make it known."""


def bounds(name: str) -> tuple[float, float] | None:
    """Give the least and the largest x = f(u); None where there is no least or no largest.

    >>> bounds("tanh"), bounds("relu"), bounds("softmax")
    ((-1.0, 1.0), None, None)
    """
    found = ACTIVATIONS.get(name)
    if found is None or math.isinf(found.low) or math.isinf(found.high):
        return None
    return found.low, found.high


def corners(name: str) -> tuple[float, ...]:
    """Give the u at which a squashing function has no slope."""
    return ACTIVATIONS[name].corners if name in ACTIVATIONS else ()


def squash(name: str, u: Array) -> Array:
    """Give x = f(u), cell by cell.

    Raises
        UnknownName   a name not in the list; softmax, which is no function of one cell, is one

    >>> squash("scaled_tanh", np.array([-1.0, 0.0, 1.0])).round(4)
    array([-1.,  0.,  1.])
    """
    _check(name)
    return ACTIVATIONS[name].of(u)


def slope(name: str, u: Array, x: Array) -> Array:
    """Give f'(u), cell by cell, from u and x = f(u).

    The relu has no slope at 0; it is taken as 0 there.

    >>> slope("sigmoid", np.array([0.0]), np.array([0.5]))
    array([0.25])
    """
    _check(name)
    return ACTIVATIONS[name].slope(u, x)


def squash_curvature(name: str, u: Array, x: Array, hx: Array) -> Array:
    """Carry the curvature on x = f(u) down to u.

        hu = f'(u)^2 * hx

    Left out is f''(u) * dE/dx: it is 0 where f is straight and where the answer is right, and
    it could make hu negative, where a rate divided by it means nothing.

    >>> squash_curvature("sigmoid", np.array([0.0]), np.array([0.5]), np.array([4.0]))
    array([0.25])

    Source
        LeCun et al. 1998, appendix C.   Brief: F
    """
    steepness = slope(name, u, x)
    return steepness * steepness * hx


def softmax(u: Array) -> Array:
    """Turn the scores of each example into probabilities.

        x[n,k] = e^u[n,k] / sum_i e^u[n,i]

    Shapes
        u, x (N, K)

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    # The largest score is taken off first: it cancels, and e^0 cannot overflow.
    powers = np.exp(u - u.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _check(name: str) -> None:
    if name not in ACTIVATIONS:
        raise UnknownName("squashing function of one cell", name, ACTIVATIONS)
