"""Batch normalisation: each map brought to mean 0 and variance 1, then a gain and a bias.

In training, over the batch:

    m[c] = mean of x[c],  v[c] = mean of (x[c] - m[c])^2        over images and places, n in all
    x^   = (x - m) / sqrt(v + e)        u = w * x^ + b

In use, mean and variance are running ones, and the layer is a gain and a shift for each map:

    gain = w / sqrt(variance + e)        u = gain * x + (b - gain * mean)

Source: Ioffe, Szegedy 2015.
"""

import numpy as np

from simplecell.formulas import Array

OVER = (0, 2, 3)
"""The axes that are reckoned over: images, rows, columns."""


def _maps(values: Array) -> Array:
    column: Array = values[:, None, None]
    return column


def statistics(x: Array) -> tuple[Array, Array]:
    """Give each map's mean and variance over the batch; the variance divides by n.

    Shapes
        x (N, C, H, W)      gives (C,), (C,)
    """
    return x.mean(axis=OVER), x.var(axis=OVER)


def batchnorm_forward(x: Array, w: Array, b: Array, epsilon: float) -> Array:
    """Normalise each map over the batch, in training.

        u = w * (x - m) / sqrt(v + epsilon) + b

    Shapes
        x, u (N, C, H, W)      w, b (C,)

    Source
        Ioffe, Szegedy 2015, algorithm 1.
    """
    mean, variance = statistics(x)
    scale = 1 / np.sqrt(variance + epsilon)
    u: Array = _maps(w * scale) * (x - _maps(mean)) + _maps(b)
    return u


def batchnorm_backward(
    x: Array, w: Array, du: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """Carry du back through the normalisation, mean and variance moving with x.

        db = sum du        dw = sum du * x^
        dx = w / sqrt(v + epsilon) * (du - mean(du) - x^ * mean(du * x^))

    So dx of each map sums to 0, and has nothing along x^.

    Shapes
        gives dx, dw, db, shaped like x, w, w

    Source
        Ioffe, Szegedy 2015, 3, the six derivatives put into one.
    """
    mean, variance = statistics(x)
    scale = 1 / np.sqrt(variance + epsilon)
    normal = _maps(scale) * (x - _maps(mean))
    db, dw = du.sum(axis=OVER), (du * normal).sum(axis=OVER)
    count = x.size // x.shape[1]
    dx = _maps(w * scale) * (du - _maps(db / count) - normal * _maps(dw / count))
    return dx, dw, db


def running_statistics(
    mean: Array, variance: Array, x: Array, momentum: float
) -> tuple[Array, Array]:
    """Move the running mean and variance towards a batch's.

        mean     = (1 - momentum) * mean + momentum * m
        variance = (1 - momentum) * variance + momentum * v * n / (n - 1)

    The variance of n numbers is taken for that of all there could be, so it divides by n - 1.

    Shapes
        mean, variance (C,)      x (N, C, H, W), more than one number a map
    """
    count = x.size // x.shape[1]
    m, v = statistics(x)
    keep, whole = 1 - momentum, count / (count - 1)
    return keep * mean + momentum * m, keep * variance + momentum * whole * v


def used_scale(
    w: Array, b: Array, mean: Array, variance: Array, epsilon: float
) -> tuple[Array, Array]:
    """Give the gain and the shift of each map in use.

    >>> one = np.ones(1)
    >>> used_scale(2 * one, one, 3 * one, 4 * one, 0.0)
    (array([1.]), array([-2.]))
    """
    gain = w / np.sqrt(variance + epsilon)
    return gain, b - gain * mean


def used_forward(
    x: Array, w: Array, b: Array, mean: Array, variance: Array, epsilon: float
) -> Array:
    """Normalise each map by running statistics, in use.

        u = w * (x - mean) / sqrt(variance + epsilon) + b

    Shapes
        x, u (N, C, H, W)      w, b, mean, variance (C,)
    """
    gain, shift = used_scale(w, b, mean, variance, epsilon)
    return _maps(gain) * x + _maps(shift)


def used_backward(
    x: Array, w: Array, mean: Array, variance: Array, du: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """Carry du back through the layer in use, where mean and variance stay as they are.

        dx = w / sqrt(variance + epsilon) * du
        dw = sum du * (x - mean) / sqrt(variance + epsilon)        db = sum du

    Shapes
        gives dx, dw, db, shaped like x, w, w
    """
    scale = 1 / np.sqrt(variance + epsilon)
    normal = _maps(scale) * (x - _maps(mean))
    return _maps(w * scale) * du, (du * normal).sum(axis=OVER), du.sum(axis=OVER)
