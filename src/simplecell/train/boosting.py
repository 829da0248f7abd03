"""Boosting: three networks, each trained on what those before it find hard.

    first     trained as usual, on distorted digits
    second    on distorted digits of which the first gets half wrong and half right
    third     on distorted digits about which the first two disagree

    scores = scores of the first + of the second + of the third;  the largest wins

Distortions make as many new digits as it takes: a network that gets 1 % wrong is shown a hundred
for each one that is kept.

Source: Drucker, Schapire, Simard 1993; LeCun et al. 1998, III.C.   Brief: F
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simplecell.data.distortion import Distortion
from simplecell.data.part import Part, split
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.protocol import Array, Engine, scores
from simplecell.errors import DataError, SpecError, TrainingError
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback
from simplecell.train.loop import Run, fit
from simplecell.train.model import Model
from simplecell.train.recipes import Recipe
from simplecell.train.recipes import recipe as find_recipe

BLOCK = 4096
"""Digits that are distorted and looked at in one go."""
PATIENCE = 200
"""Digits looked at for each that is wanted, at most: by then a network is hardly ever wrong."""

_ROWS, _PICTURES = 6, 7

Wrong = Callable[[Part], NDArray[np.bool_]]


@dataclass(frozen=True)
class Filtered:
    """Digits that were kept, and how many were looked at to find them."""

    part: Part
    looked: int


@dataclass(frozen=True)
class Boosted:
    """Three networks, how many examples each was trained on, and what finding them took.

    `looked` and `seconds` are of the second's and the third's.
    """

    runs: tuple[Run, Run, Run]
    sets: tuple[int, int, int]
    looked: tuple[int, int]
    seconds: tuple[float, float]

    @property
    def models(self) -> tuple[Model, ...]:
        """The three models, in the order in which they were trained."""
        return tuple(run.model for run in self.runs)


def summed_scores(models: Sequence[Model], pixels: Array, engine: Engine) -> Array:
    """Add up what several models make of pictures; the largest sum wins.

    Shapes
        pixels (N, C, H, W)      gives (N, classes)
    """
    total: Array = np.zeros((len(pixels), models[0].network.classes))
    for model in models:
        program = engine.program(model.network)
        for start in range(0, len(pixels), BLOCK):
            some = pixels[start : start + BLOCK]
            outputs = program.forward(model.parameters, model.examples(some))
            total[start : start + BLOCK] += scores(model.network, outputs)
    return total


def error_percent(models: Sequence[Model], part: Part, engine: Engine) -> float:
    """Count what several models together get wrong, of a hundred.

    Raises
        DataError   no examples
    """
    if len(part) == 0:
        raise DataError("there are no examples to evaluate on.")
    wrong = summed_scores(models, part.pixels, engine).argmax(axis=1) != part.labels
    return 100 * float(wrong.mean())


def stream(part: Part, distortion: Distortion, seed: int, threads: int) -> Iterator[Part]:
    """Draw examples at random and distort them, a block at a time, without end."""
    from simplecell.data.distort import distort, keys

    first = 0
    while True:
        numbers = np.arange(first, first + BLOCK)
        drawn = keys(numbers, seed, _ROWS) % np.uint64(len(part))
        some = part.rows(drawn.astype(np.int64))
        named = keys(numbers, seed, _PICTURES)
        yield Part(distort(some.pixels, distortion, named, threads), some.labels, part.source)
        first += BLOCK


def half_wrong(digits: Iterator[Part], wrong: Wrong, count: int) -> Filtered:
    """Keep digits until there are `count`, one half wrong, the other right, in the order seen.

    Raises
        TrainingError   hardly any are wrong
    """
    return _kept(digits, (wrong, lambda part: ~wrong(part)), count)


def disagreed(digits: Iterator[Part], differ: Wrong, count: int) -> Filtered:
    """Keep digits that `differ` picks until there are `count`.

    Raises
        TrainingError   hardly any are picked
    """
    return _kept(digits, (differ,), count)


def _kept(digits: Iterator[Part], kinds: Sequence[Wrong], count: int) -> Filtered:
    share = max(1, count // len(kinds))
    found: list[list[Part]] = [[] for _ in kinds]
    had, looked = [0] * len(kinds), 0
    while min(had) < share:
        if looked > PATIENCE * count:
            raise TrainingError(
                f"of {looked:,} distorted digits, {min(had):,} could be kept for the next network"
                f" of a boosted one, and {share:,} are wanted: the networks before it are hardly"
                " ever wrong.\n  Ask for fewer examples, or distort further."
            )
        part = next(digits)
        looked += len(part)
        for kind, pick in enumerate(kinds):
            if had[kind] < share:
                rows = np.flatnonzero(pick(part))[: share - had[kind]]
                found[kind].append(part.rows(rows))
                had[kind] += len(rows)
    parts = [part for kind in found for part in kind]
    pixels, labels = (np.concatenate(arrays) for arrays in
                      zip(*((p.pixels, p.labels) for p in parts), strict=True))  # fmt: skip
    return Filtered(Part(pixels, labels, parts[0].source), looked)


def boost(
    network: Network,
    data: Dataset,
    *,
    recipe: str | Recipe = "lenet1998-distortions",
    examples: int | None = None,
    seed: int = 0,
    engine: str | Engine = "auto",
    threads: int | None = None,
    callbacks: Sequence[Callback] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> Boosted:
    """Train three networks on the training part of `data`; the test part is not looked at.

    The second and the third learn from `examples` distorted digits each, None for as many as the
    training part has. No digit that the recipe puts aside for validation is among them.

    Raises
        SpecError       a recipe without distortions
        TrainingError   too few digits that a network gets wrong
    """
    told = find_recipe(recipe) if isinstance(recipe, str) else recipe
    if told.distortion is None:
        raise SpecError(
            f"boosting makes its digits by distortions, and the recipe {told.name} has none:"
            " take lenet1998-distortions."
        )
    chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
    part = split(data.train, told.validation, seed)[0]
    count = len(part) if examples is None else examples
    runs = [fit(network, data, recipe=told, seed=seed, engine=chosen, callbacks=callbacks)]
    later = replace(told, distortion=None, copies=0, validation=0.0)
    sets: list[Filtered] = []
    seconds = []
    for number, name in ((1, "second"), (2, "third")):
        tell(f"looking for {count:,} digits for the {name} network")
        started, own = time.perf_counter(), _seed(seed, number)
        digits = stream(part, told.distortion, own, chosen.threads)
        found = _harder(digits, [run.model for run in runs], count, chosen)
        seconds.append(time.perf_counter() - started)
        tell(f"kept {len(found.part):,} of {found.looked:,}, in {seconds[-1]:.0f} s")
        harder = replace(data, train=found.part, test=None)
        runs.append(
            fit(network, harder, recipe=later, seed=own, engine=chosen, callbacks=callbacks)
        )
        sets.append(found)
    second, third = sets
    return Boosted(
        runs=(runs[0], runs[1], runs[2]),
        sets=(len(part), len(second.part), len(third.part)),
        looked=(second.looked, third.looked),
        seconds=(seconds[0], seconds[1]),
    )


def _harder(digits: Iterator[Part], models: list[Model], count: int, engine: Engine) -> Filtered:
    def answers(model: Model, part: Part) -> NDArray[np.int64]:
        return np.asarray(summed_scores([model], part.pixels, engine).argmax(axis=1), np.int64)

    if len(models) == 1:
        return half_wrong(digits, lambda part: answers(models[0], part) != part.labels, count)
    first, second = models
    return disagreed(digits, lambda part: answers(first, part) != answers(second, part), count)


def _seed(seed: int, number: int) -> int:
    """Give each network weights and digits of its own."""
    return (seed + number * 1_000_003) % 2**32
