"""Pieces: what one pack takes, cut so that several threads can do it together.

An instruction that makes many maps, units or rows is cut into some that make a few of them each.
A piece is an instruction like any other, between nodes that begin further on and are smaller: its
kernel knows nothing of it. The pieces of one instruction need nothing of each other; together they
are a stage, and a stage begins when the one before is done.

No sum is cut, so a piece gives the bits that the whole gives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simplecell.engines.lanes import (
    channelpool,
    channels,
    conv,
    dense,
    gradient,
    pool,
    subsample,
)
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import Numbers, Tables

AT_A_TIME = 8
"""Units of a dense layer are cut in multiples of this, as its product takes them."""
TOGETHER = 4
"""Threads that share a pack, at the most: more would wait for each other longer than they work."""
EACH = 2
"""Pieces for each thread: who is late does fewer."""
WORTH, WORTH_ALL = 130_000, 1_000_000
"""Multiplications from which an instruction is cut, and of all that are: some two microseconds,
and some fifteen. To take a piece and to wait for the others costs half of one."""
WINDOWS = 8
"""What a sum of pooling costs beside a multiplication of a convolution."""

Nodes = list[list[int]]
Lists = list[int]
Shift = Callable[[list[int], Nodes, Lists, int, int], None]
"""Make the instruction do so many from the first on: change it, its own copies of nodes, and, at
their end, the lists of readers."""


@dataclass(frozen=True)
class Stages:
    """Stage s has the pieces from first[s] to first[s + 1], in that order.

    `tables` are those of a plan, with the pieces in place of the instructions of a pack: piece p
    is code[phases[p] : phases[p + 1]], and its nodes stand behind those of the plan.
    """

    tables: Tables
    first: Numbers


def _maps(op: list[int], nodes: Nodes, column: int, first: int, count: int) -> None:
    node = nodes[op[column]]
    node[f.BASE] += first * node[f.HEIGHT] * node[f.WIDTH] * node[f.STEP]
    node[f.MAPS] = count


def _conv(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    _maps(op, nodes, f.TARGET, first, count)
    op[f.BIAS] += first
    op[f.TAPS] += first


def _conv_back(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    """Take maps below, with a row of scratch memory for each."""
    _maps(op, nodes, f.SOURCE, first, count)
    op[f.TAPS_BACK] += first
    x = nodes[op[f.SOURCE]]
    nodes[op[f.SCRATCH]][f.BASE] += first * x[f.WIDTH] * x[f.LANE_COUNT]


def _gradient(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    """Take a share of the pairs of maps that read a map below; the first takes the biases."""
    whole, maps = nodes[op[f.TARGET]][f.MAPS], nodes[op[f.SOURCE]][f.MAPS]
    ends = readers[op[f.READERS] : op[f.READERS] + maps + 1]
    pairs = [
        (c, readers[r : min(r + 2, end)])
        for c, (start, end) in enumerate(pairwise(ends))
        for r in range(start, end, 2)
    ]
    own = pairs[len(pairs) * first // whole : len(pairs) * (first + count) // whole]
    op[f.READERS], place = len(readers), len(readers) + maps + 1
    readers += [place + sum(len(two) for c, two in own if c < n) for n in range(maps + 1)]
    readers += [m for _, two in own for m in two]
    if first:
        nodes[op[f.TARGET]][f.MAPS] = 0


def _pool(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    _maps(op, nodes, f.SOURCE, first, count)
    _maps(op, nodes, f.TARGET, first, count)


def _subsample(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    _pool(op, nodes, readers, first, count)
    _maps(op, nodes, f.EXTRA, first, count)
    op[f.WEIGHT] += first
    op[f.BIAS] += first


def _share(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    op[f.ROW_FIRST], op[f.ROW_LAST] = first, first + count


def _dense(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    x = nodes[op[f.SOURCE]]
    _maps(op, nodes, f.TARGET, first, count)
    op[f.WEIGHT] += first * x[f.MAPS] * x[f.HEIGHT] * x[f.WIDTH]
    op[f.BIAS] += first


def _dense_back(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    """Take columns of the weights, those of some maps below, and scratch memory of their own."""
    x, scratch = nodes[op[f.SOURCE]], nodes[op[f.SCRATCH]]
    pixels = x[f.HEIGHT] * x[f.WIDTH]
    _maps(op, nodes, f.SOURCE, first, count)
    op[f.WEIGHT] += first * pixels
    scratch[f.BASE] += first * pixels * x[f.LANE_COUNT]


def _rows(op: list[int], nodes: Nodes, first: int, count: int, step: int) -> None:
    """Take rows of one image's maps with channels last; they read rows `step` apart."""
    x, u = nodes[op[f.SOURCE]], nodes[op[f.TARGET]]
    x[f.BASE] += first * step * x[f.WIDTH] * x[f.MAPS]
    u[f.BASE] += first * u[f.WIDTH] * u[f.MAPS]
    u[f.HEIGHT] = count


def _channels(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    _rows(op, nodes, first, count, op[f.STRIDE_HEIGHT])


def _channelpool(op: list[int], nodes: Nodes, readers: Lists, first: int, count: int) -> None:
    _rows(op, nodes, first, count, op[f.KERNEL_HEIGHT])


@dataclass(frozen=True)
class Way:
    """How an instruction is cut: by which size of which node, in multiples of `grain`."""

    node: int
    size: int
    shift: Shift
    grain: int = 1


CUTS: dict[tuple[Entry, int], Way] = {
    (conv.ENTRY, conv.CONV_FORWARD): Way(f.TARGET, f.MAPS, _conv),
    (conv.SINGLE, conv.CONV_FORWARD): Way(f.TARGET, f.MAPS, _conv),
    (conv.ENTRY, conv.CONV_BACKWARD): Way(f.SOURCE, f.MAPS, _conv_back),
    (gradient.ENTRY, gradient.CONV_GRADIENT): Way(f.TARGET, f.MAPS, _gradient),
    (pool.ENTRY, pool.POOL_FORWARD): Way(f.TARGET, f.MAPS, _pool),
    (subsample.ENTRY, subsample.SUBSAMPLE_FORWARD): Way(f.TARGET, f.MAPS, _subsample),
    (subsample.ENTRY, subsample.SUBSAMPLE_BACKWARD): Way(f.TARGET, f.MAPS, _share),
    (dense.ENTRY, dense.DENSE_BACKWARD): Way(f.SOURCE, f.MAPS, _dense_back),
    (dense.ENTRY, dense.DENSE_FORWARD): Way(f.TARGET, f.MAPS, _dense, AT_A_TIME),
    (channels.ENTRY, channels.UP): Way(f.TARGET, f.HEIGHT, _channels),
    (channelpool.ENTRY, channelpool.FORWARD): Way(f.TARGET, f.HEIGHT, _channelpool),
}
"""What can be cut, by kernel and kind."""


def cut(
    tables: Tables, last: int, kernels: list[Entry], counts: list[int], parts: int
) -> Stages | None:
    """Cut what is worth it of the instructions before `last`; None if too little is.

    `counts` are the multiplications of each layer, for all lanes; `parts` is how many pieces are
    made of an instruction, if it has so many maps. What is not cut is one piece with its
    neighbours.
    """
    code, nodes, taps, ranges, readers, segments, entries, _ = tables
    places: Nodes = nodes.tolist()
    lists: Lists = readers.tolist()
    made: list[list[int]] = []
    steps, first, worth, whole = [0], [0], 0, False
    for op in code[:last].tolist():
        way, cost = _way(op, kernels, counts)
        if way is None or cost < WORTH:
            made.append(op)
            if whole:
                steps[-1] = len(made)
                continue
            steps.append(len(made))
        else:
            worth += cost
            for piece in _cut(op, places, lists, way, parts):
                made.append(piece)
                steps.append(len(made))
        whole = way is None or cost < WORTH
        first.append(len(steps) - 1)
    if worth < WORTH_ALL:
        return None
    # What runs once a batch comes behind, as in the plan.
    batch = segments.copy()
    batch[0, :2] += len(made) - last
    made += code[last:].tolist()
    numbers = [np.array(told, np.int64) for told in (made, places, lists, steps, first)]
    return Stages(
        (numbers[0], numbers[1], taps, ranges, numbers[2], batch, entries, numbers[3]), numbers[4]
    )


def _way(op: list[int], kernels: list[Entry], counts: list[int]) -> tuple[Way | None, int]:
    """Give how an instruction is cut, if it can be, and what it costs."""
    if not op[f.KERNEL]:
        return None, 0
    kernel = kernels[op[f.KERNEL] - 1]
    windows = kernel in (pool.ENTRY, subsample.ENTRY, channelpool.ENTRY)
    return CUTS.get((kernel, op[f.KIND])), counts[op[f.NUMBER]] * (WINDOWS if windows else 1)


def _cut(op: list[int], nodes: Nodes, readers: Lists, way: Way, parts: int) -> list[list[int]]:
    size = nodes[op[way.node]][way.size]
    parts = max(1, min(parts, size // way.grain))
    ends = [size * n // parts // way.grain * way.grain for n in range(parts)] + [size]
    made = []
    for start, end in pairwise(ends):
        piece, copies = list(op), dict[int, int]()
        for node in (f.SOURCE, f.TARGET, f.EXTRA, f.SCRATCH):
            # What is one node stays one: a kernel may ask.
            if op[node] not in copies:
                copies[op[node]] = len(nodes)
                nodes.append(list(nodes[op[node]]))
            piece[node] = copies[op[node]]
        way.shift(piece, nodes, readers, start, end - start)
        made.append(piece)
    return made
