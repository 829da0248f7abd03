"""How a gradient moves a parameter. Each function gives new values and changes none.

`decay` is decoupled weight decay: it shrinks w by itself and never enters the running means.

Source: LeCun et al. 1998, appendix C; Kingma and Ba 2015; Loshchilov and Hutter 2019.   Brief: D8
"""

import numpy as np

from simplecell.formulas import Array


def sgd(w: Array, dw: Array, rate: float, decay: float = 0.0) -> Array:
    """Step against the gradient.

        w = (1 - rate * decay) * w - rate * dw

    Brief: D8
    """
    return (1 - rate * decay) * w - rate * dw


def momentum_sgd(
    w: Array, dw: Array, v: Array, rate: float, momentum: float, decay: float = 0.0
) -> tuple[Array, Array]:
    """Step against a running sum of gradients; give w and v.

        v = momentum * v + dw
        w = (1 - rate * decay) * w - rate * v

    Brief: D8
    """
    v = momentum * v + dw
    return sgd(w, v, rate, decay), v


def sdlm(
    w: Array, dw: Array, hw: Array, rate: float, mu: float = 0.02, decay: float = 0.0
) -> Array:
    """Step against the gradient, in each weight the shorter the more E bends in it.

        step = rate / (mu + hw)        one for each weight
        w    = (1 - step * decay) * w - step * dw

    The stochastic diagonal Levenberg-Marquardt rule. hw is the mean of d2E/dw2 over examples,
    never negative; mu keeps the step finite where E is flat.

    Shapes
        w, dw, hw of one shape

    >>> sdlm(np.zeros(2), np.ones(2), np.array([0.0, 0.98]), rate=0.001)
    array([-0.05 , -0.001])

    Source
        LeCun et al. 1998, appendix C; mu = 0.02 from III.A.   Brief: D8, F
    """
    step = rate / (mu + hw)
    return (1 - step * decay) * w - step * dw


def adam(
    w: Array,
    dw: Array,
    m: Array,
    v: Array,
    step: int,
    rate: float,
    momentum: float = 0.9,
    second: float = 0.999,
    epsilon: float = 1e-8,
    decay: float = 0.0,
) -> tuple[Array, Array, Array]:
    """Step by the mean gradient over its root mean square; give w, m and v.

        m = momentum * m + (1 - momentum) * dw
        v = second * v + (1 - second) * dw^2
        w = (1 - rate * decay) * w - rate * m' / (sqrt(v') + epsilon)
        m' = m / (1 - momentum^step),  v' = v / (1 - second^step),  step = 1, 2, ...

    Source
        Kingma and Ba 2015, algorithm 1, with beta1 = momentum and beta2 = second.
    """
    m = momentum * m + (1 - momentum) * dw
    v = second * v + (1 - second) * dw * dw
    mean = m / (1 - momentum**step)
    size = np.sqrt(v / (1 - second**step)) + epsilon
    return (1 - rate * decay) * w - rate * mean / size, m, v
