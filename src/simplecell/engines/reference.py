"""The engine that is the formulas: slow, float64, to be read. Every engine must repeat it.

`walk.py` goes up and down the network by them, `curvature.py` down once more for the curvature;
here the steps are taken.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.curvature import mean_curvature
from simplecell.engines.parameters import learned_names, read_parameters
from simplecell.engines.protocol import (
    Array,
    Examples,
    LayerTrace,
    Parameters,
    State,
    Trace,
    Update,
)
from simplecell.engines.requests import (
    check_company,
    check_one,
    check_pictures,
    read_learning,
    read_network,
    read_steps,
)
from simplecell.engines.walk import (
    Step,
    chances_of,
    flat,
    loss_of,
    penalties,
    remembered,
    walk_back,
    walk_forward,
)
from simplecell.formulas.losses import check_labels
from simplecell.formulas.updates import adam, momentum_sgd, sdlm, sgd
from simplecell.spec.network import Network

FORWARD_ROWS = 256
"""How many examples go forward at a time, so that a long data set needs little memory."""


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
        elif update.rule == "sdlm":
            w = sdlm(w, dw, state.slots["h"][name], rate, update.mu, update.decay)
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
        self._learned = learned_names(network)

    def __repr__(self) -> str:
        """Say whose program it is."""
        return f"{type(self).__name__} of {self.network.name}"

    def forward(self, parameters: Parameters, examples: Examples) -> Array:
        """Give the last layer's x, (N, classes): distances if it is an RBF layer."""
        parameters = read_parameters(self.network, parameters)
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
        parameters, labels = read_learning(self.network, parameters, examples, loss)
        check_company(self.network, len(examples), len(examples))
        steps = self._up(parameters, examples.values(slice(None)))
        return self._down(steps, parameters, labels, loss)

    def curvature(self, parameters: Parameters, examples: Examples, loss: str) -> dict[str, Array]:
        """Give the mean of d2E/dw2 by parameter name, never negative."""
        return mean_curvature(self.network, parameters, examples, loss)

    def trace(self, parameters: Parameters, examples: Examples, loss: str) -> Trace:
        """Give every u, x, delta and gradient for the one example that is passed."""
        check_one(self.network, examples)
        parameters, labels = read_learning(self.network, parameters, examples, loss)
        steps = walk_forward(self.network.layers, parameters, examples.values(slice(None)))
        e, top_du = loss_of(loss, steps[-1], labels)
        backward = list(walk_back(steps, parameters, top_du))[::-1]
        added, more = penalties(self.network.layers, parameters)
        layers = {
            layer.name: LayerTrace(
                step.u[0],
                step.x[0],
                du[0],
                {own: dw + more.get(f"{layer.name}.{own}", 0) for own, dw in gradients.items()},
            )
            for step, (layer, du, _, gradients) in zip(steps, backward, strict=True)
        }
        return Trace(steps[0].below[0], backward[0][2][0], float(e[0]) + added, layers)

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
        told, order, batch = read_steps(
            self.network, update, rates, batch, order, state, examples, loss
        )
        labels = check_labels(examples.labels, len(examples), self.network.classes)
        losses = np.empty(len(told))
        for s, rate in enumerate(told):
            rows = order[s * batch : (s + 1) * batch]
            steps = self._up(state.parameters, examples.values(rows), state.seed, state.steps)
            losses[s], gradients = self._down(steps, state.parameters, labels[rows], loss)
            state.parameters |= remembered(steps, state.parameters)
            step_parameters(state, gradients, float(rate), update)
        return losses

    def _up(self, parameters: Parameters, x: Array, seed: int = 0, step: int = 0) -> list[Step]:
        layers = self.network.layers
        return walk_forward(layers, parameters, x, chances_of(len(layers), seed, step))

    def _down(
        self, steps: list[Step], parameters: Parameters, labels: Array, loss: str
    ) -> tuple[float, dict[str, Array]]:
        e, du = loss_of(loss, steps[-1], labels)
        found = {
            f"{layer.name}.{own}": gradient
            for layer, _, _, gradients in walk_back(steps, parameters, du / len(labels))
            for own, gradient in gradients.items()
        }
        added, more = penalties(self.network.layers, parameters)
        return float(e.mean()) + added, {n: found[n] + more.get(n, 0) for n in self._learned}


class Reference:
    """The engine that is the formulas: always there, and never fast."""

    name = "reference"
    threads = 1

    def __repr__(self) -> str:
        """Say which engine it is, and on how many threads."""
        return f"{type(self).__name__}(threads={self.threads})"

    def program(self, network: Network | str) -> ReferenceProgram:
        """Make the network runnable."""
        return ReferenceProgram(read_network(network))
