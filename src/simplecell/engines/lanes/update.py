"""What a gradient does to its parameter, over a run of parameters.

    keep = 1 - rate * decay
    sgd        w = keep * w - rate * dw
    momentum   v = momentum * v + dw;  w = keep * w - rate * v
    scaled     w = (1 - rate * m * decay) * w - rate * m * dw,  m = 1 / (mu + h) for sdlm
    adam       m = momentum * m + (1 - momentum) * dw;  v = second * v + (1 - second) * dw^2
               w = keep * w - rate * m' / (sqrt(v') + epsilon)

m' is m / (1 - momentum^step), v' is v / (1 - second^step).

Source: Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019 for the decay; LeCun et al.
1998, appendix C, for sdlm.
"""

import numpy as np

from simplecell.compile import jit
from simplecell.engines.lanes.layout import Floats, Real
from simplecell.engines.lanes.squash import ONE
from simplecell.engines.lanes.vector import fma

NONE, SGD, MOMENTUM, ADAM, SCALED = 0, 1, 2, 3, 4

Rule = tuple[int, Real, Real, Real, Real, int, int]
"""Which of them, momentum, second, epsilon, decay, the steps taken so far, and what the seed
gives to draw from."""
Move = tuple[int, Real, Real, Real, Real, Real, int]
"""Which of them, rate, momentum, second, epsilon, decay, and the step's number, from 1."""


@jit
def update_run(
    move: Move, w: Floats, g: Floats, m: Floats, v: Floats, first: int, last: int
) -> None:
    """Move parameters first..last; m keeps the running mean of dw or its v, v that of dw^2.

    Of a scaled rule, m holds the scales and stays.
    """
    rule, rate, momentum, second, epsilon, decay, step = move
    count, keep = last - first, ONE - rate * decay
    w, g, m, v = w[first:last], g[first:last], m[first:last], v[first:last]
    if rule == SGD:
        for n in range(count):
            w[n] = fma(-rate, g[n], w[n] * keep)
    elif rule == MOMENTUM:
        for n in range(count):
            m[n] = fma(momentum, m[n], g[n])
            w[n] = fma(-rate, m[n], w[n] * keep)
    elif rule == SCALED:
        for n in range(count):
            own = rate * m[n]
            w[n] = fma(-own, g[n], w[n] * (ONE - own * decay))
    elif rule == ADAM:
        a = rate / Real(1.0 - np.float64(momentum) ** step)
        b = Real(1.0 / (1.0 - np.float64(second) ** step))
        new, newer = ONE - momentum, ONE - second
        for n in range(count):
            m[n] = fma(momentum, m[n], new * g[n])
            v[n] = fma(second, v[n], newer * (g[n] * g[n]))
            w[n] = w[n] * keep - a * m[n] / (np.sqrt(v[n] * b) + epsilon)
