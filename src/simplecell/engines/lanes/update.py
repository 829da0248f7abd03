"""What a gradient does to its parameter, over a run of parameters.

    sgd    v = momentum * v + dw;  w = w * (1 - rate * decay) - rate * v
    adam   m, v = running means of dw, dw^2;  w = w * (1 - rate * decay) - rate * m' / (sqrt(v') + e)

m' and v' are m and v over (1 - beta^t).   Source: Kingma and Ba 2015, algorithm 1; Loshchilov and
Hutter 2019 for the decay.
"""

import numpy as np

from simplecell.engines.lanes.compile import jit
from simplecell.engines.lanes.squash import ONE, F
from simplecell.engines.lanes.vector import fma

NONE, SGD, MOMENTUM, ADAM = 0, 1, 2, 3


@jit
def update_run(rule, w, g, m, v, first, last, rate, momentum, second, epsilon, decay, step):
    """Move parameters first..last `step` counts from 1."""
    count, keep = last - first, ONE - rate * decay
    w, g, m, v = w[first:last], g[first:last], m[first:last], v[first:last]
    if rule == SGD:
        for n in range(count):
            w[n] = fma(-rate, g[n], w[n] * keep)
    elif rule == MOMENTUM:
        for n in range(count):
            m[n] = fma(momentum, m[n], g[n])
            w[n] = fma(-rate, m[n], w[n] * keep)
    elif rule == ADAM:
        a = rate / F(1.0 - np.float64(momentum) ** step)
        b = F(1.0 / (1.0 - np.float64(second) ** step))
        new, newer = ONE - momentum, ONE - second
        for n in range(count):
            m[n] = fma(momentum, m[n], new * g[n])
            v[n] = fma(second, v[n], newer * (g[n] * g[n]))
            w[n] = w[n] * keep - a * m[n] / (np.sqrt(v[n] * b) + epsilon)
