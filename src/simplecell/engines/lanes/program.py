"""The lanes engine: networks on the machine, by the protocol every engine follows."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.lanes import fields as f
from simplecell.engines.lanes import machine
from simplecell.engines.lanes.plan import Plan, Planner, alone_supported, constants, spans
from simplecell.engines.lanes.update import ADAM, MOMENTUM, NONE, SGD
from simplecell.engines.protocol import (
    Array,
    Examples,
    LayerTrace,
    Parameters,
    State,
    Trace,
    Update,
)
from simplecell.errors import DataError, EngineError
from simplecell.formulas.activations import softmax
from simplecell.spec.network import Network

ALONE = 3
"""Up to so many images a step, each runs by itself; more fill a pack of sixteen."""


class Lanes:
    """The compiled engine: packs of sixteen images, float32, on the threads it is given."""

    name = "lanes"

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(max(1, self.threads - 1), "lanes")

    def program(self, network: Network) -> "LanesProgram":
        """Make the network runnable; nothing is compiled for it."""
        return LanesProgram(network, self)

    def together(self, work: Any, threads: int) -> None:
        """Call work(0) ... work(threads - 1) at once, and wait for all."""
        others = [self._pool.submit(work, thread) for thread in range(1, threads)]
        work(0)
        for other in others:
            other.result()


def aligned(floats: int) -> NDArray[np.float32]:
    """Allocate zeros that start on a cache line, so that no vector straddles two."""
    raw = np.zeros(floats + f.LANES, np.float32)
    start = -raw.ctypes.data % (4 * f.LANES) // 4
    return raw[start : start + floats]


class Bound:
    """A plan with its memory."""

    def __init__(self, plan: Plan, packs: int) -> None:
        self.plan = plan
        self.memory = aligned(plan.floats)
        self.slots = np.zeros((packs, plan.slot_floats + f.LANES), np.float32)
        self.pack_losses = np.zeros(packs)


class LanesProgram:
    """One network on the lanes engine."""

    def __init__(self, network: Network, engine: Lanes) -> None:
        self.network = network
        self.engine = engine
        self.places, self.floats = spans(network)
        self._bound: dict[tuple[Any, ...], Bound] = {}
        self._constants = constants(network)
        self._alone = alone_supported(network)

    # Parameters

    def _flat(self, values: Parameters | None = None) -> NDArray[np.float32]:
        flat = aligned(self.floats + len(self._constants) + 2 * f.LANES)
        if values is not None:
            for name, span in self.places.items():
                flat[span.start : span.stop] = values[name].ravel()
            flat[self.floats : self.floats + len(self._constants)] = self._constants
        return flat

    def _named(self, flat: NDArray[np.float32]) -> dict[str, Array]:
        return {
            name: flat[span.start : span.stop].reshape(span.shape).copy()
            for name, span in self.places.items()
        }

    # Plans

    def _bind(self, batch: int, loss: str | None, **options: bool) -> Bound:
        alone = self._alone and batch <= ALONE and not options
        lanes = 1 if alone else f.LANES
        packs = -(-batch // lanes)
        key = (lanes, packs, loss, *sorted(options))
        if key not in self._bound:
            room = max(packs, self.engine.threads)
            planner = Planner(
                self.network, lanes, room, self.engine.threads, loss, **options
            )
            self._bound[key] = Bound(planner.build(), room)
        return self._bound[key]

    def _source(self, examples: Examples, order: Array, labelled: bool) -> tuple[Any, ...]:
        pixels = examples.pixels
        if pixels.shape[1:] != self.network.input:
            raise DataError(
                f"{self.network.name} reads images of shape {self.network.input};"
                f" found {pixels.shape[1:]}."
            )
        flat = np.ascontiguousarray(pixels.reshape(len(pixels), -1))
        bytes_ = flat if flat.dtype == np.uint8 else np.zeros((0, 1), np.uint8)
        floats = np.zeros((0, 1), np.float32)
        if flat.dtype != np.uint8:
            floats = np.ascontiguousarray(flat, np.float32)
        labels = np.zeros(0, np.int64)
        if labelled:
            labels = self._labels(examples)
        order = np.ascontiguousarray(order, np.int64)
        return bytes_, floats, labels, order, np.float32(examples.scale), np.float32(examples.shift)

    def _labels(self, examples: Examples) -> Array:
        if examples.labels is None:
            raise DataError("these examples have no labels; a loss needs one for each image.")
        labels = np.ascontiguousarray(examples.labels, np.int64)
        classes = self.network.classes
        if len(labels) != len(examples):
            raise DataError(f"{len(labels)} labels were given for {len(examples)} images.")
        if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
            raise DataError(
                f"{self.network.name} has {classes} classes, 0 to {classes - 1};"
                f" found labels from {labels.min()} to {labels.max()}."
            )
        return labels

    # The protocol

    def forward(self, parameters: Parameters, examples: Examples) -> Array:
        """Give the last layer's x, (N, classes): distances if it is an RBF layer."""
        count = len(examples)
        out = np.zeros((max(count, 1), self.network.classes), np.float32)
        if count == 0:
            return out[:0]
        source = self._source(examples, np.arange(count), labelled=False)
        lanes = 1 if self._alone and count <= ALONE else f.LANES
        threads = min(self.engine.threads, -(-count // lanes))
        bound = self._bind(min(count, threads * lanes), None)
        plan, w = bound.plan, self._flat(parameters)

        def work(thread: int) -> None:
            machine.forward(
                plan.tables, bound.memory, w, source, plan.forward_stop, plan.output, out,
                thread, threads,
            )

        self.engine.together(work, threads)
        return out

    def gradients(
        self, parameters: Parameters, examples: Examples, loss: str
    ) -> tuple[float, dict[str, Array]]:
        """Give the mean loss and its gradient by parameter name."""
        w, g = self._flat(parameters), self._flat()
        count = len(examples)
        source = self._source(examples, np.arange(count), labelled=True)
        rule = (NONE, np.float32(0), np.float32(0), np.float32(0), np.float32(0), 0)
        losses = self._steps(loss, w, g, g, g, source, count, np.zeros(1), rule)
        return float(losses[0]), self._named(g)

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
        kind, names = _rule(update)
        w, g = self._flat(state.parameters), self._flat()
        m, v = g, g
        moving = [self._flat(state.slots.get(name)) for name in names]
        if len(moving) == 1:
            m = moving[0]
        elif moving:
            m, v = moving
        source = self._source(examples, order, labelled=True)
        constants = (update.momentum, update.second, update.epsilon, update.decay)
        rule = (kind, *(np.float32(c) for c in constants), state.steps)
        losses = self._steps(loss, w, g, m, v, source, batch, np.asarray(rates, float), rule)
        state.parameters = self._named(w)
        state.slots = {n: self._named(flat) for n, flat in zip(names, moving, strict=True)}
        state.steps += len(rates)
        return losses

    def _steps(
        self, loss: str, w: Array, g: Array, m: Array, v: Array,
        source: tuple[Any, ...], batch: int, rates: Array, rule: tuple[Any, ...],
    ) -> NDArray[np.float64]:
        bound = self._bind(batch, loss)
        plan = bound.plan
        lanes = plan.tables[1][0, f.LANE_COUNT]
        threads = min(self.engine.threads, -(-batch // int(lanes)))
        losses = np.zeros(len(rates))
        counter = np.zeros(1, np.int64)

        def work(thread: int) -> None:
            crew = (thread, threads, counter, bound.pack_losses)
            machine.train(
                plan.tables, bound.memory, w, g, m, v, bound.slots, source, batch, rates, rule,
                losses, crew,
            )

        self.engine.together(work, threads)
        return losses

    def trace(self, parameters: Parameters, examples: Examples, loss: str) -> Trace:
        """Give every u, x, delta and gradient for the one example that is passed."""
        if len(examples) != 1:
            raise DataError(f"a trace follows one example; {len(examples)} were given.")
        value, gradients = self.gradients(parameters, examples, loss)
        bound = self._bind(1, loss, input_gradient=True, split_squash=True)
        plan, memory, w = bound.plan, bound.memory, self._flat(parameters)
        source = self._source(examples, np.arange(1), labelled=True)
        here = np.empty_like(plan.tables[1])
        machine.place(plan.tables[1], here, 0, 0)
        slot = bound.slots[0]

        def read(node: int) -> Array:
            base, maps, height, width, step = here[node, :5]
            pixels = base + step * np.arange(maps * height * width)
            return memory[pixels].reshape(maps, height, width)

        def run(first: int, last: int) -> None:
            machine.run(plan.tables, memory, w, here, first, last, source, 0, 1, 1, slot)

        run(0, 1)
        x = read(0)
        us, xs = _way_up(plan, run, read)
        if self.network.layers[-1].squash == "softmax":
            xs[-1] = softmax(us[-1].reshape(1, -1)).reshape(us[-1].shape)
        deltas: list[Array] = []
        run(plan.forward_stop, plan.down_start[-1])
        for n in reversed(range(len(plan.layer_nodes))):
            deltas.insert(0, read(plan.layer_nodes[n]))
            after = plan.down_start[n - 1] if n else plan.tables[5][0, 0]
            run(plan.down_start[n], after)
        layers = {
            layer.name: LayerTrace(
                us[n], xs[n], deltas[n],
                {own: gradients[f"{layer.name}.{own}"] for own in ("w", "b")
                 if f"{layer.name}.{own}" in gradients},
            )
            for n, layer in enumerate(self.network.layers)
        }
        return Trace(x, read(0), value, layers)


def _way_up(plan: Plan, run: Any, read: Any) -> tuple[list[Array], list[Array]]:
    """Run instruction by instruction, keeping each layer's u before it is squashed, and x after."""
    us: list[Array] = []
    xs: list[Array] = []
    for n in range(1, plan.forward_stop):
        node = plan.layer_nodes[min(len(xs), len(plan.layer_nodes) - 1)]
        if plan.tables[0][n, f.KIND] == f.SQUASH_NODE:
            us.append(read(node))
            run(n, n + 1)
            xs.append(read(node))
        else:
            run(n, n + 1)
    return us, xs


def _rule(update: Update) -> tuple[int, tuple[str, ...]]:
    if update.rule == "sgd":
        return (MOMENTUM, ("v",)) if update.momentum else (SGD, ())
    if update.rule == "adam":
        return ADAM, ("m", "v")
    raise EngineError(f"lanes knows the updates sgd and adam; found {update.rule!r}.")
