"""The hash of `formulas/dropout.py` in compiled code: the same numbers of 32 bits, bit for bit.

    mix            of one whole number
    write_keys     key[lane] = mix(chance ^ (first + lane)), sixteen images of a pack
    kept           x * factor where mix(key[lane] ^ mix(unit)) >= limit, else 0
    kept_along     the same for sixteen neighbouring units of one image, whose key is a number

Keys stand among the floats of a scratch node: they are written and read as whole numbers, and
nothing reckons with them as floats.
"""

from typing import Any

from llvmlite import ir
from numba import types

from simplecell.engines.lanes.layout import LANES
from simplecell.engines.lanes.registers import (
    INT32,
    INT64,
    VECTOR,
    address_of,
    primitive,
    repeat,
    single,
)
from simplecell.formulas.dropout import FIRST, GOLDEN, SECOND

WORDS = ir.VectorType(INT32, LANES)


def _mixed(builder: Any, a: Any) -> Any:
    """Write the code of mix, for one number of 32 bits or for sixteen."""

    def constant(value: int) -> Any:
        return ir.Constant(a.type, [value] * LANES if a.type == WORDS else value)

    a = builder.add(a, constant(GOLDEN))
    for shift, factor in ((16, FIRST), (15, SECOND)):
        a = builder.xor(a, builder.lshr(a, constant(shift)))
        a = builder.mul(a, constant(factor))
    return builder.xor(a, builder.lshr(a, constant(16)))


def _word(builder: Any, number: Any) -> Any:
    return builder.trunc(number, INT32)


def _counted(builder: Any, first: Any) -> Any:
    """Count sixteen numbers on from the first."""
    return builder.add(
        repeat(builder, _word(builder, first), INT32), ir.Constant(WORDS, list(range(LANES)))
    )


def _chosen(builder: Any, x: Any, h: Any, limit: Any, factor: Any) -> Any:
    """Write x * factor where h reaches the limit, and 0 elsewhere."""
    least = repeat(builder, _word(builder, limit), INT32)
    louder = builder.fmul(builder.extract_value(x, 0), repeat(builder, factor))
    reached = builder.icmp_unsigned(">=", h, least)
    return single(builder, builder.select(reached, louder, ir.Constant(VECTOR, None)))


@primitive
def mix(typing: Any, a: Any) -> Any:
    """Mix the bits of a whole number of 32 bits."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.zext(_mixed(builder, _word(builder, args[0])), INT64)

    return types.int64(types.int64), code


@primitive
def write_keys(typing: Any, memory: Any, at: Any, chance: Any, first: Any) -> Any:
    """Write the keys of sixteen images, the first of which has the place `first` in the batch."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        memory, at, chance, first = args
        places = _counted(builder, first)
        keys = builder.xor(places, repeat(builder, _word(builder, chance), INT32))
        address = address_of(context, builder, signature.args[0], memory, at)
        words = builder.bitcast(address, WORDS.as_pointer())
        builder.store(_mixed(builder, keys), words, align=4)
        return context.get_dummy_value()

    number = types.int64
    return types.none(memory, number, number, number), code


@primitive
def kept(typing: Any, x: Any, memory: Any, at: Any, unit: Any, limit: Any, factor: Any) -> Any:
    """Keep one unit of those images whose hash reaches the limit; their keys are at memory[at]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, memory, at, unit, limit, factor = args
        address = address_of(context, builder, signature.args[1], memory, at)
        keys = builder.load(builder.bitcast(address, WORDS.as_pointer()), align=4)
        own = repeat(builder, _mixed(builder, _word(builder, unit)), INT32)
        h = _mixed(builder, builder.xor(keys, own))
        return _chosen(builder, x, h, limit, factor)

    number = types.int64
    return x(x, memory, number, number, number, types.float32), code


@primitive
def kept_along(typing: Any, x: Any, key: Any, unit: Any, limit: Any, factor: Any) -> Any:
    """Keep those of sixteen units of one image whose hash reaches the limit."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, key, unit, limit, factor = args
        own = _mixed(builder, _counted(builder, unit))
        h = _mixed(builder, builder.xor(own, repeat(builder, _word(builder, key), INT32)))
        return _chosen(builder, x, h, limit, factor)

    number = types.int64
    return x(x, number, number, number, types.float32), code
