"""The first start: half of the kernels are compiled by a second process, at the same time.

Compiling holds a lock of Numba's, so a second thread would wait; a second process fills the cache
that this one then reads. If it cannot run, this process compiles the rest, only later.
"""

import importlib
import os
import subprocess
import sys

import numpy as np

from simplecell.compile import CACHE, begin, compiled
from simplecell.engines.lanes import machine
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import INSTRUCTION_COLUMNS, LANE_COUNT, LANES, NODE_COLUMNS
from simplecell.engines.lanes.update import NONE

OURS = ("simplecell.engines.lanes.conv",)
"""What this process compiles, beside the machine itself: about half of the work."""


MACHINE = ("machine.place", "machine.run", "machine.forward", "machine.train")
"""What the machine itself consists of, in the order it is compiled."""


def prepare(entries: list[Entry]) -> None:
    """Compile these kernels and the machine, if this machine never has."""
    theirs = [entry.module for entry in entries if entry.module not in OURS]
    if compiled() or CACHE is None or not theirs or (os.cpu_count() or 1) < 2:
        return
    begin([*(f"{entry.name}.{entry.name}" for entry in entries), *MACHINE])
    helper = _start(theirs)
    for entry in entries:
        if entry.module in OURS:
            _ = entry.address
    compile_machine()
    if helper is not None:
        helper.wait()


def _start(names: list[str]) -> "subprocess.Popen[bytes] | None":
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


def compile_entries(names: list[str]) -> None:
    """Compile the kernels of these modules: what the second process does."""
    for name in names:
        _ = importlib.import_module(name).ENTRY.address


def compile_machine() -> None:
    """Compile the machine by letting it do nothing: no steps, no images."""
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
    machine.forward(tables, floats, floats, source, 0, 0, rows, counter, 1, True, 0)
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
    )
