"""A meeting point for threads that run compiled code.

Between two steps of training there is no time to ask the operating system: threads count
themselves in and look at the counter until all have come.
"""

import sys
from typing import Any

from llvmlite import ir
from numba import types

from simplecell.compile import jit
from simplecell.engines.lanes.fields import Numbers
from simplecell.engines.lanes.registers import INT64, address_of, primitive

PATIENCE = 20_000
"""Looks at the counter before the processor is offered to others; some 50 microseconds."""


@primitive
def count_in(typing: Any, counter: Any) -> Any:
    """Add 1 to counter[0], seen by all threads at once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        address = address_of(context, builder, signature.args[0], args[0], zero)
        return builder.atomic_rmw("add", address, ir.Constant(INT64, 1), "seq_cst")

    return types.int64(counter), code


@primitive
def counted(typing: Any, counter: Any) -> Any:
    """Read counter[0] as all threads left it."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        address = address_of(context, builder, signature.args[0], args[0], zero)
        return builder.load_atomic(address, "seq_cst", 8)

    return types.int64(counter), code


_YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
give_way = types.ExternalFunction(_YIELD, types.int32())


@jit
def meet(counter: Numbers, goal: int) -> None:
    """Wait until `goal` threads in all have counted themselves in."""
    count_in(counter)
    looks = 0
    while counted(counter) < goal:
        looks += 1
        if looks > PATIENCE:
            give_way()
