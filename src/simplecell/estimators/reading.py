"""What scikit-learn's callers give, as what a network reads.

    rows       tables, frames, pictures, arrays of any library   ->   checked rows (N, F)
    shape      what a row is a picture of                        ->   (channels, height, width)
    bytes      the least and the largest value seen              ->   256 levels between them

Errors are ValueErrors, as scikit-learn's callers expect, with simplecell's messages.
"""

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from simplecell.errors import SimplecellError, TrainingError
from simplecell.spec.layers import Shape
from simplecell.workers import processors

Array = NDArray[Any]

LEAST_SIDE = 8
"""Rows of a square number of cells are pictures from this side on; shorter ones are tables."""

REACH = 4.0
"""How many standard deviations around its mean the levels of a table's column reach."""

DIM = 12
"""Pictures of which nothing reaches white divided by this are in other units, or all black."""

FOREIGN = 0.02
"""So large a share of values far outside the range are no stray values."""

_BLOCK = 4096


@contextmanager
def value_errors() -> Iterator[None]:
    """Raise simplecell's own errors as ValueErrors, in the same words.

    All but one: training that diverged is no wrong value.
    """
    try:
        yield
    except TrainingError:
        raise
    except SimplecellError as problem:
        raise ValueError(str(problem)) from problem


def read_rows(
    estimator: BaseEstimator, x: Any, y: Any = None, *, reset: bool, least: int = 1
) -> tuple[Array, Any, Shape | None]:
    """Check what was given as scikit-learn does, and fold pictures into rows.

    Pictures are (N, H, W), (N, C, H, W), or (N, H, W, C) with 1 or 3 channels. `y` "no" is not
    asked for. Gives the rows, y, and the shape of a picture if they were pictures.

    Raises
        ValueError   as scikit-learn's `validate_data`: NaN, no rows, another number of cells
    """
    if isinstance(x, str | PathLike) or (
        isinstance(x, list | tuple) and x and all(isinstance(one, str | PathLike) for one in x)
    ):
        raise ValueError(
            "X is paths of pictures, and estimators read arrays: give the pictures themselves, or"
            " ask model_.predict(paths) of a fitted ConvNetClassifier."
        )
    x, shape = _folded(_numpy(x), _told_shape(estimator, reset))
    if not reset and hasattr(estimator, "image_shape_"):
        _check_pictures(x, shape, estimator.image_shape_)
    told: dict[str, Any] = {"reset": reset, "ensure_min_features": least}
    if isinstance(y, str) and y == "no":
        return validate_data(estimator, x, **told), None, shape
    rows, y = validate_data(estimator, x, _numpy(y), **told)
    return rows, y, shape


def _numpy(values: Any) -> Any:
    """Take arrays of other libraries over; frames and tables are left to scikit-learn."""
    if isinstance(values, list | tuple) and values:
        # Lists of pictures, PIL's among them, are pictures.
        return np.asarray(values) if np.ndim(values[0]) > 1 else values
    if isinstance(values, np.ndarray) or not hasattr(values, "__dlpack__"):
        return values
    return np.from_dlpack(values)


def _check_pictures(x: Any, found: Shape | None, fitted: Shape) -> None:
    """Refuse one single picture, and pictures of another shape, before rows are counted."""
    check_shape(found, fitted)
    shape = getattr(x, "shape", ())
    if found is None and shape == fitted[1:] and shape[1] != math.prod(fitted):
        raise ValueError(f"X has the shape {shape}, that of one picture: give many, as X[None].")


def _told_shape(estimator: BaseEstimator, reset: bool) -> Shape | tuple[()] | None:
    """Give the shape of a picture that was told, or fitted; () of estimators that know none."""
    if not hasattr(estimator, "image_shape"):
        return ()
    told = estimator.image_shape if reset else getattr(estimator, "image_shape_", None)
    return tuple(told) if isinstance(told, list | tuple) and len(told) == 3 else None


def _folded(x: Any, told: Shape | tuple[()] | None) -> tuple[Any, Shape | None]:
    if getattr(x, "ndim", 2) not in (3, 4):
        return x, None
    pictures = np.asarray(x)
    if pictures.ndim == 3:
        pictures = pictures[:, None]
    elif _channels_last(pictures.shape[1:], told):
        pictures = np.moveaxis(pictures, 3, 1)
    channels, height, width = pictures.shape[1:]
    return pictures.reshape(len(pictures), -1), (channels, height, width)


def _channels_last(shape: tuple[int, ...], told: Shape | tuple[()] | None) -> bool:
    """Say whether pictures (n, *shape) have their channels at the end, or ask.

    Raises
        ValueError   channels are at both ends, or at neither
    """
    if told and told in (shape, (shape[2], *shape[:2])):
        return told != shape
    first, last = shape[0] in (1, 3), shape[2] in (1, 3)
    if first != last or told == ():
        return last and not first
    if first:
        ways = f"({shape[0]}, {shape[1]}, {shape[2]}) or ({shape[2]}, {shape[0]}, {shape[1]})"
        raise ValueError(
            f"X has the shape (n, {shape[0]}, {shape[1]}, {shape[2]}), and channels may come first"
            f" or last: say image_shape={ways}, channels first."
        )
    cut = " Four are RGBA: leave the fourth out, as in X[..., :3]." if shape[2] == 4 else ""
    raise ValueError(
        f"X has the shape (n, {shape[0]}, {shape[1]}, {shape[2]}), and pictures have 1 or 3"
        f" channels, first or last.{cut}\n  For maps of another kind say image_shape=(channels,"
        " height, width)."
    )


def picture_shape(asked: Any, found: Shape | None, cells: int) -> Shape:
    """Say what a row of so many cells is a picture of.

    What was asked for comes first, then the shape that pictures had; a square number of cells
    from 64 on is a square picture; anything else is a table, (1, 1, cells).

    Raises
        ValueError   a shape of another number of cells

    >>> picture_shape(None, None, 784), picture_shape(None, None, 30)
    ((1, 28, 28), (1, 1, 30))
    """
    if asked is not None:
        sides = tuple(asked) if isinstance(asked, list | tuple) else ()
        shape = (1, *sides) if len(sides) == 2 else sides
        if len(shape) != 3 or math.prod(shape) != cells:
            raise ValueError(
                f"image_shape is {asked!r}, and a row has {cells} features: give (height, width)"
                " or (channels, height, width) whose product they are."
            )
        return (shape[0], shape[1], shape[2])
    if found is not None:
        return found
    side = math.isqrt(cells)
    if side >= LEAST_SIDE and side * side == cells:
        return (1, side, side)
    return (1, 1, cells)


def check_shape(found: Shape | None, fitted: Shape) -> None:
    """Refuse pictures of another shape than those an estimator was fitted on.

    Raises
        ValueError   it is another, though the cells may be as many
    """
    if found is not None and found != fitted:
        raise ValueError(f"X has pictures of shape {found}; those of fit were {fitted}.")


def is_table(shape: Shape) -> bool:
    """Say whether these are no pictures but rows of columns, each with a scale of its own."""
    return shape[0] == 1 and shape[1] == 1


def value_range(x: Array, table: bool) -> NDArray[np.float64]:
    """Find the values that become 0 and 255.

    Pictures have one range: the least and the largest value there is; bytes keep 0 and 255. Each
    column of a table has its own, which one stray value cannot stretch: at the most REACH
    standard deviations around the mean.

    Shapes
        x (N, F)      gives (2, 1), or (2, F) of a table
    """
    if x.dtype == np.uint8 and not table:
        return np.array([[0.0], [255.0]])
    if not table:
        return np.array([[float(x.min())], [float(x.max())]])
    # Sorted, so that the order of the rows changes no bit.
    values = np.sort(x.astype(np.float64), axis=0)
    mean, spread = values.mean(axis=0), REACH * values.std(axis=0)
    return np.stack([np.maximum(values[0], mean - spread), np.minimum(values[-1], mean + spread)])


def check_range(x: Array, limits: NDArray[np.float64]) -> None:
    """Refuse pictures whose values are plainly in other units than those that `fit` saw.

    They are where none reaches a twelfth of white, or where FOREIGN of them lie outside by more
    than half of what is between black and white. One stray value is cut off, as ever.

    Raises
        ValueError   says both ranges
    """
    low, high = (float(limit) for limit in limits[:, 0])
    least, most = float(x.min()), float(x.max())
    if not (high > low and most > least):
        return
    bright = 1.0 if x.dtype == np.uint8 else high / DIM
    faint = low == 0 and high >= DIM / 2 and max(-least, most) <= bright
    half = (high - low) / 2
    outside = 0.0
    if least < low - half or most > high + half:
        outside = float(((x < low - half) | (x > high + half)).mean())
    if faint or outside > FOREIGN:
        raise ValueError(
            f"X reaches from {least:g} to {most:g}, and what fit saw from {low:g} to {high:g}:"
            " give X in the units of fit, or fit again."
        )


def to_bytes(x: Array, limits: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Bring values to 256 levels; those outside the range are cut off.

    >>> to_bytes(np.array([[0.0, 8.0, 16.0, 99.0]]), np.array([[0.0], [16.0]])).tolist()
    [[0, 128, 255, 255]]
    """
    low, high = limits
    if x.dtype == np.uint8 and limits.tolist() == [[0.0], [255.0]]:
        return np.ascontiguousarray(x)
    scale = np.divide(255.0, high - low, out=np.zeros_like(low), where=high > low)
    levels = np.empty(x.shape, np.uint8)
    for start in range(0, len(x), _BLOCK):
        block = slice(start, start + _BLOCK)
        levels[block] = np.rint(np.clip((x[block].astype(np.float64) - low) * scale, 0, 255))
    return levels


def seed_of(random_state: Any) -> int:
    """Make a seed of a random_state; a whole number is its own seed."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31))


def threads_of(n_jobs: int | None) -> int | None:
    """Make a number of threads of n_jobs: None and -1 are all processors, -2 all but one.

    Within a worker of joblib's, or on Dask, None is one thread: they share the processors out.

    Raises
        ValueError   0
    """
    if n_jobs is None:
        return 1 if _within_a_worker() else None
    if n_jobs > 0:
        return n_jobs
    if n_jobs == 0:
        raise ValueError("n_jobs is 0: give 1 or more, or -1 for all processors.")
    return None if n_jobs == -1 else max(1, processors() + 1 + n_jobs)


def _within_a_worker() -> bool:
    """Say whether a search that runs several fits at a time has called."""
    # Whoever runs several fits has loaded what runs them. Dask counts no depth: within its
    # context one thread it is, here and on its workers.
    joblib = sys.modules.get("joblib.parallel")
    if joblib is None:
        return False
    backend = joblib.get_active_backend()[0]
    return (backend.nesting_level or 0) > 0 or type(backend).__name__.startswith("Dask")
