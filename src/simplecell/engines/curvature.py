"""How the loss bends in every weight by itself, walked down from the top: d2E/dw2.

    at the top  hu = d2E/du2, from the loss
    downward    hx = what the layer carries down of hu, by its squared weights
                hu below = f'(u below)^2 * hx
    meanwhile   hw, hb = what the layer gathers from hu, by its squared inputs

The diagonal of Gauss and Newton: never negative, and what it leaves out `formulas/` says. It
gives each weight its own rate in the rule sdlm, and a penalty on shares has no part in it.

Source: LeCun et al. 1998, appendix C.   Brief: F
"""

from collections.abc import Iterator, Sequence

import numpy as np

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.protocol import Array, Examples, Parameters
from simplecell.engines.requests import check_curved, read_learning
from simplecell.engines.walk import Step, by_name, flat, own_arrays, walk_forward
from simplecell.formulas.activations import squash_curvature
from simplecell.formulas.losses import (
    POSTERIORS,
    cross_entropy_curvature,
    mean_square_backward,
    mean_square_curvature,
    squared_error_curvature,
)
from simplecell.spec.layers import Layer
from simplecell.spec.network import Network

ROWS = 256
"""How many examples are walked at a time, so that many need little memory."""


def top_curvature(loss: str, top: Step, labels: Array) -> tuple[Array, Array]:
    """Give each example's slope and curvature on the output layer's u, to begin with.

    Only distances bend by themselves, so only a layer that gives them asks for the slope.

    Shapes
        labels (N,)      du, hu like top.u
    """
    u, y = flat(top.u), flat(top.x)
    du = np.zeros_like(u)
    if top.layer.gives_distances:
        # Guess: the paper does not say how SDLM begins at the RBF units. Whatever the loss of the
        # distances, we begin with the curvature of the paper's MSE, hx = 2 for every feature, or 1
        # of halved distances, as EBLearn does. That of MAP itself fades as answers become sure,
        # and rates would grow.
        share = POSTERIORS[loss]["share"] if loss in POSTERIORS else 1.0
        du, hu = share * mean_square_backward(u, labels), mean_square_curvature(u)
    elif loss == "squared_error":
        hu = squash_curvature(top.layer.squash, u, y, squared_error_curvature(y))
    else:
        hu = cross_entropy_curvature(u)
    return du.reshape(top.u.shape), hu.reshape(top.u.shape)


def layer_curvature(
    layer: Layer, below: Array, own: Parameters, du: Array, hu: Array
) -> tuple[Array, dict[str, Array]]:
    """Carry a layer's hu down to the x below, and gather it on the layer's own arrays."""
    hx, found = formulas_of(layer).curvature(below, own, du, hu)
    return hx.reshape(below.shape), by_name(own, found)


def walk_curvature(
    steps: Sequence[Step], parameters: Parameters, du: Array, hu: Array
) -> Iterator[tuple[Layer, Array, Array, dict[str, Array]]]:
    """Carry hu of the last layer down; give each layer, its hu, its hx and its own curvature."""
    for k in reversed(range(len(steps))):
        step = steps[k]
        own = own_arrays(step.layer, parameters)
        hx, found = layer_curvature(step.layer, step.below, own, du, hu)
        yield step.layer, hu, hx, found
        if k > 0:
            lower = steps[k - 1]
            hu = squash_curvature(lower.layer.squash, lower.u, lower.x, hx)


def mean_curvature(
    network: Network, parameters: Parameters, examples: Examples, loss: str
) -> dict[str, Array]:
    """Give the mean over examples of d2E/dw2 by parameter name, float64.

    Raises
        what `read_learning` does; EngineError   batch normalisation
    """
    check_curved(network)
    parameters, labels = read_learning(network, parameters, examples, loss)
    total = {name: np.zeros(w.shape) for name, w in parameters.items()}
    for start in range(0, len(examples), ROWS):
        rows = slice(start, start + ROWS)
        steps = walk_forward(network.layers, parameters, examples.values(rows))
        top = top_curvature(loss, steps[-1], labels[rows])
        for layer, _, _, found in walk_curvature(steps, parameters, *top):
            for own, h in found.items():
                total[f"{layer.name}.{own}"] += h
    return {name: h / len(examples) for name, h in total.items()}
