"""Pieces: the way up of one pack, cut so that several threads can do it together.

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

from simplecell.engines.lanes import channelpool, channels, conv, dense, pool, subsample
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import Numbers

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
Shift = Callable[[list[int], Nodes, int, int], None]
"""Make the instruction do so many from the first on: change it, and its own copies of nodes."""


@dataclass(frozen=True)
class Stages:
    """Stage s has the pieces from first[s] to first[s + 1], in that order.

    Piece p is code[steps[p] : steps[p + 1]]; its nodes stand behind those of the plan.
    """

    code: Numbers
    nodes: Numbers
    steps: Numbers
    first: Numbers


def _maps(op: list[int], nodes: Nodes, column: int, first: int, count: int) -> None:
    node = nodes[op[column]]
    node[f.BASE] += first * node[f.HEIGHT] * node[f.WIDTH] * node[f.STEP]
    node[f.MAPS] = count


def _conv(op: list[int], nodes: Nodes, first: int, count: int) -> None:
    _maps(op, nodes, f.TARGET, first, count)
    op[f.BIAS] += first
    op[f.TAPS] += first


def _pool(op: list[int], nodes: Nodes, first: int, count: int) -> None:
    _maps(op, nodes, f.SOURCE, first, count)
    _maps(op, nodes, f.TARGET, first, count)


def _subsample(op: list[int], nodes: Nodes, first: int, count: int) -> None:
    _pool(op, nodes, first, count)
    _maps(op, nodes, f.EXTRA, first, count)
    op[f.WEIGHT] += first
    op[f.BIAS] += first


def _dense(op: list[int], nodes: Nodes, first: int, count: int) -> None:
    x = nodes[op[f.SOURCE]]
    _maps(op, nodes, f.TARGET, first, count)
    op[f.WEIGHT] += first * x[f.MAPS] * x[f.HEIGHT] * x[f.WIDTH]
    op[f.BIAS] += first


def _rows(op: list[int], nodes: Nodes, first: int, count: int, step: int) -> None:
    """Take rows of one image's maps with channels last; they read rows `step` apart."""
    x, u = nodes[op[f.SOURCE]], nodes[op[f.TARGET]]
    x[f.BASE] += first * step * x[f.WIDTH] * x[f.MAPS]
    u[f.BASE] += first * u[f.WIDTH] * u[f.MAPS]
    u[f.HEIGHT] = count


def _channels(op: list[int], nodes: Nodes, first: int, count: int) -> None:
    _rows(op, nodes, first, count, op[f.STRIDE_HEIGHT])


def _channelpool(op: list[int], nodes: Nodes, first: int, count: int) -> None:
    _rows(op, nodes, first, count, op[f.KERNEL_HEIGHT])


CUTS: dict[tuple[Entry, int], tuple[int, int, Shift]] = {
    (conv.ENTRY, conv.CONV_FORWARD): (f.MAPS, 1, _conv),
    (conv.SINGLE, conv.CONV_FORWARD): (f.MAPS, 1, _conv),
    (pool.ENTRY, pool.POOL_FORWARD): (f.MAPS, 1, _pool),
    (subsample.ENTRY, subsample.SUBSAMPLE_FORWARD): (f.MAPS, 1, _subsample),
    (dense.ENTRY, dense.DENSE_FORWARD): (f.MAPS, AT_A_TIME, _dense),
    (channels.ENTRY, channels.UP): (f.HEIGHT, 1, _channels),
    (channelpool.ENTRY, channelpool.FORWARD): (f.HEIGHT, 1, _channelpool),
}
"""What can be cut: which size of the node above, in multiples of what, and how."""


def cut(
    code: Numbers, nodes: Numbers, kernels: list[Entry], costs: list[int], threads: int
) -> Stages | None:
    """Cut what is worth it, for so many threads; None if too little is.

    `costs` are the multiplications of each instruction's layer, for all lanes. Instructions that
    are not cut are one piece with their neighbours.
    """
    places: Nodes = nodes.tolist()
    pieces: list[list[int]] = []
    steps, first, worth, whole = [0], [0], 0, False
    for op, cost in zip(code.tolist(), costs, strict=True):
        kernel = kernels[op[f.KERNEL] - 1] if op[f.KERNEL] else None
        way = CUTS.get((kernel, op[f.KIND])) if kernel is not None else None
        cost *= WINDOWS if kernel in (pool.ENTRY, subsample.ENTRY, channelpool.ENTRY) else 1
        if way is None or cost < WORTH:
            pieces.append(op)
            if whole:
                steps[-1] = len(pieces)
                continue
            steps.append(len(pieces))
        else:
            worth += cost
            for piece in _cut(op, places, way, min(threads, TOGETHER)):
                pieces.append(piece)
                steps.append(len(pieces))
        whole = way is None or cost < WORTH
        first.append(len(steps) - 1)
    if worth < WORTH_ALL:
        return None
    return Stages(*(np.array(told, np.int64) for told in (pieces, places, steps, first)))


def _cut(
    op: list[int], nodes: Nodes, way: tuple[int, int, Shift], threads: int
) -> list[list[int]]:
    column, grain, shift = way
    size = nodes[op[f.TARGET]][column]
    parts = max(1, min(EACH * threads, size // grain))
    ends = [size * n // parts // grain * grain for n in range(parts)] + [size]
    made = []
    for start, end in pairwise(ends):
        piece = list(op)
        for node in (f.SOURCE, f.TARGET, f.EXTRA):
            nodes.append(list(nodes[op[node]]))
            piece[node] = len(nodes) - 1
        shift(piece, nodes, start, end - start)
        made.append(piece)
    return made
