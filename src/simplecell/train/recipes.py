"""Recipes: everything training is told, as data, by name.

>>> recipe("fast").epochs
8
>>> Recipe.from_document(recipe("fast").to_document()) == recipe("fast")
True
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from simplecell.engines.protocol import LOSSES, Update
from simplecell.engines.requests import losses_of
from simplecell.errors import ModelError, SpecError, UnknownName
from simplecell.spec.network import Network
from simplecell.train.optimisers import optimiser
from simplecell.train.schedules import Schedule

NORMALISATIONS = ("published", "standard")
INITIAL = ("fan_in", "glorot")


@dataclass(frozen=True)
class Recipe:
    """How to train: the rule, its rates, how long, on what, from where.

    `loss` None follows the output layer (`default_loss`). `validation` is the share of the
    training part kept aside. `normalisation`: published (background -0.1, ink 1.175) or
    standard (mean 0, variance 1). `initial`: fan_in (+-2.4/F) or glorot.
    """

    name: str
    update: Update = field(default_factory=lambda: optimiser("sgd"))
    schedule: Schedule = field(default_factory=Schedule)
    epochs: int = 8
    batch: int = 64
    loss: str | None = None
    normalisation: str = "published"
    validation: float = 1 / 12
    initial: str = "fan_in"

    def __post_init__(self) -> None:
        for what, value in (("epochs", self.epochs), ("batch", self.batch)):
            if value < 1:
                raise SpecError(f"{what} is {value}; it takes a whole number, 1 or more.")
        for what, name, known in (
            ("loss", self.loss or LOSSES[0], LOSSES),
            ("normalisation", self.normalisation, NORMALISATIONS),
            ("way to draw initial weights", self.initial, INITIAL),
        ):
            if name not in known:
                raise UnknownName(what, name, known)
        if not 0 <= self.validation < 1:
            raise SpecError(f"validation is {self.validation}; it takes a share, 0 to below 1.")

    def to_document(self) -> dict[str, Any]:
        """Write as plain JSON values."""
        document = asdict(self)
        document["schedule"]["passes"] = [list(entry) for entry in self.schedule.passes]
        return document

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Recipe":
        """Read what `to_document` wrote."""
        try:
            schedule = dict(document["schedule"])
            schedule["passes"] = tuple((int(n), float(s)) for n, s in schedule["passes"])
            parts = {"update": Update(**document["update"]), "schedule": Schedule(**schedule)}
            return cls(**{**document, **parts})
        except (KeyError, TypeError, ValueError) as problem:
            raise ModelError(f"a recipe is incomplete or malformed: {problem}.") from None


RECIPES = {
    entry.name: entry
    for entry in (
        Recipe(
            "fast",
            update=replace(optimiser("adam"), second=0.99, decay=0.1),
            schedule=Schedule("one_cycle", 3e-3, warmup=0.1, first=0.1),
            epochs=8,
            batch=64,
            normalisation="standard",
            initial="glorot",
        ),
        Recipe("sgd", update=optimiser("sgd"), schedule=Schedule("constant", 0.01), epochs=8),
    )
}


def recipe(
    name: str,
    *,
    epochs: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
) -> Recipe:
    """Find a recipe by its name, with some of its numbers replaced."""
    if name not in RECIPES:
        raise UnknownName("recipe", name, RECIPES)
    return adjusted(RECIPES[name], epochs=epochs, batch=batch, rate=rate)


def adjusted(
    base: Recipe,
    *,
    epochs: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
) -> Recipe:
    """Replace a recipe's epochs, batch size or rate; the schedule keeps its shape."""
    return replace(
        base,
        epochs=base.epochs if epochs is None else epochs,
        batch=base.batch if batch is None else batch,
        schedule=base.schedule if rate is None else replace(base.schedule, rate=rate),
    )


def default_loss(network: Network) -> str:
    """Choose the loss that a network's output layer is made for.

    Scores of classes (softmax, RBF, identity) take cross-entropy; any other output is compared
    with one-of-c targets by the squared error.   Brief: D1, D3, C14
    """
    return losses_of(network.layers[-1])[0]
