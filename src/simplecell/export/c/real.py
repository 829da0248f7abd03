"""A network's layers as C functions in float: the formulas as they are."""

import math
from collections.abc import Sequence

import numpy as np

from simplecell.engines.parameters import code_values
from simplecell.export.c.stage import SQUASHES, Plain, Stage, packed
from simplecell.export.c.text import number
from simplecell.spec.layers import RBF, Pool, Subsample


def real_stages(layers: Sequence[Plain]) -> list[Stage]:
    """Give every layer its float32 weights."""
    return [_stage(plain) for plain in layers]


def squashed(name: str, u: str) -> str:
    """Write f(u); softmax is taken of all the classes at once, after the last layer."""
    return f"${name}({u})" if name in SQUASHES else u


def _stage(plain: Plain) -> Stage:
    layer, begin, u = plain.layer, "0.0f", "sum"
    arrays = {name: values.astype(np.float32) for name, values in plain.own.items()}
    if isinstance(layer, RBF):
        if not layer.learned:
            arrays = {"codes": code_values(layer).astype(np.int8)}
        return Stage(plain, "float", "float", arrays, "{}", ("*y++ = -sum;",))
    if isinstance(layer, Subsample):
        u = "@w[m] * sum + @b[m]"
    elif isinstance(layer, Pool):
        if layer.kind == "mean":
            u = f"sum / {number(math.prod(layer.window))}"
    else:
        begin = "@b[unit]" if layer.type == "local" else "@b[m]"
        arrays |= packed(plain, arrays["w"])
    end = f"*y++ = {squashed(layer.squash, u)};"
    return Stage(plain, "float", "float", arrays, begin, (end,))
