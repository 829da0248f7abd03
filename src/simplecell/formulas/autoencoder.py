"""The sparse autoencoder: a network whose target is its input.

    h = sigmoid(W1 x + b1)        y = f(W2 h + b2), which is to come close to x

    J = 1/N sum_n 1/2 |y_n - x_n|^2  +  decay/2 (sum W1^2 + sum W2^2)
        + beta sum_j KL(rho || mean_n h_nj)

The hidden units are sigmoid because a divergence of shares asks for values within 0..1. The
decoder's f is sigmoid, tanh or the identity ("linear"): whichever reaches the data's values.

Source: UFLDL tutorial, Autoencoders and sparsity; Linear decoders.   Brief: A, A1-A3
"""

from typing import NamedTuple

import numpy as np

from simplecell.errors import DataError, UnknownName
from simplecell.formulas import Array
from simplecell.formulas.activations import slope, squash
from simplecell.formulas.dense import dense_backward, dense_forward
from simplecell.formulas.initial import uniform_by_fans
from simplecell.formulas.losses import squared_error_backward, squared_error_forward
from simplecell.formulas.sparsity import sparsity_backward, sparsity_forward

DECODERS = {"sigmoid": "sigmoid", "tanh": "tanh", "linear": "identity"}
"""What the decoder is called, and its squashing function."""

REACH = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "linear": (-np.inf, np.inf)}


class Weights(NamedTuple):
    """What an autoencoder learns.

    Shapes
        w1 (K, D)      b1 (K,)      w2 (D, K)      b2 (D,)
    """

    w1: Array
    b1: Array
    w2: Array
    b2: Array


class Cost(NamedTuple):
    """What J is made of; `total` is their sum. `mean` is each hidden unit's mean activation."""

    total: float
    error: float
    decay: float
    sparsity: float
    mean: Array


def initial_weights(inputs: int, hidden: int, rng: np.random.Generator) -> Weights:
    """Draw both matrices uniformly in +-sqrt(6 / (inputs + hidden + 1)); biases are 0.

    Source
        UFLDL tutorial, exercise "Sparse autoencoder".   Brief: A
    """
    # The rule of Glorot and Bengio, with the bias counted as one more connection.
    w1 = uniform_by_fans((hidden, inputs), inputs, hidden + 1, rng)
    w2 = uniform_by_fans((inputs, hidden), inputs, hidden + 1, rng)
    return Weights(w1, np.zeros(hidden), w2, np.zeros(inputs))


def encode(x: Array, w1: Array, b1: Array) -> Array:
    """Give the hidden activations: the features.

        h = sigmoid(W1 x + b1)

    Shapes
        x (N, D)      h (N, K)

    Brief: A3
    """
    return squash("sigmoid", dense_forward(x, w1, b1))


def decode(h: Array, w2: Array, b2: Array, decoder: str) -> Array:
    """Give back the input that features stand for.

        y = f(W2 h + b2)

    Shapes
        h (N, K)      y (N, D)

    Raises
        UnknownName   another decoder than sigmoid, tanh, linear

    Brief: A2
    """
    return squash(squash_of(decoder), dense_forward(h, w2, b2))


def squash_of(decoder: str) -> str:
    """Give the squashing function of a decoder.

    Raises
        UnknownName   another decoder than sigmoid, tanh, linear
    """
    if decoder not in DECODERS:
        raise UnknownName("decoder", decoder, DECODERS)
    return DECODERS[decoder]


def check_reach(x: Array, decoder: str) -> None:
    """Refuse examples that the decoder cannot give back.

    Raises
        DataError     values outside what its squashing function reaches
        UnknownName   another decoder than sigmoid, tanh, linear
    """
    squash_of(decoder)
    least, most = REACH[decoder]
    low, high = float(x.min()), float(x.max())
    if low < least or high > most:
        raise DataError(
            f"the {decoder} decoder gives {least:g} to {most:g}; the examples reach from {low:.6g}"
            f" to {high:.6g}.\n  bring them into that range, or use the linear decoder."
        )


def autoencoder_cost(
    x: Array, weights: Weights, decoder: str, rho: float, decay: float, beta: float
) -> tuple[Cost, Weights]:
    """Give J, what it is made of, and its gradient.

        du2 = (y - x) / N * f'(u2)          dh = W2^T du2 + beta dKL/dh      du1 = dh * h (1 - h)
        dW2 = du2^T h + decay W2            dW1 = du1^T x + decay W1
        db2 = sum_n du2                     db1 = sum_n du1

    Shapes
        x (N, D)      gives J, and the gradient shaped like the weights

    Source
        UFLDL tutorial, Autoencoders and sparsity.   Brief: A, A1
    """
    w1, b1, w2, b2 = weights
    f, n = squash_of(decoder), len(x)
    u1 = dense_forward(x, w1, b1)
    h = squash("sigmoid", u1)
    u2 = dense_forward(h, w2, b2)
    y = squash(f, u2)
    error = float(squared_error_forward(y, x).mean())
    size = 0.5 * decay * float((w1 * w1).sum() + (w2 * w2).sum())
    sparsity = beta * float(sparsity_forward(h, rho).sum())
    cost = Cost(error + size + sparsity, error, size, sparsity, h.mean(axis=0))

    du2 = squared_error_backward(y, x) / n * slope(f, u2, y)
    dh, dw2, db2 = dense_backward(h, w2, du2)
    dh = dh + sparsity_backward(h, rho, np.full(h.shape[1], beta, h.dtype))
    _, dw1, db1 = dense_backward(x, w1, dh * slope("sigmoid", u1, h))
    return cost, Weights(dw1 + decay * w1, db1, dw2 + decay * w2, db2)
