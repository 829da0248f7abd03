"""The lanes engine: networks on the machine, by the protocol every engine follows."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes import machine
from simplecell.engines.lanes.allocation import aligned
from simplecell.engines.lanes.board import Board, Bound
from simplecell.engines.lanes.builder import Options
from simplecell.engines.lanes.curvature import CurvaturePlanner
from simplecell.engines.lanes.layers.combine import CombineProgram, convolved
from simplecell.engines.lanes.layers.entries import alone_supported, layer_plans
from simplecell.engines.lanes.layout import Doubles, Floats, Source
from simplecell.engines.lanes.plan import Plan, Planner
from simplecell.engines.lanes.rules import kind_of, rule_of
from simplecell.engines.lanes.storage import constants, own_spans, spans
from simplecell.engines.lanes.trace import Walk
from simplecell.engines.lanes.update import NONE, SCALED, Rule
from simplecell.engines.parameters import learned_names, read_parameters, shapes
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
    check_curved,
    check_one,
    check_pictures,
    read_learning,
    read_network,
    read_steps,
    read_threads,
)
from simplecell.formulas.activations import softmax
from simplecell.formulas.losses import POSTERIORS, check_labels
from simplecell.spec.accounting import count_network
from simplecell.spec.network import Network, in_use
from simplecell.workers import Workers, processors

ALONE = 3
"""Up to so many images a step, each runs by itself; more fill a pack of sixteen."""
PLANS_KEPT = 8
"""How many plans a program keeps, with their memory; the one unused for longest goes."""
READING = Options(None)
"""What a plan for the way up alone is made with."""
WAYS = 3
"""What a step costs beside the way up: the way down goes to the values and to the weights."""
LONG = 1e9
"""Multiplications from which a call is long, some hundredths of a second.

Whoever made it then waits in the interpreter, which hears Ctrl-C."""


def checked_threads(threads: int | None) -> int:
    """Give the number of threads, all processors if it is left out.

    Raises
        EngineError   not a whole number from 1
    """
    return processors() if threads is None else read_threads(threads)


class Lanes:
    """The compiled engine: packs of sixteen images, float32, on the threads it is given.

    Calls from several threads wait for each other, program by program.
    """

    name = "lanes"

    def __init__(self, threads: int | None = None) -> None:
        self.threads = checked_threads(threads)
        # Threads of one call wait for each other inside compiled code, so those of another must
        # not take their places; and a program's memory serves one call at a time. So each call
        # has the workers alone.
        self.workers = Workers("lanes")
        self._board: Board | None = None

    def stand_at(self, board: Board | None) -> None:
        """Let threads stand at this board and at no other; to be called by who has the workers."""
        if self._board is not None and self._board is not board:
            self._board.leave()
        self._board = board

    def __reduce__(self) -> tuple[type["Lanes"], tuple[int]]:
        """Be copied, or sent to another process, as an engine of as many threads."""
        return type(self), (self.threads,)

    def __repr__(self) -> str:
        """Say which engine it is, and on how many threads."""
        return f"{type(self).__name__}(threads={self.threads})"

    def program(self, network: Network | str) -> "LanesProgram | CombineProgram":
        """Make the network runnable; nothing is compiled for it."""
        network = read_network(network)
        plain = convolved(network)
        inner = LanesProgram(plain, self)
        return inner if plain == network else CombineProgram(network, inner)


class LanesProgram:
    """One network on the lanes engine."""

    def __init__(self, network: Network, engine: Lanes) -> None:
        self.network = network
        self.engine = engine
        self.places, self.floats = spans(network)
        self._bound: OrderedDict[tuple[int, int, Options], Bound] = OrderedDict()
        self._shapes = {name: span.shape for name, span in self.places.items()}
        self._constants = constants(network)
        self._cost = count_network(network).total.connections
        self._alone = alone_supported(network)
        self._learned = learned_names(network)
        self._learns = any(layer.learns_by_batch for layer in network.layers)
        self._used = in_use(network)
        self._meets = any(plan.meets for plan in layer_plans(network, f.LANES))
        # Kept between calls: fresh memory costs more than one image's way up.
        self._weights = self._flat()

    def __repr__(self) -> str:
        """Say whose program it is."""
        return f"{type(self).__name__} of {self.network.name}"

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Network]]:
        """Be copied, or sent to another process, as a program made there."""
        return self.engine.program, (self.network,)

    # Parameters

    def _flat(self, values: Parameters | None = None) -> Floats:
        flat = aligned(self.floats + len(self._constants) + 2 * f.LANES)
        flat[self.floats : self.floats + len(self._constants)] = self._constants
        if values is not None:
            self._fill(flat, values)
        return flat

    def _fill(self, flat: Floats, values: Parameters) -> None:
        for name, span in self.places.items():
            if name in values:
                span.write(flat, values[name])

    def _named(self, flat: Floats) -> dict[str, Array]:
        return {name: span.read(flat) for name, span in self.places.items()}

    def _moved(self, flat: Floats) -> dict[str, Array]:
        """Read what belongs to the parameters that are learned by gradient."""
        return {name: self.places[name].read(flat) for name in self._learned}

    # Plans

    def _lanes(self, batch: int) -> int:
        return 1 if self._alone and batch <= ALONE else f.LANES

    def _bind(self, batch: int, options: Options, rows: int | None = None) -> Bound:
        """Find or make the plan for batches of this size, of which at most `rows` are filled."""
        together = options.traced or options.curved or (options.learning and self._meets)
        lanes = f.LANES if together else self._lanes(batch)
        packs = -(-(batch if rows is None else min(batch, rows)) // lanes)
        threads = self.engine.threads
        key = (lanes, max(packs, threads), options)
        if key not in self._bound:
            planner: Planner
            if options.curved:
                shift = self.floats + len(self._constants)
                planner = CurvaturePlanner(self.network, key[1], threads, options, shift)
            else:
                network = self._used if options.loss is None else self.network
                planner = Planner(network, *key[:2], threads, options)
            self._bound[key] = Bound(planner.build(), key[1])
            if len(self._bound) > PLANS_KEPT:
                self._bound.popitem(last=False)
        self._bound.move_to_end(key)
        return self._bound[key]

    # Examples

    def _source(self, examples: Examples, order: Array, labelled: bool) -> Source:
        flat = np.ascontiguousarray(examples.pixels.reshape(len(examples), -1))
        bytes_, floats = np.zeros((0, 1), np.uint8), np.zeros((0, 1), np.float32)
        if flat.dtype == np.uint8:
            bytes_ = flat
        else:
            floats = np.ascontiguousarray(flat, np.float32)
        labels = np.zeros(0, np.int64)
        if labelled:
            found = check_labels(examples.labels, len(examples), self.network.classes)
            labels = np.ascontiguousarray(found, np.int64)
        rows = np.ascontiguousarray(order, np.int64)
        return bytes_, floats, labels, rows, np.float32(examples.scale), np.float32(examples.shift)

    # The protocol

    def forward(self, parameters: Parameters, examples: Examples) -> Array:
        """Give the last layer's x, (N, classes): distances if it is an RBF layer."""
        # Of its parameters only names and shapes: to look at every value takes longer than one
        # image does, and a NaN among them comes out as NaN.
        if shapes(parameters) != self._shapes:
            parameters = read_parameters(self.network, parameters)
        check_pictures(self.network, examples)
        return self._read(self._weights, examples, parameters)

    def reader(self, parameters: Parameters) -> Callable[[Examples], Array]:
        """Give `forward` of these weights as they are now: they are checked and laid out once."""
        own = self._flat(read_parameters(self.network, parameters))

        def read(examples: Examples) -> Array:
            check_pictures(self.network, examples)
            return self._read(own, examples)

        return read

    def _read(self, w: Floats, examples: Examples, parameters: Parameters | None = None) -> Array:
        """Give the last layer's x by the weights w, filled afresh if there are parameters."""
        if (count := len(examples)) == 0:
            return np.zeros((0, self.network.classes), np.float32)
        flat = examples.pixels.reshape(count, -1)
        pixels = np.ascontiguousarray(flat, None if flat.dtype == np.uint8 else np.float32)
        with self.engine.workers.alone:
            lanes, most = self._lanes(count), self.engine.threads
            bound = self._bind(min(count, most * lanes), READING)
            if parameters is not None:
                self._fill(w, parameters)
            # Layers with channels last go through as many images as there are.
            share = min(lanes, -(-count // most)) if bound.plan.wide else lanes
            cut = bound.plan.stages is not None and count <= lanes
            long, scaling = self._is_long(count), (examples.scale, examples.shift)
            board = bound.board_for(w, pixels, scaling, most, cut, kept=not long)
            self.engine.stand_at(board)
            board.write(count, share, not bound.laid_out(board) or parameters is not None)
            try:
                if long:
                    self.engine.workers.together(board.work, board.parts, board.leave, apart=True)
                else:
                    board.share(self.engine.workers, self._cost * count)
            except BaseException:
                self._abandon()
                raise
            return board.out[:count].copy()

    def planned(
        self, parameters: Parameters, examples: Examples, loss: str | None, batch: int
    ) -> tuple[Plan, Floats, Source]:
        """Give the plan for batches of this size, the weights as it reads them, and pictures."""
        options = Options(loss, learning=loss is not None and self._learns)
        source = self._source(examples, np.arange(len(examples)), labelled=loss is not None)
        return self._bind(batch, options).plan, self._flat(parameters), source

    def _is_long(self, images: int) -> bool:
        """Say whether whoever calls is to hear Ctrl-C meanwhile."""
        hears = threading.current_thread() is threading.main_thread()
        return hears and self._cost * images > LONG

    def _abandon(self) -> None:
        """Keep nothing that a call wrote on: a thread that did not hear may still write there."""
        self._bound.clear()
        self._weights = self._flat()

    def gradients(
        self, parameters: Parameters, examples: Examples, loss: str
    ) -> tuple[float, dict[str, Array]]:
        """Give the mean loss and its gradient by parameter name."""
        parameters, _ = read_learning(self.network, parameters, examples, loss)
        check_company(self.network, len(examples), len(examples))
        return self.learn(parameters, examples, loss, State({}))[:2]

    def learn(
        self, parameters: Parameters, examples: Examples, loss: str, at: State
    ) -> tuple[float, dict[str, Array], dict[str, Array]]:
        """Give loss and gradients as the step after `at` has them, and what it would keep."""
        return self._gradients(parameters, examples, Options(loss, learning=self._learns), at)

    def _gradients(
        self, parameters: Parameters, examples: Examples, options: Options, at: State
    ) -> tuple[float, dict[str, Array], dict[str, Array]]:
        w, g = self._flat(parameters), self._flat()
        count = len(examples)
        source = self._source(examples, np.arange(count), labelled=True)
        rule = rule_of(NONE, Update(), at.steps, at.seed)
        losses = self._steps(options, w, g, g, g, source, count, np.zeros(1), rule)
        kept = {name: a for name, a in self._named(w).items() if name not in self._learned}
        return float(losses[0]), self._moved(g), kept

    def curvature(self, parameters: Parameters, examples: Examples, loss: str) -> dict[str, Array]:
        """Give the mean of d2E/dw2 by parameter name, never negative."""
        check_curved(self.network)
        parameters, _ = read_learning(self.network, parameters, examples, loss)
        w, h = self._flat(parameters), self._flat()
        # Behind the parameters, their squares: see `curvature`.
        own = w[: self.floats]
        w = np.concatenate([own, self._constants, own * own])
        source = self._source(examples, np.arange(len(examples)), labelled=True)
        rule, options = rule_of(NONE, Update(), 0, 0), Options(loss, curved=True)
        self._steps(options, w, h, h, h, source, len(examples), np.zeros(1), rule)
        if loss in POSTERIORS:
            # All of h is in proportion to what it begins with, a share of mean_square's.
            h *= np.float32(POSTERIORS[loss]["share"])
        return self._moved(h)

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
        kind, names = kind_of(update)
        source = self._source(examples, order, labelled=True)
        w, g = self._flat(state.parameters), self._flat()
        moving = {name: self._flat(state.slots.get(name)) for name in names}
        m, v = [*moving.values(), g, g][:2]
        if kind == SCALED:
            scales = {name: 1 / (update.mu + h) for name, h in state.slots["h"].items()}
            m = self._flat(scales)
        rule = rule_of(kind, update, state.steps, state.seed)
        options = Options(loss, learning=self._learns)
        losses = self._steps(options, w, g, m, v, source, batch, told, rule)
        state.parameters = self._named(w)
        state.slots.update({name: self._moved(flat) for name, flat in moving.items()})
        state.steps += len(told)
        return losses

    def _steps(
        self,
        options: Options,
        w: Floats,
        g: Floats,
        m: Floats,
        v: Floats,
        source: Source,
        batch: int,
        rates: Doubles,
        rule: Rule,
    ) -> Doubles:
        losses = np.zeros(len(rates))
        counter = np.zeros(2, np.int64)

        def stop() -> None:
            counter[1] = 1

        with self.engine.workers.alone:
            self.engine.stand_at(None)
            bound = self._bind(batch, options, rows=len(source[3]))
            tables, first, most = bound.plan.steps(batch)
            threads = min(self.engine.threads, most)

            def work(thread: int, of: int) -> None:
                room = np.empty_like(tables[1])
                crew = (thread, of, counter, bound.pack_losses, room)
                own = (bound.memory, w, g, m, v, bound.slots)
                steps = (batch, rates, rule, losses, crew)
                machine.train(tables, *own, source, *steps, first)

            apart = self._is_long(WAYS * len(source[3]))
            try:
                self.engine.workers.together(work, threads, stop, apart)
            except BaseException:
                self._abandon()
                raise
        return losses

    def trace(self, parameters: Parameters, examples: Examples, loss: str) -> Trace:
        """Give every u, x, delta and gradient for the one example that is passed."""
        check_one(self.network, examples)
        parameters, _ = read_learning(self.network, parameters, examples, loss)
        value, gradients, _ = self._gradients(parameters, examples, Options(loss), State({}))
        source, w = self._source(examples, np.arange(1), labelled=True), self._flat(parameters)
        with self.engine.workers.alone:
            bound = self._bind(1, Options(loss, traced=True))
            walk = Walk(bound.plan, bound.memory, w, bound.slots[0], source)
            picture, us, xs = walk.up()
            deltas, dx = walk.down()
        if self.network.layers[-1].squash == "softmax":
            xs[-1] = softmax(us[-1].reshape(1, -1)).reshape(us[-1].shape)
        layers = {}
        for layer, u, x, du in zip(self.network.layers, us, xs, deltas, strict=True):
            names = own_spans(self.places, layer)
            full = {name: f"{layer.name}.{name}" for name in names}
            own = {name: gradients[f] for name, f in full.items() if f in gradients}
            layers[layer.name] = LayerTrace(u, x, du, own)
        return Trace(picture, dx, value, layers)
