"""Storage: all parameters of a network in one array, and the constants behind them.

parameters, each array from the start of a cache line
factors and scores     what makes outputs into scores, for every loss
constants of layers    the codes of an RBF layer that are not learned
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.allocation import LINE, lines
from simplecell.engines.lanes.layers.entries import layer_plans
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.engines.lanes.layout import Floats
from simplecell.engines.lanes.loss import NO_RUBBISH
from simplecell.engines.parameters import parameter_shapes
from simplecell.engines.protocol import Array
from simplecell.formulas.losses import POSTERIORS
from simplecell.spec.layers import Layer
from simplecell.spec.network import Network

Plans = Sequence[LayerPlan[Layer]]


@dataclass(frozen=True)
class Span:
    """Where one array of parameters stands, columns before rows if it is turned."""

    start: int
    shape: tuple[int, ...]
    turned: bool = False

    @property
    def length(self) -> int:
        """How many floats it has."""
        return math.prod(self.shape)

    @property
    def stop(self) -> int:
        """One past its last float."""
        return self.start + self.length

    def write(self, flat: Floats, values: Array) -> None:
        """Put the array in its place."""
        flat[self.start : self.stop] = (values.T if self.turned else values).ravel()

    def read(self, flat: Floats) -> Array:
        """Give a copy of the array."""
        values = flat[self.start : self.stop]
        if self.turned:
            return np.ascontiguousarray(values.reshape(self.shape[::-1]).T)
        return values.reshape(self.shape).copy()


def spans(network: Network) -> tuple[dict[str, Span], int]:
    """Lay the parameters out, each array starting on a cache line; give the floats they take."""
    turned = {
        f"{plan.layer.name}.{own}"
        for plan in layer_plans(network, f.LANES)
        for own in plan.stored_turned
    }
    places: dict[str, Span] = {}
    at = 0
    for name, shape in parameter_shapes(network).items():
        places[name] = Span(at, shape, name in turned)
        at += lines(math.prod(shape))
    return places, at + 2 * LINE


def own_spans(places: dict[str, Span], layer: Layer) -> dict[str, tuple[int, int]]:
    """Give start and length of a layer's arrays by their own names."""
    found = {}
    for name, span in places.items():
        owner, _, own = name.partition(".")
        if owner == layer.name:
            found[own] = (span.start, span.length)
    return found


# What makes outputs into scores: the factor of an output, and the score of rubbish.
_ODDS = {
    "scores": (1.0, NO_RUBBISH),
    "distances": (-1.0, NO_RUBBISH),
    **{loss: (-told["share"], -told["j"]) for loss, told in POSTERIORS.items()},
}


def odds_at(last: LayerPlan[Layer], loss: str) -> int:
    """Say where among the constants the factor of an output is, and after it rubbish's score."""
    plain = "distances" if last.layer.gives_distances else "scores"
    return 2 * list(_ODDS).index(loss if loss in POSTERIORS else plain)


def constants_at(plans: Plans, n: int) -> int:
    """Say where among the constants those of layer n begin."""
    return 2 * len(_ODDS) + sum(len(plan.constants()) for plan in plans[:n])


def constants(network: Network) -> Floats:
    """Give what stands behind the parameters: factors and scores, then the layers' constants."""
    odds = np.array(list(_ODDS.values()), np.float32).ravel()
    return np.concatenate([odds, *(plan.constants() for plan in layer_plans(network, f.LANES))])
