"""What a model says of a picture, one by one: the class, the second, and whether to believe it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.protocol import Array, Engine, Examples, Parameters
from simplecell.formulas.losses import POSTERIORS
from simplecell.repr import brief
from simplecell.spec.network import Network
from simplecell.train.guard import Guard
from simplecell.train.prediction import probabilities, with_rubbish

if TYPE_CHECKING:
    from simplecell.data.writing import Surroundings

ROWS = 2000
"""How many pictures are run at a time."""


class Trained(Protocol):
    """What can answer: a network with its weights, as `Model` is."""

    @property
    def network(self) -> Network:
        """What is connected to what."""
        ...

    @property
    def parameters(self) -> Parameters:
        """The weights by name."""
        ...

    @property
    def guard(self) -> Guard | None:
        """What knows pictures of no class, if it was learnt."""
        ...

    @property
    def loss(self) -> str:
        """The loss it was trained with."""
        ...

    def examples(self, pixels: Array, labels: Array | None = None) -> Examples:
        """Pair pictures with what their pixels mean."""
        ...


@brief
@dataclass(frozen=True)
class Answer:
    """A class and its probability, the class that came second, and a doubt.

    `sureness` is the guard's, None where there is none. `rejected` says that this is none of the
    classes: the guard is not sure enough, the page around it is no paper (`data/ground.py`), or
    the rubbish class of a MAP loss is the likeliest.
    """

    label: int
    probability: float
    runner_up: int | None
    runner_up_probability: float
    sureness: float | None = None
    rejected: bool = False


def answers(
    model: Trained,
    pixels: NDArray[np.uint8],
    engine: Engine,
    around: "Sequence[Surroundings]" = (),
) -> list[Answer]:
    """Answer for each picture.

    `around` says of each, where it was cut out of a page, what is around it there.

    Shapes
        pixels (N, C, H, W), as the network reads them      around (N,), or nothing

    Raises
        ModelError   pictures of another shape
    """
    found: list[Answer] = []
    for start in range(0, len(pixels), ROWS):
        found += _some(model, pixels[start : start + ROWS], engine)
    if model.guard is None or not around:
        return found
    grounds = _grounds(model, engine, around)
    return [
        replace(one, rejected=one.rejected or ground)
        for one, ground in zip(found, grounds, strict=True)
    ]


def _grounds(model: Trained, engine: Engine, around: "Sequence[Surroundings]") -> list[bool]:
    """Say of each cut-out whether it is a piece of a ground, or stands beside what is no digit.

    odds + NEAR * log(min over neighbours of sureness / threshold, between e^-4 and 1) > 0
    """
    # It takes SciPy, which other models do not need.
    from simplecell.data.ground import NEAR

    assert model.guard is not None
    odds = np.array([one.odds for one in around])
    counts = [len(one.beside) for one in around]
    if sum(counts):
        beside = np.concatenate([one.beside for one in around])
        sure = np.concatenate([
            _sureness(model, beside[start : start + ROWS], engine)
            for start in range(0, len(beside), ROWS)
        ])  # fmt: skip
        far = np.log(np.maximum(sure, 1e-9) / max(model.guard.threshold, 1e-9)).clip(-4, 0)
        least = np.zeros(len(around))
        np.minimum.at(least, np.repeat(np.arange(len(around)), counts), far)
        odds = odds + NEAR * least
    return [bool(one > 0) for one in odds]


def _sureness(model: Trained, pixels: NDArray[np.uint8], engine: Engine) -> NDArray[np.float64]:
    assert model.guard is not None
    outputs = engine.program(model.network).forward(model.parameters, model.examples(pixels))
    return model.guard.sureness(probabilities(model.network, outputs), pixels, engine)


def _some(model: Trained, pixels: NDArray[np.uint8], engine: Engine) -> list[Answer]:
    program = engine.program(model.network)
    outputs = program.forward(model.parameters, model.examples(pixels))
    p = probabilities(model.network, outputs)
    rubbish = np.zeros(len(p))
    if model.loss in POSTERIORS:
        p, rubbish = with_rubbish(outputs, model.loss)
    sure = None if model.guard is None else model.guard.sureness(p, pixels, engine)
    least = 0.0 if model.guard is None else model.guard.threshold
    found = []
    for n, row in enumerate(p):
        first, *others = row.argsort()[::-1].tolist()
        doubtful = sure is not None and bool(sure[n] < least)
        found.append(
            Answer(
                label=first,
                probability=float(row[first]),
                runner_up=others[0] if others else None,
                runner_up_probability=float(row[others[0]]) if others else 0.0,
                sureness=None if sure is None else float(sure[n]),
                rejected=doubtful or bool(rubbish[n] > row[first]),
            )
        )
    return found
