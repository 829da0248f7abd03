"""Bring pictures into a pack: sixteen images side by side, x = scale * pixel + shift."""

from simplecell.engines.lanes.compile import jit
from simplecell.engines.lanes.fields import BASE, HEIGHT, LANE_COUNT, MAPS, STEP, WIDTH
from simplecell.engines.lanes.squash import ZERO


@jit
def load_pack(memory, x, bytes_, floats, order, first, images, scale, shift):
    """Write rows order[first : first + images] of one of the two arrays to the node x."""
    pixels, lanes, step = x[MAPS] * x[HEIGHT] * x[WIDTH], x[LANE_COUNT], x[STEP]
    whole = bytes_.shape[0] > 0
    for lane in range(lanes):
        at = x[BASE] + lane
        if lane >= images:
            for n in range(pixels):
                memory[at + n * step] = ZERO
        elif whole:
            picture = bytes_[order[first + lane]]
            for n in range(pixels):
                memory[at + n * step] = scale * picture[n] + shift
        else:
            values = floats[order[first + lane]]
            for n in range(pixels):
                memory[at + n * step] = scale * values[n] + shift
