"""Pen strokes: what a sparse autoencoder of 196 units finds in handwritten digits.

Source: UFLDL tutorial, exercise "Vectorization".   Brief: A, A2
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from simplecell.features.bank import distance, learn_bank
from simplecell.features.presets import DIGITS
from simplecell.features.source import take
from simplecell.reproduce.experiment import Experiment, Measure, Tell, threads
from simplecell.reproduce.natural import found
from simplecell.reproduce.training import dataset, test_part

PICTURES, ITERATIONS = 10_000, 400
CENTRAL = 0.5
"""The share of its energy that a stroke has in a sixteenth of the picture, around its middle."""


def concentration(patterns: Any) -> Any:
    """Give the share of each pattern's energy within a window of a quarter of its sides.

    The window is the best of all. A pattern that is spread evenly has 1/16 or a little more.

    Shapes
        patterns (K, 1, h, w)      gives (K,)
    """
    energy = patterns[:, 0] ** 2
    energy = energy / energy.sum(axis=(1, 2), keepdims=True)
    tall, wide = (max(1, side // 4) for side in energy.shape[1:])
    windows = np.lib.stride_tricks.sliding_window_view(energy, (tall, wide), axis=(1, 2))
    return windows.sum(axis=(3, 4)).max(axis=(1, 2))


def _run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
    count, iterations = (1000, 30) if quick else (PICTURES, ITERATIONS)
    source = "digits" if quick else "mnist"
    pixels = take(source, count, seed=seed).pixels
    tell(f"learning {DIGITS.settings.hidden} features of {len(pixels)} digits")
    bank, learnt = learn_bank(
        pixels, DIGITS.settings, iterations=iterations, seed=seed, threads=threads()
    )
    unseen = test_part(dataset(quick, None)).pixels
    strokes = concentration(bank.patterns())
    return {
        **found(bank, learnt),
        "unseen_error": distance(*bank.reconstruct(unseen)),
        "unseen_energy": 0.5 * float((bank.preparation.apply(unseen) ** 2).sum(axis=1).mean()),
        "concentration": float(np.median(strokes)),
    }


EXPERIMENT = Experiment(
    name="strokes",
    title="Features of handwritten digits: 784-196-784",
    source="UFLDL tutorial, exercise \"Vectorization\"",
    tasks={"strokes": _run},
    measures=(
        Measure("seconds", "time, 10,000 digits, 400 iterations", None, "s", 120),
        Measure("activation", "mean activation, ρ = 0.1", 0.1, ""),
        Measure("activation_off_percent", "it is off ρ by", None, "%", 20),
        Measure("reconstruction_error", "reconstruction error", None, ""),
        Measure("unseen_error", "the same, of the test digits", None, ""),
        Measure("unseen_energy", "error of answering nothing, ½ |x|²", None, ""),
        Measure(
            "concentration", "a feature's energy in its best 7x7 cells of 28x28, median",
            "pen strokes", "", lower_is_better=False,
        ),
    ),
    notes="The aim is 30 s. A pattern spread evenly has 1/16 of its energy in 7x7 cells.",
)  # fmt: skip
