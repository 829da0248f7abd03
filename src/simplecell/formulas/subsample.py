"""Subsampling as LeNet-5 does it: sum a window, times a trainable gain, plus a trainable bias.

Source: LeCun et al. 1998, II.B, layers S2, S4; Bouvrie 2006, 3.2.   Brief: C7, D10, D11, D14, E1
"""

import numpy as np

from simplecell.formulas import Array, Pair


def down(x: Array, window: Pair) -> Array:
    """Sum each window; windows do not overlap.

        d[...,i,j] = sum_pq x[...,n*i+p,m*j+q]        window = (n, m)

    >>> down(np.arange(16).reshape(4, 4), (2, 2))
    array([[10, 18],
           [42, 50]])

    Brief: D14
    """
    *lead, height, width = x.shape
    n, m = window
    sums: Array = x.reshape(*lead, height // n, n, width // m, m).sum(axis=(-3, -1))
    return sums


def up(x: Array, window: Pair) -> Array:
    """Copy each cell over its window: the Kronecker product with a window of ones.

        up(x) = x (x) 1        window = (n, m)

    >>> up(np.array([[1, 2]]), (2, 2))
    array([[1, 1, 2, 2],
           [1, 1, 2, 2]])

    Source
        Bouvrie 2006, 3.1.1.   Brief: D11
    """
    return np.kron(x, np.ones(window, x.dtype))


def subsample_forward(x: Array, w: Array, b: Array, window: Pair) -> Array:
    """Sum each window, scale it by one gain per map, add one bias per map.

        u[n,c,i,j] = w[c] * down(x)[n,c,i,j] + b[c]

    Shapes
        x (N, C, n*H, m*W)      window (n, m)      w, b (C,)      u (N, C, H, W)

    Source
        LeCun et al. 1998, II.B, layer S2; Bouvrie 2006, 3.2.   Brief: C7, D14
    """
    return w[:, None, None] * down(x, window) + b[:, None, None]


def subsample_backward(x: Array, w: Array, du: Array, window: Pair) -> tuple[Array, Array, Array]:
    """Spread du over its windows; gather it, times what the window summed to, on the gain.

        dx    = w * up(du)
        dw[c] = sum_nij du[n,c,i,j] * d[n,c,i,j]        d = down(x)
        db[c] = sum_nij du[n,c,i,j]

    A common translation of the source prints dw without its "* d".

    Shapes
        gives dx, dw, db, shaped like x, w, b

    Source
        Bouvrie 2006, 3.2.1.   Brief: D10, E1
    """
    dx = w[:, None, None] * up(du, window)
    dw = (du * down(x, window)).sum(axis=(0, 2, 3))
    db = du.sum(axis=(0, 2, 3))
    return dx, dw, db


# Guess: the paper counts a gain as one connection per cell of its window, and computes it as
# one product with their sum. We take the sum for the gain's input: hu * d^2, not hu * sum x^2.
def subsample_curvature(x: Array, w: Array, hu: Array, window: Pair) -> tuple[Array, Array, Array]:
    """Carry the curvature on u down through the squared gain; gather it on the gain.

        hx    = w^2 * up(hu)
        hw[c] = sum_nij hu[n,c,i,j] * d[n,c,i,j]^2        d = down(x)
        hb[c] = sum_nij hu[n,c,i,j]

    Exact wherever E bends in each cell of u by itself.

    Shapes
        x (N, C, n*H, m*W)      w (C,)      hu (N, C, H, W)
        gives hx, hw, hb, shaped like x, w, b

    Source
        LeCun et al. 1998, II.B and appendix C.   Brief: F
    """
    sums = down(x, window)
    hx = (w * w)[:, None, None] * up(hu, window)
    return hx, (hu * sums * sums).sum(axis=(0, 2, 3)), hu.sum(axis=(0, 2, 3))
