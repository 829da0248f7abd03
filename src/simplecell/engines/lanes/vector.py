"""Vectors of sixteen floats, and tiles of them: the registers, by name.

A `Tile` of n vectors lives in n registers while a loop runs. Everything that costs time in a
network is one of four sums over tiles:

    add_products   tile[v] += w * x[at + v*step : +16]                    a convolution's row
    add_outer      tile[r,q] += d[r] * x[at + q*step : +16]               a kernel's gradient
    add_rows       tile[r,v] += a[at + r*row] * x[x_at + 16*v : +16]      a matrix product
    add_dots       tile[r] += w[at + r*row : +16] * x[x_at : +16]         a row times one vector

Each multiply-add rounds once (fma), and sums run in the order written, so results are the same
bits on every processor with fused multiply-add, whatever the width of its registers.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

LANES = 16
FLOAT = ir.FloatType()
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)
MASK = ir.VectorType(ir.IntType(1), LANES)


class Tile(types.Type):
    """The Numba type of n vectors of sixteen float32."""

    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(name=f"Tile({n})")


@register_model(Tile)
class TileModel(models.PrimitiveModel):
    """A tile is an array of LLVM vectors, a plain value."""

    def __init__(self, manager: Any, tile: Tile) -> None:
        super().__init__(manager, tile, ir.ArrayType(VECTOR, tile.n))


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, value=array).data
    return builder.gep(data, [index])


def _load(builder: Any, address: Any) -> Any:
    return builder.load(builder.bitcast(address, VECTOR.as_pointer()), align=4)


def _splat(builder: Any, value: Any, element: Any = FLOAT) -> Any:
    vector = ir.VectorType(element, LANES)
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(INT32, 0))
    zeros = ir.Constant(ir.VectorType(INT32, LANES), [0] * LANES)
    return builder.shuffle_vector(first, undefined, zeros)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    signature = ir.FunctionType(VECTOR, [VECTOR, VECTOR, VECTOR])
    function = cgutils.get_or_insert_function(builder.module, signature, "llvm.fma.v16f32")
    return builder.call(function, [a, b, c])


def _times(builder: Any, step: Any, count: int) -> Any:
    return builder.mul(step, ir.Constant(INT64, count))


@intrinsic(prefer_literal=True)
def splat(typing: Any, n: Any, value: Any) -> Any:
    """Fill a tile of n vectors, n a constant, with one value."""
    tile = Tile(n.literal_value)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = _splat(builder, args[1])
        out = ir.Constant(ir.ArrayType(VECTOR, tile.n), ir.Undefined)
        for v in range(tile.n):
            out = builder.insert_value(out, vector, v)
        return out

    return tile(n, types.float32), code


@intrinsic(prefer_literal=True)
def load(typing: Any, n: Any, x: Any, at: Any, step: Any) -> Any:
    """Read n vectors, n a constant, from x[at], x[at + step], ..."""
    tile = Tile(n.literal_value)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, x, at, step = args
        first = _address(context, builder, signature.args[1], x, at)
        out = ir.Constant(ir.ArrayType(VECTOR, tile.n), ir.Undefined)
        for v in range(tile.n):
            value = _load(builder, builder.gep(first, [_times(builder, step, v)]))
            out = builder.insert_value(out, value, v)
        return out

    return tile(n, x, types.int64, types.int64), code


@intrinsic
def add_products(typing: Any, tile: Any, w: Any, x: Any, at: Any, step: Any) -> Any:
    """Add w times the vectors at x[at], x[at + step], ...: one tap of a convolution."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, w, x, at, step = args
        weight = _splat(builder, w)
        first = _address(context, builder, signature.args[2], x, at)
        for v in range(tile.n):
            value = _load(builder, builder.gep(first, [_times(builder, step, v)]))
            total = _fma(builder, weight, value, builder.extract_value(out, v))
            out = builder.insert_value(out, total, v)
        return out

    return tile(tile, types.float32, x, types.int64, types.int64), code


@intrinsic(prefer_literal=True)
def add_outer(
    typing: Any, tile: Any, rows: Any, d: Any, d_at: Any, d_row: Any, x: Any, x_at: Any, step: Any
) -> Any:
    """Add every d vector times every x vector: one place of a kernel's gradient."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, d, d_at, d_row, x, x_at, step = args
        above = _address(context, builder, signature.args[2], d, d_at)
        below = _address(context, builder, signature.args[5], x, x_at)
        ds = [
            _load(builder, builder.gep(above, [_times(builder, d_row, r)])) for r in range(height)
        ]
        for q in range(width):
            value = _load(builder, builder.gep(below, [_times(builder, step, q)]))
            for r in range(height):
                v = r * width + q
                total = _fma(builder, ds[r], value, builder.extract_value(out, v))
                out = builder.insert_value(out, total, v)
        return out

    number = types.int64
    return tile(tile, rows, d, number, number, x, number, number), code


@intrinsic(prefer_literal=True)
def add_rows(
    typing: Any, tile: Any, rows: Any, a: Any, a_at: Any, a_row: Any, x: Any, x_at: Any
) -> Any:
    """Add r numbers of a times v neighbouring vectors of x: one term of a matrix product."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, a, a_at, a_row, x, x_at = args
        left = _address(context, builder, signature.args[2], a, a_at)
        right = _address(context, builder, signature.args[5], x, x_at)
        xs = [
            _load(builder, builder.gep(right, [ir.Constant(INT64, LANES * v)]))
            for v in range(width)
        ]
        for r in range(height):
            scalar = builder.load(builder.gep(left, [_times(builder, a_row, r)]), align=4)
            weight = _splat(builder, scalar)
            for v in range(width):
                i = r * width + v
                total = _fma(builder, weight, xs[v], builder.extract_value(out, i))
                out = builder.insert_value(out, total, i)
        return out

    number = types.int64
    return tile(tile, rows, a, number, number, x, number), code


@intrinsic
def add_dots(typing: Any, tile: Any, w: Any, w_at: Any, w_row: Any, x: Any, x_at: Any) -> Any:
    """Add, for each row of w, sixteen products with x, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, w, w_at, w_row, x, x_at = args
        left = _address(context, builder, signature.args[1], w, w_at)
        value = _load(builder, _address(context, builder, signature.args[4], x, x_at))
        for r in range(tile.n):
            weight = _load(builder, builder.gep(left, [_times(builder, w_row, r)]))
            total = _fma(builder, weight, value, builder.extract_value(out, r))
            out = builder.insert_value(out, total, r)
        return out

    number = types.int64
    return tile(tile, w, number, number, x, number), code


def _live_mask(builder: Any, live: Any) -> Any:
    lane = ir.Constant(ir.VectorType(INT32, LANES), list(range(LANES)))
    limit = _splat(builder, builder.trunc(live, INT32), INT32)
    return builder.icmp_signed("<", lane, limit)


def _store(builder: Any, vector: Any, address: Any, mask: Any = None) -> None:
    pointer = VECTOR.as_pointer()
    address = builder.bitcast(address, pointer)
    if mask is None:
        builder.store(vector, address, align=4)
        return
    kind = ir.FunctionType(ir.VoidType(), [VECTOR, pointer, INT32, MASK])
    name = "llvm.masked.store.v16f32.p0"
    masked = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(masked, [vector, address, ir.Constant(INT32, 4), mask])


@intrinsic
def store(typing: Any, tile: Any, u: Any, at: Any, step: Any) -> Any:
    """Write the vectors to u[at], u[at + step], ..."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, u, at, step = args
        first = _address(context, builder, signature.args[1], u, at)
        for v in range(tile.n):
            address = builder.gep(first, [_times(builder, step, v)])
            _store(builder, builder.extract_value(value, v), address)
        return context.get_dummy_value()

    return types.none(tile, u, types.int64, types.int64), code


@intrinsic
def store_live(typing: Any, tile: Any, u: Any, at: Any, step: Any, live: Any) -> Any:
    """Write the first `live` floats of each vector, and leave what follows untouched."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, u, at, step, live = args
        first = _address(context, builder, signature.args[1], u, at)
        mask = _live_mask(builder, live)
        for v in range(tile.n):
            address = builder.gep(first, [_times(builder, step, v)])
            _store(builder, builder.extract_value(value, v), address, mask)
        return context.get_dummy_value()

    number = types.int64
    return types.none(tile, u, number, number, number), code


@intrinsic(prefer_literal=True)
def store_rows(typing: Any, tile: Any, rows: Any, c: Any, at: Any, row: Any, live: Any) -> Any:
    """Write row r's vectors side by side to c[at + r*row]; of one vector, its first `live`."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, _, c, at, row, live = args
        first = _address(context, builder, signature.args[2], c, at)
        mask = _live_mask(builder, live)
        for v in range(tile.n):
            line = builder.gep(first, [_times(builder, row, v // width)])
            address = builder.gep(line, [ir.Constant(INT64, v % width * LANES)])
            _store(builder, builder.extract_value(value, v), address, mask if width == 1 else None)
        return context.get_dummy_value()

    number = types.int64
    return types.none(tile, rows, c, number, number, number), code


def _sum(builder: Any, vector: Any) -> Any:
    """Sum sixteen lanes as a fixed tree: halves, quarters, pairs."""
    half = LANES // 2
    while half >= 1:
        low = ir.Constant(ir.VectorType(INT32, half), list(range(half)))
        high = ir.Constant(ir.VectorType(INT32, half), list(range(half, 2 * half)))
        vector = builder.fadd(
            builder.shuffle_vector(vector, vector, low),
            builder.shuffle_vector(vector, vector, high),
        )
        half //= 2
    return builder.extract_element(vector, ir.Constant(INT32, 0))


@intrinsic(prefer_literal=True)
def add_sums(typing: Any, tile: Any, rows: Any, u: Any, at: Any, row: Any) -> Any:
    """Add the sum of vector (r, q)'s lanes to u[at + r*row + q]."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, _, u, at, row = args
        first = _address(context, builder, signature.args[2], u, at)
        for v in range(tile.n):
            line = builder.gep(first, [_times(builder, row, v // width)])
            address = builder.gep(line, [ir.Constant(INT64, v % width)])
            total = builder.fadd(
                builder.load(address, align=4), _sum(builder, builder.extract_value(value, v))
            )
            builder.store(total, address, align=4)
        return context.get_dummy_value()

    return types.none(tile, rows, u, types.int64, types.int64), code


@intrinsic
def power_of_two(typing: Any, n: Any) -> Any:
    """Make the float 2**n, n a whole number from -126 to 127, by writing its exponent."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        biased = builder.add(args[0], ir.Constant(INT32, 127))
        return builder.bitcast(builder.shl(biased, ir.Constant(INT32, 23)), FLOAT)

    return types.float32(types.int32), code
