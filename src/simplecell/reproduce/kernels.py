"""A dictionary as first kernels: learned features, Gabor functions or random ones, side by side.

    random     as the recipe draws them
    learned    features that a sparse autoencoder found in patches of two photographs
    gabor      Gabor functions, evenly spread

Only the directions of the first layer's kernels differ: each has the length of the random one
that it replaces, and all other weights of a seed are the same. LeNet-5's C1 has six kernels; a
wider network's has 32.

Source: the deck, layer C1; UFLDL tutorial for the features.   Brief: A, C15
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simplecell.data.photographs import bundled_photographs
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Array
from simplecell.features.autoencoder import Settings
from simplecell.features.dictionary import learn_dictionary
from simplecell.formulas.gabor import gabor_bank
from simplecell.reproduce.earlier import FAST
from simplecell.reproduce.experiment import (
    Experiment,
    Measure,
    Picture,
    Results,
    Table,
    Task,
    Tell,
    threads,
)
from simplecell.reproduce.pairs import effect, signed
from simplecell.reproduce.training import course, measured, train
from simplecell.spec.layers import Conv, Dense, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

RECIPE = FAST
LAYER = "C1.w"
STARTS = ("random", "learned", "gabor")
EARLY = (1, 2, 4)

FEATURES = Settings(hidden=100, decoder="linear", rho=0.05, decay=3e-3, beta=3.0)
PATCHES, ITERATIONS = 50_000, 150
FLOOR = 0.01

WIDE = Network(
    "wide",
    (1, 32, 32),
    (
        Conv("C1", 32, (5, 5), squash="relu"),
        Pool("S2", "max"),
        Conv("C3", 16, (5, 5), squash="relu"),
        Pool("S4", "max"),
        Dense("F5", 84, "relu"),
        Dense("F6", 10, "softmax"),
    ),
)
NETWORKS = {"lenet5": (find("lenet5"), 8), "wide": (WIDE, 4)}
"""Each with how many epochs it is trained."""


def first_kernels(start: str, network: Network, seed: int, quick: bool) -> dict[str, Array]:
    """Give the first layer's kernels of a start, each as long as the random one in its place.

    Shapes
        one array, (M, 1, p, q), by its name in the network; none where the start is random
    """
    drawn = initial_parameters(network, seed, RECIPE.initial)[LAYER]
    if start == "random":
        return {}
    if start == "gabor":
        kernels = gabor_bank(len(drawn), drawn.shape[2:], np.random.default_rng([seed, 15]))
    else:
        kernels = varied(_features(drawn.shape[2:], seed, quick), len(drawn))
    lengths = np.linalg.norm(drawn.reshape(len(drawn), -1), axis=1)
    kernels = kernels / np.linalg.norm(kernels, axis=(1, 2), keepdims=True)
    return {LAYER: (kernels * lengths[:, None, None])[:, None]}


def _features(size: tuple[int, ...], seed: int, quick: bool) -> Array:
    """Learn features of the photographs' patches, and give their weights on the pixels."""
    count, iterations = (2000, 30) if quick else (PATCHES, ITERATIONS)
    found = learn_dictionary(
        bundled_photographs(),
        size,
        FEATURES,
        count=count,
        floor=FLOOR,
        seed=seed,
        iterations=iterations,
        threads=threads(),
    )
    return found.dictionary.patterns()[:, 0]


def varied(patterns: Array, count: int) -> Array:
    """Choose patterns that differ: each next is the one least like all that were chosen.

    likeness of two = |cosine of the angle between them|; the first is the longest pattern

    Shapes
        patterns (K, p, q)      gives (count, p, q)
    """
    rows = patterns.reshape(len(patterns), -1)
    lengths = np.linalg.norm(rows, axis=1)
    alike = np.abs((rows / lengths[:, None]) @ (rows / lengths[:, None]).T)
    chosen = [int(lengths.argmax())]
    while len(chosen) < count:
        chosen.append(int(alike[:, chosen].max(axis=1).argmin()))
    return patterns[chosen]


def _task(name: str, start: str) -> Task:
    network, epochs = NETWORKS[name]

    def run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
        if start == "learned":
            tell(f"{FEATURES.hidden} features of {PATCHES:,} patches of two photographs")
        kernels = first_kernels(start, network, seed, quick)
        run = train(network, RECIPE, seed, quick, tell, epochs=epochs, initial=kernels)
        found = dict(measured(run, quick))
        curve = found["curve_validation_error_percent"]
        for epoch in (epoch for epoch in EARLY if epoch <= len(curve)):
            found[f"validation_error_after_{epoch}"] = curve[epoch - 1]
        return found

    return run


def _tables(results: Results) -> Sequence[Table]:
    """Say what each start changes against random kernels, epoch by epoch, seed by seed."""
    names = {
        **{f"validation_error_after_{n}": f"validation error, epoch {n}" for n in EARLY},
        "test_error_percent": "test error at the end",
    }
    rows = []
    for network in NETWORKS:
        for start in STARTS[1:]:
            for name, what in names.items():
                random = results.get(f"{network}-random", {})
                found = effect(random, results.get(f"{network}-{start}", {}), name)
                if found is not None:
                    change, t = signed(found.mean, 2, " %"), signed(found.t, 1)
                    rows.append((network, start, what, change, t))
    head = ("network", "first kernels", "less that of random ones", "change", "paired t")
    return (Table("What first kernels change", head, tuple(rows)),)


def _pictures(results: Results) -> Sequence[Picture]:
    return course(results, "curve_validation_error_percent", "validation error, %")


EXPERIMENT = Experiment(
    name="kernels",
    title="A dictionary as first kernels: learned, Gabor, random",
    source="the deck, layer C1; no published number",
    tasks={f"{name}-{start}": _task(name, start) for name in NETWORKS for start in STARTS},
    measures=tuple(
        Measure(f"{name}-{start}.{key}", f"{name}, {start}: {what}", None)
        for name in NETWORKS
        for key, what in (
            ("validation_error_after_1", "validation error, epoch 1"),
            ("test_error_percent", "test error"),
        )
        for start in STARTS
    ),
    guesses=(
        "No source says which features become kernels: of 100 learned ones we take those that"
        " differ most from each other.",
    ),
    notes=(
        "Only the first layer's kernels differ, and only in direction: each has the length of the"
        " random one in its place. The validation part, a twelfth, judges each epoch."
    ),
    tables=_tables,
    pictures=_pictures,
)
