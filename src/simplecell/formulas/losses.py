"""Losses: how wrong one answer is. Each is given per example; an engine takes the mean.

    cross_entropy   e = log sum_k e^s_k  -  s_label        of scores, the largest of which wins
    squared_error   e = 1/2 sum_k (t_k - y_k)^2            of outputs and one-of-c targets
    mean_square     e = y_label                            of distances, the smallest of which wins
    map             e = y_label + log(e^-j + sum_k e^-y_k) of distances, and a rubbish class at j
    halved_map      e = the same of y / 2
    scaled_map      e = the same of y / 8

The last four are for RBF outputs; mean_square and map are as the paper prints them. Where the
codes are learned too, mean_square can be had for nothing: all codes and all features in one
place. map also asks that the other classes be far, and one place for all is a poor answer to
that. halved_map takes y / 2 for the surprise of a Gaussian of variance 1 about each code,
scaled_map y / 8 for that of a Gaussian of variance 4: answers become sure later, and an example
goes on teaching when it is already right.

Source: LeCun et al. 1998, II.C, equations 8 and 9; Bouvrie 2006, 2.1.
Brief: C14, D1-D3, D7, F
"""

import numpy as np

from simplecell.errors import DataError
from simplecell.formulas import Array
from simplecell.formulas.activations import bounds, softmax

# Guess: the paper gives j no value. For map we take the smallest distance between two of our
# codes, 3 and 8: what is farther from every code than those are from each other is rubbish.
RUBBISH_DISTANCE = 24.0

# Guess: the paper calls y, printed without a half, the negative log-likelihood of a Gaussian, and
# gives that no variance. LeCun's later library (EBLearn, edist_cost) halves squared distances.
# Which of the two gave 0.95 % is not known.
POSTERIORS = {
    "map": {"j": RUBBISH_DISTANCE, "share": 1.0},
    "halved_map": {"j": RUBBISH_DISTANCE / 2, "share": 0.5},
    # Guess: how wide the Gaussian of the default loss is. Chosen on 10,000 of the training
    # digits: docs/decisions/0006.
    "scaled_map": {"j": RUBBISH_DISTANCE / 8, "share": 1 / 8},
}
"""They by name: where rubbish is, and the share of a distance that counts."""


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
    reach = bounds(squash)
    return 2 * one_of_c - 1 if reach is not None and reach[0] < 0 else one_of_c


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


def cross_entropy_curvature(scores: Array) -> Array:
    """Give each example's own curvature on each score by itself, the same for every label.

        hscores[n,k] = p (1 - p)        p = softmax(scores)[n,k]

    Exact as a diagonal; how two scores bend e together, -p_k p_l, is left out.

    Shapes
        scores, hscores (N, K)

    Brief: F
    """
    p = softmax(scores)
    hscores: Array = p * (1 - p)
    return hscores


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


def squared_error_curvature(y: Array) -> Array:
    """Give each example's own curvature on its outputs: one everywhere, and nothing across.

        hy = 1

    Shapes
        y, hy (N, K)

    Brief: F
    """
    return np.ones_like(y)


def mean_square_forward(distances: Array, labels: Array) -> Array:
    """Give the distance from the code of the right class, and look at no other.

        e[n] = distances[n,label[n]]

    Shapes
        distances (N, K)      labels (N,)      e (N,)

    Source
        LeCun et al. 1998, equation 8, there called MSE.   Brief: F
    """
    right: Array = distances[np.arange(len(labels)), labels]
    return right


def mean_square_backward(distances: Array, labels: Array) -> Array:
    """Give each example's own gradient on its distances: 1 at the label, 0 elsewhere.

    Shapes
        distances, ddistances (N, K)      labels (N,)

    Brief: F
    """
    ddistances = np.zeros_like(distances)
    ddistances[np.arange(len(labels)), labels] = 1
    return ddistances


def mean_square_curvature(distances: Array) -> Array:
    """Give each example's own curvature on its distances: none, for e is straight in them.

    All the curvature of this loss is in the distances themselves: see rbf_curvature.

    Shapes
        distances, hdistances (N, K)

    Brief: F
    """
    return np.zeros_like(distances)


def posterior(distances: Array, j: float = RUBBISH_DISTANCE, share: float = 1.0) -> Array:
    """Give the probability of each class, and last that of none of them.

        p[n,k] = e^-y[n,k] / (e^-j + sum_i e^-y[n,i])        p[n,K] = e^-j / (the same)
        y      = share * distances

    Rubbish is one more class, whose code is at j from everything. A digit is rejected where the
    largest p[n,:K] is too small.

    Shapes
        distances (N, K)      p (N, K+1), rows of sum 1

    >>> posterior(np.array([[0.0, 1e4], [1e4, 2e4]]), j=0.0)
    array([[0.5, 0. , 0.5],
           [0. , 0. , 1. ]])

    Source
        LeCun et al. 1998, II.C, after equation 9.   Brief: F
    """
    return softmax(_with_rubbish(distances, j, share))


def map_forward(
    distances: Array, labels: Array, j: float = RUBBISH_DISTANCE, share: float = 1.0
) -> Array:
    """Give the surprise at each label, by the posterior of the distances.

        e[n] = y[n,label[n]] + log(e^-j + sum_k e^-y[n,k])        y = share * distances
             = -log posterior(y, j)[n,label[n]]

    It asks for the right distance to be small and, unlike mean_square, for the others to be
    large; but not larger where they are well above j already. For j far above every distance it
    is the cross-entropy of -y.

    Shapes
        distances (N, K)      labels (N,)      e (N,)

    >>> map_forward(np.array([[1e4, 2e4]]), np.array([0]), j=1e5)
    array([0.])

    Source
        LeCun et al. 1998, equation 9.   Brief: F
    """
    return cross_entropy_forward(_with_rubbish(distances, j, share), labels)


def map_backward(
    distances: Array, labels: Array, j: float = RUBBISH_DISTANCE, share: float = 1.0
) -> Array:
    """Give each example's own gradient on its distances.

        ddistances[n,k] = share * ((1 where k = label[n], else 0) - p[n,k])        p = posterior

    A row sums to share * p of rubbish.

    Shapes
        distances, ddistances (N, K)      labels (N,)

    Brief: F
    """
    return -share * cross_entropy_backward(_with_rubbish(distances, j, share), labels)[:, :-1]


def map_curvature(distances: Array, j: float = RUBBISH_DISTANCE, share: float = 1.0) -> Array:
    """Give each example's own curvature on each distance by itself, the same for every label.

        hdistances[n,k] = share^2 p (1 - p)        p = posterior(distances, j, share)[n,k]

    Exact as a diagonal; how two distances bend e together, -p_k p_l, is left out. It fades as
    the answers become sure. LeCun's later library (EBLearn, edist_cost) leaves the second term
    of e out of the curvature: that is mean_square's slope and curvature in place of these, and
    2 share for every feature.

    Shapes
        distances, hdistances (N, K)

    Brief: F
    """
    return share**2 * cross_entropy_curvature(_with_rubbish(distances, j, share))[:, :-1]


def _with_rubbish(distances: Array, j: float, share: float) -> Array:
    """Write distances as scores, and the rubbish class as one more: (N, K) to (N, K+1)."""
    rubbish = np.full((len(distances), 1), -j, distances.dtype)
    return np.concatenate([-share * distances, rubbish], axis=1)
