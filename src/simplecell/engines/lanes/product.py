"""Products added to a tile: nearly all the time a network takes is spent in these words.

add_products    tile[v] += w * x[at + v*step : +16]                   a row of pixels
add_line        tile[v] += w[q] * x[at + (v + q)*step : +16]          a line of its kernel
add_line_turned tile[v] += w[q] * x[at + (v - q)*step : +16]          a line turned round
add_line_back   tile[v + q] += w[q] * d[at + v*step : +16]            the same line's way back
add_outer       tile[r,q] += d[r] * x[at + q*step : +16]              a kernel's gradient
add_rows        tile[r,v] += a[at + r*row] * x[x_at + 16*v : +16]     a matrix product
add_dots        tile[r] += w[at + r*row : +16] * x[x_at : +16]        a matrix times one vector
"""

from typing import Any

from llvmlite import ir
from numba import types

from simplecell.engines.lanes.layout import LANES
from simplecell.engines.lanes.registers import (
    INT64,
    address_of,
    fused,
    primitive,
    primitive_of_constant,
    read,
    repeat,
    times,
)


@primitive
def add_products(typing: Any, tile: Any, w: Any, x: Any, at: Any, step: Any) -> Any:
    """Add w times the vectors at x[at], x[at + step], ..."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, w, x, at, step = args
        first = address_of(context, builder, signature.args[2], x, at)
        return _products(builder, tile.n, out, w, first, step)

    return tile(tile, types.float32, x, types.int64, types.int64), code


def _products(builder: Any, n: int, out: Any, w: Any, first: Any, step: Any) -> Any:
    weight = repeat(builder, w)
    for v in range(n):
        value = read(builder, builder.gep(first, [times(builder, step, v)]))
        total = fused(builder, weight, value, builder.extract_value(out, v))
        out = builder.insert_value(out, total, v)
    return out


def _tap(context: Any, builder: Any, kinds: Any, taps: Any, t: Any, w: Any, w_at: Any) -> Any:
    """Read tap t: how far its input stands from the output pixel, and where its weight is."""
    pair = address_of(context, builder, kinds[0], taps, times(builder, t, 2))
    offset, place = (
        builder.sext(builder.load(builder.gep(pair, [ir.Constant(INT64, n)])), INT64)
        for n in (0, 1)
    )
    return offset, address_of(context, builder, kinds[1], w, builder.add(w_at, place))


@primitive_of_constant
def add_line(
    typing: Any,
    tile: Any,
    length: Any,
    taps: Any,
    t: Any,
    w: Any,
    w_at: Any,
    w_step: Any,
    x: Any,
    at: Any,
    step: Any,
) -> Any:
    """Add a whole line of a kernel, from tap t on: tile[v] += w[q] * x[at + step*(v + q)].

    Each vector of x is read once and serves every tap of the line.
    """
    taps_in_line = length.literal_value

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, taps, t, w, w_at, w_step, x, at, step = args
        kinds = (signature.args[2], signature.args[4])
        offset, weights = _tap(context, builder, kinds, taps, t, w, w_at)
        place = address_of(context, builder, signature.args[7], x, builder.add(at, offset))
        ws = _line_weights(builder, weights, w_step, taps_in_line)
        for j in range(tile.n + taps_in_line - 1):
            value = read(builder, place)
            place = builder.gep(place, [step])
            for q in range(max(0, j - tile.n + 1), min(taps_in_line, j + 1)):
                total = fused(builder, ws[q], value, builder.extract_value(out, j - q))
                out = builder.insert_value(out, total, j - q)
        return out

    n = types.int64
    return tile(tile, length, taps, n, w, n, n, x, n, n), code


@primitive_of_constant
def add_line_turned(
    typing: Any,
    tile: Any,
    length: Any,
    taps: Any,
    t: Any,
    w: Any,
    w_at: Any,
    w_step: Any,
    x: Any,
    at: Any,
    step: Any,
) -> Any:
    """Add a line of a kernel turned round: tile[v] += w[q] * x[at + step*(v - q)].

    Pixels are read from the last to the first, so that each sum takes its taps in their order.
    """
    taps_in_line = length.literal_value

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, taps, t, w, w_at, w_step, x, at, step = args
        kinds = (signature.args[2], signature.args[4])
        offset, weights = _tap(context, builder, kinds, taps, t, w, w_at)
        place = address_of(context, builder, signature.args[7], x, builder.add(at, offset))
        ws = _line_weights(builder, weights, w_step, taps_in_line)
        for j in range(tile.n - 1, -taps_in_line, -1):
            value = read(builder, builder.gep(place, [times(builder, step, j)]))
            for q in range(max(0, -j), min(taps_in_line, tile.n - j)):
                total = fused(builder, ws[q], value, builder.extract_value(out, j + q))
                out = builder.insert_value(out, total, j + q)
        return out

    n = types.int64
    return tile(tile, length, taps, n, w, n, n, x, n, n), code


@primitive_of_constant
def add_line_back(
    typing: Any,
    tile: Any,
    length: Any,
    taps: Any,
    t: Any,
    w: Any,
    w_at: Any,
    w_step: Any,
    d: Any,
    at: Any,
    step: Any,
) -> Any:
    """Give a line of deltas back through a kernel's: tile[v + q] += w[q] * d[at + step*v]."""
    taps_in_line = length.literal_value

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, taps, t, w, w_at, w_step, d, at, step = args
        kinds = (signature.args[2], signature.args[4])
        offset, weights = _tap(context, builder, kinds, taps, t, w, w_at)
        place = address_of(context, builder, signature.args[7], d, builder.add(at, offset))
        ws = _line_weights(builder, weights, w_step, taps_in_line)
        for v in range(tile.n - taps_in_line + 1):
            value = read(builder, place)
            place = builder.gep(place, [step])
            for q in range(taps_in_line):
                total = fused(builder, ws[q], value, builder.extract_value(out, v + q))
                out = builder.insert_value(out, total, v + q)
        return out

    n = types.int64
    return tile(tile, length, taps, n, w, n, n, d, n, n), code


def _line_weights(builder: Any, weights: Any, step: Any, count: int) -> list[Any]:
    places = [builder.gep(weights, [times(builder, step, q)]) for q in range(count)]
    return [repeat(builder, builder.load(place, align=4)) for place in places]


@primitive_of_constant
def add_outer(
    typing: Any, tile: Any, rows: Any, d: Any, d_at: Any, d_row: Any, x: Any, x_at: Any, step: Any
) -> Any:
    """Add every d vector times every x vector: one place of a kernel's gradient."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, d, d_at, d_row, x, x_at, step = args
        above = address_of(context, builder, signature.args[2], d, d_at)
        below = address_of(context, builder, signature.args[5], x, x_at)
        ds = [read(builder, builder.gep(above, [times(builder, d_row, r)])) for r in range(height)]
        for q in range(width):
            value = read(builder, builder.gep(below, [times(builder, step, q)]))
            for r in range(height):
                v = r * width + q
                total = fused(builder, ds[r], value, builder.extract_value(out, v))
                out = builder.insert_value(out, total, v)
        return out

    number = types.int64
    return tile(tile, rows, d, number, number, x, number, number), code


@primitive_of_constant
def add_patch(
    typing: Any, tile: Any, side: Any, d: Any, d_at: Any, x: Any, x_at: Any, line: Any
) -> Any:
    """Add a vector times each number of a square patch: tile[p,q] += x[x_at + p*line + q] * d."""
    length = side.literal_value

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, d, d_at, x, x_at, line = args
        delta = read(builder, address_of(context, builder, signature.args[2], d, d_at))
        corner = address_of(context, builder, signature.args[4], x, x_at)
        for p in range(length):
            row = builder.gep(corner, [times(builder, line, p)])
            for q in range(length):
                pixel = builder.load(builder.gep(row, [ir.Constant(INT64, q)]), align=4)
                v = p * length + q
                total = fused(
                    builder, repeat(builder, pixel), delta, builder.extract_value(out, v)
                )
                out = builder.insert_value(out, total, v)
        return out

    number = types.int64
    return tile(tile, side, d, number, x, number, number), code


@primitive_of_constant
def add_rows(
    typing: Any, tile: Any, rows: Any, a: Any, a_at: Any, a_row: Any, x: Any, x_at: Any
) -> Any:
    """Add r numbers of a times v neighbouring vectors of x: one term of a matrix product."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, a, a_at, a_row, x, x_at = args
        left = address_of(context, builder, signature.args[2], a, a_at)
        right = address_of(context, builder, signature.args[5], x, x_at)
        xs = [
            read(builder, builder.gep(right, [ir.Constant(INT64, LANES * v)]))
            for v in range(width)
        ]
        for r in range(height):
            scalar = builder.load(builder.gep(left, [times(builder, a_row, r)]), align=4)
            weight = repeat(builder, scalar)
            for v in range(width):
                i = r * width + v
                total = fused(builder, weight, xs[v], builder.extract_value(out, i))
                out = builder.insert_value(out, total, i)
        return out

    number = types.int64
    return tile(tile, rows, a, number, number, x, number), code


@primitive
def add_dots(typing: Any, tile: Any, w: Any, w_at: Any, w_row: Any, x: Any, x_at: Any) -> Any:
    """Add, for each row of w, sixteen products with x, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, w, w_at, w_row, x, x_at = args
        left = address_of(context, builder, signature.args[1], w, w_at)
        value = read(builder, address_of(context, builder, signature.args[4], x, x_at))
        for r in range(tile.n):
            weight = read(builder, builder.gep(left, [times(builder, w_row, r)]))
            total = fused(builder, weight, value, builder.extract_value(out, r))
            out = builder.insert_value(out, total, r)
        return out

    number = types.int64
    return tile(tile, w, number, number, x, number), code
