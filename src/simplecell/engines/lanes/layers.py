"""Every kind of layer that lanes runs, by its noun: the one list of them in this room."""

from collections.abc import Callable
from typing import Any

from simplecell.engines.lanes.conv import plan_conv
from simplecell.engines.lanes.dense import DensePlan
from simplecell.engines.lanes.layer import LayerPlan
from simplecell.engines.lanes.local import LocalPlan
from simplecell.engines.lanes.pool import PoolPlan
from simplecell.engines.lanes.rbf import RBFPlan
from simplecell.engines.lanes.subsample import SubsamplePlan
from simplecell.spec.layers import Layer
from simplecell.spec.network import Network

LAYERS: dict[str, Callable[..., LayerPlan[Any]]] = {
    "conv": plan_conv,
    "local": LocalPlan,
    "subsample": SubsamplePlan,
    "pool": PoolPlan,
    "dense": DensePlan,
    "rbf": RBFPlan,
}
"""What makes a layer's plan, from (layer, shape below, shape above, lanes). It may be a function
that chooses: a convolution whose kernel covers its maps is planned as a dense layer.

Combine is not here: `combine` runs it as the convolution that it is."""


def layer_plans(network: Network, lanes: int) -> list[LayerPlan[Layer]]:
    """Give each layer's way into a plan of so many lanes."""
    return [
        LAYERS[layer.type](layer, below, above, lanes)
        for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True)
    ]


def alone_supported(network: Network) -> bool:
    """Say whether one image can be run by itself, a vector being sixteen neighbouring pixels."""
    return all(plan.alone for plan in layer_plans(network, 1))
