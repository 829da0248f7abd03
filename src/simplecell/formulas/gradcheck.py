"""Finite differences: the slow gradient and curvature that the formulas are checked against.

Source: UFLDL tutorial, Gradient checking and advanced optimization.   Brief: E4
"""

from collections.abc import Callable

import numpy as np

from simplecell.formulas import Array


def numeric_gradient(
    f: Callable[[Array], float | Array],
    x: Array,
    epsilon: float = 1e-4,
    cells: Array | None = None,
) -> Array:
    """Measure df/dx by moving one cell at a time, a little up and a little down.

        df/dx[c] = (f(x + epsilon at c) - f(x - epsilon at c)) / (2 epsilon)

    It is off by about epsilon^2 f''' / 6, and by the rounding of f over epsilon.

    Shapes
        x any shape, float64; never changed
        cells (K,) places in x.ravel() to measure, or None for all
        gives the shape of x, or (K,) where cells are given; if f gives several values at once,
        then theirs after that

    >>> numeric_gradient(lambda x: (x**2).sum(), np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    moved = np.array(x, np.float64, order="C")  # so that `flat` is a view of it
    places = np.arange(moved.size) if cells is None else cells
    flat = moved.reshape(-1)
    slopes = []
    for place in places:
        here = flat[place]
        flat[place] = here + epsilon
        above = f(moved)
        flat[place] = here - epsilon
        slopes.append((above - f(moved)) / (2 * epsilon))
        flat[place] = here
    gradient = np.array(slopes)
    return gradient.reshape(*moved.shape, *gradient.shape[1:]) if cells is None else gradient


def numeric_curvature(
    gradient: Callable[[Array], Array],
    x: Array,
    epsilon: float = 1e-4,
    cells: Array | None = None,
) -> Array:
    """Measure d2f/dx2 of each cell by itself, from what its own part of df/dx does.

        d2f/dx2[c] = (df/dx(x + epsilon at c)[c] - df/dx(x - epsilon at c)[c]) / (2 epsilon)

    Two gradients lose fewer digits to rounding than the three values that would do as well.

    Shapes
        x, gradient(x) of one shape; cells and what is given, as in numeric_gradient

    >>> numeric_curvature(lambda x: 3 * x**2, np.array([1.0, 2.0])).round(6)
    array([ 6., 12.])

    Brief: E4, F
    """
    places = np.arange(np.size(x)) if cells is None else np.asarray(cells)
    curvature = np.empty(len(places))
    for k, place in enumerate(places):

        def own(moved: Array, place: int = place) -> float:
            return float(gradient(moved).reshape(-1)[place])

        curvature[k] = numeric_gradient(own, x, epsilon, places[k : k + 1])[0]
    return curvature.reshape(np.shape(x)) if cells is None else curvature


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
