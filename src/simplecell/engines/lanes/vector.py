"""Vectors of sixteen floats and tiles of them: made, read, written, and taken lane by lane.

    splat              tile[v] = a
    load, store        tile[v] = x[at + v*step : +16], and back
    load_rows          tile[r,v] = x[at + r*row + 16*v : +16]; store_rows writes such a tile
    multiply_add       a * b + c, rounded once

What is done element by element takes tiles, or single floats, so that a formula that is made of
these words is written once for both.

Every sum in a kernel is made of multiply-adds that round once, in the order written: no result
hangs on what a compiler feels free to do.
"""

from typing import Any

from llvmlite import ir
from numba import types

from simplecell.engines.lanes.layout import LANES
from simplecell.engines.lanes.registers import (
    FLOAT,
    INT32,
    INT64,
    MASK,
    VECTOR,
    Tile,
    address_of,
    declare,
    fused,
    live_mask,
    primitive,
    primitive_of_constant,
    read,
    repeat,
    times,
    undefined,
    whole_below,
    write,
)


@primitive_of_constant
def splat(typing: Any, n: Any, value: Any) -> Any:
    """Fill a tile of n vectors, n a constant, with one value."""
    tile = Tile(n.literal_value)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = repeat(builder, args[1])
        out = undefined(tile.n)
        for v in range(tile.n):
            out = builder.insert_value(out, vector, v)
        return out

    return tile(n, types.float32), code


@primitive_of_constant
def load(typing: Any, n: Any, x: Any, at: Any, step: Any) -> Any:
    """Read n vectors, n a constant, from x[at], x[at + step], ..."""
    tile = Tile(n.literal_value)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, x, at, step = args
        first = address_of(context, builder, signature.args[1], x, at)
        out = undefined(tile.n)
        for v in range(tile.n):
            value = read(builder, builder.gep(first, [times(builder, step, v)]))
            out = builder.insert_value(out, value, v)
        return out

    return tile(n, x, types.int64, types.int64), code


@primitive
def load_live(typing: Any, x: Any, at: Any, live: Any) -> Any:
    """Read the first `live` floats from x[at] on, and 0 for the lanes that follow."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, at, live = args
        address = address_of(context, builder, signature.args[0], x, at)
        pointer = VECTOR.as_pointer()
        kind = ir.FunctionType(VECTOR, [pointer, INT32, MASK, VECTOR])
        name = "llvm.masked.load.v16f32.p0"
        masked = declare(builder.module, kind, name)
        parts = [
            builder.bitcast(address, pointer),
            ir.Constant(INT32, 4),
            live_mask(builder, live),
            ir.Constant(VECTOR, None),
        ]
        out = ir.Constant(ir.ArrayType(VECTOR, 1), ir.Undefined)
        return builder.insert_value(out, builder.call(masked, parts), 0)

    return Tile(1)(x, types.int64, types.int64), code


@primitive
def store(typing: Any, tile: Any, u: Any, at: Any, step: Any) -> Any:
    """Write the vectors to u[at], u[at + step], ..."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, u, at, step = args
        first = address_of(context, builder, signature.args[1], u, at)
        for v in range(tile.n):
            address = builder.gep(first, [times(builder, step, v)])
            write(builder, builder.extract_value(value, v), address)
        return context.get_dummy_value()

    return types.none(tile, u, types.int64, types.int64), code


@primitive
def store_live(typing: Any, tile: Any, u: Any, at: Any, step: Any, live: Any) -> Any:
    """Write the first `live` floats of each vector, and leave what follows untouched."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, u, at, step, live = args
        first = address_of(context, builder, signature.args[1], u, at)
        mask = live_mask(builder, live)
        for v in range(tile.n):
            address = builder.gep(first, [times(builder, step, v)])
            write(builder, builder.extract_value(value, v), address, mask)
        return context.get_dummy_value()

    number = types.int64
    return types.none(tile, u, number, number, number), code


@primitive_of_constant
def load_rows(typing: Any, rows: Any, vectors: Any, x: Any, at: Any, row: Any) -> Any:
    """Read so many rows of neighbouring vectors, both constants: row r from x[at + r*row] on."""
    width = vectors.literal_value
    tile = Tile(rows.literal_value * width)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, _, x, at, row = args
        first = address_of(context, builder, signature.args[2], x, at)
        out = undefined(tile.n)
        for v in range(tile.n):
            line = builder.gep(first, [times(builder, row, v // width)])
            value = read(builder, builder.gep(line, [ir.Constant(INT64, v % width * LANES)]))
            out = builder.insert_value(out, value, v)
        return out

    return tile(rows, vectors, x, types.int64, types.int64), code


@primitive_of_constant
def store_rows(typing: Any, tile: Any, rows: Any, c: Any, at: Any, row: Any, live: Any) -> Any:
    """Write row r's vectors side by side to c[at + r*row]; of one vector, its first `live`."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, _, c, at, row, live = args
        first = address_of(context, builder, signature.args[2], c, at)
        mask = live_mask(builder, live)
        for v in range(tile.n):
            line = builder.gep(first, [times(builder, row, v // width)])
            address = builder.gep(line, [ir.Constant(INT64, v % width * LANES)])
            write(builder, builder.extract_value(value, v), address, mask if width == 1 else None)
        return context.get_dummy_value()

    number = types.int64
    return types.none(tile, rows, c, number, number, number), code


def _elementwise(builder: Any, kind: Any, function: Any, *values: Any) -> Any:
    """Do the same with each vector of some tiles, or with some floats."""
    if not isinstance(kind, Tile):
        return function(builder, *values)
    out = undefined(kind.n)
    for v in range(kind.n):
        parts = [builder.extract_value(tile, v) for tile in values]
        out = builder.insert_value(out, function(builder, *parts), v)
    return out


@primitive
def like(typing: Any, a: Any, value: Any) -> Any:
    """Fill a tile as large as `a`, or one float as `a` is, with one value."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = repeat(builder, args[1]) if isinstance(a, Tile) else args[1]
        return _elementwise(builder, a, lambda _, __: vector, args[0])

    return a(a, types.float32), code


@primitive
def multiply(typing: Any, a: Any, b: Any) -> Any:
    """Multiply, element by element."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, a, lambda b_, x, y: b_.fmul(x, y), *args)

    return a(a, a), code


@primitive
def multiply_add(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Give a * b + c, element by element, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, a, fused, *args)

    return a(a, a, a), code


@primitive
def floor(typing: Any, a: Any) -> Any:
    """Give the whole number at or below each element."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, a, whole_below, *args)

    return a(a), code


@primitive
def largest(typing: Any, a: Any, b: Any) -> Any:
    """Take the larger of two tiles, element by element; NaN stays NaN."""

    def choose(builder: Any, a: Any, b: Any) -> Any:
        # Unordered: a NaN in b is taken, and one in a is kept by the second choice.
        first = builder.select(builder.fcmp_unordered(">", b, a), b, a)
        return builder.select(builder.fcmp_unordered("uno", a, a), a, first)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, a, choose, *args)

    return a(a, a), code


@primitive_of_constant
def where_equal(typing: Any, a: Any, b: Any, d: Any, equal: Any) -> Any:
    """Give d where a == b (`equal` 1), or where it is not (0), and 0 elsewhere."""
    wanted = equal.literal_value

    def choose(builder: Any, a: Any, b: Any, d: Any) -> Any:
        zero = ir.Constant(VECTOR, None)
        hit = builder.fcmp_ordered("==", a, b)
        return builder.select(hit, d, zero) if wanted else builder.select(hit, zero, d)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, a, choose, *args[:3])

    return a(a, a, a, equal), code


@primitive
def where_positive(typing: Any, x: Any, a: Any, b: Any) -> Any:
    """Give a where x > 0, and b elsewhere."""

    def choose(builder: Any, x: Any, a: Any, b: Any) -> Any:
        zero = ir.Constant(x.type, None)
        return builder.select(builder.fcmp_ordered(">", x, zero), a, b)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, x, choose, *args)

    return x(x, x, x), code


@primitive
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Give a * b + c of three floats, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return fused(builder, *args)

    return types.float32(types.float32, types.float32, types.float32), code


@primitive
def power_of_two(typing: Any, n: Any) -> Any:
    """Make 2**n, n whole numbers from -126 to 127 held as floats, by writing the exponent."""

    def write(builder: Any, n: Any) -> Any:
        single = n.type == FLOAT
        whole = INT32 if single else ir.VectorType(INT32, LANES)
        bias, bits = (ir.Constant(whole, k if single else [k] * LANES) for k in (127, 23))
        biased = builder.add(builder.fptosi(n, whole), bias)
        return builder.bitcast(builder.shl(biased, bits), n.type)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, n, write, *args)

    return n(n), code


@primitive
def float_of_bits(typing: Any, bits: Any) -> Any:
    """Read the lowest 32 bits of a whole number as a float."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(builder.trunc(args[0], INT32), FLOAT)

    return types.float32(types.int64), code
