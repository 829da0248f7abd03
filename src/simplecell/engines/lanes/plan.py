"""Planning: a network as a list of instructions and a map of memory.

The planner decides, once per network and batch size, where everything stands:

- maps live in a region per thread, used again for each pack;
- what dense layers read and write lives in matrices (features, images of the batch), because their
  gradient needs every image at once; rows are an odd number of cache lines apart;
- a convolution whose kernel covers its maps (C5) is a dense layer, the same sums in fewer words;
- taps list, for each map, where its inputs stand relative to a pixel, and which weight they take:
  the connection table ends here, absent connections are simply not in the list.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from simplecell.engines.lanes import conv, dense, local, pool, rbf, subsample
from simplecell.engines.lanes import fields as f
from simplecell.engines.parameters import layer_parameters
from simplecell.engines.protocol import Array
from simplecell.errors import EngineError
from simplecell.spec.layers import RBF, Conv, Dense, Layer, Local, Pool, Shape, Subsample
from simplecell.spec.network import Network

LINE = f.LANES
"""Floats in a cache line; nodes start on one."""


@dataclass(frozen=True)
class Span:
    """Where one array of parameters stands."""

    start: int
    shape: tuple[int, ...]

    @property
    def stop(self) -> int:
        """One past its last float."""
        return self.start + math.prod(self.shape)


@dataclass
class Plan:
    """A network, ready for the machine."""

    tables: tuple[Array, ...]  # code, nodes, taps, ranges, readers, segments, entries
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
    return all(
        not isinstance(layer, Local)
        and (not isinstance(layer, Conv) or layer.stride == (1, 1) or covers(layer, below))
        for layer, below in zip(network.layers, network.inputs, strict=True)
    )


def spans(network: Network) -> tuple[dict[str, Span], int]:
    """Lay the parameters out, each array starting on a cache line; give the floats they take."""
    places: dict[str, Span] = {}
    at = 0
    for layer, below, above in zip(network.layers, network.inputs, network.shapes, strict=True):
        for own, shape in layer_parameters(layer, below, above).items():
            places[f"{layer.name}.{own}"] = Span(at, shape)
            at += -(-math.prod(shape) // LINE) * LINE
    return places, at + 2 * LINE


def constants(network: Network) -> Array:
    """Give the codes of an RBF output, feature by feature, to stand behind the parameters."""
    last = network.layers[-1]
    if not isinstance(last, RBF):
        return np.zeros(0, np.float32)
    signs = [[1.0 if mark == "#" else -1.0 for mark in code] for code in last.codes]
    return np.ascontiguousarray(np.array(signs, np.float32).T).ravel()


KERNELS = {
    "CONV": conv.ENTRY,
    "LOCAL": local.ENTRY,
    "SUBSAMPLE": subsample.ENTRY,
    "POOL": pool.ENTRY,
    "DENSE": dense.ENTRY,
    "TURN": dense.ENTRY,
    "RBF": rbf.ENTRY,
}


def entries(kinds: set[int]) -> Array:
    """Give the address of the kernel of each kind of instruction that a plan uses."""
    addresses = np.zeros(f.KINDS, np.int64)
    for name, kind in vars(f).items():
        noun = name.split("_")[0]
        if noun in KERNELS and name in f.INSTRUCTIONS and kind in kinds:
            addresses[kind] = KERNELS[noun].address
    return addresses


@dataclass
class Planner:
    """Builds a Plan layer by layer."""

    network: Network
    lanes: int
    packs: int
    threads: int
    loss: str | None
    input_gradient: bool = False
    split_squash: bool = False
    code: list[list[int]] = field(default_factory=list)
    batch_code: list[list[int]] = field(default_factory=list)
    nodes: list[list[int]] = field(default_factory=list)
    taps: list[tuple[int, int]] = field(default_factory=list)
    ranges: list[int] = field(default_factory=list)
    readers: list[int] = field(default_factory=list)
    segments: list[tuple[int, int, int]] = field(default_factory=list)
    own: int = 0  # floats of a thread's region so far
    shared: int = 0  # floats of the shared region so far
    slot: int = 0

    def build(self) -> Plan:
        """Plan the way up and, if there is a loss, the way down."""
        network = self.network
        self.places, _ = spans(network)
        self.scratch = -1
        inputs = network.inputs
        dense = [covers(layer, below) for layer, below in zip(network.layers, inputs, strict=True)]
        feeds = [*dense[1:], False]
        self.input = self._node(network.input, matrix=dense[0])
        self.values = [
            self._node(shape, matrix=is_dense or next_dense)
            for shape, is_dense, next_dense in zip(network.shapes, dense, feeds, strict=True)
        ]
        self.scratch = self._region(self._scratch_floats())
        self.extra: dict[int, int] = {}
        self.slots: dict[int, int] = {}
        self.back_taps: dict[int, int] = {}
        self._emit(f.LOAD, target=self.input)
        for n in range(len(network.layers)):
            self._up(n)
        output_squash = network.layers[-1].squash
        if self.loss is None and output_squash == "softmax":
            self._emit(f.SOFTMAX_NODE, target=self.values[-1])
        stop = len(self.code)
        down_start: list[int] = []
        if self.loss is not None:
            self._loss(self.loss)
            for n in reversed(range(len(network.layers))):
                down_start.insert(0, len(self.code))
                self._down(n)
        return self._finish(stop, down_start)

    def _finish(self, stop: int, down_start: list[int]) -> Plan:
        region = -(-self.own // LINE) * LINE + LINE
        for node in self.nodes:
            if node[f.PER_THREAD]:
                node[f.PER_THREAD] = region
            else:
                node[f.BASE] += self.threads * region
        first = len(self.code)
        code = self.code + self.batch_code
        kinds = {row[f.KIND] for row in code}
        segments = [(first, len(code), 0), *self.segments]
        tables = (
            np.array(code, np.int64),
            np.array(self.nodes, np.int64),
            np.array(self.taps, np.int32).reshape(-1, 2),
            np.array(self.ranges, np.int64),
            np.array(self.readers, np.int64),
            np.array(segments, np.int64),
            entries(kinds),
        )
        floats = self.threads * region + self.shared + 4 * LINE
        return Plan(tables, stop, self.values[-1], self.values, down_start, floats, self.slot)

    # Places

    def _node(self, shape: Shape, matrix: bool = False) -> int:
        if matrix:
            return self._matrix(shape)
        return self._region_node(shape, before=0)

    def _region_node(self, shape: Shape, before: int) -> int:
        maps, height, width = shape
        guard = 2 * LINE + max(width, LINE)
        base = -(-(self.own + before) // LINE) * LINE
        self.own = base + maps * height * width * self.lanes + guard
        self.nodes.append([base, maps, height, width, self.lanes, self.lanes, 1, 0])
        return len(self.nodes) - 1

    def _region(self, floats: int) -> int:
        return self._region_node((1, 1, -(-floats // self.lanes)), before=0)

    def _matrix(self, shape: Shape) -> int:
        features = math.prod(shape)
        base = self.shared
        if self.lanes == f.LANES:
            step = (self.packs + 1 - self.packs % 2) * LINE
            self.shared += features * step
            self.nodes.append([base, *shape, step, self.lanes, 0, LINE])
        else:
            length = -(-features // LINE) * LINE + 2 * LINE
            self.shared += self.packs * length
            self.nodes.append([base, *shape, 1, 1, 0, length])
        return len(self.nodes) - 1

    def _turned(self, features: int) -> int:
        length = (-(-features // LINE) | 1) * LINE
        base = self.shared
        self.shared += self.packs * self.lanes * length + 8 * LINE
        self.nodes.append([base, 1, 1, features, length, self.lanes, 0, self.lanes * length])
        return len(self.nodes) - 1

    def _scratch_floats(self) -> int:
        most = 0
        for layer, below in zip(self.network.layers, self.network.inputs, strict=True):
            taps = 0
            if isinstance(layer, Local):
                taps = below[0] * math.prod(layer.kernel)
            most = max(most, math.prod(below) + 2 * taps + 2 * LINE)
        return (most + 4) * self.lanes + 4 * LINE + self.network.classes * self.lanes

    # Instructions

    def _emit(self, kind: int, batch: bool = False, **words: int) -> None:
        row = [0] * f.INSTRUCTION_COLUMNS
        row[f.KIND] = kind
        row[f.SCRATCH] = self.scratch
        for word, value in words.items():
            row[getattr(f, word.upper())] = value
        (self.batch_code if batch else self.code).append(row)

    def _below(self, n: int) -> int:
        return self.values[n - 1] if n else self.input

    def _words(self, n: int) -> dict[str, int]:
        layer = self.network.layers[n]
        words = {"source": self._below(n), "target": self.values[n]}
        if f"{layer.name}.w" in self.places:
            words["weight"] = self.places[f"{layer.name}.w"].start
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
        words["squash"] = f.IDENTITY if self.split_squash else squash
        if covers(layer, below):
            if self.loss is not None:
                self.extra[n] = self._turned(math.prod(below))
                self._emit(f.TURN, source=self._below(n), extra=self.extra[n])
            self._emit(f.DENSE_FORWARD, **words)
        elif isinstance(layer, Conv):
            self._emit(f.CONV_FORWARD, taps=self._taps_up(layer, below), **words)
        elif isinstance(layer, Local):
            self._emit(f.LOCAL_FORWARD, **words)
        elif isinstance(layer, Subsample):
            self.extra[n] = self._region_node(self.network.shapes[n], before=0)
            self._emit(f.SUBSAMPLE_FORWARD, extra=self.extra[n], **words)
        elif isinstance(layer, Pool):
            self._emit(f.POOL_FORWARD, flag=int(layer.kind == "max"), **words)
        else:
            words["weight"] = spans(self.network)[1]
            self._emit(f.RBF_FORWARD, **words)
        if self.split_squash:
            self._emit(f.SQUASH_NODE, target=self.values[n], squash=squash)

    def _taps_up(self, layer: Conv, below: Shape) -> int:
        channels, height, width = below
        kh, kw = layer.kernel
        step = self.nodes[self._below(self.network.layers.index(layer))][f.STEP]
        first = len(self.ranges)
        self.ranges.append(len(self.taps))
        for m in range(layer.maps):
            for c in layer.table[m] if layer.table else range(channels):
                for p, q in self._line_order(layer):
                    pixel = (c * height + p) * width + q
                    self.taps.append((pixel * step, ((m * channels + c) * kh + p) * kw + q))
            self.ranges.append(len(self.taps))
        return first

    def _taps_down(self, layer: Conv, below: Shape) -> int:
        channels, height, _ = below
        kh, kw = layer.kernel
        pitch = self._pitch(layer, below)
        map_floats = (kh - 1 + height) * pitch * self.lanes
        first = len(self.ranges)
        self.ranges.append(len(self.taps))
        lines = self._line_order(layer)
        for c in range(channels):
            for start in range(0, kh * kw, kw):
                for m in self._reading(layer, c):
                    for p, q in lines[start : start + kw]:
                        back = m * map_floats - (p * pitch + q) * self.lanes
                        self.taps.append((back, ((m * channels + c) * kh + p) * kw + q))
            self.ranges.append(len(self.taps))
        return first

    def _line_order(self, layer: Conv) -> list[tuple[int, int]]:
        """List a kernel's cells line by line: rows, but columns where one image runs alone."""
        kh, kw = layer.kernel
        if self.lanes == 1 and kh == kw:
            return [(p, q) for q in range(kw) for p in range(kh)]
        return [(p, q) for p in range(kh) for q in range(kw)]

    def _reading(self, layer: Conv, c: int) -> list[int]:
        return [m for m in range(layer.maps) if layer.table is None or c in layer.table[m]]

    def _loss(self, loss: str) -> None:
        last = self.network.layers[-1]
        if loss == "cross_entropy":
            if last.squash not in ("softmax", "identity"):
                raise EngineError(
                    f"{self.network.name}, layer {last.name}: cross_entropy takes the scores of a"
                    f" softmax, identity or RBF output, and this one is {last.squash};"
                    " use the loss squared_error."
                )
            sign = -1 if isinstance(last, RBF) else 1
            self._emit(f.CROSS_ENTROPY, target=self.values[-1], flag=sign)
        else:
            if last.squash == "softmax" or isinstance(last, RBF):
                kind = "RBF" if isinstance(last, RBF) else "softmax"
                raise EngineError(
                    f"{self.network.name}, layer {last.name}: squared_error compares outputs with"
                    f" targets one by one, and this output is {kind};"
                    " use the loss cross_entropy."
                )
            squash = f.SQUASH_CODES[last.squash]
            self._emit(f.SQUARED_ERROR, target=self.values[-1], squash=squash)

    def _down(self, n: int) -> None:
        layer, below = self.network.layers[n], self.network.inputs[n]
        words = self._words(n)
        go_on = n > 0 or self.input_gradient
        if covers(layer, below):
            self._emit(f.DENSE_GRADIENT, batch=True, extra=self.extra[n], **words)
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
        elif go_on:
            words["weight"] = spans(self.network)[1]
            self._emit(f.RBF_BACKWARD, **words)

    def _conv_down(
        self, n: int, layer: Conv, below: Shape, words: dict[str, int], go_on: bool
    ) -> None:
        kh, kw = layer.kernel
        words["extra"] = self.values[n]
        if go_on or self.lanes == 1 or layer.stride != (1, 1):
            shape = (layer.maps, kh - 1 + below[1], self._pitch(layer, below))
            before = (kw - 1) * self.lanes
            words["extra"] = self._region_node(shape, before)
            self._emit(f.CONV_SPREAD, **words)
        self._emit(f.CONV_GRADIENT, readers=self._readers(layer, below), **words)
        if go_on:
            self._emit(f.CONV_BACKWARD, taps_back=self._taps_down(layer, below), **words)

    def _pitch(self, layer: Conv, below: Shape) -> int:
        """Width of a row of spread deltas: a vector that starts on the row ends on zeros."""
        if self.lanes > 1:
            return below[2]
        outputs = below[2] - layer.kernel[1] + 1
        return -(-outputs // LINE) * LINE + layer.kernel[1] - 1

    def _readers(self, layer: Conv, below: Shape) -> int:
        first = len(self.readers)
        lists = [self._reading(layer, c) for c in range(below[0])]
        at = first + len(lists) + 1
        self.readers.append(at)
        for row in lists:
            at += len(row)
            self.readers.append(at)
        for row in lists:
            self.readers.extend(row)
        return first

    def _slot(self, layer: Layer) -> int:
        start = self.slot
        for own in ("w", "b"):
            span = self.places[f"{layer.name}.{own}"]
            length = span.stop - span.start
            self.segments.append((span.start, length, self.slot))
            self.slot += length
        self.slot = -(-self.slot // LINE) * LINE
        return start
