"""Squashing functions x = f(u), and their slopes.

    identity      u
    sigmoid       1 / (1 + e^-u)           between 0 and 1, so never 0 on average
    tanh          tanh(u)                  between -1 and 1, 0 on average
    scaled_tanh   1.7159 tanh(2u/3)        f(1) = 1, f(-1) = -1
    relu          max(u, 0)
    leaky_relu(a) u above 0, a u below        a = 0.01 unless told
    elu(a)        u above 0, a (e^u - 1) below        a = 1 unless told; never below -a
    softplus      log(1 + e^u)                smooth, never below 0; its slope is the sigmoid
    softmax       e^u_k / sum_i e^u_i      over the classes of one example

A parameter stands in the name, as in `elu(0.5)`: `notation` reads it.

Source: LeCun et al. 1998, II.B and appendix A, equations 5 and 6; Maas, Hannun, Ng 2013;
Clevert, Unterthiner, Hochreiter 2016; Dugas et al. 2001.   Brief: C8, F
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simplecell.errors import UnknownName
from simplecell.formulas import Array
from simplecell.notation import split

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
    "softplus": Activation(lambda u: np.logaddexp(0, u), lambda u, x: _sigmoid(u), 0.0),
}
"""By name; to put another entry in is to make it known."""


def _leaky_relu(a: float) -> Activation:
    return Activation(
        lambda u: np.where(u > 0, u, a * u),
        lambda u, x: np.where(u > 0, 1, a).astype(u.dtype),
        0.0 if a == 0 else -math.inf,
        corners=() if a == 1 else (0.0,),
    )


def _elu(a: float) -> Activation:
    # Above 0 e^u would overflow, and nobody would see it: it is not taken there.
    return Activation(
        lambda u: np.where(u > 0, u, a * np.expm1(np.minimum(u, 0))),
        lambda u, x: np.where(u > 0, 1, a * np.exp(np.minimum(u, 0))).astype(u.dtype),
        -a,
        corners=() if a == 1 else (0.0,),
    )


FAMILIES: dict[str, Callable[[float], Activation]] = {"leaky_relu": _leaky_relu, "elu": _elu}
"""Those with a parameter: what makes one of its value."""


def activation(name: str) -> Activation:
    """Find a squashing function of one cell by its name, with its parameter if it has one.

    Raises
        UnknownName   a name not in the list; softmax, which is no function of one cell, is one
    """
    family, parameter = split(name)
    if family in FAMILIES and parameter is not None:
        return FAMILIES[family](parameter)
    if name not in ACTIVATIONS:
        raise UnknownName("squashing function of one cell", name, [*ACTIVATIONS, *FAMILIES])
    return ACTIVATIONS[name]


def bounds(name: str) -> tuple[float, float] | None:
    """Give the least and the largest x = f(u); None where there is no least or no largest.

    >>> bounds("tanh"), bounds("relu"), bounds("softmax")
    ((-1.0, 1.0), None, None)
    """
    found = None if name == "softmax" else activation(name)
    if found is None or math.isinf(found.low) or math.isinf(found.high):
        return None
    return found.low, found.high


def corners(name: str) -> tuple[float, ...]:
    """Give the u at which a squashing function has no slope."""
    return () if name == "softmax" else activation(name).corners


def squash(name: str, u: Array) -> Array:
    """Give x = f(u), cell by cell.

    Raises
        UnknownName   a name not in the list; softmax, which is no function of one cell, is one

    >>> squash("scaled_tanh", np.array([-1.0, 0.0, 1.0])).round(4)
    array([-1.,  0.,  1.])
    """
    return activation(name).of(u)


def slope(name: str, u: Array, x: Array) -> Array:
    """Give f'(u), cell by cell, from u and x = f(u).

    Relu, leaky relu and elu may have no slope at 0: the one below 0 is taken there.

    >>> slope("sigmoid", np.array([0.0]), np.array([0.5]))
    array([0.25])
    """
    return activation(name).slope(u, x)


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
