"""The mathematics: NumPy only, arrays in and out, never a network's spec.

Every `<noun>_forward` has a `<noun>_backward` beside it, which takes what the forward pass took
and du = dE/du, and gives dE/d(each input). What comes in as float32 goes out as float32.

    N examples   C maps in   M maps out   H W their size   p q inside a kernel   i j outside
    x input      w weight    b bias       u weighted sum   du = dE/du, the paper's delta
"""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
Pair = tuple[int, int]
"""(height, width) of a kernel, a window, a stride."""
