"""A network's layers in whole numbers of 8 bits; and the same, run here, to check and to count.

    weights       w = scale[m] * q, one scale per map, q in -127 … 127
    what is read  x = step * q + offset, one step per layer
    a sum         s = sum of q_w * q_x, exact in 32 bits
    its place     (s * scale[m] + offset[m]) >> shift, from 0 to the top: a number per map, which
                  holds the gain, the bias and both offsets, counted in steps of what is given

A squashing function is a table of 1,024 places, which end a quarter of a step from its limit: its
outputs have bounds that are known, so nothing need be measured. relu and identity have none;
their largest and least outputs are measured on pictures. The last layer gives floats.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.normalise import Normalisation
from simplecell.engines.parameters import code_values
from simplecell.engines.protocol import Array
from simplecell.engines.walk import flat, layer_squash, layer_sum, walk_forward
from simplecell.errors import ModelError
from simplecell.export.c.real import squashed
from simplecell.export.c.stage import Plain, Stage, packed
from simplecell.export.c.text import number
from simplecell.formulas.activations import AMPLITUDE, STEEPNESS, squash
from simplecell.spec.layers import RBF, Layer, Local, Pool, Subsample
from simplecell.spec.network import Network
from simplecell.train.model import Model

ENTRIES = 1024
FINE = 23
"""Bits of the largest scale of a layer."""
MOST_TAPS = (2**31 - 1) // (127 * 255)
"""More products than this might not fit a sum of 32 bits."""
ROWS = 250
NONE = np.zeros(0)
"""The weights of a layer that has none, or none that are multiplied cell by cell."""
Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Format:
    """What whole numbers stand for: x = step * q + offset, q from `least` to `least` + 255."""

    step: float
    offset: float
    least: int = -128

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest x there is."""
        low = self.step * self.least + self.offset
        return low, low + 255 * self.step


@dataclass(frozen=True)
class Table:
    """A squashing function by places: `values[k]` is f(low + tick * k), in `format`."""

    low: float
    tick: float
    values: NDArray[np.int8]
    format: Format


@dataclass(frozen=True)
class Whole:
    """A layer in whole numbers: its stage, and what running it here needs.

    `w` are its weights in the layer's own shape. `top` is the last place, 0 where a layer has
    none: it hands on its sum as it is, or it is the last, and gives floats.
    """

    stage: Stage
    reads: Format
    w: Array
    shift: int = 0
    top: int = 0
    table: Table | None = None


def unbounded(network: Network) -> list[str]:
    """Name the layers whose outputs have no bounds that are known: these must be measured."""
    return [layer.name for layer in network.layers[:-1] if _is_unbounded(layer)]


def measure(model: Model, pictures: Array) -> dict[str, tuple[float, float]]:
    """Find each layer's least and largest output on some pictures, (N, C, H, W) uint8."""
    found: dict[str, tuple[float, float]] = {}
    for start in range(0, len(pictures), ROWS):
        x = model.examples(pictures[start : start + ROWS]).values(slice(None))
        for step in walk_forward(model.network.layers, model.parameters, x):
            low, high = found.get(step.layer.name, (math.inf, -math.inf))
            low, high = min(low, float(step.x.min())), max(high, float(step.x.max()))
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


def squash_table(name: str) -> Table:
    """Write a squashing function as a table; it ends a quarter of a step from its limit.

    >>> table = squash_table("scaled_tanh")
    >>> table.values[[0, 511, 512, 1023]], round(table.low, 2)
    (array([-127,    0,    0,  127], dtype=int8), -5.19)
    """
    if name == "sigmoid":
        form, reach = Format(1 / 255, 128 / 255), math.log(4 * 255 - 1)
    else:
        scaled = name == "scaled_tanh"
        form = Format((AMPLITUDE if scaled else 1.0) / 127, 0.0)
        reach = math.atanh(1 - 1 / (4 * 127)) / (STEEPNESS if scaled else 1.0)
    tick = 2 * reach / (ENTRIES - 1)
    x = squash(name, -reach + tick * np.arange(ENTRIES))
    values = np.rint((x - form.offset) / form.step).clip(-128, 127).astype(np.int8)
    return Table(-reach, tick, values, form)


def _is_unbounded(layer: Layer) -> bool:
    return layer.squash in ("relu", "identity") and not isinstance(layer, Pool)


def _pixels_or(reads: Format) -> str:
    return "uint8_t" if reads.least == 0 else "int8_t"


def _gains(plain: Plain, reads: Format) -> tuple[Array, Array, Array]:
    """Give whole weights, and u = gain * sum + constant: one per map, or per Local unit."""
    layer, own = plain.layer, plain.own
    if isinstance(layer, Pool):
        area = math.prod(layer.window) if layer.kind == "mean" else 1
        return NONE, np.array([reads.step / area]), np.array([reads.offset])
    if isinstance(layer, Subsample):
        area = math.prod(layer.window)
        return NONE, own["w"] * reads.step, own["b"] + own["w"] * area * reads.offset
    w = own["w"]
    taps = w[0].size // (math.prod(plain.above[1:]) if isinstance(layer, Local) else 1)
    if taps > MOST_TAPS:
        raise ModelError(
            f"layer {layer.name}: its units read {taps:,} numbers; sums of int8 fit 32 bits up to"
            f" {MOST_TAPS:,}. Export it in float, without --int8."
        )
    scale = np.abs(w).reshape(len(w), -1).max(axis=1) / 127
    scale[scale == 0] = 1.0
    per_map = scale.reshape(-1, *[1] * (w.ndim - 1))
    q = np.rint(w / per_map)
    axes = tuple(range(3, 6)) if isinstance(layer, Local) else tuple(range(1, w.ndim))
    total = q.sum(axis=axes)
    outer = scale.reshape(-1, *[1] * (total.ndim - 1))
    return q, scale * reads.step, own["b"] + outer * reads.offset * total


def _arrays(plain: Plain, w: Array) -> dict[str, NDArray[Any]]:
    return packed(plain, w.astype(np.int8)) if w.size else {}


def _last(plain: Plain, reads: Format) -> Whole:
    layer, kind = plain.layer, _pixels_or(reads)
    if isinstance(layer, RBF):
        offset = f" + {number(reads.offset)}" if reads.offset else ""
        read = f"({number(reads.step)} * (float){{}}{offset})"
        codes = plain.own["w"] if layer.learned else code_values(layer)
        scale = np.abs(codes).max(axis=1) / 127 if layer.learned else np.ones(len(codes))
        scale[scale == 0] = 1.0
        q = np.rint(codes / scale[:, None])
        arrays: dict[str, NDArray[Any]] = {"codes": q.ravel().astype(np.int8)}
        if layer.learned:
            arrays["scale"] = scale.astype(np.float32)
        return Whole(Stage(plain, kind, "float", arrays, read, ("*y++ = -sum;",)), reads, q)
    w, gain, constant = _gains(plain, reads)
    numbers = {"scale": gain.astype(np.float32), "offset": constant.ravel().astype(np.float32)}
    m, unit = _places(plain, numbers)
    u = f"(float)sum * @scale[{m}] + @offset[{unit}]"
    ends = (f"*y++ = {squashed(layer.squash, u)};",)
    arrays = {**_arrays(plain, w), **numbers}
    return Whole(Stage(plain, kind, "float", arrays, "0", ends), reads, w)


def _hidden(plain: Plain, reads: Format, bounds: Bounds) -> tuple[Whole, Format]:
    layer, kind = plain.layer, _pixels_or(reads)
    low, high = reads.bounds
    if isinstance(layer, Pool) and (layer.kind, layer.squash) == ("max", "identity"):
        gives = Format(reads.step, low + 128 * reads.step)
        end = "*y++ = (int8_t)sum;" if reads.least else "*y++ = (int8_t)(sum - 128);"
        return Whole(Stage(plain, kind, "int8_t", {}, "0", (end,)), reads, NONE), gives
    table = None
    if layer.squash in ("relu", "identity"):
        if not isinstance(layer, Pool):
            low, high = bounds[layer.name]
        low = 0.0 if layer.squash == "relu" else low
        tick = (high - low) / 255 if high > low else 1.0
        gives, top = Format(tick, low + 128 * tick), 255
    else:
        table = squash_table(layer.squash)
        low, tick, gives, top = table.low, table.tick, table.format, ENTRIES - 1
    w, gain, constant = _gains(plain, reads)
    shift = _shift(gain / tick)
    numbers: dict[str, NDArray[Any]] = {
        "scale": _whole(gain / tick * 2.0**shift, 2**31 - 1).astype(np.int32),
        "offset": _whole(((constant - low) / tick + 0.5) * 2.0**shift, 2**62).ravel(),
    }
    m, unit = _places(plain, numbers)
    given = "(int8_t)(place - 128)" if table is None else f"${layer.squash}_table[place]"
    ends = (
        "const int32_t place =",
        f"    $place(sum, @scale[{m}], @offset[{unit}], {shift}, {top});",
        f"*y++ = {given};",
    )
    arrays = {**_arrays(plain, w), **numbers}
    stage = Stage(plain, kind, "int8_t", arrays, "0", ends)
    return Whole(stage, reads, w, shift, top, table), gives


def _places(plain: Plain, numbers: Mapping[str, NDArray[Any]]) -> tuple[str, str]:
    """Say in C which scale and which offset a unit takes; a Pool has one for all."""
    m = "m" if numbers["scale"].size == plain.above[0] else "0"
    return m, "unit" if isinstance(plain.layer, Local) else m


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
    arrays, layer = last.stage.arrays, last.stage.plain.layer
    if isinstance(layer, RBF):
        x = np.float32(last.reads.step) * flat(q).astype(np.float32)
        codes = np.float32(1) * arrays["codes"].reshape(len(layer.codes), -1)
        if "scale" in arrays:
            codes = codes * arrays["scale"][:, None]
        away = (x + np.float32(last.reads.offset))[:, None] - codes
        distances: NDArray[np.float32] = (away * away).sum(axis=2)
        return -distances
    u = _per_map(last, "scale") * _sums(last, q).astype(np.float32) + _per_map(last, "offset")
    return flat(layer_squash(layer, u)).astype(np.float32)


def _next(whole: Whole, q: Array) -> Array:
    """Give what a hidden layer hands on."""
    sums = _sums(whole, q)
    if not whole.top:
        return sums if whole.reads.least else sums - 128
    places = sums.astype(np.int64) * _per_map(whole, "scale").astype(np.int64)
    places = ((places + _per_map(whole, "offset")) >> whole.shift).clip(0, whole.top)
    given: Array = places - 128 if whole.table is None else whole.table.values[places]
    return given.astype(np.float64)


def _sums(whole: Whole, q: Array) -> Array:
    """Sum by the formulas: in float64, whole numbers of this size are exact."""
    plain = whole.stage.plain
    layer, maps = plain.layer, plain.above[0]
    if isinstance(layer, Pool):
        times = math.prod(layer.window) if layer.kind == "mean" else 1
        mean_or_max: Array = np.rint(times * layer_sum(layer, q, {}))
        return mean_or_max
    if isinstance(layer, Subsample):
        return layer_sum(layer, q, {"w": np.ones(maps), "b": np.zeros(maps)})
    b = np.zeros(plain.above if isinstance(layer, Local) else maps)
    sums: Array = np.rint(layer_sum(layer, q, {"w": whole.w, "b": b}))
    return sums


def _per_map(whole: Whole, name: str) -> NDArray[Any]:
    """Give one of the layer's numbers per map, or per unit, to go with (N, M, H, W)."""
    values, above = whole.stage.arrays[name], whole.stage.plain.above
    return values.reshape(above if values.size == math.prod(above) else (-1, 1, 1))
