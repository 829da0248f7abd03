"""A network as it is used: what does something only in training is left out.

Exports are for use. Dropout leaves them, with nothing in its place. Batch normalisation is a gain
and a shift for each map, so it goes into the weights and biases of the layer below, where that
one hands on its sums as they are; elsewhere it stays.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.protocol import Array, Parameters
from simplecell.engines.walk import own_arrays
from simplecell.spec.layers import Layer
from simplecell.spec.network import Network, in_use
from simplecell.train.model import Model

Whole = tuple[Layer, dict[str, Array]]
"""A layer and its own arrays, float64."""


def fold(network: Network, parameters: Parameters) -> tuple[Network, dict[str, Array]]:
    """Give the network that does in use what this one does, with as few layers, and its arrays.

    Arrays that the fold does not touch stay what they are.
    """
    used = in_use(network)
    done: list[Whole] = []
    for layer in used.layers:
        here = (layer, own_arrays(layer, parameters))
        one = None if not done else _joined(done[-1], here)
        if one is None:
            done.append(here)
        else:
            done[-1] = one
    if len(done) == len(used.layers):
        return used, dict(parameters)
    arrays = {f"{layer.name}.{own}": a for layer, found in done for own, a in found.items()}
    return replace(used, layers=tuple(layer for layer, _ in done)), _rounded(arrays, parameters)


def folded(model: Model) -> Model:
    """Do the same with a model."""
    network, parameters = fold(model.network, model.parameters)
    return replace(model, network=network, parameters=parameters)


def _joined(lower: Whole, upper: Whole) -> Whole | None:
    """Make one layer of two, if the upper one scales what the lower one gives; else None."""
    scale = formulas_of(upper[0]).scale(upper[1])
    if scale is None or lower[0].squash != "identity":
        return None
    own = formulas_of(lower[0]).scaled(lower[1], *scale)
    if own is None:
        return None
    layer = lower[0].squashed(upper[0].squash)
    if set(own) - set(lower[1]):
        # A layer without a bias has one now.
        fields = {"bias": True}
        layer = replace(layer, **fields)
    return layer, own


def _rounded(arrays: dict[str, Array], given: Parameters) -> dict[str, Array]:
    """Keep the precision that parameters came in."""
    kinds: Sequence[np.dtype[np.generic]] = [np.asarray(a).dtype for a in given.values()]
    kind = np.result_type(*kinds)
    return {name: np.ascontiguousarray(a, kind) for name, a in arrays.items()}
