"""Whitening: turn and stretch examples until their pixels vary alike and do not go together.

    S = 1/N sum_n (x_n - mean)(x_n - mean)^T = U diag(s) U^T        its axes U, its variances s

    PCA    diag(1 / sqrt(s + epsilon)) U^T        along the axes, the largest variance first
    ZCA    U diag(1 / sqrt(s + epsilon)) U^T      turned back: as near to the examples as can be

epsilon keeps axes of almost no variance, which are noise, from being blown up. A well-known
Python port divides by s + epsilon itself; then the covariance comes out as 1/s, not 1.

Source: UFLDL tutorial, Whitening; Bell and Sejnowski 1997, for ZCA.   Brief: A
"""

from typing import NamedTuple

import numpy as np

from simplecell.errors import DataError
from simplecell.formulas import Array
from simplecell.formulas.examples import check_examples

NEGLIGIBLE = 1e-10
"""An axis with less of the largest variance than this has none but rounding."""


class Axes(NamedTuple):
    """The axes along which examples vary, the largest variance first.

    Shapes
        mean (D,)      u (D, D) an axis per column      s (D,) the variance along each
    """

    mean: Array
    u: Array
    s: Array


def principal_axes(x: Array) -> Axes:
    """Find the mean and the axes of examples, in float64.

        S = 1/N sum_n (x_n - mean)(x_n - mean)^T = U diag(s) U^T

    Shapes
        x (N, D), more examples than cells

    Raises
        DataError   as many examples as cells or fewer; NaN or infinite cells; no variance at all
    """
    n, cells = check_examples(x).shape
    if n <= cells:
        raise DataError(
            f"{n} patches of {cells} cells each: with no more patches than cells, the axes are of"
            f" the choice of patches, not of the pictures.\n  take {cells + 1} or more; ten times"
            " as many is better."
        )
    mean = x.mean(axis=0, dtype=np.float64)
    away = x - mean
    s, u = np.linalg.eigh(away.T @ away / n)
    # eigh gives the smallest first, and rounding may make of 0 a little less.
    axes = Axes(mean, np.ascontiguousarray(u[:, ::-1]), np.maximum(s[::-1], 0))
    if axes.s[0] == 0:
        raise DataError(f"the {n} patches are all the same: there is nothing to whiten.")
    return axes


def axes_for(s: Array, share: float) -> int:
    """Count the axes that keep a share of the variance.

    >>> axes_for(np.array([8.0, 1.5, 0.5]), 0.95)
    2
    """
    if not 0 < share <= 1:
        raise DataError(f"the share of variance to keep is {share}: give one above 0, up to 1.")
    kept = np.cumsum(s) / s.sum()
    # Rounding may keep the last sum just below 1.
    return int(np.searchsorted(kept, share - 1e-12) + 1)


def pca_whitening(axes: Axes, epsilon: float, keep: int | None = None) -> Array:
    """Give the matrix that measures along the axes, each in its own standard deviation.

        W = diag(1 / sqrt(s + epsilon)) U^T

    Shapes
        W (keep, D), applied as (x - mean) @ W.T      without `keep`, all D axes

    Raises
        DataError   epsilon below 0, or 0 where an axis has no variance; `keep` out of range
    """
    cells = len(axes.s)
    count = cells if keep is None else keep
    if not 1 <= count <= cells:
        raise DataError(f"{count} axes were asked for; there are {cells}: give 1 to {cells}.")
    check_epsilon(axes.s[:count], epsilon)
    w: Array = axes.u[:, :count].T / np.sqrt(axes.s[:count, None] + epsilon)
    return w


def zca_whitening(axes: Axes, epsilon: float) -> Array:
    """Give the matrix that whitens and turns back; it is symmetric.

        W = U diag(1 / sqrt(s + epsilon)) U^T

    Shapes
        W (D, D), applied as (x - mean) @ W.T

    Raises
        DataError   epsilon below 0, or 0 where an axis has no variance

    Source
        UFLDL tutorial, Whitening; Bell and Sejnowski 1997.   Brief: A
    """
    return axes.u @ pca_whitening(axes, epsilon)


def check_epsilon(s: Array, epsilon: float) -> None:
    """Refuse an epsilon by which axes without variance would be divided by 0.

    Raises
        DataError   epsilon below 0, NaN, or 0 where an axis has no variance
    """
    if not 0 <= epsilon < np.inf:
        raise DataError(f"epsilon is {epsilon}: give 0 or a little more, e.g. 0.1.")
    flat = int((s <= NEGLIGIBLE * s[0]).sum())
    if epsilon == 0 and flat:
        raise DataError(
            f"{flat} of the {len(s)} axes have no variance, and epsilon 0 would divide by it.\n"
            "  Patches whose own mean was taken away lose one axis; pixels that never change lose"
            " one each.\n  give an epsilon above 0, or keep the leading axes only."
        )


def whiten(x: Array, mean: Array, w: Array) -> Array:
    """Apply a whitening matrix.

        x' = W (x - mean)

    Shapes
        x (N, D)      w (K, D)      gives (N, K)
    """
    whitened: Array = (x - mean) @ w.T
    return whitened
