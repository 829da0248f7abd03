"""Taps: for each map of a convolution, where its inputs stand, and which weights they take.

The connection table ends here: a connection that is absent is simply not in the list.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from simplecell.engines.lanes.layout import LANES, Numbers, Taps
from simplecell.spec.layers import Pair, Shape, Table


class Kernels(Protocol):
    """What taps need to know of a convolution."""

    @property
    def maps(self) -> int:
        """How many maps it makes."""

    @property
    def kernel(self) -> Pair:
        """Its kernels' height and width."""

    @property
    def table(self) -> Table | None:
        """The maps below that each map reads; None for all."""


def reading(layer: Kernels, c: int) -> list[int]:
    """List the maps that read map c below."""
    return [m for m in range(layer.maps) if layer.table is None or c in layer.table[m]]


def pitch(layer: Kernels, below: Shape, lanes: int) -> int:
    """Give the width of a row of spread deltas.

    Of one image alone it is so wide that a vector that starts on the row ends on zeros.
    """
    if lanes > 1:
        return below[2]
    outputs = below[2] - layer.kernel[1] + 1
    return -(-outputs // LANES) * LANES + layer.kernel[1] - 1


@dataclass
class TapList:
    """Gathers the taps of a network's convolutions, and which maps read which.

    `taps` holds pairs (distance of an input from the output pixel, place of its weight). From
    `ranges[first]` on stand the rows of `taps` where each map's begin, and where the last ends.
    From `readers[first]` on stand the same, for lists of maps, which follow them.
    """

    lanes: int
    taps: list[tuple[int, int]] = field(default_factory=list)
    ranges: list[int] = field(default_factory=list)
    readers: list[int] = field(default_factory=list)

    def up(self, layer: Kernels, below: Shape, step: int) -> int:
        """List what each map reads; `step` is how far a pixel below is from the next."""
        channels, height, width = below
        kh, kw = layer.kernel
        first = len(self.ranges)
        self.ranges.append(len(self.taps))
        for m in range(layer.maps):
            for c in layer.table[m] if layer.table else range(channels):
                for p, q in self._lines(layer):
                    pixel = (c * height + p) * width + q
                    self.taps.append((pixel * step, ((m * channels + c) * kh + p) * kw + q))
            self.ranges.append(len(self.taps))
        return first

    def down(self, layer: Kernels, below: Shape) -> int:
        """List the spread deltas that each map below answers for: turned round, line by line."""
        channels, height, _ = below
        kh, kw = layer.kernel
        row = pitch(layer, below, self.lanes)
        map_floats = (kh - 1 + height) * row * self.lanes
        first = len(self.ranges)
        self.ranges.append(len(self.taps))
        lines = self._lines(layer)
        for c in range(channels):
            for start in range(0, kh * kw, kw):
                for m in reading(layer, c):
                    for p, q in lines[start : start + kw]:
                        back = m * map_floats - (p * row + q) * self.lanes
                        self.taps.append((back, ((m * channels + c) * kh + p) * kw + q))
            self.ranges.append(len(self.taps))
        return first

    def read(self, layer: Kernels, below: Shape) -> int:
        """List, for each map below, the maps that read it."""
        first = len(self.readers)
        lists = [reading(layer, c) for c in range(below[0])]
        at = first + len(lists) + 1
        self.readers.append(at)
        for maps in lists:
            at += len(maps)
            self.readers.append(at)
        for maps in lists:
            self.readers.extend(maps)
        return first

    def _lines(self, layer: Kernels) -> list[tuple[int, int]]:
        """List a kernel's cells line by line: rows, but columns where one image runs alone."""
        kh, kw = layer.kernel
        if self.lanes == 1 and kh == kw:
            return [(p, q) for q in range(kw) for p in range(kh)]
        return [(p, q) for p in range(kh) for q in range(kw)]

    def tables(self) -> tuple[Taps, Numbers, Numbers]:
        """Give the taps, the ranges and the readers."""
        return (
            np.array(self.taps, np.int32).reshape(-1, 2),
            np.array(self.ranges, np.int64),
            np.array(self.readers, np.int64),
        )
