"""A meeting point for threads that run compiled code.

Between two steps of training there is no time to ask the operating system: threads count
themselves in and look at the counter until all have come.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from simplecell.engines.lanes.compile import jit
from simplecell.engines.lanes.vector import INT64, _address

PATIENCE = 20_000
"""Looks at the counter before the processor is offered to others; some 50 microseconds."""


@intrinsic
def count_in(typing: Any, counter: Any) -> Any:
    """Add 1 to counter[0], seen by all threads at once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        address = _address(context, builder, signature.args[0], args[0], zero)
        return builder.atomic_rmw("add", address, ir.Constant(INT64, 1), "seq_cst")

    return types.int64(counter), code


@intrinsic
def counted(typing: Any, counter: Any) -> Any:
    """Read counter[0] as all threads left it."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        address = _address(context, builder, signature.args[0], args[0], zero)
        return builder.load_atomic(address, "seq_cst", 8)

    return types.int64(counter), code


give_way = types.ExternalFunction("sched_yield", types.int32())


@jit
def meet(counter, goal):
    """Wait until `goal` threads in all have counted themselves in."""
    count_in(counter)
    looks = 0
    while counted(counter) < goal:
        looks += 1
        if looks > PATIENCE:
            give_way()
