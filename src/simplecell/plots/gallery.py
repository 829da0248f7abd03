"""The pictures that can be drawn of a trained model, by name: what each needs, and drawing it.

of a run     learning
of a model   kernels, table
with data    maps, deltas, codes, confusion, mistakes, reject
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from simplecell.data.part import Part
from simplecell.engines.protocol import Array, Trace
from simplecell.engines.reference import Reference
from simplecell.engines.walk import flat, walk_forward
from simplecell.errors import PlotError, UnknownName
from simplecell.plots.evaluation import confusion, mistakes, reject
from simplecell.plots.featuremaps import codes, deltas, maps
from simplecell.plots.history import learning
from simplecell.plots.wiring import kernels, table
from simplecell.plots.words import said
from simplecell.train.answer import Answer, answers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simplecell.engines.protocol import Engine
    from simplecell.train.history import Epoch
    from simplecell.train.model import Model

WALKED = 1000
"""Pictures of which the features before the RBF outputs are drawn: enough for a mean."""


@dataclass
class Subject:
    """What pictures are drawn of: a model, its run's history, labelled pictures.

    `row` says which picture is followed through the network, `layer` whose kernels are drawn,
    `unseen` whether the pictures are others than those it learned from.
    """

    model: "Model"
    history: Sequence["Epoch"] = ()
    test_error_percent: float | None = None
    part: Part | None = None
    data: str = ""
    engine: "Engine" = field(default_factory=Reference)
    layer: str | None = None
    row: int = 0
    unseen: bool = True

    @property
    def name(self) -> str:
        """What the model is called in a title."""
        return (
            said("on", network=self.model.network.name, data=self.data)
            if self.data
            else self.model.network.name
        )

    @cached_property
    def pictures(self) -> Part:
        """The labelled pictures.

        Raises
            PlotError   none were given
        """
        if self.part is None:
            raise PlotError("this picture needs data: name them after the run.")
        return self.part

    @cached_property
    def answers(self) -> list[Answer]:
        """What the model says of every picture."""
        return answers(self.model, self.pictures.pixels, self.engine)

    @cached_property
    def one(self) -> Part:
        """The one picture that is followed through the network."""
        count = len(self.pictures)
        if not 0 <= self.row < count:
            raise PlotError(
                f"there is no picture {self.row:,} among {count:,}: give --row 0 to {count - 1}."
            )
        return self.pictures.rows(np.array([self.row]))

    @cached_property
    def trace(self) -> Trace:
        """That picture's way through the network and back."""
        model = self.model
        program = Reference().program(model.network)
        weights = {name: np.asarray(w, np.float64) for name, w in model.parameters.items()}
        return program.trace(weights, model.examples(self.one.pixels, self.one.labels), model.loss)

    @cached_property
    def features(self) -> tuple[Array, Array]:
        """What the output layer reads of some pictures, and their classes."""
        model, labels = self.model, self.pictures.labels[:WALKED]
        examples = model.examples(self.pictures.pixels[:WALKED])
        x = examples.values(slice(None))
        steps = walk_forward(model.network.layers, model.parameters, x)
        return flat(steps[-1].below), labels

    @property
    def seen(self) -> str:
        """What the picture is, and what the model takes it for."""
        (answer,) = answers(self.model, self.one.pixels, self.engine)
        names = self.model.classes
        label = names[self.one.labels[0]]
        return said("seen", row=self.row, label=label, answer=names[answer.label])


@dataclass(frozen=True)
class Kind:
    """A picture by name: one sentence on it, whether it takes data, and how it is drawn."""

    what: str
    data: bool
    draw: "Callable[[Subject], Figure]"


def _learning(s: Subject) -> "Figure":
    if not s.history:
        raise PlotError(
            "the course of training is in a run folder: name that, and not a model's file."
        )
    return learning(s.history, said("learned", name=s.name), s.test_error_percent)


def _kernels(s: Subject) -> "Figure":
    return kernels(s.model.network, s.model.parameters, s.layer)


def _table(s: Subject) -> "Figure":
    return table(s.model.network, s.model.parameters, s.layer)


def _maps(s: Subject) -> "Figure":
    title = f"{s.name}: {s.seen}; {said('hands on')}"
    return maps(s.model.network, s.trace, s.model.classes, title)


def _deltas(s: Subject) -> "Figure":
    title = f"{s.name}: {s.seen}; {said('delta', loss=s.trace.loss)}"
    return deltas(s.model.network, s.trace, s.model.classes, title)


def _codes(s: Subject) -> "Figure":
    if not s.model.network.layers[-1].gives_distances:
        none = np.empty((0, 0))
        return codes(s.model.network, s.model.parameters, none, none)
    return codes(s.model.network, s.model.parameters, *s.features, s.model.classes)


def _confusion(s: Subject) -> "Figure":
    return confusion(s.answers, s.pictures, s.model.classes, s.name)


def _mistakes(s: Subject) -> "Figure":
    return mistakes(s.answers, s.pictures, s.model.classes, title=s.name)


def _reject(s: Subject) -> "Figure":
    guard = s.model.guard
    threshold = None if guard is None else guard.threshold
    return reject(s.answers, s.pictures, threshold, said("saves", name=s.name))


KINDS = {
    "learning": Kind("loss, validation error and rate, epoch by epoch", False, _learning),
    "kernels": Kind("the kernels of a layer (--layer), the first unless named", False, _kernels),
    "table": Kind("which maps of the layer below each map reads (--layer)", False, _table),
    "maps": Kind("what every layer makes of one picture (--row)", True, _maps),
    "deltas": Kind("the sensitivities of every layer for one picture (--row)", True, _deltas),
    "codes": Kind("the codes of RBF outputs, and what the layer before gives", True, _codes),
    "confusion": Kind("what was taken for what, with pictures in the cells", True, _confusion),
    "mistakes": Kind("the wrong answers of which the model was surest", True, _mistakes),
    "reject": Kind("the error on the rest against the share rejected", True, _reject),
}
"""The pictures by name."""


def kind(name: str) -> Kind:
    """Find a kind of picture by its name.

    Raises
        UnknownName   no such kind
    """
    if name not in KINDS:
        raise UnknownName("kind of picture", name, KINDS)
    return KINDS[name]
