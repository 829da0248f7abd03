"""Bring pictures into a pack: sixteen images side by side, x = scale * pixel + shift."""

import numpy as np

from simplecell.compile import jit
from simplecell.engines.lanes.layout import (
    BASE,
    HEIGHT,
    LANE_COUNT,
    LANES,
    MAPS,
    STEP,
    WIDTH,
    Floats,
    Numbers,
    Pixels,
    Real,
)
from simplecell.engines.lanes.shuffle import load_block
from simplecell.engines.lanes.squash import ZERO
from simplecell.engines.lanes.vector import fma


@jit
def load_pack(
    memory: Floats,
    x: Numbers,
    bytes_: Pixels,
    floats: Floats,
    order: Numbers,
    first: int,
    images: int,
    scale: Real,
    shift: Real,
) -> None:
    """Write rows order[first : first + images] of one of the two arrays to the node x."""
    pixels, lanes, step = x[MAPS] * x[HEIGHT] * x[WIDTH], x[LANE_COUNT], x[STEP]
    whole = bytes_.shape[0] > 0
    start = 0
    if whole and lanes == 1:
        picture, values = bytes_[order[first]], memory[x[BASE] : x[BASE] + pixels]
        for n in range(pixels):
            values[n] = fma(scale, Real(picture[n]), shift)
        return
    if whole and lanes == LANES and images == LANES:
        start = pixels // LANES * LANES
        load_bytes(memory, x, bytes_, order, first, start, scale, shift)
    for lane in range(lanes):
        at = x[BASE] + lane
        if lane >= images:
            for n in range(pixels):
                memory[at + n * step] = ZERO
        elif whole:
            picture = bytes_[order[first + lane]]
            for n in range(start, pixels):
                memory[at + n * step] = fma(scale, Real(picture[n]), shift)
        else:
            reals = floats[order[first + lane]]
            for n in range(pixels):
                memory[at + n * step] = fma(scale, reals[n], shift)


@jit
def load_bytes(
    memory: Floats,
    x: Numbers,
    bytes_: Pixels,
    order: Numbers,
    first: int,
    pixels: int,
    scale: Real,
    shift: Real,
) -> None:
    """Load a full pack of bytes, in blocks of sixteen pixels of sixteen images."""
    length = bytes_.shape[1]
    flat = bytes_.reshape(-1)
    rows = np.empty(LANES, np.int64)
    for lane in range(LANES):
        rows[lane] = order[first + lane] * length
    for n in range(0, pixels, LANES):
        load_block(flat, rows, n, scale, shift, memory, x[BASE] + n * x[STEP], x[STEP])
