"""A plan while it is being written: places in memory are given out, instructions are listed.

`Builder` is what all layers of a network share, `Context` what one layer sees of it. A layer
writes itself into the plan through its `Context` alone: see `layers`.
"""

import math
from dataclasses import dataclass

from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes import squaring
from simplecell.engines.lanes.allocation import Allocation, lines
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.taps import TapList
from simplecell.spec.layers import Shape


@dataclass(frozen=True)
class Options:
    """What a plan is for: `loss` None is only the way up.

    `traced` goes down to the pixels, and squashes in instructions of its own, so that u can be
    read before. `learning` makes each layer what it is in a step of training, where that is
    something else than in use. `curved` carries curvature down in place of deltas: see
    `curvature`.
    """

    loss: str | None
    traced: bool = False
    curved: bool = False
    learning: bool = False


class Builder:
    """Instructions, nodes, taps and gradient slots of a plan so far."""

    def __init__(self, lanes: int, packs: int, meeting: bool = False) -> None:
        self.lanes = lanes
        self.layout = Allocation(lanes, packs, meeting)
        self.taps = TapList(lanes)
        self.kernels: list[Entry] = []
        self.code: list[list[int]] = []
        self.batch_code: list[list[int]] = []  # instructions that run once a batch
        self.barriers: list[int] = []  # instructions before which all packs meet
        self.segments: list[tuple[int, int, int]] = []
        self.slot_floats = 0  # floats of a pack's own gradients so far
        self.scratch = 0

    def emit(self, kernel: Entry | None, kind: int, batch: bool = False, **words: int) -> None:
        """List an instruction of a kernel, or of the machine itself if there is none.

        `batch` says that it runs once a batch, after all packs.
        """
        row = [0] * f.INSTRUCTION_COLUMNS
        row[f.KIND] = kind
        row[f.SCRATCH] = self.scratch
        if kernel is not None:
            if kernel not in self.kernels:
                self.kernels.append(kernel)
            row[f.KERNEL] = 1 + self.kernels.index(kernel)
        for word, value in words.items():
            row[getattr(f, word.upper())] = value
        (self.batch_code if batch else self.code).append(row)

    def barrier(self) -> None:
        """Let no pack go on before all are here."""
        self.barriers.append(len(self.code))

    def slot(self, parameters: list[tuple[int, int]], spare: int) -> int:
        """Give parameters, each (start, length), a place for their gradient in a pack's slot.

        `spare` floats stay free behind them.
        """
        first = self.slot_floats
        for start, length in parameters:
            self.segments.append((start, length, self.slot_floats))
            self.slot_floats += length
        self.slot_floats = lines(self.slot_floats + spare)
        return first


@dataclass
class Context:
    """Where one layer stands in a plan, and what the plan is for."""

    builder: Builder
    options: Options
    below: Shape
    above: Shape
    parameters: dict[str, tuple[int, int]]  # by own name: where each starts, and its length
    kept: dict[str, tuple[int, int]]  # the same of what is kept and not learned
    constants: int  # where the layer's constants are
    words: dict[str, int]  # what every instruction of the layer says
    go_on: bool  # whether deltas are needed below
    shift: int = 0  # how far behind the parameters their squares stand, in a plan of curvature
    extra: int = 0  # a third node, kept from the way up for the way down
    kernel: int = 0  # the same of weights that are laid out anew

    @property
    def source(self) -> int:
        """The node below."""
        return self.words["source"]

    @property
    def target(self) -> int:
        """The node above."""
        return self.words["target"]

    def emit(self, kernel: Entry | None, kind: int, batch: bool = False, **words: int) -> None:
        """List an instruction; what is not given is as in `words`."""
        self.builder.emit(kernel, kind, batch, **{**self.words, **words})

    def node(self, shape: Shape, before: int = 0, passing: bool = False) -> int:
        """Place maps of the layer's own; those that do not outlast a meeting are `passing`."""
        return self.builder.layout.region(shape, before, passing)

    def step(self, node: int) -> int:
        """Give how many floats a pixel of a node is from the next."""
        return self.builder.layout.nodes[node][f.STEP]

    def gradient(self, biases: int = 0) -> int:
        """Give the layer's own gradient a place in a pack's slot.

        Where there is no bias, behind the others is room for its sums, which nobody reads: one
        for each map, or as many as `biases` says.
        """
        spare = 0 if "b" in self.parameters else biases or self.above[0]
        return self.builder.slot(list(self.parameters.values()), spare)

    def square(self, source: int, target: int) -> None:
        """List the squaring of a node's values, in a plan of curvature."""
        self.builder.emit(squaring.ENTRY, squaring.SQUARE, source=source, target=target)

    def squares(self) -> int:
        """Place the squares of the values below in a node of their own."""
        node = self.node(self.below)
        self.square(self.source, node)
        return node

    def squared_weight(self) -> int:
        """Say where the squares of w stand, in a plan of curvature."""
        return self.words["weight"] + self.shift

    @property
    def inputs(self) -> int:
        """How many numbers the layer reads."""
        return math.prod(self.below)
