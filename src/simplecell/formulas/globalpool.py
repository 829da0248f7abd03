"""Global pooling: each map replaced by its mean, or by its largest value. Nothing to learn.

    u[c] = mean, or max, over i, j of x[c,i,j]

It is pooling in one window, as large as the map.

Source: Lin, Chen, Yan 2013, Network in network, 3.2 (the mean).
"""

from simplecell.formulas import Array
from simplecell.formulas.pool import pool_backward, pool_curvature, pool_forward


def globalpool_forward(x: Array, kind: str) -> Array:
    """Replace each map by its mean or its largest value.

    Shapes
        x (N, C, H, W)      kind "mean" or "max"      u (N, C, 1, 1)

    Raises
        UnknownName   another kind
    """
    return pool_forward(x, (x.shape[2], x.shape[3]), kind)


def globalpool_backward(x: Array, du: Array, kind: str) -> Array:
    """Share du out over its map, or give all of it to the largest cell, the first of equals.

        mean   dx = du / (H*W)
        max    dx = du at the largest cell, 0 elsewhere

    Shapes
        du (N, C, 1, 1)      gives dx, shaped like x

    Raises
        UnknownName   another kind
    """
    return pool_backward(x, du, (x.shape[2], x.shape[3]), kind)


def globalpool_curvature(x: Array, hu: Array, kind: str) -> Array:
    """Share the curvature on u out over its map, or give all of it to the largest cell.

        mean   hx = hu / (H*W)^2
        max    hx = hu at the largest cell, 0 elsewhere

    Shapes
        hu (N, C, 1, 1)      gives hx, shaped like x

    Raises
        UnknownName   another kind

    Source
        LeCun et al. 1998, appendix C, for weights of 1/(H*W), or of 1 and 0.   Brief: F
    """
    return pool_curvature(x, hu, (x.shape[2], x.shape[3]), kind)
