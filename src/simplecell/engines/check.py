"""Checks a person can run: formulas against finite differences, engines against formulas.

Each draws parameters and pictures from a seed, and gives, layer by layer and array by array, the
relative difference of `formulas/gradcheck.py`.

Brief: E4, F
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from simplecell.engines.curvature import top_curvature, walk_curvature
from simplecell.engines.protocol import Array, Engine, Examples, Parameters, Trace
from simplecell.engines.reference import Reference
from simplecell.engines.requests import losses_of
from simplecell.engines.sample import draw
from simplecell.engines.walk import (
    Step,
    chances_of,
    layer_back,
    layer_squash,
    layer_sum,
    loss_of,
    own_arrays,
    penalties,
    walk_back,
    walk_forward,
)
from simplecell.formulas.activations import slope
from simplecell.formulas.gradcheck import (
    numeric_curvature,
    numeric_gradient,
    relative_difference,
)
from simplecell.spec.network import Network

EPSILONS = (1e-4, 1e-3, 1e-5, 1e-6)
"""Steps of the finite differences; the best one counts.

A long step leaves the tangent, a short one is lost in rounding, and which is worse depends on
the layer. A wrong gradient disagrees at every step."""

GOOD = 1e-7
"""A difference below which no other step is tried."""


FLOOR = 1e-8
"""Arrays shorter than this are below what rounding leaves of a difference."""

VANISHING = 1e-6
"""Gradients shorter than this share of the loss are below it as well: the loss is rounded."""


@dataclass(frozen=True)
class Check:
    """How far two computations of one network lie apart.

    `layers` gives relative differences by layer name, then by array: a layer's `u`, `x`, `du`,
    its own `dw`, `db` and, of shares, `dchoice`, or of curvature `hu`, `hw` and so on; with the
    first layer `dx`, on the picture; with the last, `loss`. `losses` gives the largest by loss.
    """

    network: str
    checked: str
    against: str
    layers: dict[str, dict[str, float]]
    losses: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Network, checked: str, against: str) -> "Check":
        """Begin with nothing measured, the layers in their order."""
        return cls(network.name, checked, against, {layer.name: {} for layer in network.layers})

    @property
    def largest(self) -> float:
        """The largest difference of all; NaN if any is; 0 where nothing can be compared."""
        return float(np.max([0.0, *(d for one in self.layers.values() for d in one.values())]))

    def note(self, layer: str, array: str, difference: float, loss: str = "") -> None:
        """Keep the larger of this difference and the one already there."""
        found = self.layers[layer]
        found[array] = float(np.maximum(found.get(array, 0.0), difference))
        if loss:
            self.losses[loss] = float(np.maximum(self.losses.get(loss, 0.0), difference))


def check_formulas(network: Network, seed: int = 0, examples: int = 3, cells: int = 50) -> Check:
    """Compare the backward formulas with finite differences of the forward ones.

    It covers du of every layer, the gradient of each of its arrays, and dx on the picture, each
    at up to `cells` places drawn from the seed, for every loss that fits the network. 1e-6 or
    less is agreement. The walk is that of a step of training.
    """
    parameters, pixels, labels = draw(network, seed, examples)
    chances = chances_of(len(network.layers))
    steps = walk_forward(network.layers, parameters, pixels.astype(np.float64), chances)
    losses = losses_of(network.layers[-1])
    rng = np.random.default_rng([seed, 3])
    check = Check.of(network, "formulas", "finite differences")
    mean_losses = _MeanLosses(steps, parameters, losses, labels)

    def compare(
        layer: str,
        array: str,
        f: Callable[[Array], Array],
        at: Array,
        claimed: list[Array],
        size: float = 0.0,
    ) -> None:
        # What dropout set to 0 may tie with other zeros in a window: there is no gradient.
        dropped = (at == 0) & network.layer(layer).idle_in_use
        whole = np.flatnonzero(~dropped) if dropped.any() else at.size
        places = rng.choice(whole, min(cells, at.size - int(dropped.sum())), replace=False)
        there = np.stack([gradient.reshape(-1)[places] for gradient in claimed], axis=1)
        floor = max(FLOOR, size * len(places) ** 0.5)
        for loss, difference in zip(losses, _apart(f, at, there, places, floor), strict=True):
            check.note(layer, array, difference, loss)

    added = penalties(network.layers, parameters)[1]
    tops = [loss_of(loss, steps[-1], labels)[1] / examples for loss in losses]
    backwards = [list(walk_back(steps, parameters, top))[::-1] for top in tops]
    for k, by_loss in enumerate(zip(*backwards, strict=True)):
        layer = steps[k].layer.name
        compare(layer, "du", mean_losses.of_u(k), steps[k].u, [du for _, du, _, _ in by_loss])
        size = _size(network, by_loss[0][3])
        for own in by_loss[0][3]:
            name = f"{layer}.{own}"
            claimed = [gradients[own] + added.get(name, 0) for *_, gradients in by_loss]
            f = mean_losses.of_parameter(k, name)
            compare(layer, f"d{own}", f, parameters[name], claimed, size)
        if k == 0:
            dxs = [dx for _, _, dx, _ in by_loss]
            compare(layer, "dx", mean_losses.of_x, steps[0].below, dxs)
    return check


def check_curvature(network: Network, seed: int = 0, examples: int = 3, cells: int = 20) -> Check:
    """Compare the curvature formulas with finite differences of the backward ones.

    The recursion leaves out how cells of u bend the loss together, and how squashing functions
    bend. So each layer is held against an error that has neither, under which it is exact:

        e = sum du * u + 1/2 hu * (u - u of the walk)^2        du only of distances

    It covers hu of every layer, the curvature of each of its arrays, and hx on the picture.
    1e-6 or less is agreement.
    """
    parameters, pixels, labels = draw(network, seed, examples)
    steps = walk_forward(network.layers, parameters, pixels.astype(np.float64))
    last = steps[-1]
    rng = np.random.default_rng([seed, 4])
    check = Check.of(network, "curvature", "finite differences")

    def compare(
        loss: str,
        layer: str,
        array: str,
        gradient: Callable[[Array], Array],
        at: Array,
        claimed: Array,
    ) -> None:
        places = rng.choice(at.size, min(cells, at.size), replace=False)
        difference = _bent_apart(gradient, at, claimed.reshape(-1)[places], places)
        check.note(layer, array, difference, loss)

    for loss in _bent_losses(last):
        du, hu = top_curvature(loss, last, labels)
        compare(loss, last.layer.name, "hu", _top_gradient(loss, last, labels), last.u, hu)
        downward = list(walk_curvature(steps, parameters, du, hu))[::-1]
        for k, (layer, hu, hx, found) in enumerate(downward):
            error = _Error(steps[k], parameters, du if k + 1 == len(steps) else 0.0, hu)
            for own, h in found.items():
                w = parameters[f"{layer.name}.{own}"]
                compare(loss, layer.name, f"h{own}", error.on_own(own), w, h)
            if k == 0:
                compare(loss, layer.name, "hx", error.on_x, steps[0].below, hx)
            else:
                lower, claimed = steps[k - 1], downward[k - 1][1]
                compare(loss, lower.layer.name, "hu", error.on_u(lower), lower.u, claimed)
    return check


def _bent_losses(last: Step) -> tuple[str, ...]:
    """Name the losses whose curvature on the outputs is taken as it is, nothing left out."""
    return ("mean_square",) if last.layer.gives_distances else losses_of(last.layer)


def _top_gradient(loss: str, top: Step, labels: Array) -> Callable[[Array], Array]:
    """Give du as a function of the outputs' u; of squared error, as if each answer were right."""

    def gradient(u: Array) -> Array:
        moved = Step(top.layer, top.below, u, layer_squash(top.layer, u))
        if loss == "squared_error":
            du: Array = slope(top.layer.squash, u, moved.x) * (moved.x - top.x)
            return du
        return loss_of(loss, moved, labels)[1]

    return gradient


@dataclass(frozen=True)
class _Error:
    """An error that bends by hu in each cell of a layer's u by itself; its gradients."""

    step: Step
    parameters: Parameters
    du: Array | float
    hu: Array

    def _back(self, below: Array, own: Parameters) -> tuple[Array, dict[str, Array]]:
        u = layer_sum(self.step.layer, below, own)
        du = self.du + self.hu * (u - self.step.u)
        return layer_back(self.step.layer, below, own, du)

    @property
    def _own(self) -> dict[str, Array]:
        return own_arrays(self.step.layer, self.parameters)

    def on_x(self, x: Array) -> Array:
        """Of the x below."""
        return self._back(x, self._own)[0]

    def on_u(self, lower: Step) -> Callable[[Array], Array]:
        """Of the u of the layer below, the error's own slope there taken off."""

        def gradient(u: Array) -> Array:
            x = layer_squash(lower.layer, u)
            dx = self.on_x(x) - self.on_x(lower.x)
            du: Array = slope(lower.layer.squash, u, x) * dx
            return du

        return gradient

    def on_own(self, name: str) -> Callable[[Array], Array]:
        """Of one of the layer's own arrays."""
        return lambda w: self._back(self.step.below, {**self._own, name: w})[1][name]


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
        check.note(last, "loss", _between(our_loss, their_loss), loss)
        _note_own(check, network, "d", our_gradients, their_gradients, loss)
        our_trace = ours.trace(parameters, one, loss)
        _note_trace(check, our_trace, theirs.trace(parameters, one, loss), loss)
    return check


def check_engine_curvature(
    engine: Engine, network: Network, seed: int = 0, examples: int = 20
) -> Check:
    """Compare an engine's mean curvature with the reference's, for every loss that fits."""
    parameters, pixels, labels = draw(network, seed, examples)
    batch = Examples(pixels, labels)
    ours, theirs = Reference().program(network), engine.program(network)
    check = Check.of(network, f"{engine.name} curvature", "reference")
    for loss in losses_of(network.layers[-1]):
        found = theirs.curvature(parameters, batch, loss)
        _note_own(check, network, "h", ours.curvature(parameters, batch, loss), found, loss)
    return check


def _note_own(
    check: Check, network: Network, what: str, ours: Parameters, theirs: Parameters, loss: str
) -> None:
    for name, array in ours.items():
        layer, own = name.split(".")
        same = {n: a for n, a in ours.items() if n.split(".")[0] == layer}
        floor = max(FLOOR, _size(network, same) * array.size**0.5)
        check.note(layer, f"{what}{own}", _between(array, theirs[name], floor), loss)


def _note_trace(check: Check, ours: Trace, theirs: Trace, loss: str) -> None:
    for name, a in ours.layers.items():
        b = theirs.layers[name]
        for array in ("u", "x", "du"):
            check.note(name, array, _between(getattr(a, array), getattr(b, array)), loss)
        # A gradient sums δ over places; where they cancel, a hundredth of δ's length measures it.
        floor = max(FLOOR, 0.01 * float(np.linalg.norm(a.du)))
        for own, gradient in a.gradients.items():
            check.note(name, f"d{own}", _between(gradient, b.gradients[own], floor), loss)
    names = list(ours.layers)
    check.note(names[0], "dx", _between(ours.dx, theirs.dx), loss)
    check.note(names[-1], "loss", _between(ours.loss, theirs.loss), loss)


def _between(ours: Array | float, theirs: Array | float, floor: float = FLOOR) -> float:
    """Give the relative difference, infinite where even the shapes differ."""
    a, b = np.asarray(ours), np.asarray(theirs)
    return relative_difference(a, b, floor) if a.shape == b.shape else np.inf


@dataclass(frozen=True)
class _MeanLosses:
    """The mean of each loss as a function of one array, everything else as it was drawn."""

    steps: Sequence[Step]
    parameters: Parameters
    losses: Sequence[str]
    labels: Array

    def of_x(self, x: Array) -> Array:
        """Of the pictures."""
        return self._from_below(0, x, self.parameters)

    def of_parameter(self, k: int, name: str) -> Callable[[Array], Array]:
        """Of one parameter, which layer k owns."""
        layer, below = self.steps[k].layer, self.steps[k].below

        def mean_losses(w: Array) -> Array:
            moved = {**self.parameters, name: w}
            return self._from_below(k, below, moved) + penalties([layer], moved)[0]

        return mean_losses

    def of_u(self, k: int) -> Callable[[Array], Array]:
        """Of the u of layer k."""
        here = self.steps[k]

        def mean_losses(u: Array) -> Array:
            x = layer_squash(here.layer, u)
            if k + 1 < len(self.steps):
                return self._from_below(k + 1, x, self.parameters)
            return self._at_top(Step(here.layer, here.below, u, x))

        return mean_losses

    def _from_below(self, k: int, x: Array, parameters: Parameters) -> Array:
        layers = [step.layer for step in self.steps[k:]]
        chances = [step.chance for step in self.steps[k:] if step.chance is not None]
        return self._at_top(walk_forward(layers, parameters, x, chances)[-1])

    def _at_top(self, top: Step) -> Array:
        return np.array([loss_of(loss, top, self.labels)[0].mean() for loss in self.losses])


def _size(network: Network, gradients: Parameters) -> float:
    """Give how large a cell of a layer's gradients is to be taken for, at least.

    Batch normalisation takes off any bias below it, so that the bias has a gradient of 0, and
    rounding leaves something of that. Such an array is held to the precision of the layer's
    largest; without batch normalisation each is held to its own.
    """
    if not any(layer.ties_examples for layer in network.layers):
        return 0.0
    sizes = [float(np.sqrt(np.mean(np.square(g)))) for g in gradients.values()]
    return max(sizes, default=0.0)


def _apart(
    f: Callable[[Array], Array], at: Array, claimed: Array, places: Array, floor: float
) -> Array:
    """Compare claimed gradients with the best finite differences of the values of f.

    Shapes
        f(at) (L,)      claimed (K, L)      places (K,)      gives (L,)
    """
    best = np.full(claimed.shape[1], np.inf)
    floors = np.maximum(floor, VANISHING * np.abs(f(at)))
    for epsilon in EPSILONS:
        measured = numeric_gradient(f, at, epsilon, places)
        apart = [
            relative_difference(found, told, least)
            for found, told, least in zip(measured.T, claimed.T, floors, strict=True)
        ]
        best = np.fmin(best, apart)
        if best.max() <= GOOD:
            break
    return best


def _bent_apart(
    gradient: Callable[[Array], Array], at: Array, claimed: Array, places: Array
) -> float:
    """Compare a claimed curvature, at some places, with the best difference of gradients."""
    best = np.inf
    for epsilon in EPSILONS:
        measured = numeric_curvature(gradient, at, epsilon, places)
        best = np.fmin(best, relative_difference(measured, claimed))
        if best <= GOOD:
            break
    return float(best)
