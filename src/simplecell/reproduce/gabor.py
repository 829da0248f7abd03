"""First kernels that are Gabor functions, against random ones; and what kernels become.

Two questions of the deck: do Gabor functions as C1's first kernels help, and does C1 learn
something like them by itself? A 5x5 kernel has 25 cells and a Gabor function eight figures, so
that one fits pure noise half-way: the fit of learned kernels is held against that of random ones.

Source: the deck, layer C1; Daugman 1985, Jones and Palmer 1987 for the functions.   Brief: C15
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simplecell.data.normalise import published
from simplecell.engines.protocol import Array, Examples
from simplecell.formulas.gabor import fit_gabor, gabor_bank
from simplecell.reproduce.experiment import (
    Experiment,
    Measure,
    Picture,
    Results,
    Table,
    Task,
    Tell,
)
from simplecell.reproduce.pairs import effect, signed
from simplecell.reproduce.training import course, dataset, measured, train
from simplecell.spec.zoo import find
from simplecell.train.recipes import recipe
from simplecell.train.start import first_weights

RECIPE = "lenet1998"
C1 = "C1.w"
VALIDATION = 1 / 12
"""Kept aside, so that each pass can be judged without the test part."""
WELL_FITTED = 0.7
EARLY = (1, 2, 3, 5)


def _fits(kernels: Array) -> list[float]:
    """Give how much of each kernel its nearest Gabor function explains.

    Shapes
        kernels (K, p, q)
    """
    return [fit_gabor(kernel)[1] for kernel in kernels.astype(np.float64)]


def _start(seed: int, waves: bool, quick: bool) -> dict[str, Array]:
    """Give C1's first kernels: as the recipe draws them, or Gabor functions as long as those."""
    network, scale = find("lenet5"), published()
    pixels = dataset(quick, network.input[1:]).train.pixels
    examples = Examples(pixels, None, scale.scale, scale.shift)
    drawn = first_weights(network, recipe(RECIPE), seed, examples)[C1]
    if not waves:
        return {C1: drawn}
    count, _, height, width = drawn.shape
    bank = gabor_bank(count, (height, width), np.random.default_rng(seed))
    length = np.sqrt((drawn**2).sum() / count)
    return {C1: length * bank[:, None]}


def _task(waves: bool) -> Task:
    def run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
        told, start = replace(recipe(RECIPE), validation=VALIDATION), _start(seed, waves, quick)
        trained = train(find("lenet5"), told, seed, quick, tell, initial=start)
        tell("fitting Gabor functions to C1's kernels")
        kernels = {"first": start[C1][:, 0], "learned": trained.parameters[C1][:, 0]}
        found = dict(measured(trained, quick))
        curve = found["curve_validation_error_percent"]
        for epoch in (epoch for epoch in EARLY if epoch <= len(curve)):
            found[f"validation_error_after_{epoch}"] = curve[epoch - 1]
        for when, some in kernels.items():
            shares = _fits(some)
            found[f"fit_{when}"] = float(np.mean(shares))
            found[f"well_fitted_{when}"] = sum(share >= WELL_FITTED for share in shares)
            found[f"fits_{when}"] = shares
        return {**found, "kernels": kernels["learned"]}

    return run


def _tables(results: Results) -> Sequence[Table]:
    """Say what Gabor functions change, pass by pass and at the end, seed by seed."""
    names = {
        **{f"validation_error_after_{n}": f"validation error after pass {n}" for n in EARLY},
        "test_error_percent": "test error at the end",
    }
    rows = []
    for name, what in names.items():
        found = effect(results.get("random", {}), results.get("gabor", {}), name)
        if found is not None:
            change = signed(found.mean, 2, " %")
            rows.append((what, change, signed(found.in_sd, 1), signed(found.t, 1)))
    head = ("gabor - random", "change", "in s.d. of random", "paired t")
    return (Table("What Gabor functions change", head, tuple(rows)),)


def _pictures(results: Results) -> Sequence[Picture]:
    return course(results, "curve_validation_error_percent", "validation error, %")


EXPERIMENT = Experiment(
    name="gabor",
    title="Gabor functions as first kernels, and what kernels become",
    source="the deck, layer C1; no published number",
    tasks={"random": _task(waves=False), "gabor": _task(waves=True)},
    measures=(
        Measure("random.validation_error_after_1", "random: validation error, pass 1", None),
        Measure("gabor.validation_error_after_1", "Gabor: validation error, pass 1", None),
        Measure("random.test_error_percent", "random: test error", None),
        Measure("gabor.test_error_percent", "Gabor: test error", None),
        Measure("random.fit_first", "R² of Gabor fits, 6 random kernels", None, unit=""),
        Measure("random.fit_learned", "R², what they became", None, unit=""),
        Measure("gabor.fit_learned", "R², what Gabor functions became", None, unit=""),
        Measure(
            "random.well_fitted_learned",
            f"of 6 learned kernels, R² ≥ {WELL_FITTED}",
            None,
            unit="",
            lower_is_better=False,
        ),
    ),
    guesses=(
        "No source says which Gabor functions: orientations and phases evenly spread, one wave to"
        " a kernel's width, of the length that random kernels have on average.",
    ),
    notes=(
        "Only C1 starts from Gabor functions; all other weights of a seed are the same for both."
        " The validation part, a twelfth, is not learned from, so that each pass can be judged."
    ),
    tables=_tables,
    pictures=_pictures,
)
