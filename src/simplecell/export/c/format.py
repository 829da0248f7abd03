"""What whole numbers of 8 bits stand for, and a layer in them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.protocol import Array
from simplecell.export.c.stage import Stage

ENTRIES = 1024
"""Places of a table of a squashing function."""
MOST_TAPS = (2**31 - 1) // (127 * 255)
"""More products than this might not fit a sum of 32 bits."""
NONE = np.zeros(0)
"""The weights of a layer that has none, or none that are multiplied cell by cell."""
Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Format:
    """What whole numbers stand for: x = step * q + offset, q from `least` to `least` + 255."""

    step: float
    offset: float
    least: int = -128

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest x there is."""
        low = self.step * self.least + self.offset
        return low, low + 255 * self.step

    @property
    def type(self) -> str:
        """The type in C: pixels have no sign."""
        return "uint8_t" if self.least == 0 else "int8_t"


@dataclass(frozen=True)
class Table:
    """A squashing function by places: `values[k]` is f(low + tick * k), in `format`."""

    low: float
    tick: float
    values: NDArray[np.int8]
    format: Format


@dataclass(frozen=True)
class Whole:
    """A layer in whole numbers: its stage, and what running it here needs.

    `w` are its weights in the layer's own shape. `top` is the last place, 0 where a layer has
    none: it hands on its sum as it is, or it is the last, and gives floats.
    """

    stage: Stage
    reads: Format
    w: Array
    shift: int = 0
    top: int = 0
    table: Table | None = None
