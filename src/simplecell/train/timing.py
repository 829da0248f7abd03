"""How long an epoch takes here, and how many of them fit into a time.

Before a run that was given a time, its first steps are taken on a copy of the weights that is
thrown away. What they take says how many epochs fit, and the run is told that many, as if a
person had: its rates come down to their end in that time, it goes on from a checkpoint, and it
gives the same bits again with the same number of epochs.

A clock that stopped the run would leave it at a high rate, and no two runs would be alike. The
price: where the machine gets busier, a run takes longer than it was given.
"""

import time
from dataclasses import replace

import numpy as np

from simplecell.engines.protocol import Examples, Parameters, Program, State
from simplecell.errors import SpecError
from simplecell.train.evaluation import ROWS, measure
from simplecell.train.folder import RunFolder
from simplecell.train.recipes import Recipe
from simplecell.train.sampler import Pass, Pictures, steps_of
from simplecell.train.schedules import stretched

LONGEST, SHARE = 3.0, 0.05
"""A rehearsal takes at most so many seconds, and at most this share of the time given."""
MARGIN = 0.95
"""How much of the time is planned for: a machine is not always as quick as at the start."""
SAVING = 0.03
"""Seconds that a checkpoint takes, once an epoch; of small data, they are most of the time."""


def check_minutes(minutes: float | None, epochs: int | None) -> None:
    """Refuse a time that is none, or a time and a number of epochs together.

    Raises
        SpecError   as said
    """
    if minutes is None:
        return
    if not (np.isfinite(minutes) and minutes > 0):
        raise SpecError(f"minutes are {minutes:g}; give a time above 0, as in 2 or 0.5.")
    if epochs is not None:
        raise SpecError(
            f"{epochs} epochs were asked for, and {minutes:g} minutes: give one of the two."
        )


def seconds_per_epoch(
    program: Program,
    pictures: Pictures,
    parameters: Parameters,
    recipe: Recipe,
    loss: str,
    validation: Examples,
    seconds: float,
) -> float:
    """Measure how long an epoch takes: its steps, its curvature, its validation, its saving.

    `seconds` is the time that the run was given, of which this takes a small share.
    """
    state = State({name: w.copy() for name, w in parameters.items()})
    extra = SAVING
    if recipe.update.rule == "sdlm":
        some = pictures.sample(0, recipe.curvature_examples)
        started = time.perf_counter()
        state.slots["h"] = program.curvature(state.parameters, some, loss)
        extra += time.perf_counter() - started
    if len(validation):
        few = replace(validation, pixels=validation.pixels[:ROWS])
        if validation.labels is not None:
            few = replace(few, labels=validation.labels[:ROWS])
        started = time.perf_counter()
        measure(program, state.parameters, few, loss)
        extra += (time.perf_counter() - started) * len(validation) / len(few)
    within = min(LONGEST, SHARE * seconds)
    per_step = _seconds_per_step(program, pictures, state, recipe, loss, within)
    return per_step * steps_of(len(pictures.examples), recipe.batch) + extra


def _seconds_per_step(
    program: Program, pictures: Pictures, state: State, recipe: Recipe, loss: str, within: float
) -> float:
    """Take steps, twice as many each time, until the time for it is used up.

    They are taken at a rate of 0, which takes as long and can never diverge.
    """
    steps = steps_of(len(pictures.examples), recipe.batch)
    done = counted = 0
    seconds, count = 0.0, 1
    with Pass(pictures, recipe.batch, 0) as reading:
        while done < steps and seconds < within:
            count = min(count, reading.until(done) - done)
            started = time.perf_counter()
            examples, rows = reading.read(done, count)
            rates = [0.0] * count
            program.train(state, examples, rows, recipe.batch, rates, recipe.update, loss)
            took = time.perf_counter() - started
            if done or steps == 1:  # The first step may still be waking threads.
                seconds, counted = seconds + took, counted + count
            done, count = done + count, 2 * count
    return seconds / max(counted, 1)


def kept(recipe: Recipe, folder: RunFolder | None) -> Recipe | None:
    """Give a recipe the epochs of the run that is in a folder; None where none is."""
    if folder is None or not folder.started:
        return None
    there = Recipe.from_document(folder.settings()["recipe"])
    return replace(recipe, epochs=there.epochs, schedule=there.schedule)


def fitted(
    recipe: Recipe, per_epoch: float, seconds: float, span: tuple[int, int] | None = None
) -> Recipe:
    """Give a recipe as many epochs as fit into a time, at least one; its rates end with them.

    `span` is the fewest and the most that there may be.
    """
    least, most = span or (1, 10**9)
    epochs = min(max(least, int(MARGIN * seconds / per_epoch)), most)
    schedule = stretched(recipe.schedule, recipe.epochs, epochs)
    return replace(recipe, epochs=epochs, schedule=schedule)
