"""A meeting point for threads that run compiled code.

Between two steps of training there is no time to ask the operating system: threads count
themselves in and look at the counter until all have come. Who has looked for long offers its
processor to others, and at last sleeps: there may be more threads than processors, and those who
are waited for need one.

counter[0] counts; counter[1] tells all to come home, whatever is not done.
"""

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from simplecell.compile import jit
from simplecell.engines.lanes.layout import Numbers
from simplecell.engines.lanes.registers import INT64, address_of, primitive

PATIENCE = 20_000
"""Looks at the counter before the processor is offered to others; some 50 microseconds."""
OFFERS = 1_000
"""Times that it is offered before the thread sleeps between two looks; under a millisecond."""
NAP = np.uint32(1 if sys.platform == "win32" else 50)
"""How long it sleeps: microseconds, or the least that Windows knows, a millisecond."""


@primitive
def count_in(typing: Any, counter: Any) -> Any:
    """Add 1 to counter[0], seen by all threads at once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        address = address_of(context, builder, signature.args[0], args[0], zero)
        return builder.atomic_rmw("add", address, ir.Constant(INT64, 1), "seq_cst")

    return types.int64(counter), code


@primitive
def put(typing: Any, counter: Any, value: Any) -> Any:
    """Write counter[0], seen by all threads before what is written after it."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        address = address_of(context, builder, signature.args[0], args[0], zero)
        builder.store_atomic(args[1], address, "seq_cst", 8)
        return context.get_dummy_value()

    return types.none(counter, types.int64), code


@primitive
def exchanged(typing: Any, counter: Any, seen: Any, wanted: Any) -> Any:
    """Put `wanted` into counter[0] if `seen` is still there; say whether it was."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        address = address_of(context, builder, signature.args[0], args[0], zero)
        done = builder.cmpxchg(address, args[1], args[2], "seq_cst", "seq_cst")
        return builder.extract_value(done, 1)

    return types.boolean(counter, types.int64, types.int64), code


@primitive
def counted(typing: Any, counter: Any) -> Any:
    """Read counter[0] as all threads left it."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        address = address_of(context, builder, signature.args[0], args[0], zero)
        return builder.load_atomic(address, "seq_cst", 8)

    return types.int64(counter), code


@primitive
def stopped(typing: Any, counter: Any) -> Any:
    """Say whether counter[1] is set: all threads are to come home, whatever is not done."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = ir.Constant(INT64, 1)
        address = address_of(context, builder, signature.args[0], args[0], one)
        found = builder.load_atomic(address, "monotonic", 8)
        return builder.icmp_signed("!=", found, ir.Constant(INT64, 0))

    return types.boolean(counter), code


_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
give_way: Any = types.ExternalFunction(_YIELD, types.int32())
_SLEEP = "Sleep" if sys.platform == "win32" else "usleep"
_whole: Any = types.int32
sleep: Any = types.ExternalFunction(_SLEEP, _whole(types.uint32))


@jit
def barrier(counter: Numbers, goal: int) -> bool:
    """Wait until `goal` threads in all have counted themselves in; no, if all are to stop."""
    count_in(counter)
    wait_for(counter, goal, counter)
    return not stopped(counter)


@jit
def wait_for(counter: Numbers, goal: int, stop: Numbers) -> None:
    """Wait until `goal` are counted, or all are to stop."""
    looks = 0
    while counted(counter) < goal:
        looks += 1
        if looks > PATIENCE:
            if stopped(stop):
                return
            if looks > PATIENCE + OFFERS:
                sleep(NAP)
            else:
                give_way()
