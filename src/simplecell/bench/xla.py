"""JAX as a good user writes it: one jitted step, images with channels last.

At batch 1 the loop is also put inside, by `lax.scan`: no Python between the steps. Max pooling
is tried by one reduction over each window and by two halvings; XLA's own window operator is
slower than both on a processor.
"""

import os
from collections.abc import Callable, Mapping
from functools import partial, reduce
from importlib import import_module, metadata
from typing import Any

import numpy as np

from simplecell.bench.answers import STEPS
from simplecell.bench.system import Forms, Runner, System
from simplecell.bench.task import Task
from simplecell.engines.parameters import code_values
from simplecell.engines.protocol import Array
from simplecell.errors import EngineError
from simplecell.formulas.activations import AMPLITUDE, STEEPNESS
from simplecell.formulas.conv import table_mask
from simplecell.formulas.losses import targets
from simplecell.notation import split
from simplecell.spec.layers import RBF, Conv, Dense, Layer, Pair, Pool, Subsample
from simplecell.spec.network import Network

BLOCKS = (192, STEPS)
"""How many steps a scan takes at a time: many to be timed, few to be compared."""

Values = Any
"""JAX's arrays; its package is not there for the type checker."""
Pooling = Callable[[Values, Pair], Values]


class Jax(System):
    """JAX on the processor."""

    def __init__(self, threads: int) -> None:
        # Read once, when JAX makes its threads; the bench also confines itself to so many cores.
        os.environ.setdefault("NPROC", str(threads))
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        self.jax = import_module("jax")
        self.version = f"jax {metadata.version('jax')}"

    def training(self, task: Task) -> Forms:
        """Give the jitted step, by each pooling; at batch 1 also many steps in one scan."""
        forms: dict[str, Callable[[], Runner]] = {}
        for name, pooling in self._poolings(task.network).items():
            net = Net(self.jax, task.network, pooling)
            forms[f"step{name}"] = partial(Steps, net, task)
            if task.batch == 1:
                forms[f"scan{name}"] = partial(Scan, net, task)
        return forms

    def inference(self, task: Task) -> Forms:
        """Give the jitted network, by each pooling."""
        return {
            f"forward{name}": partial(Outputs, Net(self.jax, task.network, pooling), task)
            for name, pooling in self._poolings(task.network).items()
        }

    def _poolings(self, network: Network) -> dict[str, Pooling]:
        if not any(isinstance(layer, Pool) and layer.kind == "max" for layer in network.layers):
            return {"": max_by_window}
        return {" (windows)": max_by_window, " (halves)": partial(max_by_halves, self.jax.numpy)}


def windows(x: Values, window: Pair) -> Values:
    """Fold maps (N, H, W, C) into windows: (N, H/n, n, W/m, m, C)."""
    count, height, width, maps = x.shape
    n, m = window
    return x.reshape(count, height // n, n, width // m, m, maps)


def max_by_window(x: Values, window: Pair) -> Values:
    """Take the largest cell of each window at once."""
    return windows(x, window).max((2, 4))


def max_by_halves(jnp: Any, x: Values, window: Pair) -> Values:
    """Take the larger of rows, then the larger of columns."""
    n, m = window
    rows = reduce(jnp.maximum, [x[:, i::n] for i in range(n)])
    return reduce(jnp.maximum, [rows[:, :, j::m] for j in range(m)])


class Net:
    """A network as functions of parameters and images (N, H, W, C)."""

    def __init__(self, jax: Any, network: Network, pooling: Pooling) -> None:
        self.jax, self.network, self.pooling = jax, network, pooling
        # Kernels that slide are kept channels last, as XLA's convolution reads them.
        self.sliding = {
            f"{layer.name}.w"
            for layer, below in zip(network.layers, network.inputs, strict=True)
            if isinstance(layer, Conv) and layer.kernel != below[1:]
        }

    def read(self, parameters: Mapping[str, Array]) -> Values:
        """Take over parameters into JAX's own arrays."""
        return {
            name: self.jax.numpy.array(w.transpose(2, 3, 1, 0) if name in self.sliding else w)
            for name, w in parameters.items()
        }

    def write(self, parameters: Values) -> dict[str, Array]:
        """Give copies of parameters in our shapes."""
        arrays = {name: np.array(w) for name, w in parameters.items()}
        for name in self.sliding:
            arrays[name] = arrays[name].transpose(3, 2, 0, 1)
        return arrays

    def top(self, parameters: Values, x: Values) -> Values:
        """Give the last layer's u, (N, classes)."""
        layers = self.network.layers
        for layer in layers[:-1]:
            x = self._squash(layer.squash, self._weigh(layer, parameters, x))
        return self._flat(self._weigh(layers[-1], parameters, x))

    def outputs(self, parameters: Values, x: Values) -> Values:
        """Give the last layer's x, (N, classes)."""
        return self._squash(self.network.layers[-1].squash, self.top(parameters, x))

    def loss(self, loss: str, parameters: Values, x: Values, target: Values) -> Values:
        """Give the mean loss; the target is a label, or one-of-c outputs."""
        jax, last = self.jax, self.network.layers[-1]
        u = self.top(parameters, x)
        if loss == "squared_error":
            away = self._squash(last.squash, u) - target
            return 0.5 * (away * away).sum(1).mean()
        chances = jax.nn.log_softmax(-u if isinstance(last, RBF) else u)
        return -jax.numpy.take_along_axis(chances, target[:, None], 1).mean()

    def step(self, task: Task, parameters: Values, x: Values, target: Values) -> Values:
        """Take one step of SGD; give the new parameters and the loss."""
        loss = partial(self.loss, task.loss)
        value, moves = self.jax.value_and_grad(loss)(parameters, x, target)
        moved = self.jax.tree.map(lambda w, dw: w - task.rate * dw, parameters, moves)
        return moved, value

    def _flat(self, x: Values) -> Values:
        """List cells map by map, as our weights do."""
        if x.ndim == 2:
            return x
        return x.transpose(0, 3, 1, 2).reshape(len(x), -1)

    def _weigh(self, layer: Layer, parameters: Values, x: Values) -> Values:
        w, b = parameters.get(f"{layer.name}.w"), parameters.get(f"{layer.name}.b")
        match layer:
            case Conv():
                return self._convolve(layer, w, b, x)
            case Dense():
                return self._flat(x) @ w.T + b
            case RBF():
                away = self._flat(x)[:, None] - code_values(layer).astype(np.float32)
                return (away * away).sum(2)
            case Subsample():
                return windows(x, layer.window).sum((2, 4)) * w + b
            case Pool() if not layer.is_plain((x.shape[3], x.shape[1], x.shape[2])):
                raise EngineError(
                    f"layer {layer.name}: the bench writes pooling in JAX only in windows side by"
                    " side that cover the maps."
                )
            case Pool() if layer.kind == "max":
                return self.pooling(x, layer.window)
            case Pool():
                return windows(x, layer.window).mean((2, 4))
        raise EngineError(f"the bench does not write {layer.type} layers in JAX.")

    def _convolve(self, layer: Conv, w: Values, b: Values, x: Values) -> Values:
        sliding = f"{layer.name}.w" in self.sliding
        if layer.table is not None:
            maps = w.shape[2] if sliding else w.shape[1]
            mask = table_mask(layer.table, layer.maps, maps).astype(np.float32)
            w = w * (mask.T if sliding else mask[:, :, None, None])
        if not sliding:
            return self._flat(x) @ w.reshape(layer.maps, -1).T + b
        axes = ("NHWC", "HWIO", "NHWC")
        return b + self.jax.lax.conv_general_dilated(
            x, w, layer.stride, "VALID", dimension_numbers=axes
        )

    def _squash(self, name: str, u: Values) -> Values:
        jax = self.jax
        family, parameter = split(name)
        match family:
            case "sigmoid" | "relu" | "softmax" | "tanh" | "softplus":
                return getattr(jax.nn, family)(u)
            case "leaky_relu" | "elu":
                return getattr(jax.nn, family)(u, parameter)
            case "scaled_tanh":
                return AMPLITUDE * jax.numpy.tanh(STEEPNESS * u)
        return u


class Steps(Runner):
    """Training steps, each a call from Python."""

    def __init__(self, net: Net, task: Task) -> None:
        self.net, self.task, jnp = net, task, net.jax.numpy
        self.step = net.jax.jit(partial(net.step, task), donate_argnums=0)
        self.x = jnp.array(task.x.transpose(0, 2, 3, 1))
        last = task.network.layers[-1].squash
        target = task.labels
        if task.loss == "squared_error":
            target = targets(task.labels, task.network.classes, last).astype(np.float32)
        self.target = jnp.array(target)
        self.batches = [(self.x[rows], self.target[rows]) for rows in task.batches]
        self.reset()

    def reset(self) -> None:
        """Go back to the task's weights."""
        self.parameters = self.net.read(self.task.parameters)
        self.value = np.zeros(())

    def advance(self, steps: int) -> None:
        """Take so many steps."""
        for s in range(steps):
            batch = self.batches[s % len(self.batches)]
            self.parameters, self.value = self.step(self.parameters, *batch)
        self.net.jax.block_until_ready(self.parameters)

    def answer(self) -> Mapping[str, Array]:
        """Give the parameters and the loss of the last step."""
        return {"loss": np.array(self.value).reshape(1), **self.net.write(self.parameters)}


class Scan(Steps):
    """Training steps with the loop inside, by `lax.scan`."""

    def __init__(self, net: Net, task: Task) -> None:
        super().__init__(net, task)
        jax = net.jax

        def many(parameters: Values, x: Values, target: Values) -> Values:
            moved, values = jax.lax.scan(
                lambda now, batch: net.step(task, now, *batch), parameters, (x, target)
            )
            return moved, values[-1]

        self.many = jax.jit(many, donate_argnums=0)
        self.blocks = {block: self._cut(block) for block in BLOCKS}

    def _cut(self, block: int) -> tuple[list[Values], list[Values]]:
        """Cut pictures and targets into blocks of steps of a batch each."""
        size = min(block, len(self.batches)) * self.task.batch
        starts = range(0, len(self.x) - size + 1, size)

        def cut(values: Values) -> list[Values]:
            lead = (-1, self.task.batch)
            return [values[s : s + size].reshape(*lead, *values.shape[1:]) for s in starts]

        return cut(self.x), cut(self.target)

    def advance(self, steps: int) -> None:
        """Take so many steps, most of them in blocks."""
        left = steps
        for block in BLOCKS:
            x, target = self.blocks[block]
            for k in range(left // block):
                some = k % len(x)
                self.parameters, self.value = self.many(self.parameters, x[some], target[some])
            left %= block
        super().advance(left)


class Outputs(Runner):
    """Batches going forward."""

    def __init__(self, net: Net, task: Task) -> None:
        self.jax, self.forward = net.jax, net.jax.jit(net.outputs)
        self.parameters = net.read(task.parameters)
        x = task.x.transpose(0, 2, 3, 1)
        self.batches = [net.jax.numpy.array(x[rows]) for rows in task.batches]

    def reset(self) -> None:
        """Do nothing: going forward changes no weights."""

    def advance(self, steps: int) -> None:
        """Run so many batches."""
        for s in range(steps):
            outputs = self.forward(self.parameters, self.batches[s % len(self.batches)])
        self.jax.block_until_ready(outputs)

    def answer(self) -> Mapping[str, Array]:
        """Give the outputs of the first batch."""
        return {"outputs": np.array(self.forward(self.parameters, self.batches[0]))}
