"""Short trials on pictures of one's own: what cropping helps, or a larger network.

Two contenders learn the same pictures by the same recipe, and are judged on a fifth of the
training pictures that neither has learnt. The second is taken where it makes fewer errors by more
than chance would: TIMES standard errors of the difference. The test part is not looked at.

A trial has so many steps whatever the machine: the same pictures and seed give the same verdict.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simplecell.data.part import Part, split
from simplecell.data.sources import Dataset
from simplecell.engines.protocol import Engine, scores
from simplecell.spec.network import Network
from simplecell.train import average
from simplecell.train.recipes import Recipe
from simplecell.train.training import Training

EXAMPLES, ASIDE, MOST = 30_000, 0.2, 5_000
"""Examples of a trial, the share of the pictures that judges, pictures at the most."""

CLASSES = 100
"""Classes of a trial at the most."""

FULL, FEWEST = 20.0, 5_000
"""Of a run that is given fewer seconds than FULL, trials have fewer examples, down to FEWEST."""

TIMES = 2.0
"""Standard errors of the difference by which the second has to be better."""


@dataclass(frozen=True)
class Trial:
    """What a trial found: errors in percent, on how many pictures, and what follows.

    `pace` is how many seconds an example took the first of the two.
    """

    first_percent: float
    second_percent: float
    pictures: int
    second: bool
    pace: float


def examples_for(seconds: float) -> int:
    """Say how many examples a trial has before a run of so many seconds.

    >>> examples_for(25), examples_for(10), examples_for(1)
    (30000, 15000, 5000)
    """
    return max(FEWEST, round(EXAMPLES * min(1.0, seconds / FULL)))


def some_of(part: Part, most: int) -> Part:
    """Give the pictures of a trial, `most` at the most, evenly taken from CLASSES classes.

    Of a thousand classes, five thousand pictures would be five each: nobody learns from so few,
    and a trial would find both contenders alike.
    """
    there = np.unique(part.labels)
    if len(there) > CLASSES:
        kept = there[np.linspace(0, len(there) - 1, CLASSES).astype(np.int64)]
        part = part.rows(np.flatnonzero(np.isin(part.labels, kept)))
    if len(part) > most:
        part = part.rows(np.linspace(0, len(part) - 1, most).astype(np.int64))
    return part


def compare(
    first: tuple[Dataset, Network, int],
    second: tuple[Dataset, Network, int],
    recipe: Recipe,
    seed: int,
    engine: Engine,
) -> Trial:
    """Let two learn, each (data, network, examples that it may read), and say who is better.

    Both have the same pictures in the same order, each as its network reads them.
    """
    (one_wrong, pace), (other_wrong, _) = (
        _wrong(*each, recipe, seed, engine) for each in (first, second)
    )
    wrong = (one_wrong, other_wrong)
    one, other = (int(each.sum()) for each in wrong)
    # Pictures that only one of the two gets wrong decide, as in McNemar's test.
    apart, count = int((wrong[0] != wrong[1]).sum()), max(1, len(wrong[0]))
    better = one - other > TIMES * max(1.0, apart) ** 0.5
    return Trial(100 * one / count, 100 * other / count, len(wrong[0]), better, pace)


def _wrong(
    data: Dataset, network: Network, examples: int, recipe: Recipe, seed: int, engine: Engine
) -> tuple[NDArray[np.bool_], float]:
    """Say which pictures come out wrong, and how many seconds an example took to learn."""
    some = some_of(data.train, MOST)
    most = len(some) - len(np.unique(some.labels))
    learn, judge = split(some, min(round(ASIDE * len(some)), most), seed)
    told = replace(
        recipe, epochs=max(1, round(examples / len(learn))), validation=0.0, until_error=None
    )
    training = Training(
        network=network, recipe=told, seed=seed, engine=engine,
        parts=(learn, judge.rows(np.arange(0))),
        normalisation=None, initial={}, folder=None, callbacks=(), save_seconds=1e9,
    )  # fmt: skip
    learned = training.run(None)
    weights = average.learned(learned.state)
    scale, shift = training.normalisation.scale, training.normalisation.shift
    asked = replace(training.train, pixels=judge.pixels, labels=None, scale=scale, shift=shift)
    answers = scores(network, training.program.forward(weights, asked)).argmax(axis=1)
    pace = learned.seconds / (told.epochs * len(learn))
    return np.asarray(answers != judge.labels), pace
