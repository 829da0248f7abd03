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

from simplecell.engines.parameters import code_values, fan_in, initial_parameters
from simplecell.engines.protocol import Array, Examples, scores
from simplecell.engines.reference import Reference
from simplecell.engines.walk import Step, flat, walk_forward
from simplecell.formulas.pool import window_cells
from simplecell.spec.layers import RBF, Combine, Pool
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
        if f"{layer.name}.b" not in parameters:
            continue
        w, b = parameters[f"{layer.name}.w"], parameters[f"{layer.name}.b"]
        # From the paper's +-2.4/F to +-sqrt(6/F), which keeps the variance from layer to layer.
        grow = np.sqrt(6 * np.broadcast_to(fan_in(layer, below), w.shape[:1])) / 2.4
        parameters[f"{layer.name}.w"] = w * grow.reshape(-1, *[1] * (w.ndim - 1))
        parameters[f"{layer.name}.b"] = rng.uniform(-0.5, 0.5, b.shape)
        if isinstance(layer, Combine):
            choice = f"{layer.name}.choice"
            parameters[choice] = rng.normal(size=parameters[choice].shape)
    if isinstance(network.layers[-1], RBF):
        _meet_codes(network, parameters, rng)
    return {name: w.astype(np.float32).astype(np.float64) for name, w in parameters.items()}


def _meet_codes(network: Network, parameters: dict[str, Array], rng: np.random.Generator) -> None:
    """Lead the features of RBF outputs to between the two nearest codes; move learned codes.

    Features drawn freely are so far from all codes that, to the loss `map`, all is rubbish.
    """
    last, codes = network.layers[-1], f"{network.layers[-1].name}.w"
    if codes in parameters:
        parameters[codes] = parameters[codes] + 0.3 * rng.normal(size=parameters[codes].shape)
    if not isinstance(last, RBF) or len(network.layers) < 2 or len(last.codes) < 2:
        return
    drawn = code_values(last)
    apart = ((drawn[:, None] - drawn) ** 2).sum(axis=2) + np.diag(np.full(len(drawn), np.inf))
    middle = drawn[list(np.unravel_index(apart.argmin(), apart.shape))].mean(axis=0)
    w, b = (f"{network.layers[-2].name}.{own}" for own in ("w", "b"))
    if b in parameters and parameters[b].size == middle.size:
        parameters[w] = CALM * parameters[w]
        parameters[b] = parameters[b] + middle.reshape(parameters[b].shape)


def margin(steps: Sequence[Step]) -> Array:
    """Measure how near each example comes to a corner of relu or a tie in max-pooling.

    The smallest |u| under a relu, and the smallest lead of a window's largest cell over its
    second. A window whose largest cell is 0 came from a relu that is shut: nothing passes it.

    Shapes
        gives (N,), infinite where a network has neither
    """
    nearest = np.full(len(steps[0].below), np.inf)
    for step in steps:
        if step.layer.squash == "relu":
            nearest = np.minimum(nearest, flat(np.abs(step.u)).min(axis=1))
        if isinstance(step.layer, Pool) and step.layer.kind == "max":
            ranked = np.sort(window_cells(step.below, step.layer.window), axis=-1)
            if ranked.shape[-1] > 1:
                lead = np.where(ranked[..., -1] == 0, np.inf, ranked[..., -1] - ranked[..., -2])
                nearest = np.minimum(nearest, flat(lead).min(axis=1))
    return nearest
