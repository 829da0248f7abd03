"""Euclidean radial basis functions: how far the features are from each class's code.

Source: LeCun et al. 1998, II.B, output layer, equation 7.   Brief: C14
"""

import numpy as np

from simplecell.formulas import Array


def rbf_forward(x: Array, codes: Array) -> Array:
    """Measure the squared distance to each code; the smallest wins.

        u[n,k] = sum_j (x[n,j] - codes[k,j])^2

    Shapes
        x (N, J)      codes (K, J)      u (N, K)

    Source
        LeCun et al. 1998, equation 7.   Brief: C14
    """
    away = x[:, None, :] - codes
    distances: Array = (away * away).sum(axis=2)
    return distances


def rbf_backward(x: Array, codes: Array, du: Array) -> tuple[Array, Array]:
    """Pull x towards, or push it from, each code; and each code likewise.

        dx[n,j]     = sum_k du[n,k] * 2 (x[n,j] - codes[k,j])
        dcodes[k,j] = sum_n du[n,k] * 2 (codes[k,j] - x[n,j])

    Shapes
        gives dx, dcodes, shaped like x, codes

    Brief: C14
    """
    pull = 2 * du[:, :, None] * (x[:, None, :] - codes)
    return pull.sum(axis=1), -pull.sum(axis=0)


# Guess: the paper's recursion is for weighted sums. Through the squared distance we also carry
# the bend of the square itself: without it the paper's MSE would have no curvature at all.
def rbf_curvature(x: Array, codes: Array, du: Array, hu: Array) -> tuple[Array, Array]:
    """Carry slope and curvature on the distances down to the features and the codes.

        hx[n,j]     = sum_k 4 (x[n,j] - codes[k,j])^2 * hu[n,k]  +  2 max(sum_k du[n,k], 0)
        hcodes[k,j] = sum_n 4 (x[n,j] - codes[k,j])^2 * hu[n,k]  +  2 sum_n max(du[n,k], 0)

    A distance is no weighted sum: it bends by itself, d2u/dx2 = 2, so E bends by 2 du even where
    it is straight in u. Of mean_square that is all: hx = 2 for every feature, which is exact. Of
    map and of cross_entropy the sum of du is the share of rubbish, or 0: never negative, so on x
    only what lies across two distances is left out. On the codes the max leaves out the wrong
    classes, which E pushes away and which it bends downwards.

    Shapes
        x (N, J)      codes (K, J)      du, hu (N, K)      gives hx, hcodes, shaped like x, codes

    Source
        LeCun et al. 1998, equation 7 and appendix C.   Brief: C14, F
    """
    away = 2 * (x[:, None, :] - codes)
    bent = away * away * hu[:, :, None]
    pulled = 2 * np.maximum(du.sum(axis=1), 0)
    hcodes = bent.sum(axis=0) + 2 * np.maximum(du, 0).sum(axis=0)[:, None]
    return bent.sum(axis=1) + pulled[:, None], hcodes
