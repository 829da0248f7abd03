"""The layers a network is made of, as pure data: one file each.

A layer says what is connected to what; it holds no weights and computes nothing.
`u` is a layer's weighted sum, `x = f(u)` what it hands on, f its squashing function:

    Conv        u[m] = sum over c in table[m] of correlate(x[c], w[m,c]) + b[m]     C1, C3, C5
    Combine     u[m] = sum_c alpha[m,c] * correlate(x[c], w[c]) + b[m]              E2
    Local       a convolution with weights of its own at every position             B2
    Subsample   u[c] = w[c] * (sum of each window of x[c]) + b[c]                   S2, S4
    Pool        u[c] = mean, or max, of each window of x[c]                         C6
    GlobalPool  u[c] = mean, or max, of the whole map x[c]
    Dense       u[m] = sum_k w[m,k] * x[k] + b[m]                                   F6
    RBF         u[k] = sum_j (x[j] - code[k,j])^2; the smallest wins                output
    BatchNorm   u[c] = w[c] * (x[c] - mean[c]) / sqrt(variance[c] + epsilon) + b[c]
    Dropout     u = x, some of it set to 0 while the network learns

`layer` says what they have in common. `LAYER_TYPES` finds a kind of layer by its `type`, as JSON
names it; to put another kind into it is to make it known.

Source: LeCun, Bottou, Bengio, Haffner 1998, II.B; Bouvrie 2006, 3.
Brief: B2, C5-C14, E2, E3
"""

from simplecell.spec.layers.batchnorm import BatchNorm
from simplecell.spec.layers.combine import PENALTIES, Combine
from simplecell.spec.layers.conv import Conv, Table
from simplecell.spec.layers.dense import Dense
from simplecell.spec.layers.dropout import Dropout
from simplecell.spec.layers.globalpool import GlobalPool
from simplecell.spec.layers.layer import Layer, Pair, Shape
from simplecell.spec.layers.local import Local
from simplecell.spec.layers.pool import Pool
from simplecell.spec.layers.rbf import RBF
from simplecell.spec.layers.subsample import Subsample
from simplecell.spec.squashes import SQUASHES

__all__ = [
    "LAYER_TYPES",
    "PENALTIES",
    "RBF",
    "SQUASHES",
    "BatchNorm",
    "Combine",
    "Conv",
    "Dense",
    "Dropout",
    "GlobalPool",
    "Layer",
    "Local",
    "Pair",
    "Pool",
    "Shape",
    "Subsample",
    "Table",
]

LAYER_TYPES: dict[str, type[Layer]] = {
    kind.type: kind
    for kind in (
        *(Conv, Combine, Local, Subsample, Pool, GlobalPool, Dense, RBF),
        *(BatchNorm, Dropout),
    )
}
