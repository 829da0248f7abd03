"""What a gradient does to its parameter, over a run of parameters.

    sgd    v = momentum * v + dw;  w = w * (1 - rate * decay) - rate * v
    adam   m, v = running means of dw, dw^2;  w = w * (1 - rate * decay) - rate * m' / (sqrt(v') + e)

m' and v' are m and v over (1 - beta^t).   Source: Kingma and Ba 2015, algorithm 1; Loshchilov and
Hutter 2019 for the decay.
"""

import numpy as np

from simplecell.engines.lanes.compile import jit
from simplecell.engines.lanes.squash import ONE, F

NONE, SGD, MOMENTUM, ADAM = 0, 1, 2, 3


@jit
def update_run(rule, w, g, m, v, first, last, rate, momentum, second, epsilon, decay, step):
    """Move parameters first..last; `step` counts from 1."""
    keep = ONE - rate * decay
    if rule == SGD:
        for n in range(first, last):
            w[n] = w[n] * keep - rate * g[n]
    elif rule == MOMENTUM:
        for n in range(first, last):
            m[n] = momentum * m[n] + g[n]
            w[n] = w[n] * keep - rate * m[n]
    elif rule == ADAM:
        a = F(1.0 / (1.0 - np.float64(momentum) ** step))
        b = F(1.0 / (1.0 - np.float64(second) ** step))
        for n in range(first, last):
            m[n] = momentum * m[n] + (ONE - momentum) * g[n]
            v[n] = second * v[n] + (ONE - second) * (g[n] * g[n])
            w[n] = w[n] * keep - rate * (m[n] * a) / (np.sqrt(v[n] * b) + epsilon)
