"""Convolution: one kernel slid over a map, the same weights everywhere.

    u[n,m,i,j] = sum over c in table[m], p, q of  w[m,c,p,q] * x[n,c,i*sh+p,j*sw+q]  + b[m]

This is what the mathematics calls correlation: the kernel is laid on the map as it is printed.
The brief's D9, D13 and D15 are written for MATLAB's conv2, which turns the kernel round first.
They hold here to the letter for k = rot180(w), the same kernel printed upside down:

    D9    u  = conv2(x, k, valid)
    D13   dk = rot180(conv2(x, rot180(du), valid))      so  dw = conv2(x, rot180(du), valid)
    D15   dx = conv2(du, rot180(k), full)               so  dx = conv2(du, w, full)

With padding, x is the map with rows and columns of 0 around it, and dx is cut out of the middle:

    u = correlate(padded(x), w) + b        dx = cropped(what padded(x) gets)

Source: LeCun et al. 1998, II.A-B; Bouvrie 2006, 3.1.   Brief: C3, C5, C9, C10, C12, D9-D16
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from simplecell.formulas import Array, Pair

Pads = tuple[Pair, Pair]
"""Rows and columns of 0 around a map: ((top, bottom), (left, right))."""
NO_PADS: Pads = ((0, 0), (0, 0))

Table = Sequence[Sequence[int]]
"""For each output map, the input maps it reads."""


def table_mask(table: Table | None, maps: int, channels: int) -> Array:
    """Say which output map reads which input map; without a table, all read all.

    Shapes
        mask (M, C) bool

    >>> table_mask(((0, 1), (2,)), maps=2, channels=3)
    array([[ True,  True, False],
           [False, False,  True]])
    """
    if table is None:
        return np.ones((maps, channels), dtype=bool)
    mask = np.zeros((maps, channels), dtype=bool)
    for m, row in enumerate(table):
        mask[m, list(row)] = True
    return mask


def correlate_valid(image: Array, kernel: Array) -> Array:
    """Slide a kernel over an image, wherever it lies wholly inside.

        u[i,j] = sum_pq kernel[p,q] * image[i+p,j+q]

    The deck's worked example:

    >>> image = np.array([[1, 1, 1, 0, 0],
    ...                   [0, 1, 1, 1, 0],
    ...                   [0, 0, 1, 1, 1],
    ...                   [0, 0, 1, 1, 0],
    ...                   [0, 1, 1, 0, 0]])
    >>> correlate_valid(image, np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]))
    array([[4, 3, 4],
           [2, 4, 3],
           [2, 3, 4]])

    Brief: C3, C4
    """
    windows = sliding_window_view(image, kernel.shape)
    u: Array = np.einsum("ijpq,pq->ij", windows, kernel)
    return u


def padded(x: Array, padding: Pads) -> Array:
    """Put rows and columns of 0 around maps.

    Shapes
        x (..., H, W)      gives (..., H + top + bottom, W + left + right)

    >>> padded(np.array([[1, 2]]), ((1, 0), (0, 2)))
    array([[0, 0, 0, 0],
           [1, 2, 0, 0]])
    """
    if padding == NO_PADS:
        return x
    wide: Array = np.pad(x, [(0, 0)] * (x.ndim - 2) + list(padding))
    return wide


def cropped(wide: Array, padding: Pads) -> Array:
    """Cut maps out of what was padded; what padding got goes nowhere.

    >>> cropped(np.array([[0, 0, 0, 0], [1, 2, 0, 0]]), ((1, 0), (0, 2)))
    array([[1, 2]])
    """
    (top, bottom), (left, right) = padding
    height, width = wide.shape[-2:]
    return wide[..., top : height - bottom, left : width - right]


def kernel_windows(x: Array, kernel: Pair, stride: Pair) -> Array:
    """View, for every place of the kernel, what lies under it; nothing is copied.

    Shapes
        x (N, C, H, W)      windows (N, C, i, j, p, q)
    """
    windows = sliding_window_view(x, kernel, axis=(2, 3))
    return windows[:, :, :: stride[0], :: stride[1]]


def add_windows(carried: Array, size: Pair, stride: Pair) -> Array:
    """Add up what every place of the kernel carries back to each input cell.

        dx[n,c,i*sh+p,j*sw+q] += carried[n,c,p,q,i,j]

    Shapes
        carried (N, C, p, q, i, j)      size (H, W)      dx (N, C, H, W)
    """
    examples, channels, kernel_height, kernel_width, rows, columns = carried.shape
    dx = np.zeros((examples, channels, *size), carried.dtype)
    for p in range(kernel_height):
        for q in range(kernel_width):
            down = slice(p, p + stride[0] * rows, stride[0])
            across = slice(q, q + stride[1] * columns, stride[1])
            dx[:, :, down, across] += carried[:, :, p, q]
    return dx


def conv_forward(
    x: Array,
    w: Array,
    b: Array | None,
    stride: Pair = (1, 1),
    table: Table | None = None,
    padding: Pads = NO_PADS,
) -> Array:
    """Slide each output map's kernels over the input maps it reads, add up, add the bias.

        u[n,m,i,j] = sum_cpq w[m,c,p,q] * x[n,c,i*sh+p-top,j*sw+q-left] + b[m]

    x is 0 outside the map; b None is no bias.

    Shapes
        x (N, C, H, W)      w (M, C, p, q)      b (M,)
        u (N, M, (H+top+bottom-p)//sh + 1, (W+left+right-q)//sw + 1)

    Source
        LeCun et al. 1998, II.B, layers C1, C3, C5; Bouvrie 2006, 3.1.   Brief: C5, C9, C12, D9
    """
    present = w * table_mask(table, *w.shape[:2])[:, :, None, None]
    windows = kernel_windows(padded(x, padding), w.shape[2:], stride)
    u: Array = np.einsum("mcpq,ncijpq->nmij", present, windows, optimize=True)
    return u if b is None else u + b[:, None, None]


def conv_backward(
    x: Array,
    w: Array,
    du: Array,
    stride: Pair = (1, 1),
    table: Table | None = None,
    padding: Pads = NO_PADS,
) -> tuple[Array, Array, Array]:
    """Carry du back through the kernels to the maps below; gather it on kernels and biases.

        dw[m,c,p,q] = sum_nij du[n,m,i,j] * x[n,c,i*sh+p-top,j*sw+q-left]    0: no connection
        db[m]       = sum_nij du[n,m,i,j]
        dx[n,c,y,z] = sum of w[m,c,p,q] * du[n,m,i,j]
                      over all i*sh+p-top = y, j*sw+q-left = z

    Shapes
        x (N, C, H, W)      w (M, C, p, q)      du (N, M, i, j)
        gives dx, dw, db, shaped like x, w, b

    Source
        Bouvrie 2006, 3.1.1 and 3.2.1.   Brief: D12, D13, D15
    """
    mask = table_mask(table, *w.shape[:2])[:, :, None, None]
    wide = padded(x, padding)
    windows = kernel_windows(wide, w.shape[2:], stride)
    dw = mask * np.einsum("nmij,ncijpq->mcpq", du, windows, optimize=True)
    db = du.sum(axis=(0, 2, 3))
    carried = np.einsum("mcpq,nmij->ncpqij", w * mask, du, optimize=True)
    dx = cropped(add_windows(carried, wide.shape[2:], stride), padding)
    return dx, dw, db


def conv_curvature(
    x: Array,
    w: Array,
    hu: Array,
    stride: Pair = (1, 1),
    table: Table | None = None,
    padding: Pads = NO_PADS,
) -> tuple[Array, Array, Array]:
    """Carry the curvature on u down through the squared kernels; gather it on what is shared.

        hw[m,c,p,q] = sum_nij hu[n,m,i,j] * x[n,c,i*sh+p-top,j*sw+q-left]^2    0: no connection
        hb[m]       = sum_nij hu[n,m,i,j]
        hx[n,c,y,z] = sum of w[m,c,p,q]^2 * hu[n,m,i,j]
                      over all i*sh+p-top = y, j*sw+q-left = z

    It is conv_backward of squares. Each place (n,i,j) is one use of a weight, and the sum over
    uses leaves out how two uses bend E together; below squared error they do not.

    Shapes
        x (N, C, H, W)      w (M, C, p, q)      hu (N, M, i, j)
        gives hx, hw, hb, shaped like x, w, b

    Source
        LeCun et al. 1998, appendix C.   Brief: F
    """
    return conv_backward(x * x, w * w, hu, stride, table, padding)


def carriers(
    cell: Pair, size: Pair = (5, 5), kernel: Pair = (3, 3), stride: Pair = (1, 1)
) -> list[tuple[Pair, Pair]]:
    """List which kernel cell carries which delta to one input cell.

        dx[cell] = sum over the pairs ((p,q), (i,j)) of w[p,q] * du[i,j]

    On the deck's picture, a 5x5 map under a 3x3 kernel, a corner hears one delta through one
    kernel cell, and the centre hears all nine, each through a cell of its own:

    >>> carriers((0, 0))
    [((0, 0), (0, 0))]
    >>> carriers((0, 1))
    [((0, 0), (0, 1)), ((0, 1), (0, 0))]
    >>> len(carriers((2, 2)))
    9

    Brief: D16
    """
    (height, width), (kernel_height, kernel_width) = size, kernel
    rows = (height - kernel_height) // stride[0] + 1
    columns = (width - kernel_width) // stride[1] + 1
    return [
        ((p, q), ((cell[0] - p) // stride[0], (cell[1] - q) // stride[1]))
        for p in range(kernel_height)
        for q in range(kernel_width)
        if cell[0] - p in range(0, rows * stride[0], stride[0])
        and cell[1] - q in range(0, columns * stride[1], stride[1])
    ]
