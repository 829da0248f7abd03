"""Two checks a person can run: formulas against finite differences, engine against formulas.

Both draw parameters and pictures from a seed, and give, layer by layer and array by array, the
relative difference of `formulas/gradcheck.py`. Three precautions make the figures mean something:

    weights   large enough that u is of order 1 in every layer: no gradient drowns in rounding
    labels    never the class that wins, so that every example has something to correct
    margin    of many pictures, those are kept that lie farthest from a corner of relu and from
              a tie in max-pooling, where no difference quotient agrees with any gradient

Brief: E4
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simplecell.engines.parameters import fan_in, initial_parameters
from simplecell.engines.protocol import Array, Engine, Examples, Parameters, Trace, scores
from simplecell.engines.reference import (
    Reference,
    Step,
    flat,
    layer_squash,
    loss_of,
    walk_back,
    walk_forward,
)
from simplecell.engines.requests import losses_of
from simplecell.formulas.gradcheck import numeric_gradient, relative_difference
from simplecell.formulas.pool import window_cells
from simplecell.spec.layers import Pool
from simplecell.spec.network import Network

EPSILONS = (1e-4, 1e-3, 1e-5, 1e-6)
"""Steps of the finite differences; the best one counts.

A long step leaves the tangent, a short one is lost in rounding, and which is worse depends on
the layer. A wrong gradient disagrees at every step."""

GOOD = 1e-7
"""A difference below which no other step is tried."""


PICTURES_PER_KEPT = 10
"""How many pictures are drawn for each one that is kept for its margin."""


@dataclass(frozen=True)
class Check:
    """How far two computations of one network lie apart.

    `layers` gives relative differences by layer name, then by array: a layer's `u`, `x`, `du`,
    its own `dw` and `db`; with the first layer `dx`, on the picture; with the last, `loss`.
    """

    network: str
    checked: str
    against: str
    layers: dict[str, dict[str, float]]

    @classmethod
    def of(cls, network: Network, checked: str, against: str) -> "Check":
        """Begin with nothing measured, the layers in their order."""
        return cls(network.name, checked, against, {layer.name: {} for layer in network.layers})

    @property
    def largest(self) -> float:
        """The largest difference of all; NaN if any is."""
        return float(np.max([d for found in self.layers.values() for d in found.values()]))

    def note(self, layer: str, array: str, difference: float) -> None:
        """Keep the larger of this difference and the one already there."""
        found = self.layers[layer]
        found[array] = float(np.maximum(found.get(array, 0.0), difference))


def check_formulas(network: Network, seed: int = 0, examples: int = 3, cells: int = 50) -> Check:
    """Compare the backward formulas with finite differences of the forward ones.

    It covers dw, db and du of every layer and dx on the picture, each at up to `cells` places
    drawn from the seed, for every loss that fits the network. 1e-6 or less is agreement.
    """
    parameters, pixels, labels = draw(network, seed, examples)
    steps = walk_forward(network.layers, parameters, pixels.astype(np.float64))
    rng = np.random.default_rng([seed, 3])
    check = Check.of(network, "formulas", "finite differences")

    def compare(
        layer: str, array: str, f: Callable[[Array], float], at: Array, claimed: Array
    ) -> None:
        places = rng.choice(at.size, min(cells, at.size), replace=False)
        check.note(layer, array, _apart(f, at, claimed.reshape(-1)[places], places))

    for loss in losses_of(network.layers[-1]):
        mean_loss = _MeanLoss(steps, parameters, loss, labels)
        top = loss_of(loss, steps[-1], labels)[1] / examples
        backward = list(walk_back(steps, parameters, top))[::-1]
        for k, (layer, du, dx, gradients) in enumerate(backward):
            compare(layer.name, "du", mean_loss.of_u(k), steps[k].u, du)
            for own, gradient in gradients.items():
                name = f"{layer.name}.{own}"
                f = mean_loss.of_parameter(k, name)
                compare(layer.name, f"d{own}", f, parameters[name], gradient)
            if k == 0:
                compare(layer.name, "dx", mean_loss.of_x, steps[0].below, dx)
    return check


def check_engine(engine: Engine, network: Network, seed: int = 0, examples: int = 20) -> Check:
    """Compare an engine with the reference on the same parameters and examples.

    It covers the outputs, loss and gradients of a batch, and every array of one example's
    trace, for every loss that fits the network. For float32, 1e-4 or less is agreement.
    """
    parameters, pixels, labels = draw(network, seed, examples)
    batch, one = Examples(pixels, labels), Examples(pixels[:1], labels[:1])
    ours, theirs = Reference().program(network), engine.program(network)
    check = Check.of(network, engine.name, "reference")
    last = network.layers[-1].name
    outputs = ours.forward(parameters, batch), theirs.forward(parameters, batch)
    check.note(last, "x", _between(*outputs))
    for loss in losses_of(network.layers[-1]):
        our_loss, our_gradients = ours.gradients(parameters, batch, loss)
        their_loss, their_gradients = theirs.gradients(parameters, batch, loss)
        check.note(last, "loss", _between(our_loss, their_loss))
        for name, gradient in our_gradients.items():
            layer, own = name.split(".")
            check.note(layer, f"d{own}", _between(gradient, their_gradients[name]))
        our_trace = ours.trace(parameters, one, loss)
        _note_trace(check, our_trace, theirs.trace(parameters, one, loss))
    return check


def _note_trace(check: Check, ours: Trace, theirs: Trace) -> None:
    for name, a in ours.layers.items():
        b = theirs.layers[name]
        for array in ("u", "x", "du"):
            check.note(name, array, _between(getattr(a, array), getattr(b, array)))
        for own, gradient in a.gradients.items():
            check.note(name, f"d{own}", _between(gradient, b.gradients[own]))
    names = list(ours.layers)
    check.note(names[0], "dx", _between(ours.dx, theirs.dx))
    check.note(names[-1], "loss", _between(ours.loss, theirs.loss))


def _between(ours: Array | float, theirs: Array | float) -> float:
    """Give the relative difference, infinite where even the shapes differ."""
    a, b = np.asarray(ours), np.asarray(theirs)
    return relative_difference(a, b) if a.shape == b.shape else np.inf


@dataclass(frozen=True)
class _MeanLoss:
    """The mean loss as a function of one array, everything else as it was drawn."""

    steps: Sequence[Step]
    parameters: Parameters
    loss: str
    labels: Array

    def of_x(self, x: Array) -> float:
        """Of the pictures."""
        return self._from_below(0, x, self.parameters)

    def of_parameter(self, k: int, name: str) -> Callable[[Array], float]:
        """Of one parameter, which layer k owns."""
        below = self.steps[k].below
        return lambda w: self._from_below(k, below, {**self.parameters, name: w})

    def of_u(self, k: int) -> Callable[[Array], float]:
        """Of the u of layer k."""
        here = self.steps[k]

        def mean_loss(u: Array) -> float:
            x = layer_squash(here.layer, u)
            if k + 1 < len(self.steps):
                return self._from_below(k + 1, x, self.parameters)
            return self._at_top(Step(here.layer, here.below, u, x))

        return mean_loss

    def _from_below(self, k: int, x: Array, parameters: Parameters) -> float:
        layers = [step.layer for step in self.steps[k:]]
        return self._at_top(walk_forward(layers, parameters, x)[-1])

    def _at_top(self, top: Step) -> float:
        return float(loss_of(self.loss, top, self.labels)[0].mean())


def _apart(f: Callable[[Array], float], at: Array, claimed: Array, places: Array) -> float:
    """Compare a claimed gradient, at some places, with the best finite difference of f there."""
    best = np.inf
    for epsilon in EPSILONS:
        best = min(best, relative_difference(numeric_gradient(f, at, epsilon, places), claimed))
        if best <= GOOD:
            break
    return best


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
        if f"{layer.name}.w" not in parameters:
            continue
        w, b = parameters[f"{layer.name}.w"], parameters[f"{layer.name}.b"]
        # From the paper's +-2.4/F to +-sqrt(6/F), which keeps the variance from layer to layer.
        grow = np.sqrt(6 * np.broadcast_to(fan_in(layer, below), w.shape[:1])) / 2.4
        parameters[f"{layer.name}.w"] = w * grow.reshape(-1, *[1] * (w.ndim - 1))
        parameters[f"{layer.name}.b"] = rng.uniform(-0.5, 0.5, b.shape)
    return {name: w.astype(np.float32).astype(np.float64) for name, w in parameters.items()}


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
