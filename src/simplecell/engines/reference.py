"""The formulas, walked layer by layer: slow, float64, to be read. Every engine must repeat it.

    forward     x = f(u),  u = what the layer makes of the x below           D4, D9, D14
    at the top  du = dE/du, from the loss                                    D7
    backward    du below = f'(u below) * what the layer carries back         D6, D10, D15
    meanwhile   dw, db = what the layer gathers from du                      D5, D8, D12, D13, E1

Source: Bouvrie 2006, 2 and 3.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.parameters import check_parameters, code_values
from simplecell.engines.protocol import (
    Array,
    Examples,
    LayerTrace,
    Parameters,
    State,
    Trace,
    Update,
)
from simplecell.engines.requests import check_learning, check_one, check_pictures, check_steps
from simplecell.formulas.activations import slope, softmax, squash
from simplecell.formulas.conv import conv_backward, conv_forward
from simplecell.formulas.dense import dense_backward, dense_forward
from simplecell.formulas.local import local_backward, local_forward
from simplecell.formulas.losses import (
    cross_entropy_backward,
    cross_entropy_forward,
    squared_error_backward,
    squared_error_forward,
    targets,
)
from simplecell.formulas.pool import pool_backward, pool_forward
from simplecell.formulas.rbf import rbf_backward, rbf_forward
from simplecell.formulas.subsample import subsample_backward, subsample_forward
from simplecell.formulas.updates import adam, momentum_sgd, sgd
from simplecell.spec.layers import RBF, Conv, Dense, Layer, Local, Pool, Subsample
from simplecell.spec.network import Network

FORWARD_ROWS = 256
"""How many examples go forward at a time, so that a long data set needs little memory."""


@dataclass(frozen=True)
class Step:
    """What one layer read, summed and handed on.

    Shapes
        below (N, C, H, W)      u, x (N, M, H, W)
    """

    layer: Layer
    below: Array
    u: Array
    x: Array


def flat(x: Array) -> Array:
    """List each example's cells in a row: (N, M, H, W) to (N, M*H*W)."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def layer_sum(layer: Layer, below: Array, own: Parameters) -> Array:
    """Give a layer's u from the x below it and the layer's own `w` and `b`."""
    match layer:
        case Conv():
            return conv_forward(below, own["w"], own["b"], layer.stride, layer.table)
        case Local():
            return local_forward(below, own["w"], own["b"], layer.stride)
        case Subsample():
            return subsample_forward(below, own["w"], own["b"], layer.window)
        case Pool():
            return pool_forward(below, layer.window, layer.kind)
        case Dense():
            return dense_forward(flat(below), own["w"], own["b"])[:, :, None, None]
        case RBF():
            return rbf_forward(flat(below), code_values(layer))[:, :, None, None]


def layer_squash(layer: Layer, u: Array) -> Array:
    """Give a layer's x = f(u); softmax is over all the classes of an example."""
    if layer.squash == "softmax":
        return softmax(flat(u)).reshape(u.shape)
    return squash(layer.squash, u)


def layer_back(
    layer: Layer, below: Array, own: Parameters, du: Array
) -> tuple[Array, dict[str, Array]]:
    """Carry a layer's du back to the x below, and gather it on the layer's own arrays."""
    gradients: list[Array] = []
    match layer:
        case Conv():
            dx, *gradients = conv_backward(below, own["w"], du, layer.stride, layer.table)
        case Local():
            dx, *gradients = local_backward(below, own["w"], du, layer.stride)
        case Subsample():
            dx, *gradients = subsample_backward(below, own["w"], du, layer.window)
        case Pool():
            dx = pool_backward(below, du, layer.window, layer.kind)
        case Dense():
            dx, *gradients = dense_backward(flat(below), own["w"], flat(du))
        case RBF():
            dx, _ = rbf_backward(flat(below), code_values(layer), flat(du))
    own_gradients = [np.ascontiguousarray(gradient) for gradient in gradients]
    return dx.reshape(below.shape), dict(zip(("w", "b"), own_gradients, strict=False))


def walk_forward(layers: Iterable[Layer], parameters: Parameters, x: Array) -> list[Step]:
    """Run x (N, C, H, W) up through the layers, keeping what each one did."""
    steps = []
    for layer in layers:
        u = layer_sum(layer, x, own_arrays(layer, parameters))
        steps.append(Step(layer, x, u, layer_squash(layer, u)))
        x = steps[-1].x
    return steps


def walk_back(
    steps: Sequence[Step], parameters: Parameters, du: Array
) -> Iterator[tuple[Layer, Array, Array, dict[str, Array]]]:
    """Carry du of the last layer down; give each layer, its du, its dx and its gradients."""
    for k in reversed(range(len(steps))):
        step = steps[k]
        dx, gradients = layer_back(step.layer, step.below, own_arrays(step.layer, parameters), du)
        yield step.layer, du, dx, gradients
        if k > 0:
            lower = steps[k - 1]
            du = slope(lower.layer.squash, lower.u, lower.x) * dx


def own_arrays(layer: Layer, parameters: Parameters) -> dict[str, Array]:
    """Pick a layer's own `w` and `b` out of the network's, in float64."""
    names = {own: f"{layer.name}.{own}" for own in ("w", "b")}
    return {
        own: np.asarray(parameters[name], np.float64)
        for own, name in names.items()
        if name in parameters
    }


def loss_of(loss: str, top: Step, labels: Array) -> tuple[Array, Array]:
    """Give each example's loss, and its gradient du on the output layer's u.

    Cross-entropy is of scores: u, or, of an RBF layer, minus its distances.

    Shapes
        labels (N,)      e (N,)      du like top.u
    """
    if loss == "squared_error":
        y, squashing = flat(top.x), top.layer.squash
        t = targets(labels, y.shape[1], squashing)
        du = squared_error_backward(y, t).reshape(top.u.shape)
        return squared_error_forward(y, t), slope(squashing, top.u, top.x) * du
    sign = -1 if isinstance(top.layer, RBF) else 1
    scores = sign * flat(top.u)
    du = sign * cross_entropy_backward(scores, labels).reshape(top.u.shape)
    return cross_entropy_forward(scores, labels), du


def step_parameters(state: State, gradients: Parameters, rate: float, update: Update) -> None:
    """Move every parameter once, by the formulas of `formulas/updates.py`."""
    state.steps += 1
    for name, dw in gradients.items():
        w = state.parameters[name]
        if update.rule == "adam":
            m, v = (_slot(state, slot, name) for slot in ("m", "v"))
            settings = (update.momentum, update.second, update.epsilon, update.decay)
            w, m, v = adam(w, dw, m, v, state.steps, rate, *settings)
            state.slots["m"][name], state.slots["v"][name] = m, v
        elif update.momentum:
            v = _slot(state, "v", name)
            w, v = momentum_sgd(w, dw, v, rate, update.momentum, update.decay)
            state.slots["v"][name] = v
        else:
            w = sgd(w, dw, rate, update.decay)
        state.parameters[name] = w


def _slot(state: State, slot: str, name: str) -> Array:
    running = state.slots.setdefault(slot, {})
    return running.get(name, np.zeros_like(state.parameters[name]))


class ReferenceProgram:
    """One network, run by the formulas."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def forward(self, parameters: Parameters, examples: Examples) -> Array:
        """Give the last layer's x, (N, classes): distances if it is an RBF layer."""
        check_parameters(self.network, parameters)
        check_pictures(self.network, examples)
        outputs = np.empty((len(examples), self.network.classes))
        for start in range(0, len(examples), FORWARD_ROWS):
            rows = slice(start, start + FORWARD_ROWS)
            steps = walk_forward(self.network.layers, parameters, examples.values(rows))
            outputs[rows] = flat(steps[-1].x)
        return outputs

    def gradients(
        self, parameters: Parameters, examples: Examples, loss: str
    ) -> tuple[float, dict[str, Array]]:
        """Give the mean loss and its gradient by parameter name."""
        labels = check_learning(self.network, parameters, examples, loss)
        return self._gradients(parameters, examples.values(slice(None)), labels, loss)

    def trace(self, parameters: Parameters, examples: Examples, loss: str) -> Trace:
        """Give every u, x, delta and gradient for the one example that is passed."""
        check_one(self.network, examples)
        labels = check_learning(self.network, parameters, examples, loss)
        steps = walk_forward(self.network.layers, parameters, examples.values(slice(None)))
        e, top_du = loss_of(loss, steps[-1], labels)
        backward = list(walk_back(steps, parameters, top_du))[::-1]
        layers = {
            layer.name: LayerTrace(step.u[0], step.x[0], du[0], gradients)
            for step, (layer, du, _, gradients) in zip(steps, backward, strict=True)
        }
        return Trace(steps[0].below[0], backward[0][2][0], float(e[0]), layers)

    def train(
        self,
        state: State,
        examples: Examples,
        order: NDArray[np.int64],
        batch: int,
        rates: Sequence[float],
        update: Update,
        loss: str,
    ) -> NDArray[np.float64]:
        """Take len(rates) steps, changing `state`; give the mean loss of each step."""
        check_steps(update, rates, batch, order, state)
        labels = check_learning(self.network, state.parameters, examples, loss)
        losses = np.empty(len(rates))
        for s, rate in enumerate(rates):
            rows = order[s * batch : (s + 1) * batch]
            losses[s], gradients = self._gradients(
                state.parameters, examples.values(rows), labels[rows], loss
            )
            step_parameters(state, gradients, float(rate), update)
        return losses

    def _gradients(
        self, parameters: Parameters, x: Array, labels: Array, loss: str
    ) -> tuple[float, dict[str, Array]]:
        steps = walk_forward(self.network.layers, parameters, x)
        e, du = loss_of(loss, steps[-1], labels)
        found = {
            f"{layer.name}.{own}": gradient
            for layer, _, _, gradients in walk_back(steps, parameters, du / len(x))
            for own, gradient in gradients.items()
        }
        return float(e.mean()), {name: found[name] for name in parameters}


class Reference:
    """The engine that is the formulas: always there, and never fast."""

    name = "reference"
    threads = 1

    def program(self, network: Network) -> ReferenceProgram:
        """Make the network runnable."""
        return ReferenceProgram(network)
