"""Full connection: every unit reads everything below.

Source: LeCun et al. 1998, II.B, layer F6; Bouvrie 2006, 2.   Brief: C13, D4-D8
"""

from simplecell.formulas import Array


def dense_forward(x: Array, w: Array, b: Array | None) -> Array:
    """Weigh all inputs, add up, add the bias.

        u[n,m] = sum_k w[m,k] * x[n,k] + b[m]        u = W x + b

    b None is no bias.

    Shapes
        x (N, K)      w (M, K)      b (M,)      u (N, M)

    Source
        Bouvrie 2006, 2.1.   Brief: D4
    """
    u: Array = x @ w.T
    return u if b is None else u + b


def dense_backward(x: Array, w: Array, du: Array) -> tuple[Array, Array, Array]:
    """Carry du back through the weights; gather it on weights and biases.

        dx[n,k] = sum_m w[m,k] * du[n,m]        D6, before f'
        dw[m,k] = sum_n du[n,m] * x[n,k]        D8
        db[m]   = sum_n du[n,m]                 D5

    Shapes
        gives dx, dw, db, shaped like x, w, b

    Source
        Bouvrie 2006, 2.2.   Brief: D5, D6, D8
    """
    return du @ w, du.T @ x, du.sum(axis=0)


def dense_curvature(x: Array, w: Array, hu: Array) -> tuple[Array, Array, Array]:
    """Carry the curvature on u down through the squared weights; gather it on them.

        hx[n,k] = sum_m w[m,k]^2 * hu[n,m]
        hw[m,k] = sum_n hu[n,m] * x[n,k]^2
        hb[m]   = sum_n hu[n,m]

    Given the true diagonal of d2E/du2, hw and hb are exact. hx is exact where E bends in each
    u[m] by itself; else it leaves out w[m,k] * w[l,k] * d2E/du[m]du[l].

    Shapes
        x (N, K)      w (M, K)      hu (N, M)      gives hx, hw, hb, shaped like x, w, b

    Source
        LeCun et al. 1998, appendix C.   Brief: F
    """
    return dense_backward(x * x, w * w, hu)
