"""What went first when a run left the numbers: the layer, and what of it.

On the way up, the first layer whose u is not finite; else on the way down, the highest whose
delta is not, or whose gradient is not; else the first whose weights are not after the step.
"""

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.protocol import Examples, Program, State, Trace

LARGEST = np.finfo(np.float32).max
"""Weights are kept as float32: one past this has left the numbers."""

MOST = 256
"""Examples of a step that are looked at one by one."""


def shallow(state: State) -> State:
    """Keep a state as it is: steps put new arrays in the place of those that are there."""
    slots = {name: dict(values) for name, values in state.slots.items()}
    return State(dict(state.parameters), slots, state.steps)


def blame(
    program: Program,
    before: State,
    after: State,
    examples: Examples,
    rows: NDArray[np.int64],
    loss: str,
) -> tuple[str, str]:
    """Say which layer went first in a step, and what of it is no longer a number.

    `before` and `after` are the states around the step, `rows` its examples.
    """
    names = [layer.name for layer in program.network.layers]
    up: list[int] = []
    down: list[int] = []
    labels = examples.labels
    for row in rows[:MOST]:
        one = Examples(
            examples.pixels[row : row + 1],
            None if labels is None else labels[row : row + 1],
            examples.scale,
            examples.shift,
        )
        seen = program.trace(before.parameters, one, loss)
        up += _not_finite_up(seen, names)
        down += _not_finite_down(seen, names)
    if up:
        return names[min(up)], "its sums u"
    if down:
        return names[max(down)], "its deltas or its gradient"
    return _weights(after, names), "its weights"


def _not_finite_up(seen: Trace, names: list[str]) -> list[int]:
    """Give the first layer whose u is not finite, if there is one."""
    return [n for n, name in enumerate(names) if not np.isfinite(seen.layers[name].u).all()][:1]


def _not_finite_down(seen: Trace, names: list[str]) -> list[int]:
    """Give the highest layer whose delta or gradient is not finite, if there is one."""
    lost = []
    for n, name in enumerate(names):
        own = seen.layers[name]
        if not all(np.isfinite(a).all() for a in (own.du, *own.gradients.values())):
            lost.append(n)
    return lost[-1:]


def _weights(after: State, names: list[str]) -> str:
    """Give the first layer that has a weight past the largest number."""
    for name in names:
        own = [w for full, w in after.parameters.items() if full.startswith(f"{name}.")]
        # A NaN is not below anything.
        if not all((np.abs(w) < LARGEST).all() for w in own):
            return name
    return names[-1]
