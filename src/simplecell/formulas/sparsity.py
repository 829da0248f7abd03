"""Sparsity: each hidden unit is to be active on a share rho of the examples, and silent otherwise.

    m_j = mean_n x[n,j]        e_j = KL(rho || m_j)

Source: UFLDL tutorial, Autoencoders and sparsity.   Brief: A
"""

import numpy as np

from simplecell.errors import DataError
from simplecell.formulas import Array


def check_rho(rho: float) -> float:
    """Give rho back if a unit can be active that often.

    Raises
        DataError   not between 0 and 1
    """
    if not 0 < rho < 1:
        raise DataError(
            f"rho is {rho}: give the share of examples a unit is to be active on, between 0 and"
            " 1, e.g. 0.05."
        )
    return rho


def divergence(rho: float, mean: Array) -> Array:
    """Measure how far coins that fall on 1 `mean` often are from one that falls so rho often.

        KL(rho || m) = rho log(rho / m) + (1 - rho) log((1 - rho) / (1 - m))

    Shapes
        mean (K,) within 0..1      gives (K,)

    >>> divergence(0.1, np.array([0.1, 0.5])).round(4)
    array([0.    , 0.3681])
    """
    e: Array = rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean))
    return e


def divergence_slope(rho: float, mean: Array) -> Array:
    """Give d KL(rho || m) / dm.

        - rho / m + (1 - rho) / (1 - m)

    >>> divergence_slope(0.1, np.array([0.05, 0.1, 0.5])).round(4)
    array([-1.0526,  0.    ,  1.6   ])
    """
    slope: Array = -rho / mean + (1 - rho) / (1 - mean)
    return slope


def sparsity_forward(x: Array, rho: float) -> Array:
    """Give each unit's divergence from rho, over all examples together.

        e[j] = KL(rho || mean_n x[n,j])

    Shapes
        x (N, K) activations within 0..1      e (K,)

    Source
        UFLDL tutorial, Autoencoders and sparsity.   Brief: A
    """
    return divergence(check_rho(rho), x.mean(axis=0))


def sparsity_backward(x: Array, rho: float, de: Array) -> Array:
    """Give every example's share in it, which is the same for all.

        dx[n,j] = de[j] * (- rho / m_j + (1 - rho) / (1 - m_j)) / N

    Shapes
        x, dx (N, K)      de (K,)
    """
    each = de * divergence_slope(check_rho(rho), x.mean(axis=0)) / len(x)
    return np.repeat(each[None], len(x), axis=0)
