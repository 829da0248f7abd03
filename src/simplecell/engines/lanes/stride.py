"""Convolution of one image at a stride: cell by cell, as no sixteen neighbours stand together.

u[m,i,j] = sum over c that m reads, p, q of w[m,c,p,q] * x[c, i*sh+p, j*sw+q] + b[m]      D9
dw[m,c,p,q] = sum du[m,i,j] * x[c, i*sh+p, j*sw+q],  db[m] = sum du[m,i,j]                D13, D12
dx[c, i*sh+p, j*sw+q] = sum w[m,c,p,q] * du[m,i,j],  du below = f'(u below) * dx          D15

Of the rows and columns of a kernel that lie on padding nothing is added. Packs go the way of
every convolution, `conv` and `gradient`, whose deltas are spread.
"""

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    BIAS,
    FAR,
    GRADIENT,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    KIND,
    MAPS,
    NODES,
    PAD_LEFT,
    PAD_TOP,
    READERS,
    SCRATCH,
    SOURCE,
    SQUASH,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    TARGET,
    WEIGHT,
    WIDTH,
    Address,
    Floats,
    Numbers,
)
from simplecell.engines.lanes.squash import ZERO, slope_node, squash_node
from simplecell.engines.lanes.sums import add_map_sum
from simplecell.engines.lanes.vector import fma

STRIDE_FORWARD, STRIDE_GRADIENT, STRIDE_BACKWARD = range(3)
"""The kinds of instructions of this kernel."""


@jit
def on_map(cell: int, stride: int, size: int, places: int) -> tuple[int, int]:
    """Give the first place whose cell is on the map, and one past the last.

    Cells are `cell`, `cell` + stride, ... of a map's row or column of `size`.
    """
    first = (stride - 1 - cell) // stride if cell < 0 else 0
    last = (size - 1 - cell) // stride + 1 if cell < size else 0
    return first, min(last, places)


@jit
def stride_forward(
    memory: Floats, w: Floats, readers: Numbers, op: Numbers, x: Numbers, u: Numbers
) -> None:
    """Sum every link at every place, then squash."""
    kh, kw, pixels = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], u[HEIGHT] * u[WIDTH]
    for m in range(u[MAPS]):
        for n in range(pixels):
            memory[u[BASE] + m * pixels + n] = w[op[BIAS] + m]
    for c in range(x[MAPS]):
        for r in range(readers[op[READERS] + c], readers[op[READERS] + c + 1]):
            m = readers[r]
            own = op[WEIGHT] + (m * x[MAPS] + c) * kh * kw
            for i in range(u[HEIGHT]):
                row = u[BASE] + m * pixels + i * u[WIDTH]
                for p in range(kh):
                    y = i * op[STRIDE_HEIGHT] + p - op[PAD_TOP]
                    line = x[BASE] + (c * x[HEIGHT] + y) * x[WIDTH]
                    for q in range(kw if 0 <= y < x[HEIGHT] else 0):
                        weight, z = w[own + p * kw + q], q - op[PAD_LEFT]
                        first, last = on_map(z, op[STRIDE_WIDTH], x[WIDTH], u[WIDTH])
                        for j in range(first, last):
                            cell = memory[line + j * op[STRIDE_WIDTH] + z]
                            memory[row + j] = fma(weight, cell, memory[row + j])
    squash_node(memory, u, op[SQUASH])


@jit
def stride_gradient(
    memory: Floats, readers: Numbers, op: Numbers, x: Numbers, u: Numbers, slot: Floats
) -> None:
    """Gather the deltas on every link and on the biases."""
    kh, kw, pixels = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], u[HEIGHT] * u[WIDTH]
    biases = op[GRADIENT] + u[MAPS] * x[MAPS] * kh * kw
    for m in range(u[MAPS]):
        add_map_sum(memory, u, m, slot, biases + m)
    for c in range(x[MAPS]):
        for r in range(readers[op[READERS] + c], readers[op[READERS] + c + 1]):
            m = readers[r]
            own = op[GRADIENT] + (m * x[MAPS] + c) * kh * kw
            for p in range(kh):
                top, bottom = on_map(p - op[PAD_TOP], op[STRIDE_HEIGHT], x[HEIGHT], u[HEIGHT])
                for q in range(kw):
                    total, z = ZERO, q - op[PAD_LEFT]
                    first, last = on_map(z, op[STRIDE_WIDTH], x[WIDTH], u[WIDTH])
                    for i in range(top, bottom):
                        row = u[BASE] + m * pixels + i * u[WIDTH]
                        y = i * op[STRIDE_HEIGHT] + p - op[PAD_TOP]
                        line = x[BASE] + (c * x[HEIGHT] + y) * x[WIDTH] + z
                        for j in range(first, last):
                            cell = memory[line + j * op[STRIDE_WIDTH]]
                            total = fma(memory[row + j], cell, total)
                    slot[own + p * kw + q] += total


@jit
def stride_backward(
    memory: Floats,
    w: Floats,
    readers: Numbers,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    scratch: Numbers,
) -> None:
    """Give the maps below their deltas; cells that no kernel reads get 0."""
    kh, kw, pixels = op[KERNEL_HEIGHT], op[KERNEL_WIDTH], u[HEIGHT] * u[WIDTH]
    for n in range(x[MAPS] * x[HEIGHT] * x[WIDTH]):
        memory[scratch[BASE] + n] = ZERO
    for c in range(x[MAPS]):
        for r in range(readers[op[READERS] + c], readers[op[READERS] + c + 1]):
            m = readers[r]
            own = op[WEIGHT] + (m * x[MAPS] + c) * kh * kw
            for i in range(u[HEIGHT]):
                row = u[BASE] + m * pixels + i * u[WIDTH]
                for p in range(kh):
                    y = i * op[STRIDE_HEIGHT] + p - op[PAD_TOP]
                    line = scratch[BASE] + (c * x[HEIGHT] + y) * x[WIDTH]
                    for q in range(kw if 0 <= y < x[HEIGHT] else 0):
                        weight, z = w[own + p * kw + q], q - op[PAD_LEFT]
                        first, last = on_map(z, op[STRIDE_WIDTH], x[WIDTH], u[WIDTH])
                        for j in range(first, last):
                            at = line + j * op[STRIDE_WIDTH] + z
                            memory[at] = fma(weight, memory[row + j], memory[at])
    slope_node(memory, scratch[BASE], x, op[BELOW])


def stride(
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
    memory, w, slot = carray(memory, FAR), carray(w, FAR), carray(slot, FAR)
    op, here, readers = carray(op, FAR), carray(here, NODES), carray(readers, FAR)
    x, u, kind = here[op[SOURCE]], here[op[TARGET]], op[KIND]
    if kind == STRIDE_FORWARD:
        stride_forward(memory, w, readers, op, x, u)
    elif kind == STRIDE_GRADIENT:
        stride_gradient(memory, readers, op, x, u, slot)
    else:
        stride_backward(memory, w, readers, op, x, u, here[op[SCRATCH]])


ENTRY = Entry(stride)
