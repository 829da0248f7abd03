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
    """Add w times the vectors at x[at], x[at + step], ..."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, w, x, at, step = args
        first = _address(context, builder, signature.args[2], x, at)
        return _products(builder, tile.n, out, w, first, step)

    return tile(tile, types.float32, x, types.int64, types.int64), code


def _products(builder: Any, n: int, out: Any, w: Any, first: Any, step: Any) -> Any:
    weight = _splat(builder, w)
    for v in range(n):
        value = _load(builder, builder.gep(first, [_times(builder, step, v)]))
        total = _fma(builder, weight, value, builder.extract_value(out, v))
        out = builder.insert_value(out, total, v)
    return out


@intrinsic
def add_tap(
    typing: Any, tile: Any, taps: Any, t: Any, w: Any, w_at: Any, x: Any, at: Any, step: Any
) -> Any:
    """Add tap t of a convolution: w[w_at + taps[t,1]] times the vectors at x[at + taps[t,0]]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, taps, t, w, w_at, x, at, step = args
        kinds = (signature.args[1], signature.args[3])
        offset, place = _tap(context, builder, kinds, taps, t, w, w_at)
        weight = builder.load(place, align=4)
        first = _address(context, builder, signature.args[5], x, builder.add(at, offset))
        return _products(builder, tile.n, out, weight, first, step)

    number = types.int64
    return tile(tile, taps, number, w, number, x, number, number), code


def _tap(context: Any, builder: Any, kinds: Any, taps: Any, t: Any, w: Any, w_at: Any) -> Any:
    """Read tap t: how far its input stands from the output pixel, and where its weight is."""
    pair = _address(context, builder, kinds[0], taps, _times(builder, t, 2))
    offset, place = (
        builder.sext(builder.load(builder.gep(pair, [ir.Constant(INT64, n)])), INT64)
        for n in (0, 1)
    )
    return offset, _address(context, builder, kinds[1], w, builder.add(w_at, place))


@intrinsic(prefer_literal=True)
def add_line(
    typing: Any, tile: Any, length: Any, taps: Any, t: Any, w: Any, w_at: Any, w_step: Any,
    x: Any, at: Any, step: Any,
) -> Any:
    """Add a whole line of a kernel, from tap t on: tile[v] += w[q] * x[at + step*(v + q)].

    Each vector of x is read once and serves every tap of the line.
    """
    taps_in_line = length.literal_value

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, taps, t, w, w_at, w_step, x, at, step = args
        kinds = (signature.args[2], signature.args[4])
        offset, weights = _tap(context, builder, kinds, taps, t, w, w_at)
        place = _address(context, builder, signature.args[7], x, builder.add(at, offset))
        ws = _line_weights(builder, weights, w_step, taps_in_line)
        for j in range(tile.n + taps_in_line - 1):
            value = _load(builder, place)
            place = builder.gep(place, [step])
            for q in range(max(0, j - tile.n + 1), min(taps_in_line, j + 1)):
                total = _fma(builder, ws[q], value, builder.extract_value(out, j - q))
                out = builder.insert_value(out, total, j - q)
        return out

    n = types.int64
    return tile(tile, length, taps, n, w, n, n, x, n, n), code


@intrinsic(prefer_literal=True)
def add_line_back(
    typing: Any, tile: Any, length: Any, taps: Any, t: Any, w: Any, w_at: Any, w_step: Any,
    d: Any, at: Any, step: Any,
) -> Any:
    """Give a line of deltas back through a kernel's: tile[v + q] += w[q] * d[at + step*v]."""
    taps_in_line = length.literal_value

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, _, taps, t, w, w_at, w_step, d, at, step = args
        kinds = (signature.args[2], signature.args[4])
        offset, weights = _tap(context, builder, kinds, taps, t, w, w_at)
        place = _address(context, builder, signature.args[7], d, builder.add(at, offset))
        ws = _line_weights(builder, weights, w_step, taps_in_line)
        for v in range(tile.n - taps_in_line + 1):
            value = _load(builder, place)
            place = builder.gep(place, [step])
            for q in range(taps_in_line):
                total = _fma(builder, ws[q], value, builder.extract_value(out, v + q))
                out = builder.insert_value(out, total, v + q)
        return out

    n = types.int64
    return tile(tile, length, taps, n, w, n, n, d, n, n), code


def _line_weights(builder: Any, weights: Any, step: Any, count: int) -> list[Any]:
    places = [builder.gep(weights, [_times(builder, step, q)]) for q in range(count)]
    return [_splat(builder, builder.load(place, align=4)) for place in places]


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


def _sums(builder: Any, vectors: list[Any]) -> Any:
    """Sum the lanes of up to sixteen vectors at once: lane n of the answer is vector n's sum.

    Four rounds, each adding neighbouring lanes of two vectors into one.
    """
    even = [2 * n for n in range(LANES)]
    masks = [
        ir.Constant(ir.VectorType(INT32, LANES), [place + odd for place in even])
        for odd in (0, 1)
    ]
    rows = vectors
    for _ in range(4):
        rows = rows + rows[-1:] * (len(rows) % 2)
        pairs = zip(rows[::2], rows[1::2], strict=True) if len(rows) > 1 else [(rows[0], rows[0])]
        rows = [
            builder.fadd(*(builder.shuffle_vector(a, b, mask) for mask in masks)) for a, b in pairs
        ]
    return rows[0]


@intrinsic(prefer_literal=True)
def add_sums(typing: Any, tile: Any, rows: Any, u: Any, at: Any, row: Any) -> Any:
    """Add the sum of vector (r, q)'s lanes to u[at + r*row + q]."""
    height = rows.literal_value
    width = tile.n // height

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, _, u, at, row = args
        first = _address(context, builder, signature.args[2], u, at)
        totals = _sums(builder, [builder.extract_value(value, v) for v in range(tile.n)])
        for v in range(tile.n):
            line = builder.gep(first, [_times(builder, row, v // width)])
            address = builder.gep(line, [ir.Constant(INT64, v % width)])
            total = builder.extract_element(totals, ir.Constant(INT32, v))
            total = builder.fadd(builder.load(address, align=4), total)
            builder.store(total, address, align=4)
        return context.get_dummy_value()

    return types.none(tile, rows, u, types.int64, types.int64), code


@intrinsic
def load_live(typing: Any, x: Any, at: Any, live: Any) -> Any:
    """Read the first `live` floats from x[at] on, and 0 for the lanes that follow."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, at, live = args
        address = _address(context, builder, signature.args[0], x, at)
        pointer = VECTOR.as_pointer()
        kind = ir.FunctionType(VECTOR, [pointer, INT32, MASK, VECTOR])
        name = "llvm.masked.load.v16f32.p0"
        masked = cgutils.get_or_insert_function(builder.module, kind, name)
        parts = [
            builder.bitcast(address, pointer),
            ir.Constant(INT32, 4),
            _live_mask(builder, live),
            ir.Constant(VECTOR, None),
        ]
        out = ir.Constant(ir.ArrayType(VECTOR, 1), ir.Undefined)
        return builder.insert_value(out, builder.call(masked, parts), 0)

    return Tile(1)(x, types.int64, types.int64), code


@intrinsic
def add_neighbours(typing: Any, low: Any, high: Any) -> Any:
    """Add lanes 0+1, 2+3, ... of thirty-two floats held in two vectors."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = [builder.extract_value(tile, 0) for tile in args]
        places = [[2 * n + odd for n in range(LANES)] for odd in (0, 1)]
        masks = [ir.Constant(ir.VectorType(INT32, LANES), p) for p in places]
        total = builder.fadd(*(builder.shuffle_vector(*parts, mask) for mask in masks))
        return builder.insert_value(ir.Constant(ir.ArrayType(VECTOR, 1), ir.Undefined), total, 0)

    return low(low, low), code


@intrinsic(prefer_literal=True)
def doubled(typing: Any, x: Any, half: Any) -> Any:
    """Repeat each of the first (half 0) or last (half 1) eight lanes once."""
    start = half.literal_value * (LANES // 2)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = builder.extract_value(args[0], 0)
        places = [start + n // 2 for n in range(LANES)]
        mask = ir.Constant(ir.VectorType(INT32, LANES), places)
        out = builder.shuffle_vector(vector, vector, mask)
        return builder.insert_value(ir.Constant(ir.ArrayType(VECTOR, 1), ir.Undefined), out, 0)

    return x(x, half), code


def _elementwise(builder: Any, n: int, function: Any, *tiles: Any) -> Any:
    out = ir.Constant(ir.ArrayType(VECTOR, n), ir.Undefined)
    for v in range(n):
        parts = [builder.extract_value(tile, v) for tile in tiles]
        out = builder.insert_value(out, function(builder, *parts), v)
    return out


@intrinsic
def multiply(typing: Any, a: Any, b: Any) -> Any:
    """Multiply two tiles, element by element."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, a.n, lambda b_, x, y: b_.fmul(x, y), *args)

    return a(a, a), code


@intrinsic
def multiply_add(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Give a * b + c of three tiles, element by element, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, a.n, _fma, *args)

    return a(a, a, a), code


@intrinsic
def where_positive(typing: Any, x: Any, a: Any) -> Any:
    """Give a where x > 0, and 0 elsewhere."""

    def choose(builder: Any, x: Any, a: Any) -> Any:
        zero = ir.Constant(VECTOR, None)
        return builder.select(builder.fcmp_ordered(">", x, zero), a, zero)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _elementwise(builder, x.n, choose, *args)

    return x(x, x), code


@intrinsic
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Give a * b + c of three floats, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(FLOAT, [FLOAT, FLOAT, FLOAT])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.f32")
        return builder.call(function, args)

    return types.float32(types.float32, types.float32, types.float32), code


def _turn(builder: Any, rows: list[Any]) -> list[Any]:
    """Transpose 16 vectors of 16 in four rounds of interleaving row n with row n + 8."""
    low = [n // 2 + LANES * (n % 2) for n in range(LANES)]
    high = [n + LANES // 2 for n in low]
    masks = [ir.Constant(ir.VectorType(INT32, LANES), places) for places in (low, high)]
    for _ in range(4):
        rows = [
            builder.shuffle_vector(rows[n // 2], rows[n // 2 + 8], masks[n % 2])
            for n in range(LANES)
        ]
    return rows


@intrinsic
def turn_block(typing: Any, x: Any, at: Any, step: Any, out: Any, out_at: Any, out_step: Any) -> Any:
    """Transpose a block of 16 vectors: out[j*out_step + i] = x[i*step + j]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, at, step, out, out_at, out_step = args
        source = _address(context, builder, signature.args[0], x, at)
        target = _address(context, builder, signature.args[3], out, out_at)
        rows = [
            _load(builder, builder.gep(source, [_times(builder, step, n)])) for n in range(LANES)
        ]
        for n, row in enumerate(_turn(builder, rows)):
            _store(builder, row, builder.gep(target, [_times(builder, out_step, n)]))
        return context.get_dummy_value()

    number = types.int64
    return types.none(x, number, number, out, number, number), code


@intrinsic
def load_block(
    typing: Any, pictures: Any, rows: Any, at: Any, scale: Any, shift: Any,
    out: Any, out_at: Any, out_step: Any,
) -> Any:
    """Turn 16 bytes of 16 pictures into 16 vectors scale*pixel + shift, an image a lane.

    `rows` holds where each picture starts; out[j*out_step + n] = scale*pictures[rows[n]+at+j] + shift
    """
    byte = ir.IntType(8)
    bytes_ = ir.VectorType(byte, LANES)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pictures, rows, at, scale, shift, out, out_at, out_step = args
        target = _address(context, builder, signature.args[5], out, out_at)
        lines = []
        for n in range(LANES):
            place = _address(context, builder, signature.args[1], rows, ir.Constant(INT64, n))
            start = builder.add(builder.load(place), at)
            source = _address(context, builder, signature.args[0], pictures, start)
            lines.append(builder.load(builder.bitcast(source, bytes_.as_pointer()), align=1))
        scales, shifts = _splat(builder, scale), _splat(builder, shift)
        for n, line in enumerate(_turn(builder, lines)):
            wide = builder.zext(line, ir.VectorType(INT32, LANES))
            value = _fma(builder, scales, builder.uitofp(wide, VECTOR), shifts)
            _store(builder, value, builder.gep(target, [_times(builder, out_step, n)]))
        return context.get_dummy_value()

    number, real = types.int64, types.float32
    return types.none(pictures, rows, number, real, real, out, number, number), code


@intrinsic
def call_entry(
    typing: Any, address: Any, memory: Any, w: Any, slot: Any, op: Any, here: Any,
    taps: Any, ranges: Any, readers: Any,
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


@intrinsic
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


@intrinsic
def power_of_two(typing: Any, n: Any) -> Any:
    """Make the float 2**n, n a whole number from -126 to 127, by writing its exponent."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        biased = builder.add(args[0], ir.Constant(INT32, 127))
        return builder.bitcast(builder.shl(biased, ir.Constant(INT32, 23)), FLOAT)

    return types.float32(types.int32), code
