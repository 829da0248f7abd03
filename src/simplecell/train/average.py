"""A running mean of the weights: steadier than the weights themselves while rates are high.

    a = share * a + (1 - share) * w        at the end of every stretch of some thousand examples

The first a is w. It is kept in a State beside what the rule keeps, as the slot `average`.

Running means and variances of batch normalisation are averaged as the weights are: to first
order, that is what the mean weights would have. They are not measured anew.

Source: Polyak and Juditsky 1992, of the mean over all steps; here old steps fade.
"""

import numpy as np

from simplecell.engines.protocol import Parameters, State

SLOT = "average"


def follow(state: State, share: float) -> None:
    """Bring the mean up to date; a share of 0 keeps none."""
    if not share:
        return
    now = {name: np.asarray(w, np.float64) for name, w in state.parameters.items()}
    before = state.slots.get(SLOT, now)
    state.slots[SLOT] = {n: share * before[n] + (1 - share) * w for n, w in now.items()}


def learned(state: State) -> Parameters:
    """Give the weights that a run is judged by: their mean, where one is kept."""
    return state.slots.get(SLOT) or state.parameters
