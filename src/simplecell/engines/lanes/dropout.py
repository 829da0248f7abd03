"""Dropout: units kept and made louder, or set to 0, by the hash in `chance`.

    u[k] = x[k] * factor where the hash of (step, layer, image, k) reaches the limit, else 0
    du_below[k] = f'(u_below[k]) * the same of du[k]

factor is 1 / (1 - rate), limit rate * 2^32. Both ways draw the mask, so nothing is stored. In use
the limit is 0, and x is handed on.

Source: Srivastava et al. 2014.
"""

from simplecell.compile import carray, jit
from simplecell.engines.lanes.chance import kept, kept_along, mix, write_keys
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    CHANCE,
    FACTS,
    FAR,
    FLAG,
    HEIGHT,
    KIND,
    LANE_COUNT,
    LANES,
    MAPS,
    NODES,
    NUMBER,
    PLACE,
    SCRATCH,
    SOURCE,
    STEP,
    TARGET,
    WIDTH,
    Address,
    Floats,
    Numbers,
    Real,
)
from simplecell.engines.lanes.squash import slope_live, slope_vector
from simplecell.engines.lanes.vector import load, store, store_live

DROPOUT_FORWARD, DROPOUT_BACKWARD = range(2)
"""The kinds of instructions of this kernel."""


@jit
def dropout_node(
    memory: Floats,
    op: Numbers,
    source: Numbers,
    target: Numbers,
    facts: Numbers,
    keys: int,
    down: int,
) -> None:
    """Write what is kept of one node to another; if `down`, times the slope there."""
    cells, limit = source[MAPS] * source[HEIGHT] * source[WIDTH], op[FLAG]
    factor = Real(2.0**32 / (2.0**32 - limit))
    chance, first = mix(facts[CHANCE] ^ op[NUMBER]), facts[PLACE]
    if source[LANE_COUNT] == LANES:
        write_keys(memory, keys, chance, first)
        for k in range(cells):
            x = load(1, memory, source[BASE] + k * source[STEP], 0)
            value = kept(x, memory, keys, k, limit, factor)
            if down:
                slope_vector(memory, target[BASE] + k * target[STEP], value, op[BELOW])
            else:
                store(value, memory, target[BASE] + k * target[STEP], 0)
    else:
        key = mix(chance ^ first)
        for k in range(0, cells, LANES):
            live = min(LANES, cells - k)
            value = kept_along(load(1, memory, source[BASE] + k, 0), key, k, limit, factor)
            if down:
                slope_live(memory, target[BASE] + k, value, live, op[BELOW])
            else:
                store_live(value, memory, target[BASE] + k, 0, live)


def dropout(
    memory: Address,
    w: Address,
    slot: Address,
    op: Address,
    here: Address,
    taps: Address,
    ranges: Address,
    readers: Address,
) -> None:
    """Carry out the instruction at op."""
    memory, op, here = carray(memory, FAR), carray(op, FAR), carray(here, NODES)
    x, u, facts = here[op[SOURCE]], here[op[TARGET]], here[FACTS]
    keys = here[op[SCRATCH]][BASE]
    if op[KIND] == DROPOUT_FORWARD:
        dropout_node(memory, op, x, u, facts, keys, 0)
    else:
        dropout_node(memory, op, u, x, facts, keys, 1)


ENTRY = Entry(dropout)
