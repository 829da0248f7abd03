"""The mathematics: NumPy only, arrays in and out, never a network's spec.

Every `<noun>_forward` has a `<noun>_backward` beside it, which takes what the forward pass took
and du = dE/du, and gives dE/d(each input). What comes in as float32 goes out as float32.

Where learning needs it, a `<noun>_curvature` stands beside them: it takes hu = d2E/du2, each cell
by itself, and gives d2E/d(each input)2 likewise. That is the Gauss-Newton diagonal of LeCun et
al. 1998, appendix C; it is never negative, and it leaves out two things:

    across   how two cells of u bend E together; each is taken alone on the way down, so a
             shared weight has the sum of what its uses have
    slopes   dE/dx * f''(u), how the squashing function itself bends

So one layer's curvature is exact wherever E bends in each cell of u by itself, which is so below
squared error; farther down it is, in general, an approximation.

    N examples   C maps in   M maps out   H W their size   p q inside a kernel   i j outside
    x input      w weight    b bias       u weighted sum   du = dE/du, the paper's delta
    hx, hw, hb, hu           the diagonal of d2E/dx2, d2E/dw2, d2E/db2, d2E/du2
"""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
Pair = tuple[int, int]
"""(height, width) of a kernel, a window, a stride."""
