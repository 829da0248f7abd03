"""Pooling by `formulas/pool.py`."""

import math
from collections.abc import Sequence

import numpy as np

from simplecell.engines.layers.formulas import Formulas, Own, flat
from simplecell.engines.protocol import Array
from simplecell.formulas.pool import (
    Windows,
    pool_backward,
    pool_curvature,
    pool_forward,
    window_cells,
)
from simplecell.spec.layers.pool import Pool


class PoolFormulas(Formulas[Pool]):
    """Nothing to learn."""

    own = ()

    def forward(self, x: Array, own: Own) -> Array:
        """Give u."""
        return pool_forward(x, self._windows(x), self.layer.kind)

    def backward(self, x: Array, own: Own, du: Array) -> tuple[Array, Sequence[Array]]:
        """Give dx."""
        return pool_backward(x, du, self._windows(x), self.layer.kind), ()

    def curvature(self, x: Array, own: Own, du: Array, hu: Array) -> tuple[Array, Sequence[Array]]:
        """Give hx."""
        return pool_curvature(x, hu, self._windows(x), self.layer.kind), ()

    def margin(self, x: Array) -> Array | float:
        """Give the smallest lead of a window's largest cell over its second.

        A window whose largest cell is 0 came from a relu that is shut: nothing passes it.
        """
        if self.layer.kind != "max" or math.prod(self.layer.window) < 2:
            return math.inf
        ranked = np.sort(window_cells(x, self._windows(x), -np.inf), axis=-1)
        lead = np.where(ranked[..., -1] == 0, np.inf, ranked[..., -1] - ranked[..., -2])
        nearest: Array = flat(lead).min(axis=1)
        return nearest

    def _windows(self, x: Array) -> Windows:
        """Say where the windows lie on maps like x."""
        layer = self.layer
        pads = layer.pads((x.shape[1], x.shape[2], x.shape[3]))
        return Windows(layer.window, layer.stride, pads, layer.ceil, layer.count_padding)
