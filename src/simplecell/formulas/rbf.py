"""Euclidean radial basis functions: how far the features are from each class's code.

Source: LeCun et al. 1998, II.B, output layer, equation 7.   Brief: C14
"""

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
