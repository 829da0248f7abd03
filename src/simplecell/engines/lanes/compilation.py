"""The first start: half of the kernels are compiled by a second process, at the same time.

What a plan calls is compiled, and nothing else: a network that only reads waits for no kernel of
the way down that stands by itself. Compiling holds a lock of Numba's, so a second thread would
wait; a second process fills the cache that this one then reads. If it cannot run, this process
compiles the rest, only later.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np

from simplecell.compile import CACHE, begin, kept, uncollected
from simplecell.engines.lanes import machine, reading
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import INSTRUCTION_COLUMNS, LANE_COUNT, LANES, NODE_COLUMNS
from simplecell.engines.lanes.update import NONE

LEARN = "machine.train"
"""The kernel of steps of training, which is no Entry."""

COSTS = {
    "reading.read": 2.5,
    LEARN: 3.0,
    "conv.conv": 3.5,
    "conv.conv_single": 2.5,
    "gradient.gradient": 2.0,
    "rbf.rbf": 1.0,
    "channelpool.channelpool": 1.0,
    "squaring.squaring": 0.5,
}
"""Seconds that kernels take to compile, roughly, by which the two processes share them."""
USUAL = 2.0
HEAD_START = 1.0
"""What the second process takes to begin."""


def prepare(entries: Sequence[Entry], learning: bool) -> None:
    """Compile these kernels and the machine, as far as this machine never has."""
    if CACHE is None:
        return
    known = kept()
    left = [entry for entry in (reading.ENTRY, *entries) if entry.kept not in known]
    learning = learning and LEARN not in known
    if not left and not learning:
        return
    begin([*(entry.kept for entry in left), *([LEARN] if learning else [])])
    with uncollected():
        _compile(left, learning)


def _compile(left: Sequence[Entry], learning: bool) -> None:
    ours, theirs = _share(left, COSTS[LEARN] if learning else 0.0)
    helper = _start(theirs) if theirs and (os.cpu_count() or 1) > 1 else None
    if learning:
        compile_training()
    for entry in ours:
        _ = entry.address
    if helper is not None:
        helper.wait()


def _share(entries: Sequence[Entry], busy: float) -> tuple[list[Entry], list[Entry]]:
    """Give what this process compiles beside what keeps it busy, and what a second one does."""
    ours, theirs, other = list[Entry](), list[Entry](), HEAD_START
    for entry in sorted(entries, key=lambda e: -COSTS.get(e.kept, USUAL)):
        cost = COSTS.get(entry.kept, USUAL)
        if busy <= other:
            ours.append(entry)
            busy += cost
        else:
            theirs.append(entry)
            other += cost
    return ours, theirs


def _start(entries: list[Entry]) -> "subprocess.Popen[bytes] | None":
    names = [(entry.module, entry.function) for entry in entries]
    order = f"from simplecell.engines.lanes.compilation import compile_entries as c; c({names!r})"
    search = os.pathsep.join(path for path in sys.path if path)
    try:
        return subprocess.Popen(
            [sys.executable, "-c", order],
            env={**os.environ, "PYTHONPATH": search},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None


def compile_entries(names: list[tuple[str, str]]) -> None:
    """Compile these kernels, each by its module and function: what the second process does."""
    with uncollected():
        for name, function in names:
            for value in vars(importlib.import_module(name)).values():
                if isinstance(value, Entry) and value.function == function:
                    _ = value.address


def compile_training() -> None:
    """Compile steps of training by taking none."""
    numbers, floats = np.zeros(1, np.int64), np.zeros(1, np.float32)
    counter = np.zeros(2, np.int64)
    code, nodes = (
        np.zeros((1, INSTRUCTION_COLUMNS), np.int64),
        np.zeros((1, NODE_COLUMNS), np.int64),
    )
    nodes[0, LANE_COUNT] = LANES
    taps, segments = np.zeros((1, 2), np.int32), np.zeros((1, 3), np.int64)
    tables = (code, nodes, taps, numbers, numbers, segments, numbers, numbers)
    rows, none = np.zeros((1, 1), np.float32), np.zeros(0, np.int64)
    real = np.float32(0)
    source = (np.zeros((0, 1), np.uint8), rows, none, none, real, real)
    rule = (NONE, real, real, real, real, 0, 0)
    nothing = np.zeros(0)
    crew = (0, 1, counter, nothing, nodes)
    machine.train(
        tables,
        floats,
        floats,
        floats,
        floats,
        floats,
        rows,
        source,
        1,
        nothing,
        rule,
        nothing,
        crew,
        numbers[:0],
    )
