"""Lanes that change places: sums over lanes, and blocks turned from images to pixels and back."""

from typing import Any

from llvmlite import ir
from numba import types

from simplecell.engines.lanes.layout import LANES
from simplecell.engines.lanes.registers import (
    BYTE,
    INT32,
    INT64,
    VECTOR,
    address_of,
    fused,
    places,
    primitive,
    primitive_of_constant,
    read,
    repeat,
    single,
    times,
    write,
)


def _sums(builder: Any, vectors: list[Any]) -> Any:
    """Sum the lanes of up to sixteen vectors at once: lane n of the answer is vector n's sum.

    Four rounds, each adding neighbouring lanes of two vectors into one.
    """
    even = [2 * n for n in range(LANES)]
    masks = [places([place + odd for place in even]) for odd in (0, 1)]
    rows = vectors
    for _ in range(4):
        rows = rows + rows[-1:] * (len(rows) % 2)
        pairs = zip(rows[::2], rows[1::2], strict=True) if len(rows) > 1 else [(rows[0], rows[0])]
        rows = [
            builder.fadd(*(builder.shuffle_vector(a, b, mask) for mask in masks)) for a, b in pairs
        ]
    return rows[0]


@primitive_of_constant
def add_sums(typing: Any, tile: Any, rows: Any, u: Any, at: Any, row: Any) -> Any:
    """Add the sum of vector (r, q)'s lanes to u[at + r*row + q]."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, _, u, at, row = args
        first = address_of(context, builder, signature.args[2], u, at)
        totals = _sums(builder, [builder.extract_value(value, v) for v in range(tile.n)])
        for v in range(tile.n):
            line = builder.gep(first, [times(builder, row, v // width)])
            address = builder.gep(line, [ir.Constant(INT64, v % width)])
            total = builder.extract_element(totals, ir.Constant(INT32, v))
            total = builder.fadd(builder.load(address, align=4), total)
            builder.store(total, address, align=4)
        return context.get_dummy_value()

    return types.none(tile, rows, u, types.int64, types.int64), code


@primitive
def add_neighbours(typing: Any, low: Any, high: Any) -> Any:
    """Add lanes 0+1, 2+3, ... of thirty-two floats held in two vectors."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = [builder.extract_value(tile, 0) for tile in args]
        masks = [places([2 * n + odd for n in range(LANES)]) for odd in (0, 1)]
        total = builder.fadd(*(builder.shuffle_vector(*parts, mask) for mask in masks))
        return single(builder, total)

    return low(low, low), code


@primitive_of_constant
def every_other(typing: Any, low: Any, high: Any, start: Any) -> Any:
    """Take lanes start, start + 2, ... of thirty-two floats held in two vectors."""
    first = start.literal_value

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = [builder.extract_value(tile, 0) for tile in args[:2]]
        return single(builder, builder.shuffle_vector(*parts, places([*range(first, 32, 2)])))

    return low(low, low, start), code


@primitive_of_constant
def interleaved(typing: Any, even: Any, odd: Any, half: Any) -> Any:
    """Undo `every_other`: the first (half 0) or last (half 1) sixteen of the thirty-two floats."""
    start = half.literal_value * (LANES // 2)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = [builder.extract_value(tile, 0) for tile in args[:2]]
        lanes = [start + n // 2 + LANES * (n % 2) for n in range(LANES)]
        return single(builder, builder.shuffle_vector(*parts, places(lanes)))

    return even(even, even, half), code


@primitive_of_constant
def doubled(typing: Any, x: Any, half: Any) -> Any:
    """Repeat each of the first (half 0) or last (half 1) eight lanes once."""
    start = half.literal_value * (LANES // 2)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = builder.extract_value(args[0], 0)
        mask = places([start + n // 2 for n in range(LANES)])
        out = builder.shuffle_vector(vector, vector, mask)
        return single(builder, out)

    return x(x, half), code


def _turn(builder: Any, rows: list[Any]) -> list[Any]:
    """Transpose 16 vectors of 16 in four rounds of interleaving row n with row n + 8."""
    low = [n // 2 + LANES * (n % 2) for n in range(LANES)]
    high = [n + LANES // 2 for n in low]
    masks = [places(low), places(high)]
    for _ in range(4):
        rows = [
            builder.shuffle_vector(rows[n // 2], rows[n // 2 + 8], masks[n % 2])
            for n in range(LANES)
        ]
    return rows


@primitive
def turn_block(
    typing: Any, x: Any, at: Any, step: Any, out: Any, out_at: Any, out_step: Any
) -> Any:
    """Transpose a block of 16 vectors: out[j*out_step + i] = x[i*step + j]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, at, step, out, out_at, out_step = args
        source = address_of(context, builder, signature.args[0], x, at)
        target = address_of(context, builder, signature.args[3], out, out_at)
        rows = [
            read(builder, builder.gep(source, [times(builder, step, n)])) for n in range(LANES)
        ]
        for n, row in enumerate(_turn(builder, rows)):
            write(builder, row, builder.gep(target, [times(builder, out_step, n)]))
        return context.get_dummy_value()

    number = types.int64
    return types.none(x, number, number, out, number, number), code


@primitive
def load_block(
    typing: Any,
    pictures: Any,
    rows: Any,
    at: Any,
    scale: Any,
    shift: Any,
    out: Any,
    out_at: Any,
    out_step: Any,
) -> Any:
    """Turn 16 bytes of 16 pictures into 16 vectors scale*pixel + shift, an image a lane.

        out[j*out_step + n] = scale * pictures[rows[n] + at + j] + shift

    `rows` holds where each picture starts.
    """
    line_of_bytes = ir.VectorType(BYTE, LANES)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pictures, rows, at, scale, shift, out, out_at, out_step = args
        target = address_of(context, builder, signature.args[5], out, out_at)
        lines = []
        for n in range(LANES):
            place = address_of(context, builder, signature.args[1], rows, ir.Constant(INT64, n))
            start = builder.add(builder.load(place), at)
            source = address_of(context, builder, signature.args[0], pictures, start)
            lines.append(
                builder.load(builder.bitcast(source, line_of_bytes.as_pointer()), align=1)
            )
        scales, shifts = repeat(builder, scale), repeat(builder, shift)
        for n, line in enumerate(_turn(builder, lines)):
            wide = builder.zext(line, ir.VectorType(INT32, LANES))
            value = fused(builder, scales, builder.uitofp(wide, VECTOR), shifts)
            write(builder, value, builder.gep(target, [times(builder, out_step, n)]))
        return context.get_dummy_value()

    number, real = types.int64, types.float32
    return types.none(pictures, rows, number, real, real, out, number, number), code
