"""A running mean of the weights: steadier than the weights themselves while rates are high.

    a = share * a + (1 - share) * w        at the end of every stretch of some thousand examples
    share = e^-(steps of the stretch / (memory * steps of the run))

So it forgets over the same share of any run, long or short: a run that is cut to a quarter does
not end with a mean that still holds its beginning. The first a is w. It is kept in a State beside
what the rule keeps, as the slot `average`.

Running means and variances of batch normalisation are averaged as the weights are: to first
order, that is what the mean weights would have. They are not measured anew.

Source: Polyak and Juditsky 1992, of the mean over all steps; here old steps fade.
"""

import math

import numpy as np

from simplecell.engines.protocol import Parameters, State
from simplecell.train.recipes import Recipe

SLOT = "average"


def follow(state: State, share: float) -> None:
    """Bring the mean up to date; a share of 0 keeps none."""
    if not share:
        return
    now = {name: np.asarray(w, np.float64) for name, w in state.parameters.items()}
    before = state.slots.get(SLOT, now)
    state.slots[SLOT] = {n: share * before[n] + (1 - share) * w for n, w in now.items()}


def share_of(recipe: Recipe, steps: int, run: int) -> float:
    """Give what the mean keeps of itself at the end of so many of a run's steps.

    >>> from dataclasses import replace
    >>> from simplecell.train.recipes import recipe
    >>> round(share_of(replace(recipe("fast"), memory=0.1), 10, 100), 3)
    0.368
    """
    if not recipe.memory:
        return recipe.average
    return math.exp(-steps / (recipe.memory * run))


def learned(state: State) -> Parameters:
    """Give the weights that a run is judged by: their mean, where one is kept."""
    return state.slots.get(SLOT) or state.parameters
