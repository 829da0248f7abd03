"""Losses: how wrong one answer is. Each is given per example; an engine takes the mean.

    cross_entropy   e = log sum_k e^s_k  -  s_label        of scores, the largest of which wins
    squared_error   e = 1/2 sum_k (t_k - y_k)^2            of outputs and one-of-c targets

Source: Bouvrie 2006, 2.1.   Brief: D1-D3, D7
"""

import numpy as np

from simplecell.errors import DataError
from simplecell.formulas import Array
from simplecell.formulas.activations import softmax


def check_labels(labels: Array | None, examples: int, classes: int) -> Array:
    """Give the labels back if there is one per example and each is one of the classes.

    Raises
        DataError   no labels, too few or too many, not whole numbers, or out of range
    """
    if labels is None:
        raise DataError("a loss needs a label for every example; these examples have none.")
    if labels.shape != (examples,):
        raise DataError(
            f"there are {examples} examples, and labels of shape {labels.shape};"
            f" give one label per example, shape ({examples},)."
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"labels are {labels.dtype}; give whole numbers from 0.")
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        raise DataError(
            f"label {labels[wrong[0]]} of example {wrong[0]} is out of range: there are"
            f" {classes} classes, 0 to {classes - 1}."
        )
    return labels


def targets(labels: Array, classes: int, squash: str) -> Array:
    """Write each label as one-of-c outputs that the squashing function can reach.

        1 at the label, elsewhere 0; or -1 for tanh and scaled_tanh

    Shapes
        labels (N,)      t (N, classes) float64

    >>> targets(np.array([2]), 4, "tanh")
    array([[-1., -1.,  1., -1.]])

    Source
        Bouvrie 2006, 2.1.   Brief: D3
    """
    one_of_c = np.eye(classes)[labels]
    return 2 * one_of_c - 1 if squash in ("tanh", "scaled_tanh") else one_of_c


def cross_entropy_forward(scores: Array, labels: Array) -> Array:
    """Give the surprise at each label, if the softmax of the scores were its probability.

        e[n] = log sum_k e^scores[n,k] - scores[n,label[n]]

    Shapes
        scores (N, K)      labels (N,)      e (N,)

    >>> cross_entropy_forward(np.array([[0.0, 0.0], [0.0, 1000.0]]), np.array([1, 0]))
    array([6.93147181e-01, 1.00000000e+03])
    """
    # Scores are taken from the largest: it cancels, and e^0 cannot overflow.
    below = scores - scores.max(axis=1, keepdims=True)
    surprise: Array = np.log(np.exp(below).sum(axis=1)) - below[np.arange(len(labels)), labels]
    return surprise


def cross_entropy_backward(scores: Array, labels: Array) -> Array:
    """Give each example's own gradient on its scores.

        dscores[n,k] = softmax(scores)[n,k] - (1 where k = label[n], else 0)

    Shapes
        scores, dscores (N, K)      labels (N,)
    """
    dscores = softmax(scores)
    dscores[np.arange(len(labels)), labels] -= 1
    return dscores


def squared_error_forward(y: Array, t: Array) -> Array:
    """Give half the squared distance of each output from its target.

        e[n] = 1/2 sum_k (t[n,k] - y[n,k])^2

    Shapes
        y, t (N, K)      e (N,)

    Source
        Bouvrie 2006, 2.1, equations 1 and 2.   Brief: D1, D2
    """
    away = t - y
    e: Array = 0.5 * (away * away).sum(axis=1)
    return e


def squared_error_backward(y: Array, t: Array) -> Array:
    """Give each example's own gradient on its outputs.

        dy = y - t

    Shapes
        y, t, dy (N, K)

    Source
        Bouvrie 2006, 2.2.   Brief: D7, before f'
    """
    return y - t
