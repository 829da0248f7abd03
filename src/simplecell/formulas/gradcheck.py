"""Finite differences: the slow gradient that the formulas are checked against.

Source: UFLDL tutorial, Gradient checking and advanced optimization.   Brief: E4
"""

from collections.abc import Callable

import numpy as np

from simplecell.formulas import Array


def numeric_gradient(
    f: Callable[[Array], float], x: Array, epsilon: float = 1e-4, cells: Array | None = None
) -> Array:
    """Measure df/dx by moving one cell at a time, a little up and a little down.

        df/dx[c] = (f(x + epsilon at c) - f(x - epsilon at c)) / (2 epsilon)

    It is off by about epsilon^2 f''' / 6, and by the rounding of f over epsilon.

    Shapes
        x any shape, float64; never changed
        cells (K,) places in x.ravel() to measure, or None for all
        gives the shape of x, or (K,) where cells are given

    >>> numeric_gradient(lambda x: (x**2).sum(), np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    moved = np.array(x, np.float64, order="C")  # so that `flat` is a view of it
    places = np.arange(moved.size) if cells is None else cells
    flat = moved.reshape(-1)
    gradient = np.empty(len(places))
    for k, place in enumerate(places):
        here = flat[place]
        flat[place] = here + epsilon
        above = f(moved)
        flat[place] = here - epsilon
        gradient[k] = (above - f(moved)) / (2 * epsilon)
        flat[place] = here
    return gradient.reshape(moved.shape) if cells is None else gradient


def relative_difference(a: Array, b: Array, floor: float = 1e-8) -> float:
    """Measure how far two arrays lie apart, as a share of the longer one.

        |a - b| / max(|a|, |b|, floor)        | | the Euclidean length of the whole array

    The lengths are the arrays', not each cell's: a cell whose true value is 0 is then held to
    the precision of its neighbours, not to an infinite one. Arrays shorter than `floor` are
    below what rounding leaves of a difference; so two arrays of zeros agree.

    >>> relative_difference(np.array([3.0, 4.0]), np.array([3.0, 4.5])).__round__(3)
    0.092
    >>> relative_difference(np.zeros(3), np.zeros(3))
    0.0
    """
    lengths = (float(np.linalg.norm(a)), float(np.linalg.norm(b)))
    return float(np.linalg.norm(np.subtract(a, b))) / max(*lengths, floor)
