"""A network walked through the formulas, layer by layer: slow, float64, to be read.

    forward     x = f(u),  u = what the layer makes of the x below           D4, D9, D14
    at the top  du = dE/du, from the loss                                    D7
    backward    du below = f'(u below) * what the layer carries back         D6, D10, D15
    meanwhile   dw, db = what the layer gathers from du                      D5, D8, D12, D13, E1

In a step of training some layers do something else than in use: the walk is then given what each
layer draws from, `chances`.

Source: Bouvrie 2006, 2 and 3.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simplecell.engines.layers.entries import formulas_of
from simplecell.engines.layers.formulas import flat
from simplecell.engines.protocol import Array, Parameters
from simplecell.formulas.activations import slope, softmax, squash
from simplecell.formulas.dropout import layer_chance, step_chance
from simplecell.formulas.losses import (
    POSTERIORS,
    cross_entropy_backward,
    cross_entropy_forward,
    map_backward,
    map_forward,
    mean_square_backward,
    mean_square_forward,
    squared_error_backward,
    squared_error_forward,
    targets,
)
from simplecell.spec.layers import Layer

__all__ = [
    "Step",
    "chances_of",
    "flat",
    "layer_back",
    "layer_squash",
    "layer_sum",
    "loss_of",
    "own_arrays",
    "penalties",
    "remembered",
    "walk_back",
    "walk_forward",
]


@dataclass(frozen=True)
class Step:
    """What one layer read, summed and handed on.

    `chance` is what it drew from in a step of training; None in use.

    Shapes
        below (N, C, H, W)      u, x (N, M, H, W)
    """

    layer: Layer
    below: Array
    u: Array
    x: Array
    chance: int | None = None


def chances_of(count: int, seed: int = 0, step: int = 0) -> list[int]:
    """Give what each of so many layers draws from in a step of training."""
    chance = step_chance(seed, step)
    return [layer_chance(chance, layer) for layer in range(count)]


def own_arrays(layer: Layer, parameters: Parameters) -> dict[str, Array]:
    """Pick a layer's own arrays out of the network's, in float64, in the order of its formulas.

    What is kept and not learned comes last.
    """
    formulas = formulas_of(layer)
    names = {own: f"{layer.name}.{own}" for own in (*formulas.own, *formulas.keeps)}
    return {
        own: np.asarray(parameters[name], np.float64)
        for own, name in names.items()
        if name in parameters
    }


def layer_sum(layer: Layer, below: Array, own: Parameters, chance: int | None = None) -> Array:
    """Give a layer's u from the x below it and the layer's own arrays."""
    if chance is None:
        return formulas_of(layer).forward(below, own)
    return formulas_of(layer).learning(below, own, chance)


def layer_squash(layer: Layer, u: Array) -> Array:
    """Give a layer's x = f(u); softmax is over all the classes of an example."""
    if layer.squash == "softmax":
        return softmax(flat(u)).reshape(u.shape)
    return squash(layer.squash, u)


def layer_back(
    layer: Layer, below: Array, own: Parameters, du: Array, chance: int | None = None
) -> tuple[Array, dict[str, Array]]:
    """Carry a layer's du back to the x below, and gather it on the layer's own arrays."""
    formulas = formulas_of(layer)
    if chance is None:
        dx, gradients = formulas.backward(below, own, du)
    else:
        dx, gradients = formulas.learning_back(below, own, du, chance)
    return dx.reshape(below.shape), by_name(own, gradients)


def by_name(own: Parameters, found: Sequence[Array]) -> dict[str, Array]:
    """Name what the formulas found for a layer's own arrays; fixed codes own none.

    What is kept and not learned comes after the others, and has no gradient.
    """
    return {name: np.ascontiguousarray(a) for name, a in zip(own, found, strict=False)}


def walk_forward(
    layers: Sequence[Layer],
    parameters: Parameters,
    x: Array,
    chances: Sequence[int] | None = None,
) -> list[Step]:
    """Run x (N, C, H, W) up through the layers, keeping what each one did.

    With `chances`, one for each layer, it is a step of training.
    """
    steps = []
    drawn: Sequence[int | None] = [None] * len(layers) if chances is None else chances
    for layer, chance in zip(layers, drawn, strict=True):
        u = layer_sum(layer, x, own_arrays(layer, parameters), chance)
        steps.append(Step(layer, x, u, layer_squash(layer, u), chance))
        x = steps[-1].x
    return steps


def walk_back(
    steps: Sequence[Step], parameters: Parameters, du: Array
) -> Iterator[tuple[Layer, Array, Array, dict[str, Array]]]:
    """Carry du of the last layer down; give each layer, its du, its dx and its gradients."""
    for k in reversed(range(len(steps))):
        step = steps[k]
        own = own_arrays(step.layer, parameters)
        dx, gradients = layer_back(step.layer, step.below, own, du, step.chance)
        yield step.layer, du, dx, gradients
        if k > 0:
            lower = steps[k - 1]
            du = slope(lower.layer.squash, lower.u, lower.x) * dx


def remembered(steps: Sequence[Step], parameters: Parameters) -> dict[str, Array]:
    """Give what layers keep, by full name, as it is after a step of training."""
    return {
        f"{step.layer.name}.{own}": values
        for step in steps
        for own, values in formulas_of(step.layer)
        .remembered(step.below, own_arrays(step.layer, parameters))
        .items()
    }


def loss_of(loss: str, top: Step, labels: Array) -> tuple[Array, Array]:
    """Give each example's loss, and its gradient du on the output layer's u.

    Cross-entropy is of scores: u, or, of a layer that gives distances, their negatives.

    Shapes
        labels (N,)      e (N,)      du like top.u
    """
    u = flat(top.u)
    if loss == "squared_error":
        y, squashing = flat(top.x), top.layer.squash
        t = targets(labels, y.shape[1], squashing)
        du = squared_error_backward(y, t).reshape(top.u.shape)
        return squared_error_forward(y, t), slope(squashing, top.u, top.x) * du
    if loss in POSTERIORS:
        du = map_backward(u, labels, **POSTERIORS[loss]).reshape(top.u.shape)
        return map_forward(u, labels, **POSTERIORS[loss]), du
    if loss == "mean_square":
        return mean_square_forward(u, labels), mean_square_backward(u, labels).reshape(top.u.shape)
    sign = -1 if top.layer.gives_distances else 1
    du = sign * cross_entropy_backward(sign * u, labels).reshape(top.u.shape)
    return cross_entropy_forward(sign * u, labels), du


def penalties(layers: Iterable[Layer], parameters: Parameters) -> tuple[float, dict[str, Array]]:
    """Give what layers add to the mean loss of any examples, and its gradient by name.

    Brief: E3
    """
    total = 0.0
    gradients: dict[str, Array] = {}
    for layer in layers:
        formulas = formulas_of(layer)
        names = {own: f"{layer.name}.{own}" for own in formulas.own}
        own = {own: parameters[name] for own, name in names.items() if name in parameters}
        value, found = formulas.penalty(own)
        total += value
        gradients |= {f"{layer.name}.{own}": gradient for own, gradient in found.items()}
    return total, gradients
