"""Kernels that are called by their address: those of layers by the machine, others from Python.

An `Entry` is compiled by itself to a plain C function, so that it is not compiled again into
everything that calls it, and a network compiles only the kinds of layers that it has.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numba
from llvmlite import ir
from numba import types

from simplecell.compile import keep
from simplecell.engines.lanes.registers import primitive

pointer: Callable[..., Any] = types.CPointer
FLOATS, NUMBERS = pointer(types.float32), pointer(types.int64)
PAIRS = pointer(types.int32)
SIGNATURE = types.void(FLOATS, FLOATS, FLOATS, NUMBERS, NUMBERS, PAIRS, NUMBERS, NUMBERS)
"""memory, w, own gradients, the instruction, nodes in place, taps, ranges, readers."""


class Entry:
    """A kernel that the machine calls by its address; compiled when that is first asked for."""

    def __init__(self, function: Callable[..., Any], signature: Any = SIGNATURE) -> None:
        self.module = function.__module__
        self.function = function.__name__
        self._function = function
        self._signature = signature

    @property
    def name(self) -> str:
        """What its file, and so its kind of layer, is called."""
        return self.module.rpartition(".")[-1]

    @property
    def kept(self) -> str:
        """What its compiled code is called on disk: file and function, as in conv.conv."""
        return f"{self.name}.{self.function}"

    @cached_property
    def address(self) -> int:
        """Where the compiled function starts."""
        return int(self._compiled.address)

    @cached_property
    def _compiled(self) -> Any:
        def compile_(options: dict[str, Any]) -> Any:
            return numba.cfunc(self._signature, error_model="numpy", **options)(self._function)

        return keep(compile_)


@primitive
def call_entry(
    typing: Any,
    address: Any,
    memory: Any,
    w: Any,
    slot: Any,
    op: Any,
    here: Any,
    taps: Any,
    ranges: Any,
    readers: Any,
) -> Any:
    """Call the kernel at an address with the addresses of these arrays."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointers = [
            context.make_array(kind)(context, builder, value=array).data
            for kind, array in zip(signature.args[1:], args[1:], strict=True)
        ]
        kind = ir.FunctionType(ir.VoidType(), [p.type for p in pointers])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, pointers)
        return context.get_dummy_value()

    return types.none(types.int64, memory, w, slot, op, here, taps, ranges, readers), code


@primitive
def borrow(typing: Any, x: Any) -> Any:
    """Give the array without a share in its ownership, so that views of it count no references.

    The caller holds the array as long as the view is used.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, value=args[0])
        for owner in ("meminfo", "parent"):
            setattr(view, owner, ir.Constant(getattr(view, owner).type, None))
        return view._getvalue()

    return x(x), code
