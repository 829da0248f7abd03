"""Softmax regression: scores that are linear in the input, and nothing else.

    J = 1/N sum_n ( log sum_k e^s_nk - s_n,label )  +  decay/2 sum W^2        s = W x + b

The biases do not decay: a class is no less likely for being at one side of the origin.

Source: UFLDL tutorial, Softmax regression.   Brief: A
"""

from simplecell.formulas import Array
from simplecell.formulas.dense import dense_backward, dense_forward
from simplecell.formulas.losses import cross_entropy_backward, cross_entropy_forward


def regression_cost(
    x: Array, labels: Array, w: Array, b: Array, decay: float
) -> tuple[float, Array, Array]:
    """Give J and its gradient.

        du = (softmax(s) - one_of_c(label)) / N      dW = du^T x + decay W      db = sum_n du

    Shapes
        x (N, D)      labels (N,)      w, dw (K, D)      b, db (K,)

    Source
        UFLDL tutorial, Softmax regression.   Brief: A
    """
    scores = dense_forward(x, w, b)
    cost = float(cross_entropy_forward(scores, labels).mean())
    cost += 0.5 * decay * float((w * w).sum())
    _, dw, db = dense_backward(x, w, cross_entropy_backward(scores, labels) / len(x))
    return cost, dw + decay * w, db
