"""Full connection: every unit reads everything below.

Source: LeCun et al. 1998, II.B, layer F6; Bouvrie 2006, 2.   Brief: C13, D4-D8
"""

from simplecell.formulas import Array


def dense_forward(x: Array, w: Array, b: Array) -> Array:
    """Weigh all inputs, add up, add the bias.

        u[n,m] = sum_k w[m,k] * x[n,k] + b[m]        u = W x + b

    Shapes
        x (N, K)      w (M, K)      b (M,)      u (N, M)

    Source
        Bouvrie 2006, 2.1.   Brief: D4
    """
    u: Array = x @ w.T + b
    return u


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
