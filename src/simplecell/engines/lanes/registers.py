"""Registers: vectors of sixteen floats, tiles of them, and the LLVM code that moves them.

A `Tile` of n vectors lives in n registers while a loop runs. The words that kernels say are in
`vector`, `product` and `shuffle`; here is what those words are written with. Each is a Python
function that runs once, when a kernel is compiled, and writes instructions.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from simplecell.engines.lanes.layout import LANES

declare: Callable[..., Any] = cgutils.get_or_insert_function

BYTE = ir.IntType(8)
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)
FLOAT = ir.FloatType()
VECTOR = ir.VectorType(FLOAT, LANES)
MASK = ir.VectorType(ir.IntType(1), LANES)


def primitive(function: Callable[..., Any]) -> Any:
    """Make a word of the kernels from a function that writes its LLVM code."""
    return intrinsic(function)


def primitive_of_constant(function: Callable[..., Any]) -> Any:
    """Make a word some of whose arguments must be constants, such as the size of a tile."""
    return intrinsic(prefer_literal=True)(function)


class Tile(types.Type):
    """The Numba type of n vectors of sixteen float32."""

    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(name=f"Tile({n})")


@register_model(Tile)
class TileModel(models.PrimitiveModel):
    """A tile is an array of LLVM vectors, a plain value."""

    def __init__(self, manager: Any, tile: Tile) -> None:
        model: Any = super()
        model.__init__(manager, tile, ir.ArrayType(VECTOR, tile.n))


def address_of(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Point to x[index]."""
    data = context.make_array(array_type)(context, builder, value=array).data
    return builder.gep(data, [index])


def read(builder: Any, address: Any) -> Any:
    """Read the vector that starts at an address; it need not be aligned."""
    return builder.load(builder.bitcast(address, VECTOR.as_pointer()), align=4)


def live_mask(builder: Any, live: Any) -> Any:
    """Mark the lanes before `live`."""
    lane = ir.Constant(ir.VectorType(INT32, LANES), list(range(LANES)))
    limit = repeat(builder, builder.trunc(live, INT32), INT32)
    return builder.icmp_signed("<", lane, limit)


def write(builder: Any, vector: Any, address: Any, mask: Any = None) -> None:
    """Write a vector, or only the lanes of it that a mask marks."""
    pointer = VECTOR.as_pointer()
    address = builder.bitcast(address, pointer)
    if mask is None:
        builder.store(vector, address, align=4)
        return
    kind = ir.FunctionType(ir.VoidType(), [VECTOR, pointer, INT32, MASK])
    name = "llvm.masked.store.v16f32.p0"
    masked = declare(builder.module, kind, name)
    builder.call(masked, [vector, address, ir.Constant(INT32, 4), mask])


def repeat(builder: Any, value: Any, element: Any = FLOAT) -> Any:
    """Put one value in all sixteen lanes."""
    vector = ir.VectorType(element, LANES)
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(INT32, 0))
    zeros = ir.Constant(ir.VectorType(INT32, LANES), [0] * LANES)
    return builder.shuffle_vector(first, nothing, zeros)


def fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Give a * b + c of three vectors, or of three floats, rounded once."""
    return _intrinsic(builder, "llvm.fma", a, b, c)


def whole_below(builder: Any, a: Any) -> Any:
    """Give the whole number at or below each element of a vector, or of a float."""
    return _intrinsic(builder, "llvm.floor", a)


def _intrinsic(builder: Any, name: str, *values: Any) -> Any:
    kind = values[0].type
    signature = ir.FunctionType(kind, [kind] * len(values))
    suffix = "f32" if kind == FLOAT else "v16f32"
    return builder.call(declare(builder.module, signature, f"{name}.{suffix}"), values)


def times(builder: Any, step: Any, count: int) -> Any:
    """Multiply a distance by a number that is known now."""
    return builder.mul(step, ir.Constant(INT64, count))


def undefined(n: int) -> Any:
    """Begin a tile of n vectors that nothing has been written to."""
    return ir.Constant(ir.ArrayType(VECTOR, n), ir.Undefined)


def single(builder: Any, vector: Any) -> Any:
    """Make a tile of one vector."""
    return builder.insert_value(undefined(1), vector, 0)


def places(lanes: list[int]) -> Any:
    """Say which lane of two vectors side by side each lane of a shuffle takes."""
    return ir.Constant(ir.VectorType(INT32, LANES), lanes)
