"""A network's layers in whole numbers of 8 bits; and the same, run here, to check and to count.

    weights       w = scale[m] * q, one scale per map, q in -127 … 127
    what is read  x = step * q + offset, one step per layer
    a sum         s = sum of q_w * q_x, exact in 32 bits
    its place     (s * scale[m] + offset[m]) >> shift, from 0 to the top: a number per map, which
                  holds the gain, the bias and both offsets, counted in steps of what is given

A squashing function is a table of 1,024 places, which end a quarter of a step from its limit: its
outputs have bounds that are known, so nothing need be measured. relu and identity have none;
their largest and least outputs are measured on pictures. Of leaky relu, elu and softplus the
largest and least u are, and the layer's own table reaches from one to the other. The last layer
gives floats.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.normalise import Normalisation
from simplecell.engines.protocol import Array
from simplecell.engines.walk import flat, layer_squash, walk_forward
from simplecell.errors import ModelError
from simplecell.export.c.format import ENTRIES, Bounds, Format, Table, Whole
from simplecell.export.c.layers.entries import code_of, entry_of
from simplecell.export.c.squash import (
    has_table,
    is_bent,
    measured_table,
    squash_table,
    squashed,
)
from simplecell.export.c.stage import Plain, Stage
from simplecell.formulas.activations import ACTIVATIONS
from simplecell.spec.layers import Layer
from simplecell.spec.network import Network
from simplecell.train.model import Model

FINE = 23
"""Bits of the largest scale of a layer."""
ROWS = 250


def unbounded(network: Network) -> list[str]:
    """Name the layers whose outputs have no bounds that are known: these must be measured."""
    return [
        layer.name
        for layer in network.layers[:-1]
        if is_bent(layer.squash) or not (has_table(layer.squash) or entry_of(layer).keeps_bounds)
    ]


def measure(model: Model, pictures: Array) -> dict[str, tuple[float, float]]:
    """Find each layer's least and largest output on some pictures, (N, C, H, W) uint8.

    Where int8 takes a table of what is measured, the least and the largest u.
    """
    found: dict[str, tuple[float, float]] = {}
    for start in range(0, len(pictures), ROWS):
        x = model.examples(pictures[start : start + ROWS]).values(slice(None))
        for step in walk_forward(model.network.layers, model.parameters, x):
            low, high = found.get(step.layer.name, (math.inf, -math.inf))
            seen = step.u if is_bent(step.layer.squash) else step.x
            low, high = min(low, float(seen.min())), max(high, float(seen.max()))
            found[step.layer.name] = (low, high)
    return found


def whole_stages(
    layers: Sequence[Plain], normalisation: Normalisation, bounds: Bounds
) -> list[Whole]:
    """Choose the whole numbers of every layer.

    Raises
        ModelError   a unit reads too much for 32 bits; a normalisation that turns pixels round
    """
    if normalisation.scale <= 0:
        raise ModelError(
            f"int8 takes pixels as they are, and this model multiplies them by"
            f" {normalisation.scale:g}: export it in float, without --int8."
        )
    reads = Format(normalisation.scale, normalisation.shift, 0)
    found: list[Whole] = []
    for plain in layers:
        if plain is layers[-1]:
            found.append(_last(plain, reads))
        else:
            whole, reads = _hidden(plain, reads, bounds)
            found.append(whole)
    return found


def run(layers: Sequence[Whole], pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Run pictures through as the C code does; give their scores, (N, classes)."""
    given = [_run(layers, pixels[start : start + ROWS]) for start in range(0, len(pixels), ROWS)]
    return np.concatenate(given)


def _last(plain: Plain, reads: Format) -> Whole:
    code = code_of(plain)
    if (alone := code.last(reads)) is not None:
        return alone
    w, gain, constant = code.gains(reads)
    numbers = {"scale": gain.astype(np.float32), "offset": constant.ravel().astype(np.float32)}
    m, unit = code.places(numbers["scale"].size)
    u = f"(float)sum * @scale[{m}] + @offset[{unit}]"
    ends = (f"*y++ = {squashed(plain.layer.squash, u)};",)
    arrays = {**_arrays(plain, w), **numbers}
    return Whole(Stage(plain, reads.type, "float", arrays, "0", ends), reads, w)


def _hidden(plain: Plain, reads: Format, bounds: Bounds) -> tuple[Whole, Format]:
    layer, code = plain.layer, code_of(plain)
    if (alone := code.hidden(reads)) is not None:
        return alone
    table, own = None, {}
    if has_table(layer.squash) or is_bent(layer.squash):
        table = _table(layer, bounds)
        if is_bent(layer.squash):
            own = {"table": table.values}
        low, tick, gives, top = table.low, table.tick, table.format, ENTRIES - 1
    else:
        low, high = code.bounds(reads) if code.keeps_bounds else bounds[layer.name]
        least = ACTIVATIONS[layer.squash].low
        low = least if math.isfinite(least) else low
        tick = (high - low) / 255 if high > low else 1.0
        gives, top = Format(tick, low + 128 * tick), 255
    w, gain, constant = code.gains(reads)
    shift = _shift(gain / tick)
    numbers: dict[str, NDArray[Any]] = {
        "scale": _whole(gain / tick * 2.0**shift, 2**31 - 1).astype(np.int32),
        "offset": _whole(((constant - low) / tick + 0.5) * 2.0**shift, 2**62).ravel(),
    }
    m, unit = code.places(numbers["scale"].size)
    shared = "(int8_t)(place - 128)" if table is None else f"${layer.squash}_table[place]"
    given = "@table[place]" if own else shared
    ends = (
        "const int32_t place =",
        f"    $place(sum, @scale[{m}], @offset[{unit}], {shift}, {top});",
        f"*y++ = {given};",
    )
    arrays = {**_arrays(plain, w), **numbers, **own}
    stage = Stage(plain, reads.type, "int8_t", arrays, "0", ends)
    return Whole(stage, reads, w, shift, top, table), gives


def _table(layer: Layer, bounds: Bounds) -> Table:
    """Choose a layer's table: that of all whose outputs have bounds, or one of its own."""
    if has_table(layer.squash):
        return squash_table(layer.squash)
    return measured_table(layer.squash, *bounds[layer.name])


def _arrays(plain: Plain, w: Array) -> dict[str, NDArray[Any]]:
    return code_of(plain).packed(w.astype(np.int8)) if w.size else {}


def _shift(gains: Array) -> int:
    """Give the bits behind the point that leave the largest gain about `FINE` bits."""
    largest = float(np.abs(gains).max())
    return max(0, min(40, FINE - math.ceil(math.log2(largest)))) if largest > 0 else 0


def _whole(values: Array, most: int) -> NDArray[np.int64]:
    return np.rint(values).clip(-most, most).astype(np.int64)


def _run(layers: Sequence[Whole], pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    q: Array = pixels.astype(np.float64)
    for whole in layers[:-1]:
        q = _next(whole, q)
    last = layers[-1]
    code, layer = code_of(last.stage.plain), last.stage.plain.layer
    if (alone := code.answer(last, q)) is not None:
        return alone
    u = _per_map(last, "scale") * code.sums(last.w, q).astype(np.float32) + _per_map(
        last, "offset"
    )
    return flat(layer_squash(layer, u)).astype(np.float32)


def _next(whole: Whole, q: Array) -> Array:
    """Give what a hidden layer hands on."""
    sums = code_of(whole.stage.plain).sums(whole.w, q)
    if not whole.top:
        return sums if whole.reads.least else sums - 128
    places = sums.astype(np.int64) * _per_map(whole, "scale").astype(np.int64)
    places = ((places + _per_map(whole, "offset")) >> whole.shift).clip(0, whole.top)
    given: Array = places - 128 if whole.table is None else whole.table.values[places]
    return given.astype(np.float64)


def _per_map(whole: Whole, name: str) -> NDArray[Any]:
    """Give one of the layer's numbers per map, or per unit, to go with (N, M, H, W)."""
    return code_of(whole.stage.plain).placed(whole.stage.arrays[name])
