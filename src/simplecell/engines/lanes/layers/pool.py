"""Pooling in a plan: there is nothing to learn."""

import math
from typing import Any

from simplecell.engines.lanes import window
from simplecell.engines.lanes.builder import Context
from simplecell.engines.lanes.layers.plan import LayerPlan, window_words
from simplecell.engines.lanes.layout import LANES
from simplecell.engines.lanes.pool import ENTRY, POOL_BACKWARD, POOL_FORWARD
from simplecell.spec.layers import Pool, Shape


class PoolPlan(LayerPlan[Pool]):
    """Windows side by side that cover the maps: each cell is in one of them."""

    @property
    def alone(self) -> bool:
        """For one image alone, windows of the largest value are two wide."""
        return self.layer.kind == "mean" or self.layer.window[1] == 2

    @property
    def shared(self) -> int:
        """A mean shares its delta among all cells of its window."""
        return math.prod(self.layer.window) if self.layer.kind == "mean" else 1

    def words(self) -> dict[str, int]:
        """Give the window's size, and which of the two it takes."""
        largest = int(self.layer.kind == "max")
        return {**window_words(self.layer.window, self.layer.window), "flag": largest}

    def up(self, context: Context) -> None:
        """Take each window's mean or largest value."""
        context.emit(ENTRY, POOL_FORWARD)

    def down(self, context: Context) -> None:
        """Hand the deltas on; there is nothing of its own to learn."""
        if context.go_on:
            context.emit(ENTRY, POOL_BACKWARD)

    def curvature(self, context: Context) -> None:
        """Hand curvature on as deltas are; what a mean shares is divided once more: `shared`."""
        self.down(context)


class WindowPlan(LayerPlan[Pool]):
    """Any other windows: they overlap, lie apart, or reach over the edges."""

    @property
    def scratch(self) -> int:
        """For one image alone, room for one row of the map behind the map's deltas."""
        return 0 if self.lanes == LANES else self.below[2] + LANES

    def words(self) -> dict[str, int]:
        """Give the window's size, stride and padding, and what is taken of it."""
        layer = self.layer
        (top, bottom), (left, right) = layer.pads(self.below)
        mean = window.COUNTED if layer.count_padding else window.MEAN
        return {
            **window_words(layer.window, layer.step),
            "pad_top": top,
            "pad_bottom": bottom,
            "pad_left": left,
            "pad_right": right,
            "flag": window.LARGEST if layer.kind == "max" else mean,
        }

    def up(self, context: Context) -> None:
        """Take each window's mean or largest value."""
        context.emit(window.ENTRY, window.WINDOW_FORWARD)

    def down(self, context: Context) -> None:
        """Hand the deltas on."""
        if context.go_on:
            context.emit(window.ENTRY, window.WINDOW_BACKWARD)

    def curvature(self, context: Context) -> None:
        """Hand curvature on, every share squared."""
        if context.go_on:
            flag = context.words["flag"] + window.SQUARED
            context.emit(window.ENTRY, window.WINDOW_BACKWARD, flag=flag)


def plan_pool(layer: Pool, below: Shape, above: Shape, lanes: int) -> LayerPlan[Any]:
    """Choose how pooling runs: window by window side by side, or in any windows."""
    plan = PoolPlan if layer.is_plain(below) else WindowPlan
    return plan(layer, below, above, lanes)
