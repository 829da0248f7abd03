"""The gradient of a convolution's kernels: outer products of deltas and the pixels they read.

    dw[m,c,p,q] = sum over i, j of du[m,i,j] * x[c, i*sh+p, j*sw+q]                       D13

The cells of a row of a kernel share each delta, and two maps that read the same map below share
each pixel, so up to 2 x 5 sums stay in registers while all pixels pass; lanes are summed last.
After one image alone, the lanes of a vector can be sixteen maps above, and nothing is left to sum.
"""

from collections.abc import Callable

from simplecell.compile import WIDE, carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    EXTRA,
    FAR,
    GRADIENT,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    LANE_COUNT,
    LANES,
    MAPS,
    NODES,
    READERS,
    SCRATCH,
    SOURCE,
    STEP,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    TARGET,
    WIDTH,
    Address,
    Floats,
    Numbers,
)
from simplecell.engines.lanes.product import add_outer, add_patch
from simplecell.engines.lanes.shuffle import add_sums, turn_block
from simplecell.engines.lanes.squash import ZERO
from simplecell.engines.lanes.sums import add_map_sum
from simplecell.engines.lanes.vector import splat, store

Walk = tuple[int, int, int, int]
"""How to go over a map: its start, then, of du, how far it is to the second map, of x, to the
next cell of the kernel's row; then how far to the next line, and to the next pixel."""

CONV_GRADIENT = 0
"""The one kind of instruction of this kernel."""


def _outer(rows: int, cells: int) -> Callable[..., None]:
    """Make the kernel that sums du * x for so many maps, and so many cells of a kernel's row."""
    size = rows * cells

    @jit
    def outer(
        memory: Floats,
        du: Walk,
        x: Walk,
        height: int,
        width: int,
        g: Floats,
        g_at: int,
        g_row: int,
    ) -> None:
        d_at, d_row, d_line, d_pixel = du
        x_at, x_step, x_line, x_pixel = x
        total = splat(size, ZERO)
        for i in range(height):
            d_here, x_here = d_at + i * d_line, x_at + i * x_line
            for _ in range(width):
                total = add_outer(total, rows, memory, d_here, d_row, memory, x_here, x_step)
                d_here += d_pixel
                x_here += x_pixel
        add_sums(total, rows, g, g_at, g_row)

    return outer


# A name says how many maps x cells.
_outer_1x1, _outer_1x2, _outer_1x3, _outer_1x4, _outer_1x5 = (_outer(1, n) for n in range(1, 6))
_outer_2x1, _outer_2x2, _outer_2x3, _outer_2x4, _outer_2x5 = (_outer(2, n) for n in range(1, 6))


@jit
def outer_row(
    two: bool,
    kw: int,
    memory: Floats,
    du: Walk,
    row: Walk,
    height: int,
    width: int,
    g: Floats,
    g_at: int,
    g_row: int,
) -> None:
    """Give one row of one kernel, or of two that read the same map, its gradient."""
    start, step, line, pixel = row
    q = 0
    while q < kw:
        n = kw - q
        if n > 5:
            n = (n + 1) // 2 if n < 10 else 5
        x = (start + q * step, step, line, pixel)
        if two:
            if n == 5:
                _outer_2x5(memory, du, x, height, width, g, g_at + q, g_row)
            elif n == 4:
                _outer_2x4(memory, du, x, height, width, g, g_at + q, g_row)
            elif n == 3:
                _outer_2x3(memory, du, x, height, width, g, g_at + q, g_row)
            elif n == 2:
                _outer_2x2(memory, du, x, height, width, g, g_at + q, g_row)
            else:
                _outer_2x1(memory, du, x, height, width, g, g_at + q, g_row)
        elif n == 5:
            _outer_1x5(memory, du, x, height, width, g, g_at + q, g_row)
        elif n == 4:
            _outer_1x4(memory, du, x, height, width, g, g_at + q, g_row)
        elif n == 3:
            _outer_1x3(memory, du, x, height, width, g, g_at + q, g_row)
        elif n == 2:
            _outer_1x2(memory, du, x, height, width, g, g_at + q, g_row)
        else:
            _outer_1x1(memory, du, x, height, width, g, g_at + q, g_row)
        q += n


@jit
def by_maps(
    memory: Floats,
    readers: Numbers,
    first: int,
    x: Numbers,
    u: Numbers,
    scratch: int,
    g: Floats,
    g_at: int,
) -> None:
    """Give 5x5 kernels their gradient after one image, a lane being a map above."""
    pixels, room = u[HEIGHT] * u[WIDTH], (u[HEIGHT] * u[WIDTH] + LANES) * LANES
    sums = scratch + room
    turned = sums + 2 * LANES * LANES
    for block in range(0, u[MAPS], LANES):
        for n in range(0, pixels, LANES):
            at = u[BASE] + block * pixels + n
            turn_block(memory, at, pixels, memory, scratch + n * LANES, LANES)
        for c in range(x[MAPS]):
            total = splat(25, ZERO)
            for i in range(u[HEIGHT]):
                x_at = x[BASE] + (c * x[HEIGHT] + i) * x[WIDTH]
                d_at = scratch + i * u[WIDTH] * LANES
                for j in range(u[WIDTH]):
                    total = add_patch(
                        total, 5, memory, d_at + j * LANES, memory, x_at + j, x[WIDTH]
                    )
            store(total, memory, sums, LANES)
            for half in range(0, 2 * LANES, LANES):
                turn_block(memory, sums + half * LANES, LANES, memory, turned + half, 2 * LANES)
            for r in range(readers[first + c], readers[first + c + 1]):
                m = readers[r] - block
                if 0 <= m < LANES:
                    own = g_at + (readers[r] * x[MAPS] + c) * 25
                    for n in range(25):
                        g[own + n] = memory[turned + m * 2 * LANES + n]


@jit
def square(op: Numbers) -> bool:
    """Say whether the kernel is 5x5, so that one image's taps stand column by column."""
    return WIDE and op[KERNEL_HEIGHT] == 5 and op[KERNEL_WIDTH] == 5


@jit
def conv_gradient(
    memory: Floats,
    readers: Numbers,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    delta: Numbers,
    g: Floats,
) -> None:
    """Give a layer's kernels and biases their gradient.

    dw[m,c,p,q] = sum du[m,i,j] * x[c, i*sh+p, j*sw+q],  db[m] = sum du[m,i,j]
    """
    kh, kw = op[KERNEL_HEIGHT], op[KERNEL_WIDTH]
    sh, sw, lanes, step = op[STRIDE_HEIGHT], op[STRIDE_WIDTH], u[LANE_COUNT], x[STEP]
    spread = op[EXTRA] != op[TARGET]
    guard = (kh - 1) * delta[WIDTH] if spread else 0
    kernels = x[MAPS] * kh * kw
    d_map = delta[HEIGHT] * delta[WIDTH] * delta[STEP]
    d_line = (sh if spread else 1) * delta[WIDTH] * delta[STEP]
    if lanes == LANES:
        width, d_pixel, x_pixel = u[WIDTH], (sw if spread else 1) * delta[STEP], sw * step
    else:
        width, d_pixel, x_pixel = (u[WIDTH] + LANES - 1) // LANES, LANES, LANES
    biases = op[GRADIENT] + u[MAPS] * kernels
    for m in range(u[MAPS]):
        add_map_sum(memory, u, m, g, biases + m)
    for c in range(x[MAPS]):
        first, last = readers[op[READERS] + c], readers[op[READERS] + c + 1]
        r = first
        while r < last:
            m = readers[r]
            two = r + 1 < last
            other = readers[r + 1] if two else m
            d_at, g_row = delta[BASE] + m * d_map + guard * delta[STEP], (other - m) * kernels
            du = (d_at, (other - m) * d_map, d_line, d_pixel)
            for p in range(kh):
                x_at = x[BASE] + (c * x[HEIGHT] + p) * x[WIDTH] * step
                row = (x_at, step, sh * x[WIDTH] * step, x_pixel)
                g_at = op[GRADIENT] + m * kernels + (c * kh + p) * kw
                outer_row(two, kw, memory, du, row, u[HEIGHT], width, g, g_at, g_row)
            r += 2


def gradient(
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
    memory, slot, op = carray(memory, FAR), carray(slot, FAR), carray(op, FAR)
    here, readers = carray(here, NODES), carray(readers, FAR)
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    conv_gradient(memory, readers, op, x, u, extra, slot)


def gradient_by_maps(
    memory: Address,
    w: Address,
    slot: Address,
    op: Address,
    here: Address,
    taps: Address,
    ranges: Address,
    readers: Address,
) -> None:
    """Carry out the instruction at op, after one image alone."""
    memory, slot, op = carray(memory, FAR), carray(slot, FAR), carray(op, FAR)
    here, readers = carray(here, NODES), carray(readers, FAR)
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    if square(op) and u[MAPS] >= LANES // 2:
        biases = op[GRADIENT] + u[MAPS] * x[MAPS] * op[KERNEL_HEIGHT] * op[KERNEL_WIDTH]
        for m in range(u[MAPS]):
            add_map_sum(memory, u, m, slot, biases + m)
        scratch = here[op[SCRATCH], BASE]
        by_maps(memory, readers, op[READERS], x, u, scratch, slot, op[GRADIENT])
    else:
        conv_gradient(memory, readers, op, x, u, extra, slot)


ENTRY = Entry(gradient)
SINGLE = Entry(gradient_by_maps)
"""The same after one image alone."""
