"""Rows of examples: what may be learnt from, and the ways patches are brought to one scale.

    centre         each patch loses its own mean: shape is kept, brightness is not
    standardise    each patch is also divided by its own standard deviation: contrast is not kept
    squeeze        all of them are cut off at three standard deviations and brought to 0.1 .. 0.9

Source: UFLDL tutorial, exercise "Sparse autoencoder", sampleIMAGES; Coates, Ng, Lee 2011.
Brief: A
"""

import numpy as np

from simplecell.errors import DataError
from simplecell.formulas import Array

SPREAD = 3.0
LOW, HIGH = 0.1, 0.9


def check_examples(x: Array) -> Array:
    """Give examples back if they are rows of finite numbers, one row at least.

    Shapes
        x (N, D)

    Raises
        DataError   another rank, nothing in it, no floating point, NaN or infinite cells
    """
    if x.ndim != 2 or x.size == 0:
        raise DataError(
            f"the examples have shape {x.shape}; give rows, (examples, cells), one at least.\n"
            "  pictures are folded into rows by x.reshape(len(x), -1)."
        )
    if x.dtype.kind != "f":
        raise DataError(
            f"the examples are of type {x.dtype}; give floating point, e.g. pixels / 255."
        )
    # A sum of finite numbers is finite, and takes no second array.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(x.sum(dtype=np.float64)):
            return x
    wrong = np.argwhere(~np.isfinite(x))
    if len(wrong):
        row, cell = (int(i) for i in wrong[0])
        raise DataError(
            f"{len(wrong)} of {x.size} cells are NaN or infinite, the first at (example, cell) ="
            f" ({row}, {cell}).\n  leave such examples out, or replace the values."
        )
    return x


def centre(x: Array) -> Array:
    """Take from each example its own mean: what is left is shape, not brightness.

        x[n,k] - mean_k x[n,k]

    Shapes
        x (N, D)      gives (N, D)

    >>> centre(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    centred: Array = x - x.mean(axis=1, keepdims=True)
    return centred


def standardise(x: Array, floor: float) -> Array:
    """Take from each example its own mean, and divide by its own standard deviation.

        (x[n,k] - mean_k x[n,k]) / sqrt(var_k x[n,k] + floor)

    The floor keeps an example in which next to nothing varies from being blown up.

    Shapes
        x (N, D)      gives (N, D)

    Raises
        DataError   a floor that is not above 0

    >>> standardise(np.array([[1.0, 3.0], [5.0, 5.0]]), floor=3.0)
    array([[-0.5,  0.5],
           [ 0. ,  0. ]])

    Source
        Coates, Ng, Lee 2011, An analysis of single-layer networks, 3.1.1: floor 10 for bytes.
    """
    check_floor(floor)
    away = centre(x)
    variance = np.einsum("nk,nk->n", away, away) / x.shape[1]
    scaled: Array = away / np.sqrt(variance + floor)[:, None]
    return scaled


def check_floor(floor: float) -> None:
    """Refuse a floor by which an example without variance would be divided by 0.

    Raises
        DataError   a floor that is not above 0
    """
    if not 0 < floor < np.inf:
        raise DataError(
            f"the floor under a patch's variance is {floor}: give a little above 0, e.g. 0.01,"
            " or patches in which nothing varies would be divided by 0."
        )


def squeeze(x: Array, spread: float | None = None) -> Array:
    """Cut off at +-3 standard deviations of all cells, and bring that range to 0.1 .. 0.9.

        0.1 + 0.4 (1 + clip(x, -c, c) / c)        c = 3 std(x)

    What a sigmoid decoder can give back without being driven to its ends. `spread` sets c, so
    that new examples are squeezed as those were that a network learnt from.

    Shapes
        x (N, D), around 0      gives (N, D)

    Raises
        DataError   examples that are all the same

    Source
        UFLDL tutorial, exercise "Sparse autoencoder", normalizeData.   Brief: A
    """
    c = SPREAD * float(x.std()) if spread is None else spread
    if not c > 0:
        raise DataError(
            f"the {len(x)} patches vary by nothing ({x.shape[1]} cells each): there is nothing to"
            " scale by.\n  take patches of pictures that show something."
        )
    squeezed: Array = LOW + (HIGH - LOW) / 2 * (1 + np.clip(x, -c, c) / c)
    return squeezed
