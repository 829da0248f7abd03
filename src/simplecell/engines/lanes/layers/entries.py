"""Every kind of layer that lanes runs, by its noun: the one list of them in this room."""

from collections.abc import Callable
from typing import Any

from simplecell.engines.lanes.layers.batchnorm import BatchNormPlan
from simplecell.engines.lanes.layers.conv import plan_conv
from simplecell.engines.lanes.layers.dense import DensePlan
from simplecell.engines.lanes.layers.dropout import DropoutPlan
from simplecell.engines.lanes.layers.globalpool import plan_globalpool
from simplecell.engines.lanes.layers.local import LocalPlan
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.engines.lanes.layers.pool import plan_pool
from simplecell.engines.lanes.layers.rbf import RBFPlan
from simplecell.engines.lanes.layers.subsample import SubsamplePlan
from simplecell.errors import EngineError
from simplecell.spec.layers import Layer, Shape
from simplecell.spec.network import Network

PLANS: dict[str, Callable[..., LayerPlan[Any]]] = {
    "conv": plan_conv,
    "local": LocalPlan,
    "subsample": SubsamplePlan,
    "pool": plan_pool,
    "global_pool": plan_globalpool,
    "dense": DensePlan,
    "rbf": RBFPlan,
    "batch_norm": BatchNormPlan,
    "dropout": DropoutPlan,
}
"""What makes a layer's plan, from (layer, shape below, shape above, lanes). It may be a function
that chooses: a convolution whose kernel covers its maps is planned as a dense layer.

Combine is not here: `combine` runs it as the convolution that it is."""


def plan_of(layer: Layer, below: Shape, above: Shape, lanes: int) -> LayerPlan[Layer]:
    """Give one layer's way into a plan of so many lanes.

    Raises
        EngineError   a type that has no entry
    """
    if layer.type not in PLANS:
        raise EngineError(
            f"the lanes engine cannot run layers of the type {layer.type}.\n"
            "  Give the type an entry in simplecell.engines.lanes.layers.entries.PLANS,"
            " or choose another engine."
        )
    return PLANS[layer.type](layer, below, above, lanes)


def layer_plans(network: Network, lanes: int) -> list[LayerPlan[Layer]]:
    """Give each layer's way into a plan of so many lanes."""
    return [
        plan_of(layer, below, above, lanes)
        for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True)
    ]


def alone_supported(network: Network) -> bool:
    """Say whether one image can be run by itself, a vector being sixteen neighbouring pixels."""
    return all(plan.alone for plan in layer_plans(network, 1))
