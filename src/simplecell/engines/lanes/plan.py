"""Planning: a network as a list of instructions, decided once per network and batch size.

A convolution whose kernel covers its maps (C5) is a dense layer, the same sums in fewer words.
`layout` says where everything stands, and `taps` what a convolution reads.
"""

import math
from dataclasses import dataclass

import numpy as np

from simplecell.engines.lanes import (
    bend,
    conv,
    dense,
    gradient,
    local,
    pool,
    rbf,
    stride,
    subsample,
)
from simplecell.engines.lanes import fields as f
from simplecell.engines.lanes.ahead import prepare
from simplecell.engines.lanes.fields import Numbers, Tables
from simplecell.engines.lanes.layout import LINE, Layout, codes_at, lines, odds_at, spans
from simplecell.engines.lanes.taps import TapList, pitch
from simplecell.formulas.losses import POSTERIORS
from simplecell.spec.layers import RBF, Conv, Dense, Layer, Local, Pool, Shape, Subsample
from simplecell.spec.network import Network

ENTRIES = {
    conv.ENTRY: (f.CONV_FORWARD, f.CONV_SPREAD, f.CONV_BACKWARD),
    gradient.ENTRY: (f.CONV_GRADIENT,),
    local.ENTRY: (f.LOCAL_FORWARD, f.LOCAL_GRADIENT, f.LOCAL_BACKWARD),
    subsample.ENTRY: (f.SUBSAMPLE_FORWARD, f.SUBSAMPLE_BACKWARD),
    pool.ENTRY: (f.POOL_FORWARD, f.POOL_BACKWARD),
    dense.ENTRY: (f.DENSE_FORWARD, f.DENSE_BACKWARD, f.DENSE_GRADIENT, f.TURN),
    rbf.ENTRY: (f.RBF_FORWARD, f.RBF_GRADIENT, f.RBF_BACKWARD),
    bend.ENTRY: (f.SQUARE, f.SLOPES, f.TIMES, f.RBF_BEND),
    stride.ENTRY: (f.STRIDE_FORWARD, f.STRIDE_GRADIENT, f.STRIDE_BACKWARD),
}
"""Which kernel carries out which kinds of instructions; the machine knows the others itself."""


@dataclass(frozen=True)
class Options:
    """What a plan is for: `loss` None is only the way up.

    `traced` goes down to the pixels, and squashes in instructions of its own, so that u can be
    read before. `curved` carries curvature down in place of deltas: see `curvature`.
    """

    loss: str | None
    traced: bool = False
    curved: bool = False


@dataclass(frozen=True)
class Plan:
    """A network, ready for the machine."""

    tables: Tables
    forward_stop: int  # instructions of the way up
    output: int  # node of the last layer
    layer_nodes: list[int]  # node of each layer
    down_start: list[int]  # first instruction of each layer's way down
    floats: int  # memory to allocate
    slot_floats: int  # a pack's own gradients


def covers(layer: Layer, below: Shape) -> bool:
    """Say whether a layer's units each read all of the maps below: dense, by any name."""
    if isinstance(layer, Conv):
        return layer.table is None and layer.kernel == below[1:]
    return isinstance(layer, Dense)


def alone_supported(network: Network) -> bool:
    """Say whether one image can be run by itself, a vector being sixteen neighbouring pixels."""
    for layer in network.layers:
        if isinstance(layer, Local):
            return False
        if isinstance(layer, Pool) and layer.kind == "max" and layer.window[1] != 2:
            return False
    return True


def addresses(kinds: set[int]) -> Numbers:
    """Give the address of the kernel of each kind of instruction that a plan uses."""
    used = {entry: kinds.intersection(own) for entry, own in ENTRIES.items()}
    # A first start is for learning too: a convolution's gradient comes with it.
    prepare([entry for entry, own in used.items() if own or entry is gradient.ENTRY])
    found = np.zeros(f.KINDS, np.int64)
    for entry, own in used.items():
        for kind in own:
            found[kind] = entry.address
    return found


class Planner:
    """Builds a Plan layer by layer."""

    def __init__(
        self, network: Network, lanes: int, packs: int, threads: int, options: Options
    ) -> None:
        self.network = network
        self.threads = threads
        self.options = options
        self.layout = Layout(lanes, packs)
        self.taps = TapList(lanes)
        self.places, self.constants = spans(network)
        self.code: list[list[int]] = []
        self.batch_code: list[list[int]] = []  # once a batch, after all packs
        self.segments: list[tuple[int, int, int]] = []
        self.slot = 0  # floats of a pack's own gradients so far
        self.extra: dict[int, int] = {}  # each layer's third node
        dense = [covers(*pair) for pair in zip(network.layers, network.inputs, strict=True)]
        near_dense = [a or b for a, b in zip(dense, [*dense[1:], False], strict=True)]
        self.input = self._place(network.input, dense[0])
        self.values = [
            self._place(shape, in_matrix)
            for shape, in_matrix in zip(network.shapes, near_dense, strict=True)
        ]
        self.scratch = self.layout.scratch(self._scratch_floats())

    def build(self) -> Plan:
        """Plan the way up and, if there is a loss, the way down."""
        layers, loss = self.network.layers, self.options.loss
        self._emit(f.LOAD, target=self.input)
        for n in range(len(layers)):
            self._up(n)
        if loss is None and layers[-1].squash == "softmax":
            self._emit(f.SOFTMAX_NODE, target=self.values[-1])
        stop = len(self.code)
        down_start: list[int] = []
        if loss is not None:
            self._loss(loss)
            for n in reversed(range(len(layers))):
                down_start.insert(0, len(self.code))
                self._down(n)
        return self._finish(stop, down_start)

    def _finish(self, stop: int, down_start: list[int]) -> Plan:
        code = np.array(self.code + self.batch_code, np.int64)
        nodes, floats = self.layout.settle(self.threads)
        # The first row says which instructions run once a batch; the others, where a layer of
        # maps has its parameters, how many, and where their gradient is in a pack's slot.
        segments = np.array([(len(self.code), len(code), 0), *self.segments], np.int64)
        kinds = set(code[:, f.KIND].tolist())
        tables = (code, nodes, *self.taps.tables(), segments, addresses(kinds))
        return Plan(tables, stop, self.values[-1], self.values, down_start, floats, self.slot)

    # Places

    def _place(self, shape: Shape, in_matrix: bool) -> int:
        return self.layout.matrix(shape) if in_matrix else self.layout.region(shape)

    def _scratch_floats(self) -> int:
        most = 0
        for layer, below, above in zip(
            self.network.layers, self.network.inputs, self.network.shapes, strict=True
        ):
            taps = 0
            if isinstance(layer, Conv) and self.layout.lanes == 1:
                # Deltas turned to lanes of maps, and their sums twice: `gradient.by_maps`.
                taps = LINE * (above[1] * above[2] + 3 * LINE)
            if isinstance(layer, Local):
                taps = below[0] * math.prod(layer.kernel)
            most = max(most, math.prod(below) + 2 * taps + 2 * LINE)
        return (most + 4 + self.network.classes) * self.layout.lanes + 4 * LINE

    def _slot(self, layer: Layer) -> int:
        """Give a layer of maps a place for its gradient in a pack's slot."""
        start = self.slot
        for span in (self.places.get(f"{layer.name}.{own}") for own in ("w", "b")):
            if span is None:
                continue
            length = span.stop - span.start
            self.segments.append((span.start, length, self.slot))
            self.slot += length
        self.slot = lines(self.slot)
        return start

    # Instructions

    def _emit(self, kind: int, **words: int) -> None:
        row = [0] * f.INSTRUCTION_COLUMNS
        row[f.KIND] = kind
        row[f.SCRATCH] = self.scratch
        for word, value in words.items():
            row[getattr(f, word.upper())] = value
        (self.batch_code if kind == f.DENSE_GRADIENT else self.code).append(row)

    def _below(self, n: int) -> int:
        return self.values[n - 1] if n else self.input

    def _words(self, n: int) -> dict[str, int]:
        layer = self.network.layers[n]
        words = {"source": self._below(n), "target": self.values[n]}
        if f"{layer.name}.w" in self.places:
            words["weight"] = self.places[f"{layer.name}.w"].start
        elif isinstance(layer, RBF):
            words["weight"] = self.constants + codes_at()
        if f"{layer.name}.b" in self.places:
            words["bias"] = self.places[f"{layer.name}.b"].start
        below = self.network.layers[n - 1].squash if n else "identity"
        words["below"] = f.SQUASH_CODES[below]
        if isinstance(layer, Conv | Local):
            words["kernel_height"], words["kernel_width"] = layer.kernel
            words["stride_height"], words["stride_width"] = layer.stride
        if isinstance(layer, Subsample | Pool):
            words["kernel_height"], words["kernel_width"] = layer.window
        return words

    def _up(self, n: int) -> None:
        layer, below = self.network.layers[n], self.network.inputs[n]
        words = self._words(n)
        squash = f.IDENTITY if layer.squash == "softmax" else f.SQUASH_CODES[layer.squash]
        words["squash"] = f.IDENTITY if self.options.traced else squash
        if covers(layer, below):
            if self.options.loss is not None:
                self.extra[n] = self.layout.turned(math.prod(below))
            if self.options.loss is not None and not self.options.curved:
                self._emit(f.TURN, source=self._below(n), extra=self.extra[n])
            self._emit(f.DENSE_FORWARD, **words)
        elif isinstance(layer, Conv) and self._steps_alone(layer):
            self._emit(f.STRIDE_FORWARD, readers=self.taps.read(layer, below), **words)
        elif isinstance(layer, Conv):
            step = self.layout.nodes[self._below(n)][f.STEP]
            self._emit(f.CONV_FORWARD, taps=self.taps.up(layer, below, step), **words)
        elif isinstance(layer, Local):
            self._emit(f.LOCAL_FORWARD, **words)
        elif isinstance(layer, Subsample):
            self.extra[n] = self.layout.region(self.network.shapes[n])
            self._emit(f.SUBSAMPLE_FORWARD, extra=self.extra[n], **words)
        elif isinstance(layer, Pool):
            self._emit(f.POOL_FORWARD, flag=int(layer.kind == "max"), **words)
        else:
            self._emit(f.RBF_FORWARD, **words)
        if self.options.traced:
            self._emit(f.SQUASH_NODE, target=self.values[n], squash=squash)

    def _loss(self, loss: str) -> None:
        last = self.network.layers[-1]
        if loss == "cross_entropy" or loss in POSTERIORS:
            odds = self.constants + odds_at(last, loss)
            self._emit(f.CROSS_ENTROPY, target=self.values[-1], weight=odds)
        elif loss == "mean_square":
            self._emit(f.MEAN_SQUARE, target=self.values[-1])
        else:
            squash = f.SQUASH_CODES[last.squash]
            self._emit(f.SQUARED_ERROR, target=self.values[-1], squash=squash)

    def _down(self, n: int) -> None:
        layer, below = self.network.layers[n], self.network.inputs[n]
        words = self._words(n)
        go_on = n > 0 or self.options.traced
        if covers(layer, below):
            self._emit(f.DENSE_GRADIENT, extra=self.extra[n], **words)
            if go_on:
                self._emit(f.DENSE_BACKWARD, **words)
            return
        if f"{layer.name}.w" in self.places:
            words["gradient"] = self._slot(layer)
        if isinstance(layer, Conv):
            self._conv_down(n, layer, below, words, go_on)
        elif isinstance(layer, Local):
            self._emit(f.LOCAL_GRADIENT, **words)
            if go_on:
                self._emit(f.LOCAL_BACKWARD, **words)
        elif isinstance(layer, Subsample):
            self._emit(f.SUBSAMPLE_BACKWARD, extra=self.extra[n], flag=int(go_on), **words)
        elif isinstance(layer, Pool):
            if go_on:
                self._emit(f.POOL_BACKWARD, flag=int(layer.kind == "max"), **words)
        else:
            if "gradient" in words:
                self._emit(f.RBF_GRADIENT, **words)
            if go_on:
                self._emit(f.RBF_BACKWARD, **words)

    def _steps_alone(self, layer: Conv) -> bool:
        """Say whether a convolution runs one image at a stride, cell by cell."""
        return self.layout.lanes == 1 and layer.stride != (1, 1)

    def _conv_down(
        self, n: int, layer: Conv, below: Shape, words: dict[str, int], go_on: bool
    ) -> None:
        if self._steps_alone(layer):
            readers = self.taps.read(layer, below)
            self._emit(f.STRIDE_GRADIENT, readers=readers, **words)
            if go_on:
                self._emit(f.STRIDE_BACKWARD, readers=readers, **words)
            return
        words["extra"] = self._spread(n, layer, below, words, go_on)
        self._emit(f.CONV_GRADIENT, readers=self.taps.read(layer, below), **words)
        if go_on:
            self._emit(f.CONV_BACKWARD, taps_back=self.taps.down(layer, below), **words)

    def _spread(
        self, n: int, layer: Conv, below: Shape, words: dict[str, int], go_on: bool
    ) -> int:
        """Spread a convolution's deltas where its kernels need it; give the node they stand in."""
        kh, kw = layer.kernel
        lanes = self.layout.lanes
        if not go_on and lanes > 1 and layer.stride == (1, 1):
            return self.values[n]
        shape = (layer.maps, kh - 1 + below[1], pitch(layer, below, lanes))
        spread = self.layout.region(shape, before=(kw - 1) * lanes)
        self._emit(f.CONV_SPREAD, **words, extra=spread)
        return spread
