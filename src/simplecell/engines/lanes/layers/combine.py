"""Networks with learned combinations: run as the convolutions they are, their kernels mixed.

    before   v[m,c] = alpha[m,c] * w[c]        alpha = softmax(choice)
    after    dw[c]  = sum_m alpha[m,c] * dv[m,c]
             dalpha = sum_pq w * dv,  carried on to the choice

There are no kernels of their own for these layers: mixing costs nothing beside convolving. Steps
are taken by the reference's rules, in float32.

Source: Bouvrie 2006, 3.3.   Brief: E2, E3
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.curvature import mean_curvature
from simplecell.engines.parameters import learned_names, read_parameters
from simplecell.engines.protocol import (
    Array,
    Examples,
    LayerTrace,
    Parameters,
    Program,
    State,
    Trace,
    Update,
)
from simplecell.engines.reference import step_parameters
from simplecell.engines.requests import check_company, check_one, read_learning, read_steps
from simplecell.engines.walk import penalties
from simplecell.formulas.activations import softmax
from simplecell.formulas.combine import choice_gradient, mixed_kernels
from simplecell.spec.layers import Combine, Conv, Layer
from simplecell.spec.network import Network


def convolved(network: Network) -> Network:
    """Write a network with a convolution for each Combine layer; others stay as they are."""
    return replace(network, layers=tuple(map(_convolution, network.layers)))


def _convolution(layer: Layer) -> Layer:
    if not isinstance(layer, Combine):
        return layer
    sides = (layer.name, layer.maps, layer.kernel, layer.stride)
    return Conv(*sides, squash=layer.squash, padding=layer.padding)


class Learner(Program, Protocol):
    """A program that gives the gradients of any step."""

    def learn(
        self, parameters: Parameters, examples: Examples, loss: str, at: State
    ) -> tuple[float, dict[str, Array], dict[str, Array]]:
        """Give loss and gradients as the step after `at` has them, and what it would keep."""
        ...

    def reader(self, parameters: Parameters) -> Callable[[Examples], Array]:
        """Give `forward` of these weights as they are now."""
        ...


class CombineProgram:
    """One network, run by a program of its convolutions."""

    def __init__(self, network: Network, inner: Learner) -> None:
        self.network = network
        self.inner = inner
        self._learned = learned_names(network)
        self._layers = [layer.name for layer in network.layers if isinstance(layer, Combine)]

    def __repr__(self) -> str:
        """Say whose program it is."""
        return f"{type(self).__name__} of {self.network.name}"

    def forward(self, parameters: Parameters, examples: Examples) -> Array:
        """Give the last layer's x, (N, classes): distances if it is an RBF layer."""
        parameters = read_parameters(self.network, parameters)
        return self.inner.forward(self._mixed(parameters), examples)

    def reader(self, parameters: Parameters) -> Callable[[Examples], Array]:
        """Give `forward` of these weights as they are now."""
        return self.inner.reader(self._mixed(parameters))

    def gradients(
        self, parameters: Parameters, examples: Examples, loss: str
    ) -> tuple[float, dict[str, Array]]:
        """Give the mean loss and its gradient by parameter name."""
        parameters, _ = read_learning(self.network, parameters, examples, loss)
        check_company(self.network, len(examples), len(examples))
        return self._gradients(parameters, examples, loss, State({}))[:2]

    def curvature(self, parameters: Parameters, examples: Examples, loss: str) -> dict[str, Array]:
        """Give the mean of d2E/dw2 by parameter name, never negative.

        It is the reference's: the curvature of mixed kernels says nothing about that of shares.
        """
        return mean_curvature(self.network, parameters, examples, loss)

    def trace(self, parameters: Parameters, examples: Examples, loss: str) -> Trace:
        """Give every u, x, delta and gradient for the one example that is passed."""
        check_one(self.network, examples)
        parameters, _ = read_learning(self.network, parameters, examples, loss)
        found = self.inner.trace(self._mixed(parameters), examples, loss)
        layers = dict(found.layers)
        value, gradients = self._unmixed(
            parameters,
            found.loss,
            {f"{name}.{n}": g for name, told in layers.items() for n, g in told.gradients.items()},
        )
        for name in self._layers:
            own = {own: gradients[f"{name}.{own}"] for own in ("w", "choice", "b")}
            layers[name] = LayerTrace(layers[name].u, layers[name].x, layers[name].du, own)
        return Trace(found.x, found.dx, value, layers)

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
        state.parameters = _singles(state.parameters)
        state.slots = {slot: _singles(arrays) for slot, arrays in state.slots.items()}
        losses = np.empty(len(told))
        for s, rate in enumerate(told):
            some = _rows(examples, order[s * batch : (s + 1) * batch])
            losses[s], gradients, kept = self._gradients(state.parameters, some, loss, state)
            state.parameters |= kept
            step_parameters(state, gradients, float(rate), update)
        return losses

    def _mixed(self, parameters: Parameters) -> dict[str, Array]:
        mixed = dict(parameters)
        for name in self._layers:
            alpha = softmax(mixed.pop(f"{name}.choice"))
            mixed[f"{name}.w"] = mixed_kernels(mixed[f"{name}.w"], alpha)
        return mixed

    def _gradients(
        self, parameters: Parameters, examples: Examples, loss: str, at: State
    ) -> tuple[float, dict[str, Array], dict[str, Array]]:
        value, found, kept = self.inner.learn(self._mixed(parameters), examples, loss, at)
        return *self._unmixed(parameters, value, found), kept

    def _unmixed(
        self, parameters: Parameters, value: float, found: dict[str, Array]
    ) -> tuple[float, dict[str, Array]]:
        """Give kernels and choices their share of the mixed kernels' gradient, and the penalty."""
        for name in self._layers:
            w, choice = parameters[f"{name}.w"], parameters[f"{name}.choice"]
            alpha, dv = softmax(choice), found[f"{name}.w"]
            dalpha = (w * dv).sum(axis=(2, 3))
            found[f"{name}.w"] = (alpha[:, :, None, None] * dv).sum(axis=0)
            found[f"{name}.choice"] = choice_gradient(alpha, dalpha)
        added, more = penalties(self.network.layers, parameters)
        for name, gradient in more.items():
            found[name] = found[name] + gradient
        return value + added, {name: found[name] for name in self._learned}


def _singles(arrays: Parameters) -> dict[str, Array]:
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def _rows(examples: Examples, rows: Array) -> Examples:
    labels = None if examples.labels is None else examples.labels[rows]
    return replace(examples, pixels=examples.pixels[rows], labels=labels)
