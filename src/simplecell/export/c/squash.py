"""Squashing functions in C, by name; to put another entry in is to make it known.

softmax is none of them: it is taken of all the classes at once, after the last layer.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simplecell.export.c.format import ENTRIES, Format, Table
from simplecell.export.c.text import number
from simplecell.formulas.activations import AMPLITUDE, STEEPNESS, squash
from simplecell.notation import split


@dataclass(frozen=True)
class Squashing:
    """A squashing function: as a comment has it, as C does, and how far its table reaches.

    `code` is made of u and, of those with a parameter, a. `table` gives what int8 takes for
    0 … 255 and the u at which f is a quarter of a step from its limit; None where f has no such
    limits. Then f is u, cut off at its bounds, or else it is `bent`: int8 takes a table from the
    least to the largest u that was measured.
    """

    formula: str
    code: str
    table: Callable[[], tuple[Format, float]] | None = None
    bent: bool = False


def _sigmoid() -> tuple[Format, float]:
    return Format(1 / 255, 128 / 255), math.log(4 * 255 - 1)


def _tanh(amplitude: float = 1.0, steepness: float = 1.0) -> tuple[Format, float]:
    return Format(amplitude / 127, 0.0), math.atanh(1 - 1 / (4 * 127)) / steepness


SQUASHES: dict[str, Squashing] = {
    "sigmoid": Squashing("1 / (1 + e^-u)", "1.0f / (1.0f + expf(-u))", _sigmoid),
    "tanh": Squashing("tanh(u)", "tanhf(u)", _tanh),
    "scaled_tanh": Squashing(
        "A tanh(S u), so that f(1) = 1 and f(-1) = -1",
        f"{number(AMPLITUDE)} * tanhf({number(STEEPNESS)} * u)",
        lambda: _tanh(AMPLITUDE, STEEPNESS),
    ),
    "relu": Squashing("max(u, 0)", "u > 0.0f ? u : 0.0f"),
    "leaky_relu": Squashing("u above 0, a u below", "u > 0.0f ? u : a * u", bent=True),
    "elu": Squashing("u above 0, a (e^u - 1) below", "u > 0.0f ? u : a * expm1f(u)", bent=True),
    "softplus": Squashing(
        "log(1 + e^u), so that nothing overflows",
        "(u > 0.0f ? u : 0.0f) + log1pf(expf(-fabsf(u)))",
        bent=True,
    ),
}


def squashed(name: str, u: str) -> str:
    """Write f(u).

    >>> squashed("tanh", "sum"), squashed("elu(0.5)", "sum"), squashed("identity", "sum")
    ('$tanh(sum)', '$elu(sum, 0.5f)', 'sum')
    """
    family, parameter = split(name)
    if family not in SQUASHES:
        return u
    return f"${family}({u})" if parameter is None else f"${family}({u}, {number(parameter)})"


def has_table(name: str) -> bool:
    """Say whether int8 squashes by a table: then the outputs have bounds that are known."""
    return name in SQUASHES and SQUASHES[name].table is not None


def is_bent(name: str) -> bool:
    """Say whether int8 takes a table from the least to the largest u that was measured."""
    family, _ = split(name)
    return family in SQUASHES and SQUASHES[family].bent


def squash_table(name: str) -> Table:
    """Write a squashing function as a table; it ends a quarter of a step from its limit.

    >>> table = squash_table("scaled_tanh")
    >>> table.values[[0, 511, 512, 1023]], round(table.low, 2)
    (array([-127,    0,    0,  127], dtype=int8), -5.19)
    """
    told = SQUASHES[name].table
    if told is None:
        raise ValueError(f"{name} has no table.")
    form, reach = told()
    tick = 2 * reach / (ENTRIES - 1)
    x = squash(name, -reach + tick * np.arange(ENTRIES))
    values = np.rint((x - form.offset) / form.step).clip(-128, 127).astype(np.int8)
    return Table(-reach, tick, values, form)


def measured_table(name: str, low: float, high: float) -> Table:
    """Write a squashing function as a table from the least to the largest u there was.

    >>> table = measured_table("leaky_relu(0.5)", -4.0, 2.0)
    >>> table.values[[0, 682, 1023]], round(table.low, 2)
    (array([-128,    0,  127], dtype=int8), -4.0)
    """
    tick = (high - low) / (ENTRIES - 1) if high > low else 1.0
    x = squash(name, low + tick * np.arange(ENTRIES))
    step = float(x[-1] - x[0]) / 255 or 1.0
    form = Format(step, float(x[0]) + 128 * step)
    values = np.rint((x - form.offset) / form.step).clip(-128, 127).astype(np.int8)
    return Table(low, tick, values, form)
