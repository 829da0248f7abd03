"""What each instruction of a plan takes, and the rates of the processor to hold it against.

The clock is read before and after every instruction while the whole plan runs, again and again: so
each finds the caches as it finds them in use. What reading the clock costs is taken off.
"""

import sys
import time
from typing import Any

import numpy as np
from numba import types

from simplecell.compile import WIDE, jit, root
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.allocation import aligned
from simplecell.engines.lanes.layout import Doubles, Floats, Numbers, Real, Source, Tables, Whole
from simplecell.engines.lanes.machine import place, run
from simplecell.engines.lanes.plan import Plan
from simplecell.engines.lanes.product import add_products
from simplecell.engines.lanes.squash import HALF, ONE, ZERO
from simplecell.engines.lanes.vector import load, multiply_add, splat, store

CHAINS = 12 if WIDE else 4
"""Sums of sixteen floats that go on at once: enough to hide how long one multiply-add takes."""
SECONDS = 0.02
"""How long the processor's rates are measured, at the least; the best of several times counts."""
TIMES = 9

_CLOCK = "QueryPerformanceCounter" if sys.platform == "win32" else "clock_gettime"
_POINTER: Any = types.CPointer(types.int64)
_GIVEN = (_POINTER,) if sys.platform == "win32" else (types.int32, _POINTER)
_clock: Any = types.ExternalFunction(_CLOCK, types.int32(*_GIVEN))
_MONOTONIC = np.int32(6 if sys.platform == "darwin" else 1)
"""The number of the clock that only goes forward."""

if sys.platform == "win32":

    @jit
    def ticks(now: Numbers) -> int:
        """Read the clock."""
        _clock(now.ctypes)
        return int(now[0])
else:

    @jit
    def ticks(now: Numbers) -> int:
        """Read the clock."""
        _clock(_MONOTONIC, now.ctypes)
        return int(now[0] * 1_000_000_000 + now[1])


@root
def watch(
    plan: Tables,
    memory: Floats,
    w: Floats,
    source: Source,
    images: int,
    slot: Floats,
    times: Doubles,
) -> None:
    """Run all instructions as often as `times` has rows, and write down the ticks of each.

    The last column is what reading the clock twice takes.
    """
    code, nodes = plan[0], plan[1]
    here, now = np.empty_like(nodes), np.zeros(2, np.int64)
    zero = np.int64(0)
    for r in range(times.shape[0]):
        place(nodes, here, zero, zero)
        here[f.FACTS, f.TOTAL], here[f.FACTS, f.IMAGES] = images, images
        here[f.FACTS, f.FIRST] = True
        for n in range(code.shape[0]):
            begun = ticks(now)
            run(
                plan,
                memory,
                w,
                here,
                np.int64(n),
                np.int64(n + 1),
                source,
                0,
                images,
                images,
                slot,
            )
            times[r, n] = ticks(now) - begun
        begun = ticks(now)
        times[r, code.shape[0]] = ticks(now) - begun


def seconds_of(
    plan: Plan, w: Floats, source: Source, images: int, rounds: int, slot: Floats
) -> list[float]:
    """Give the median seconds of each instruction of a plan, for one pack on one thread.

    What runs once a batch is run for the pack, all rows of it.
    """
    code = plan.tables[0].copy()
    units = plan.tables[1][code[:, f.TARGET], f.MAPS]
    code[:, f.ROW_FIRST], code[:, f.ROW_LAST] = 0, units
    code[:, f.COLUMNS] = plan.tables[1][0, f.LANE_COUNT]
    tables = (code, *plan.tables[1:])
    memory, times = aligned(plan.floats), np.zeros((rounds, len(code) + 1))
    watch(tables, memory, w, source, images, slot, times[:1])
    begun = time.perf_counter()
    watch(tables, memory, w, source, images, slot, times)
    # A tick is what the system says; the whole tells how long it was.
    tick = (time.perf_counter() - begun) / times.sum() if sys.platform == "win32" else 1e-9
    middle = np.median(times, axis=0) * tick
    return [max(0.0, float(one - middle[-1])) for one in middle[:-1]]


@root
def spin(rounds: int, factor: Real, out: Floats) -> None:
    """Multiply and add in registers alone; what `out` holds makes the sums different ones."""
    total, factors = load(CHAINS, out, 0, f.LANES), splat(CHAINS, factor)
    for _ in range(rounds):
        total = multiply_add(total, factors, factors)
    store(total, out, 0, f.LANES)


@root
def sweep(memory: Floats, vectors: Whole, rounds: Whole, out: Floats) -> None:
    """Read so many vectors again and again."""
    total = splat(4, ZERO)
    for _ in range(rounds):
        for n in range(0, vectors, 4):
            total = add_products(total, ONE, memory, n * f.LANES, f.LANES)
    store(total, out, 0, f.LANES)


def peak_gflops() -> float:
    """Measure how many operations of float32 multiply-adds one core does, in 10^9 a second."""
    out = aligned(CHAINS * f.LANES)
    out[:] = np.arange(len(out))

    def seconds(rounds: int, times: int) -> float:
        return _best(lambda: spin(rounds, HALF, out), times)

    rounds = 1000
    while seconds(rounds, 2) < SECONDS:
        rounds *= 2
    return 2e-9 * CHAINS * f.LANES * rounds / seconds(rounds, TIMES)


def read_gigabytes(size: int) -> float:
    """Measure how fast one core reads so many bytes that it has just read, in 10^9 a second."""
    memory, out = aligned(size // 4), aligned(4 * f.LANES)
    vectors, rounds = np.int64(size // 64), np.int64(max(1, 2**28 // size))
    sweep(memory, vectors, np.int64(1), out)
    return 1e-9 * size * int(rounds) / _best(lambda: sweep(memory, vectors, rounds, out), TIMES)


def _best(do: Any, times: int) -> float:
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        do()
        found.append(time.perf_counter() - begun)
    return min(found)
