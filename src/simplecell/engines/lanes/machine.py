"""The machine: runs a plan's instructions, forward, back, and step after step.

Every network runs through the same compiled code; what differs is the list of instructions, so a
new network needs no compiling, and between two layers no Python runs.

A step of training, on each thread:

    for each phase, or stage of a pack that is shared
        for each of my packs, or pieces      load, forward, loss, backward
        meet                                 gradients of maps are in the packs' slots
    for each of my rows      dense gradients, then the update    each row of weights has one owner
    for my share of maps     sum of all slots, then the update
    meet

A plan has one phase, unless batch normalisation lets packs meet in the middle: see `batchnorm`.

A batch that is one pack has stages, and all threads share them: see `pieces`.

Packs never share a sum, no piece has part of one, slots are added in the order of the packs, and a
weight has one owner: so the number of threads changes who does the work and not one bit of the
result.
"""

import numpy as np

from simplecell.compile import jit, root
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.chance import mix
from simplecell.engines.lanes.entry import borrow, call_entry
from simplecell.engines.lanes.layout import Doubles, Floats, Numbers, Real, Source, Tables, Whole
from simplecell.engines.lanes.load import load_pack
from simplecell.engines.lanes.loss import (
    NO_RUBBISH,
    cross_entropy,
    mean_square,
    output_curvature,
    softmax_node,
    squared_error,
)
from simplecell.engines.lanes.squash import ONE, ZERO, squash_node
from simplecell.engines.lanes.threads import barrier, stopped
from simplecell.engines.lanes.update import NONE, SCALED, SGD, Move, Rule, update_run
from simplecell.engines.lanes.vector import fma

ROWS = 8
"""Rows of a dense layer's weights are shared out in multiples of this."""

Crew = tuple[int, int, Numbers, Doubles, Numbers]
"""This thread, all threads, what they count themselves in on, each pack's sum of losses, and room
for this thread's nodes. The room is the caller's: what is borrowed must outlive the call."""


@jit
def place(nodes: Numbers, here: Numbers, thread: Whole, pack: Whole) -> None:
    """Work out where this thread's nodes stand for this pack."""
    for n in range(nodes.shape[0]):
        for column in range(f.NODE_COLUMNS):
            here[n, column] = nodes[n, column]
        here[n, f.BASE] += thread * nodes[n, f.PER_THREAD] + pack * nodes[n, f.PER_PACK]


@jit
def run(
    plan: Tables,
    memory: Floats,
    w: Floats,
    here: Numbers,
    first: Whole,
    last: Whole,
    source: Source,
    at: int,
    images: int,
    total: int,
    slot: Floats,
) -> float:
    """Carry out instructions first..last for one pack; give its sum of losses."""
    code, _, taps, ranges, readers, _, entries, _ = plan
    bytes_, floats, labels, order, scale, shift = source
    loss = 0.0
    for n in range(first, last):
        op = code[n]
        kind = op[f.KIND]
        if op[f.KERNEL] != 0:
            call_entry(entries[op[f.KERNEL]], memory, w, slot, op, here, taps, ranges, readers)
        elif kind == f.LOAD:
            node = here[op[f.TARGET]]
            load_pack(memory, node, bytes_, floats, order, at, images, scale, shift)
        elif kind == f.CROSS_ENTROPY:
            node, scratch = here[op[f.TARGET]], here[op[f.SCRATCH]]
            part = ONE / Real(total)
            factor, rubbish = w[op[f.WEIGHT]], w[op[f.WEIGHT] + 1]
            loss = cross_entropy(
                memory, factor, rubbish, node, scratch, labels, order, at, images, part
            )
        elif kind == f.MEAN_SQUARE:
            part = ONE / Real(total)
            loss = mean_square(memory, here[op[f.TARGET]], labels, order, at, images, part)
        elif kind == f.SQUARED_ERROR:
            node, scratch = here[op[f.TARGET]], here[op[f.SCRATCH]]
            part = ONE / Real(total)
            loss = squared_error(memory, op, node, scratch, labels, order, at, images, part)
        elif kind == f.OUTPUT_CURVATURE:
            node, scratch = here[op[f.TARGET]], here[op[f.SCRATCH]]
            output_curvature(memory, op, node, scratch, images, ONE / Real(total))
        elif kind == f.SOFTMAX_NODE:
            softmax_node(memory, here[op[f.TARGET]], ONE, NO_RUBBISH, here[op[f.SCRATCH]])
        elif kind == f.SQUASH_NODE:
            squash_node(memory, here[op[f.TARGET]], op[f.SQUASH])
    return loss


@jit
def mean_loss(pack_losses: Doubles, packs: int, total: int) -> float:
    """Add what the packs lost, in their order, whichever thread had them."""
    loss = 0.0
    for pack in range(packs):
        loss += pack_losses[pack]
    return loss / total


@jit
def borrow_plan(plan: Tables) -> Tables:
    """Borrow all tables: see `entry.borrow`."""
    code, nodes, taps, ranges, readers, segments, entries, phases = plan
    first = borrow(code), borrow(nodes), borrow(taps), borrow(ranges)
    second = borrow(readers), borrow(segments), borrow(entries), borrow(phases)
    return first + second


@jit
def borrow_source(source: Source) -> Source:
    """Borrow the pictures."""
    bytes_, floats, labels, order, scale, shift = source
    return borrow(bytes_), borrow(floats), borrow(labels), borrow(order), scale, shift


@root
def train(
    plan: Tables,
    memory: Floats,
    w: Floats,
    g: Floats,
    m: Floats,
    v: Floats,
    slots: Floats,
    source: Source,
    batch: int,
    rates: Doubles,
    rule: Rule,
    losses: Doubles,
    crew: Crew,
    first: Numbers,
) -> None:
    """Take len(rates) steps; see the head of this file.

    With `first` the one pack of a step is done by all threads, stage by stage, in the pieces of
    `pieces.Stages`: the plan is then theirs, and its phases are their steps.
    """
    plan, source = borrow_plan(plan), borrow_source(source)
    code, nodes, segments, phases, order = plan[0], plan[1], plan[5], plan[7], source[3]
    memory, w, g = borrow(memory), borrow(w), borrow(g)
    m, v, slots = borrow(m), borrow(v), borrow(slots)
    kind, momentum, second, epsilon, decay, done, seed = rule
    thread, threads, counter, pack_losses, room = crew
    here, first = borrow(room), borrow(first)
    lanes = nodes[0, f.LANE_COUNT]
    goal = 0
    shared = len(first) > 0
    parts = len(first) - 1 if shared else len(phases) - 1
    own = np.int64(0) if shared else thread
    for s in range(len(rates)):
        start = s * batch
        total = min(batch, len(order) - start)
        packs = (total + lanes - 1) // lanes
        chance = mix(seed ^ (done + s))
        placed = False
        for part in range(parts):
            pieces = first[part + 1] - first[part] if shared else packs
            for piece in range(thread, pieces, threads):
                if stopped(counter):
                    return
                pack = np.int64(0) if shared else piece
                if not (shared and placed):
                    place(nodes, here, own, pack)
                    here[f.FACTS, f.CHANCE], here[f.FACTS, f.TOTAL] = chance, total
                    here[f.FACTS, f.FIRST] = pack == thread
                    here[f.FACTS, f.IMAGES] = lanes
                    placed = True
                if part == 0:
                    pack_losses[pack] = 0.0
                    for n in range(slots.shape[1]):
                        slots[pack, n] = ZERO
                at, images = start + pack * lanes, min(lanes, total - pack * lanes)
                n = first[part] + piece if shared else part
                loss = run(
                    plan, memory, w, here, phases[n], phases[n + 1],
                    source, at, images, total, slots[pack],
                )  # fmt: skip
                # Of a pack that is shared, one piece alone has a loss.
                if not shared or loss != 0:
                    pack_losses[pack] += loss
            goal += threads
            if threads > 1 and not barrier(counter, goal):
                return
        if thread == 0:
            losses[s] = mean_loss(pack_losses, packs, total)
        move = (kind, Real(rates[s]), momentum, second, epsilon, decay, done + s + 1)
        place(nodes, here, np.int64(0), np.int64(0))
        for n in range(segments[0, 0], segments[0, 1]):
            columns = packs * lanes
            update_rows(plan, code[n], memory, w, g, m, v, here, columns, thread, threads, move)
        for n in range(1, segments.shape[0]):
            update_shared(segments[n], w, g, m, v, slots, packs, thread, threads, move)
        goal += threads
        if threads > 1 and not barrier(counter, goal):
            return


@jit
def update_rows(
    plan: Tables,
    op: Numbers,
    memory: Floats,
    w: Floats,
    g: Floats,
    m: Floats,
    v: Floats,
    here: Numbers,
    columns: int,
    thread: int,
    threads: int,
    move: Move,
) -> None:
    """Give this thread's rows of a dense layer their gradient, and move them."""
    kind, rate, _, _, _, decay, _ = move
    _, _, taps, ranges, readers, _, entries, _ = plan
    x, u, work = here[op[f.SOURCE]], here[op[f.TARGET]], op.copy()
    inputs, units = x[f.MAPS] * x[f.HEIGHT] * x[f.WIDTH], u[f.MAPS]
    turned = here[op[f.EXTRA]]
    if columns == 1 and kind == SGD:
        descend_alone(op, memory, w, x, u, turned, thread, threads, rate, decay)
        return
    if columns == 1 and kind == SCALED:
        descend_scaled(op, memory, w, m, x, u, turned, thread, threads, rate, decay)
        return
    share = (units + threads - 1) // threads
    share = (share + ROWS - 1) // ROWS * ROWS
    first, last = thread * share, min((thread + 1) * share, units)
    if first < last:
        work[f.ROW_FIRST], work[f.ROW_LAST], work[f.COLUMNS] = first, last, columns
        call_entry(entries[op[f.KERNEL]], memory, w, g, work, here, taps, ranges, readers)
        if kind != NONE:
            a, b = op[f.WEIGHT] + first * inputs, op[f.WEIGHT] + last * inputs
            update_run(move, w, g, m, v, a, b)
            if not op[f.FLAG]:
                a, b = op[f.BIAS] + first, op[f.BIAS] + last
                update_run(move, w, g, m, v, a, b)


@jit
def descend_alone(
    op: Numbers,
    memory: Floats,
    w: Floats,
    x: Numbers,
    u: Numbers,
    turned: Numbers,
    thread: int,
    threads: int,
    rate: Real,
    decay: Real,
) -> None:
    """Descend after one image, in one pass: w[m,k] = keep * w[m,k] - rate * du[m] * x[k]."""
    inputs, units, keep = x[f.MAPS] * x[f.HEIGHT] * x[f.WIDTH], u[f.MAPS], ONE - rate * decay
    values = memory[turned[f.BASE] : turned[f.BASE] + inputs]
    for unit in range(thread, units, threads):
        du, start = memory[u[f.BASE] + unit], op[f.WEIGHT] + unit * inputs
        row = w[start : start + inputs]
        for k in range(inputs):
            row[k] = fma(-rate, du * values[k], row[k] * keep)
        if not op[f.FLAG]:
            bias = op[f.BIAS] + unit
            w[bias] = fma(-rate, du, w[bias] * keep)


@jit
def descend_scaled(
    op: Numbers,
    memory: Floats,
    w: Floats,
    m: Floats,
    x: Numbers,
    u: Numbers,
    turned: Numbers,
    thread: int,
    threads: int,
    rate: Real,
    decay: Real,
) -> None:
    """Descend after one image, each weight at its own rate, rate * m."""
    inputs, units = x[f.MAPS] * x[f.HEIGHT] * x[f.WIDTH], u[f.MAPS]
    values = memory[turned[f.BASE] : turned[f.BASE] + inputs]
    for unit in range(thread, units, threads):
        du, start = memory[u[f.BASE] + unit], op[f.WEIGHT] + unit * inputs
        row, scales = w[start : start + inputs], m[start : start + inputs]
        for k in range(inputs):
            step = rate * scales[k]
            row[k] = fma(-step, du * values[k], row[k] * (ONE - step * decay))
        if not op[f.FLAG]:
            bias = op[f.BIAS] + unit
            step = rate * m[bias]
            w[bias] = fma(-step, du, w[bias] * (ONE - step * decay))


@jit
def update_shared(
    segment: Numbers,
    w: Floats,
    g: Floats,
    m: Floats,
    v: Floats,
    slots: Floats,
    packs: int,
    thread: int,
    threads: int,
    move: Move,
) -> None:
    """Add up the packs' gradients for this thread's share of a layer of maps, and move it."""
    start, length, slot = segment[0], segment[1], segment[2]
    first, last = length * thread // threads, length * (thread + 1) // threads
    for n in range(first, last):
        g[start + n] = slots[0, slot + n]
    for pack in range(1, packs):
        for n in range(first, last):
            g[start + n] += slots[pack, slot + n]
    if move[0] != NONE:
        a, b = start + first, start + last
        update_run(move, w, g, m, v, a, b)
