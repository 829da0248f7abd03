"""Global pooling in a plan: pooling in one window, by the kernels that there are."""

from typing import Any

from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.engines.lanes.layers.pool import WindowPlan, plan_pool
from simplecell.spec.layers import GlobalPool, Shape


def plan_globalpool(layer: GlobalPool, below: Shape, above: Shape, lanes: int) -> LayerPlan[Any]:
    """Choose the kernel: of one image alone, the one that goes down many columns at once."""
    pool = layer.pool(below)
    if lanes == 1:
        return WindowPlan(pool, below, above, lanes)
    return plan_pool(pool, below, above, lanes)
