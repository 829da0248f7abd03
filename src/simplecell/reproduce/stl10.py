"""The tutorial's last exercise: colour features, slid over 64x64 pictures of four classes.

    100,000 colour patches  ->  ZCA  ->  192-400-192 with a linear decoder
    64x64 pictures          ->  57x57 maps of 400 features  ->  3x3 regions of 19x19, their means
    3,600 numbers           ->  softmax regression

It runs on STL-10 wherever the data can be had: 2.6 GB, fetched once. Where they cannot, the
same pipeline runs at its full size on the two photographs that scikit-learn bundles. A class is
then which photograph a tile was cut from, and whether from its upper or its lower half; learned
from are tiles of the left halves, tested on are tiles of the right. That tells how long it takes
and what the features are; its accuracy says nothing about STL-10.

Source: UFLDL tutorial, exercises "Linear decoders", "Convolution and pooling".   Brief: A, C4, C6
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simplecell.data.part import Part
from simplecell.data.patches import Pictures, rows
from simplecell.data.photographs import bundled_photographs
from simplecell.data.stl10 import CLASSES, read_stl10, two_thirds, unlabelled_stl10
from simplecell.engines.protocol import Array
from simplecell.errors import FetchError
from simplecell.features.convolved import ConvolvedFeatures
from simplecell.features.dictionary import learn_dictionary
from simplecell.features.pooled import fit_pooled
from simplecell.features.presets import COLOUR
from simplecell.features.selftaught import of_classes
from simplecell.features.sheet import gabor_shares
from simplecell.features.softmax import fit_softmax
from simplecell.reproduce.convolved import telling
from simplecell.reproduce.experiment import Experiment, Measure, Results, Table, Tell, threads

NAMED = ("airplane", "car", "cat", "dog")
TRAIN, TEST, TILE = 2000, 3200, 64
SIDE, PATCHES, ITERATIONS = 8, 100_000, 400
GRID = (3, 3)
DECAY = 1e-4
WELL_FITTED, COLOURED = 0.7, 0.5

QUICK_TRAIN, QUICK_TEST, QUICK_PATCHES, QUICK_HIDDEN, QUICK_ITERATIONS = 60, 40, 1000, 24, 5


@dataclass(frozen=True, eq=False)
class Material:
    """Pictures to learn features from, and labelled ones; `why` not STL-10, if they are others."""

    unlabelled: Pictures
    train: Part
    test: Part
    why: str = ""


def material(seed: int, quick: bool, tell: Tell) -> Material:
    """Give STL-10, or what replaces it and the reason.

    Raises
        DataError   files that are there and are not STL-10's
    """
    if quick:
        return replacement(seed, QUICK_TRAIN, QUICK_TEST, "a quick look fetches nothing")
    try:
        parts, unlabelled = read_stl10(), unlabelled_stl10()
    except FetchError as problem:
        tell(f"STL-10 cannot be had, and two photographs take its place: {problem}")
        # The problem itself may name folders of this machine, which are nobody else's business.
        named = "it is not in the folder that SIMPLECELL_DATA names"
        why = named if os.environ.get("SIMPLECELL_DATA") else "it could not be fetched"
        return replacement(seed, TRAIN, TEST, why)
    kinds = [CLASSES.index(name) for name in NAMED]
    train, test = (of_classes(part, kinds) for part in parts)
    return Material(unlabelled, reduced(train), reduced(test))


def reduced(part: Part) -> Part:
    """Bring a part's pictures from 96x96 to 64x64."""
    return Part(two_thirds(part.pixels), part.labels, part.source)


def replacement(seed: int, train: int, test: int, why: str) -> Material:
    """Cut tiles out of the two photographs: four classes, learned left and tested right."""
    photographs = bundled_photographs(3)
    rng = np.random.default_rng([seed, 64])
    return Material(
        photographs, tiles(photographs, train, 0, rng), tiles(photographs, test, 1, rng), why
    )


def tiles(photographs: Sequence[Array], count: int, side: int, rng: np.random.Generator) -> Part:
    """Cut tiles out of the left (0) or right (1) half; the class is photograph and upper or lower.

    Shapes
        gives pixels (count, 3, 64, 64), labels 0 .. 3
    """
    labels = np.arange(count) % (2 * len(photographs))
    pixels = np.empty((count, 3, TILE, TILE), np.uint8)
    for label in range(2 * len(photographs)):
        photograph = photographs[label // 2]
        height, width = (n // 2 for n in photograph.shape[1:])
        top, left = label % 2 * height, side * width
        for k in np.flatnonzero(labels == label):
            i, j = top + rng.integers(height - TILE + 1), left + rng.integers(width - TILE + 1)
            pixels[k] = photograph[:, i : i + TILE, j : j + TILE]
    return Part(pixels, labels.astype(np.int64), "tiles of scikit-learn's photographs")


def coloured(patterns: Array) -> Array:
    """Give how much of each pattern is colour: what is left of it without its grey.

        1 - sum grey^2 / sum pattern^2        grey: at each cell, the mean of red, green, blue

    Shapes
        patterns (K, 3, a, b)      gives (K,)
    """
    grey = 3 * (patterns.mean(axis=1) ** 2).sum(axis=(1, 2))
    share: Array = 1 - grey / (patterns**2).sum(axis=(1, 2, 3))
    return share


def _run(seed: int, quick: bool, tell: Tell) -> Mapping[str, Any]:
    tell("looking for STL-10; where it has to be fetched, that is 2.6 GB")
    found = material(seed, quick, tell)
    train, test = found.train, found.test
    started = time.perf_counter()
    settings = COLOUR.settings
    learnt = learn_dictionary(
        found.unlabelled,
        SIDE,
        replace(settings, hidden=QUICK_HIDDEN) if quick else settings,
        count=QUICK_PATCHES if quick else PATCHES,
        seed=seed,
        iterations=QUICK_ITERATIONS if quick else ITERATIONS,
        threads=threads(),
        watch=telling(tell, "features"),
    )
    features = ConvolvedFeatures(learnt.dictionary, GRID, "mean")
    tell(f"{features.count:,} pooled features of {len(train):,} pictures")
    fitted = fit_pooled(
        features, train.pixels, train.labels, decay=DECAY, iterations=200, threads=threads()
    )
    accuracy = fitted.classifier.accuracy_percent(test.pixels, test.labels, threads())
    seconds = time.perf_counter() - started
    tell("softmax regression on the pixels; Gabor functions fitted to the features")
    plain = fit_softmax(
        rows(train.pixels), train.labels, iterations=10 if quick else 100, threads=threads()
    ).softmax
    patterns, last = learnt.dictionary.patterns(), learnt.learnt.history[-1]
    return {
        "stl10": not found.why,
        "why": found.why,
        "accuracy_percent": accuracy,
        "baseline_percent": plain.accuracy_percent(rows(test.pixels), test.labels),
        ("photographs" if found.why else "stl10") + "_accuracy_percent": accuracy,
        "seconds": seconds,
        "features_seconds": learnt.learnt.seconds,
        "encode_seconds": fitted.encode_seconds,
        "pooled_features": features.count,
        "features": len(patterns),
        "edges": int((gabor_shares(patterns) >= WELL_FITTED).sum()),
        "coloured": int((coloured(patterns) >= COLOURED).sum()),
        "activation": last.terms["activation"],
        "patches_drawn_again": learnt.patches.skipped,
    }


def _tables(results: Results) -> Sequence[Table]:
    """Say on what it ran, seed by seed, and why not on STL-10."""
    by_seed = results.get("colour", {})
    said = [
        (str(seed), "STL-10" if one["stl10"] else "tiles of two photographs", one["why"])
        for seed, one in sorted(by_seed.items())
    ]
    note = (
        "Where the data can be had later, name another folder with --out: what is finished is not"
        " run again."
    )
    head = ("seed", "pictures", "why not STL-10")
    return (Table("What it ran on", head, tuple(said), note),)


EXPERIMENT = Experiment(
    name="stl10",
    title="Colour features, convolved and pooled: STL-10, or what replaces it",
    source="UFLDL tutorial, exercises \"Linear decoders\" and \"Convolution and pooling\"",
    tasks={"colour": _run},
    measures=(
        Measure(
            "stl10_accuracy_percent", "right, STL-10, four classes", 80.0, "%",
            lower_is_better=False,
        ),
        Measure(
            "photographs_accuracy_percent", "right, tiles of two photographs, four classes", None,
            "%", lower_is_better=False,
        ),
        Measure("accuracy_percent", "right, of these two", None, "%", lower_is_better=False),
        Measure("baseline_percent", "right, by raw pixels", None, "%", lower_is_better=False),
        Measure("seconds", "time, without the baseline's", None, "s"),
        Measure("features_seconds", "of it, 400 features of 100,000 patches", None, "s"),
        Measure("encode_seconds", "of it, sliding them over the training pictures", None, "s"),
        Measure("pooled_features", "numbers a picture becomes", 3600, ""),
        Measure(
            "edges", "of 400 features, fitted by a Gabor function (R² ≥ 0.7)", "edges", "",
            lower_is_better=False,
        ),
        Measure(
            "coloured", "of 400 features, more than half colour", "colours", "",
            lower_is_better=False,
        ),
        Measure("activation", "mean activation, ρ = 0.035", 0.035, ""),
    ),
    guesses=(
        "How the course reduced 96x96 pictures to 64x64 is not printed: each of our pixels is the"
        " mean of its area.",
        "The course's patches come ready made; ours are of the pictures without labels, at their"
        " own 96x96.",
        "The course scales nothing before its classifier; each of our pooled features is brought"
        " to one scale.",
    ),
    seeds=1,
    notes=(
        "The 80 % are the course's, on STL-10's airplanes, cars, cats and dogs. Where STL-10"
        " cannot be had, our accuracy is of another task, and no answer to them."
    ),
    tables=_tables,
)  # fmt: skip
