"""Local connections: a kernel at every place, none of them shared.

A convolution that learned a different feature at each position; its weights are counted in
millions where a convolution's are counted in hundreds.

Source: LeCun 1989, Generalization and network design strategies.   Brief: B2, B4
"""

import numpy as np

from simplecell.formulas import Array, Pair
from simplecell.formulas.conv import NO_PADS, Pads, add_windows, cropped, kernel_windows, padded


def local_forward(
    x: Array, w: Array, b: Array | None, stride: Pair = (1, 1), padding: Pads = NO_PADS
) -> Array:
    """Lay on each place the kernels of that place, add up, add the bias of that place.

        u[n,m,i,j] = sum_cpq w[m,i,j,c,p,q] * x[n,c,i*sh+p-top,j*sw+q-left] + b[m,i,j]

    x is 0 outside the map; b None is no bias.

    Shapes
        x (N, C, H, W)      w (M, i, j, C, p, q)      b (M, i, j)      u (N, M, i, j)

    Brief: B2
    """
    windows = kernel_windows(padded(x, padding), w.shape[4:], stride)
    u: Array = np.einsum("mijcpq,ncijpq->nmij", w, windows, optimize=True)
    return u if b is None else u + b


def local_backward(
    x: Array, w: Array, du: Array, stride: Pair = (1, 1), padding: Pads = NO_PADS
) -> tuple[Array, Array, Array]:
    """Carry du back through each place's own kernels; gather it on them.

        dw[m,i,j,c,p,q] = sum_n du[n,m,i,j] * x[n,c,i*sh+p-top,j*sw+q-left]
        db[m,i,j]       = sum_n du[n,m,i,j]
        dx[n,c,y,z]     = sum of w[m,i,j,c,p,q] * du[n,m,i,j]
                          over all i*sh+p-top = y, j*sw+q-left = z

    Shapes
        gives dx, dw, db, shaped like x, w, b

    Brief: B2
    """
    wide = padded(x, padding)
    windows = kernel_windows(wide, w.shape[4:], stride)
    dw: Array = np.einsum("nmij,ncijpq->mijcpq", du, windows, optimize=True)
    db = du.sum(axis=0)
    carried = np.einsum("mijcpq,nmij->ncpqij", w, du, optimize=True)
    dx = cropped(add_windows(carried, wide.shape[2:], stride), padding)
    return dx, dw, db


def local_curvature(
    x: Array, w: Array, hu: Array, stride: Pair = (1, 1), padding: Pads = NO_PADS
) -> tuple[Array, Array, Array]:
    """Carry the curvature on u down through each place's own squared kernels; gather it on them.

        hw[m,i,j,c,p,q] = sum_n hu[n,m,i,j] * x[n,c,i*sh+p-top,j*sw+q-left]^2
        hb[m,i,j]       = sum_n hu[n,m,i,j]
        hx[n,c,y,z]     = sum of w[m,i,j,c,p,q]^2 * hu[n,m,i,j]
                          over all i*sh+p-top = y, j*sw+q-left = z

    Every weight has one use an example, so nothing is left out on hw; on hx, as in conv.py.

    Shapes
        hu (N, M, i, j)      gives hx, hw, hb, shaped like x, w, b

    Source
        LeCun et al. 1998, appendix C.   Brief: B2, F
    """
    return local_backward(x * x, w * w, hu, stride, padding)
