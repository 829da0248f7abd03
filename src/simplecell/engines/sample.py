"""What a check is drawn from: parameters, pictures and labels that it can be trusted on.

    weights   large enough that u is of order 1 in every layer: no gradient drowns in rounding
    features  before RBF outputs, near two of the codes: to the loss `map` no class is far off
    labels    never the class that wins, so that every example has something to correct
    margin    of many pictures, those are kept that lie farthest from a corner of relu and from
              a tie in max-pooling, where no difference quotient agrees with any gradient

Brief: E4
"""

from collections.abc import Sequence

import numpy as np

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Array, Examples, scores
from simplecell.engines.reference import Reference
from simplecell.engines.walk import Step, chances_of, flat, walk_forward
from simplecell.formulas.activations import corners
from simplecell.spec.network import Network

PICTURES_PER_KEPT = 10
"""How many pictures are drawn for each one that is kept for its margin."""

CALM = 0.3
"""How much of their size the weights keep that feed RBF outputs."""


def draw(network: Network, seed: int, examples: int) -> tuple[dict[str, Array], Array, Array]:
    """Draw parameters, pictures and labels that a check can be trusted on.

    Every number is exact in float32, so that engines of either precision start alike.

    Shapes
        pictures (examples, C, H, W) float32      labels (examples,)
    """
    parameters = _draw_parameters(network, seed)
    rng = np.random.default_rng([seed, 2])
    parts = rng.standard_normal((PICTURES_PER_KEPT, examples, *network.input)).astype(np.float32)
    if any(layer.ties_examples for layer in network.layers):
        # Where a picture is near a corner hangs on the batch: whole batches are compared.
        chances = chances_of(len(network.layers))
        walks = (walk_forward(network.layers, parameters, part, chances) for part in parts)
        pixels = parts[np.argmax([margin(walk).min() for walk in walks])]
    else:
        margins = [margin(walk_forward(network.layers, parameters, part)) for part in parts]
        kept = np.argsort(-np.concatenate(margins), kind="stable")[:examples]
        pixels = parts.reshape(-1, *network.input)[kept]
    outputs = Reference().program(network).forward(parameters, Examples(pixels))
    winners = scores(network, outputs).argmax(axis=1)
    # A step of 1 to classes - 1 around the circle of classes never ends where it began.
    labels = (winners + rng.integers(1, max(network.classes, 2), examples)) % network.classes
    return parameters, pixels, labels


def _draw_parameters(network: Network, seed: int) -> dict[str, Array]:
    rng = np.random.default_rng([seed, 1])
    parameters = initial_parameters(network, seed)
    for layer, below in zip(network.layers, network.inputs, strict=True):
        formulas = formulas_of(layer)
        names = {own: f"{layer.name}.{own}" for own in (*formulas.own, *formulas.keeps)}
        own = {own: parameters[name] for own, name in names.items() if name in parameters}
        moved = formulas.disturbed(own, below, rng)
        parameters |= {names[own]: a for own, a in moved.items()}
    _meet_codes(network, parameters)
    return {name: w.astype(np.float32).astype(np.float64) for name, w in parameters.items()}


def _meet_codes(network: Network, parameters: dict[str, Array]) -> None:
    """Lead the features of outputs that compare with codes to between the two nearest codes.

    Features drawn freely are so far from all codes that, to the loss `map`, all is rubbish.
    """
    middle = formulas_of(network.layers[-1]).undecided()
    if middle is None or len(network.layers) < 2:
        return
    w, b = (f"{network.layers[-2].name}.{own}" for own in ("w", "b"))
    if b in parameters and parameters[b].size == middle.size:
        parameters[w] = CALM * parameters[w]
        parameters[b] = parameters[b] + middle.reshape(parameters[b].shape)


def margin(steps: Sequence[Step]) -> Array:
    """Measure how near each example comes to a corner of relu or a tie in max-pooling.

    The smallest |u - corner| under a squashing function that has corners, and what each layer
    says of its own ties.

    Shapes
        gives (N,), infinite where a network has neither
    """
    nearest = np.full(len(steps[0].below), np.inf)
    for step in steps:
        for corner in corners(step.layer.squash):
            nearest = np.minimum(nearest, flat(np.abs(step.u - corner)).min(axis=1))
        nearest = np.minimum(nearest, formulas_of(step.layer).margin(step.below))
    return nearest
