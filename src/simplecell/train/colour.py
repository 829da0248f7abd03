"""Does colour tell classes apart? A short trial on pictures that were put aside says so.

Two small networks learn the same pictures for a few hundred steps, one in colour and one in
grey, and both are judged on a quarter of the training pictures that neither has learnt. Colour
is kept where it makes fewer errors by more than chance would: three standard errors of the
difference. Otherwise grey is, which needs a third of the first kernels.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simplecell.data.inputs import to_channels
from simplecell.data.normalise import standard
from simplecell.data.part import Part, split
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.protocol import Engine, Examples, State, scores
from simplecell.spec.preset import preset
from simplecell.train.recipes import recipe
from simplecell.train.schedules import rates
from simplecell.train.start import first_weights
from simplecell.train.trial import some_of

STEPS, BATCH, ASIDE, MOST = 300, 32, 0.25, 4000
"""Steps of a trial, pictures a step, the share that judges, pictures at the most."""


@dataclass(frozen=True)
class ColourTrial:
    """What the trial found: errors in percent, on how many pictures, and what follows."""

    grey_percent: float
    colour_percent: float
    pictures: int
    helps: bool


def try_colour(data: Dataset, *, seed: int = 0, engine: str | Engine = "auto") -> ColourTrial:
    """Learn pictures in grey and in colour, and say which is judged better.

    The same pictures and seed always give the same verdict.
    """
    chosen = choose_engine(engine) if isinstance(engine, str) else engine
    some = some_of(data.train, MOST)
    most = len(some) - len(np.unique(some.labels))
    learn, judge = split(some, min(round(ASIDE * len(some)), most), seed)
    wrong = [_wrong(learn, judge, len(data.classes), n, seed, chosen) for n in (1, 3)]
    grey, colour = (int(one.sum()) for one in wrong)
    # Pictures that only one of the two gets wrong decide, as in McNemar's test.
    apart = int((wrong[0] != wrong[1]).sum())
    count = max(1, len(judge))
    helps = grey - colour > 3 * max(1.0, apart) ** 0.5
    return ColourTrial(100 * grey / count, 100 * colour / count, len(judge), helps)


def _wrong(
    learn: Part, judge: Part, classes: int, channels: int, seed: int, engine: Engine
) -> NDArray[np.bool_]:
    """Learn some pictures with so many channels, and say which of the others come out wrong."""
    learned, judged = (to_channels(part.pixels, channels) for part in (learn, judge))
    network = preset(classes, (channels, *learned.shape[2:]))
    meaning = standard(learned)
    examples = Examples(learned, learn.labels, meaning.scale, meaning.shift)
    how = replace(recipe("fast"), batch=BATCH)
    program = engine.program(network)
    state = State(dict(first_weights(network, how, seed, examples)))
    order = np.random.default_rng(seed).integers(0, len(learn), STEPS * BATCH)
    pace = rates(how.schedule, 1, STEPS).tolist()
    program.train(state, examples, order, BATCH, pace, how.update, "cross_entropy")
    outputs = program.forward(
        state.parameters, Examples(judged, None, meaning.scale, meaning.shift)
    )
    return np.asarray(scores(network, outputs).argmax(axis=1) != judge.labels)
