"""Features of natural patches: what a sparse autoencoder of 25 units finds in two photographs.

The tutorial's patches are of ten whitened pictures that are not published with it. Ours are of the
two photographs that scikit-learn bundles, prepared as the tutorial prepares its own: each patch
loses its own mean, and all are squeezed into 0.1 .. 0.9. Without the first of these steps a unit
spends itself on brightness, and none becomes an edge.

Source: UFLDL tutorial, exercise "Sparse autoencoder".   Brief: A, A1, A2
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from simplecell.data.patches import take_patches
from simplecell.data.photographs import bundled_photographs
from simplecell.features.autoencoder import Learnt, learn
from simplecell.features.bank import Bank, learn_bank
from simplecell.features.cost import AutoencoderCost, flat
from simplecell.features.presets import NATURAL
from simplecell.features.sheet import gabor_shares
from simplecell.formulas.autoencoder import initial_weights
from simplecell.formulas.gradcheck import numeric_gradient
from simplecell.reproduce.experiment import Experiment, Measure, Tell, threads

PATCHES, SIDE, ITERATIONS = 10_000, 8, 400
WELL_FITTED = 0.7
CHECKED = 10
"""Patches that the gradient is checked on, all 3,289 parameters of it."""


def found(bank: Bank, learnt: Learnt) -> dict[str, Any]:
    """Give what every experiment that learns features reports."""
    last, rho = learnt.history[-1], bank.autoencoder.settings.rho
    return {
        "seconds": learnt.seconds,
        "cost": last.cost,
        "reconstruction_error": last.terms["error"],
        "activation": last.terms["activation"],
        "activation_off_percent": 100 * abs(last.terms["activation"] / rho - 1),
        "iterations": last.iteration,
        "ended": learnt.ended,
        "curve_cost": [step.cost for step in learnt.history],
    }


def gradient_difference(x: Any, seed: int) -> float:
    """Compare the gradient of J with differences: |numeric - ours| / |numeric + ours|.

    Source
        UFLDL tutorial, Gradient checking: epsilon 1e-4.   Brief: A
    """
    settings = NATURAL.settings
    weights = initial_weights(x.shape[1], settings.hidden, np.random.default_rng(seed))
    told = {name: getattr(settings, name) for name in ("decoder", "rho", "decay", "beta")}
    cost = AutoencoderCost(x[:CHECKED], settings.hidden, **told, dtype=np.float64, threads=1)
    theta = flat(weights)
    _, gradient = cost(theta)
    numeric = numeric_gradient(lambda moved: cost(moved)[0], theta)
    return float(np.linalg.norm(numeric - gradient) / np.linalg.norm(numeric + gradient))


def _run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
    count, iterations = (1000, 40) if quick else (PATCHES, ITERATIONS)
    patches = take_patches(bundled_photographs(), count, SIDE, seed).pixels
    tell(f"learning {NATURAL.settings.hidden} features of {count} patches")
    bank, learnt = learn_bank(
        patches, NATURAL.settings, centred=True, squeezed=True, iterations=iterations, seed=seed,
        threads=threads(),
    )  # fmt: skip
    tell("fitting Gabor functions to them")
    shares = gabor_shares(bank.patterns())
    rows = bank.preparation.apply(patches[:CHECKED])
    first = learn(rows, NATURAL.settings, iterations=1, seed=seed, threads=1)
    before = Bank(bank.preparation, first.autoencoder).patterns()[: 5 if quick else None]
    return {
        **found(bank, learnt),
        "gabor_fitted": int((shares >= WELL_FITTED).sum()),
        "gabor_median": float(np.median(shares)),
        "gabor_shares": shares,
        "gabor_fitted_before": int((gabor_shares(before) >= WELL_FITTED).sum()),
        "gradient_difference": gradient_difference(rows, seed),
    }


EXPERIMENT = Experiment(
    name="natural",
    title="Features of natural patches: 64-25-64",
    source="UFLDL tutorial, exercise \"Sparse autoencoder\"",
    tasks={"edges": _run},
    measures=(
        Measure("seconds", "time, 10,000 patches, 400 iterations", "about 5 min", "s", 15),
        Measure(
            "gabor_fitted", "of 25 features, fitted by a Gabor function (R² ≥ 0.7)",
            "oriented edges", "", 15, lower_is_better=False,
        ),
        Measure("gabor_median", "R² of the fits, median", None, "", lower_is_better=False),
        Measure("gabor_fitted_before", "fitted after one iteration", None, ""),
        Measure("activation", "mean activation, ρ = 0.01", 0.01, ""),
        Measure("activation_off_percent", "it is off ρ by", None, "%", 20),
        Measure("gradient_difference", "gradient against differences", 1e-9, "", 1e-9),
        Measure("reconstruction_error", "reconstruction error", None, ""),
    ),
    guesses=(
        "The tutorial's ten pictures come with it already whitened, by a filter it does not print."
        " We take scikit-learn's two photographs unwhitened, and the tutorial's own preparation of"
        " patches does the rest.",
    ),
    notes="The aims are 3 s and 20 of 25 features.",
)  # fmt: skip
