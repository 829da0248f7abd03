"""What is done to pixels before an autoencoder reads them, and what its features look like there.

    centre     each patch loses its own mean
    whiten     W (x - mean), the ZCA of the patches that were measured
    squeeze    cut off at three standard deviations, and brought to 0.1 .. 0.9

All of it is measured once, on what is learnt from, and done alike to whatever is encoded later.

Source: UFLDL tutorial, exercises "Sparse autoencoder" and "Linear decoders".   Brief: A
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.patches import rows
from simplecell.engines.protocol import is_number
from simplecell.errors import DataError
from simplecell.formulas.examples import SPREAD, centre, squeeze
from simplecell.formulas.whitening import principal_axes, whiten, zca_whitening
from simplecell.spec.validation import shown

Array = NDArray[Any]
Shape = tuple[int, int, int]

_BLOCK = 1 << 14
"""Rows prepared at a time, so that float64 copies stay small."""


@dataclass(frozen=True, eq=False)
class Preparation:
    """The steps, in this order; what is None is left out.

    Shapes
        shape (C, h, w) of a patch      mean (D,)      whitening (D, D), D = C h w
        spread   the cut-off of the squeeze
    """

    shape: Shape
    centred: bool = False
    mean: Array | None = None
    whitening: Array | None = None
    spread: float | None = None

    def __post_init__(self) -> None:
        """Refuse steps that no patch of this shape can take."""
        cells = math.prod(self.shape)
        if len(self.shape) != 3 or not all(0 < side <= 2**15 for side in self.shape):
            raise DataError(f"patches of shape {self.shape} are none: give (channels, h, w).")
        for name, wanted in (("mean", (cells,)), ("whitening", (cells, cells))):
            found = getattr(self, name)
            if found is not None and found.shape != wanted:
                raise DataError(f"{name} is of shape {found.shape}; these patches take {wanted}.")
        if self.spread is not None and not (is_number(self.spread) and 1e-30 < self.spread < 1e30):
            raise DataError(f"spread is {shown(self.spread)}; it takes a number above 0.")

    @property
    def cells(self) -> int:
        """How many cells a patch has."""
        return int(np.prod(self.shape))

    def apply(self, pixels: Array) -> NDArray[np.float32]:
        """Give each patch as the row of numbers that the autoencoder reads.

        Shapes
            pixels (N, C, h, w) bytes or floats      gives (N, D)

        Raises
            DataError   patches of another shape
        """
        if pixels.shape[1:] != self.shape:
            wanted, found = ("x".join(map(str, s)) for s in (self.shape, pixels.shape[1:]))
            raise DataError(f"these features see patches of {wanted}; these are of {found}.")
        prepared = np.empty((len(pixels), self.cells), np.float32)
        for start in range(0, len(pixels), _BLOCK):
            block = slice(start, start + _BLOCK)
            prepared[block] = self._steps(rows(pixels[block]))
        return prepared

    def _steps(self, x: Array) -> Array:
        x = self._straight(x)
        return x if self.spread is None else squeeze(x, self.spread)

    def _straight(self, x: Array) -> Array:
        """Do what is linear: all but the squeeze."""
        if self.centred:
            x = centre(x)
        if self.whitening is not None and self.mean is not None:
            x = whiten(x, self.mean, self.whitening)
        return x

    def patterns(self, w1: Array) -> Array:
        """Give the patch that moves each hidden unit most, its weights as a picture.

        w1 W, with its own mean taken away where patches lose theirs

        Shapes
            w1 (K, D)      gives (K, C, h, w)
        """
        seen = np.asarray(w1, np.float64)
        if self.whitening is not None:
            seen = seen @ self.whitening
        if self.centred:
            seen = centre(seen)
        return seen.reshape(-1, *self.shape)


def prepare(
    pixels: Array, *, centred: bool = False, epsilon: float | None = None, squeezed: bool = False
) -> Preparation:
    """Measure what a preparation needs on the patches that will be learnt from.

    `epsilon` asks for ZCA whitening.

    Shapes
        pixels (N, C, h, w)

    Raises
        DataError   whitening with no more patches than cells; patches that vary by nothing
    """
    shape: Shape = pixels.shape[1:]
    if not (centred or squeezed or epsilon is not None):
        return Preparation(shape)
    x = rows(pixels)
    if centred:
        x = centre(x)
    mean = whitening = None
    if epsilon is not None:
        axes = principal_axes(x)
        mean, whitening = axes.mean, zca_whitening(axes, epsilon)
    begun = Preparation(shape, centred, mean, whitening)
    if not squeezed:
        return begun
    spread = SPREAD * _deviation(begun, pixels)
    if not spread > 0:
        raise DataError(
            f"all {len(pixels)} patches are the same once their means are taken away: there is"
            " nothing to learn from.\n  take patches of pictures that show something."
        )
    return Preparation(shape, centred, mean, whitening, spread)


def _deviation(preparation: Preparation, pixels: Array) -> float:
    """Measure the standard deviation over all cells of all patches."""
    total = squares = 0.0
    for start in range(0, len(pixels), _BLOCK):
        x = preparation.apply(pixels[start : start + _BLOCK]).astype(np.float64)
        total, squares = total + float(x.sum()), squares + float((x * x).sum())
    n = pixels.size
    return math.sqrt(max(squares / n - (total / n) ** 2, 0.0))
