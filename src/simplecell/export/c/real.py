"""A network's layers as C functions in float: the formulas as they are."""

from collections.abc import Sequence

from simplecell.export.c.layers.entries import code_of
from simplecell.export.c.stage import Plain, Stage


def real_stages(layers: Sequence[Plain]) -> list[Stage]:
    """Give every layer its float32 weights."""
    return [code_of(plain).real() for plain in layers]
