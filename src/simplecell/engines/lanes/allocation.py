"""Allocation: where the values of layers stand in memory; `storage` places the parameters.

- maps live in a region per thread, used again for each pack; where packs meet in the middle of a
  step, in a region per pack, but for what does not outlast a meeting;
- what dense layers read and write lives in matrices (features, images of the batch), because their
  gradient needs every image at once; rows are an odd number of cache lines apart, so that they do
  not all fall on the same places of the processor's cache.
"""

import math

import numpy as np

from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.layout import Floats, Numbers
from simplecell.spec.layers import Shape

LINE = f.LANES
"""Floats in a cache line; nodes start on one."""


OF_PACK = -1
"""What each further pack adds to a node of the packs' own, until that is known."""


def lines(floats: int) -> int:
    """Round a number of floats up to whole cache lines.

    >>> lines(1), lines(16), lines(17)
    (16, 16, 32)
    """
    return -(-floats // LINE) * LINE


def aligned(floats: int) -> Floats:
    """Allocate zeros that start on a cache line, so that no vector straddles two."""
    raw = np.zeros(floats + LINE, np.float32)
    start = -raw.ctypes.data % (4 * LINE) // 4
    return raw[start : start + floats]


class Allocation:
    """Gives out places in memory for a pack of so many lanes, and so many packs in a batch."""

    def __init__(self, lanes: int, packs: int, meeting: bool = False) -> None:
        self.lanes, self.packs, self.meeting = lanes, packs, meeting
        self.nodes: list[list[int]] = []
        self._own = 0  # floats of a thread's region so far
        self._lasting = 0  # floats of a pack's region so far
        self._shared = 0  # floats of the shared region so far

    def region(self, shape: Shape, before: int = 0, passing: bool = False) -> int:
        """Place maps in every thread's region, with `before` floats left free before them.

        Where packs meet, every pack has a region of its own, but for what is `passing`.
        """
        maps, height, width = shape
        # Vectors are read whole at a row's end, and what follows must be a number.
        guard = 2 * LINE + max(width, LINE)
        lasting = self.meeting and not passing
        base = lines((self._lasting if lasting else self._own) + before)
        end = base + maps * height * width * self.lanes + guard
        if lasting:
            self._lasting = end
            return self._node([base, *shape, self.lanes, self.lanes, 0, OF_PACK])
        self._own = end
        return self._node([base, *shape, self.lanes, self.lanes, 1, 0])

    def scratch(self, floats: int) -> int:
        """Place working memory in every thread's region."""
        return self.region((1, 1, -(-floats // self.lanes)), passing=True)

    def kernel(self, maps: int, places: int, channels: int) -> int:
        """Place a layer's weights, maps innermost, in every thread's region: see `channels`."""
        base = lines(self._own)
        self._own = base + maps * places * channels + 2 * LINE
        return self._node([base, maps, places, channels, 1, 1, 1, 0])

    def ledger(self, floats: int) -> int:
        """Place a row for each pack, side by side, which all packs read."""
        base, length = self._shared, lines(floats)
        self._shared += self.packs * length
        return self._node([base, 1, 1, floats, 1, 1, 0, length])

    def matrix(self, shape: Shape) -> int:
        """Place the maps of all images of a batch, a row being one feature of every image.

        Of images that run alone, a row is one image.
        """
        features, base = math.prod(shape), self._shared
        if self.lanes == f.LANES:
            step = (self.packs + 1 - self.packs % 2) * LINE
            self._shared += features * step
            return self._node([base, *shape, step, self.lanes, 0, LINE])
        length = lines(features) + 2 * LINE
        self._shared += self.packs * length
        return self._node([base, *shape, 1, 1, 0, length])

    def turned(self, features: int) -> int:
        """Place a matrix whose rows are images, side by side the features of each."""
        length, base = (-(-features // LINE) | 1) * LINE, self._shared
        self._shared += self.packs * self.lanes * length + 8 * LINE
        return self._node([base, 1, 1, features, length, self.lanes, 0, self.lanes * length])

    def facts(self) -> int:
        """Place the row that is no node, and counts the images of the packs before."""
        return self._node([0, 0, 0, 0, 0, 0, 0, self.lanes])

    def _node(self, row: list[int]) -> int:
        self.nodes.append(row)
        return len(self.nodes) - 1

    def settle(self, threads: int) -> tuple[Numbers, int]:
        """Put the shared region behind the threads' own; give the nodes, and all floats taken."""
        region, of_pack = lines(self._own) + LINE, lines(self._lasting) + LINE
        nodes = np.array(self.nodes, np.int64)
        own, lasting = nodes[:, f.PER_THREAD] == 1, nodes[:, f.PER_PACK] == OF_PACK
        nodes[own, f.PER_THREAD] = region
        nodes[~own, f.BASE] += threads * region
        shared = threads * region
        if self.meeting:
            nodes[lasting, f.PER_PACK] = of_pack
            nodes[~own & ~lasting, f.BASE] += self.packs * of_pack
            shared += self.packs * of_pack
        nodes[f.FACTS, f.PLACE] = 0
        return nodes, shared + self._shared + 4 * LINE
