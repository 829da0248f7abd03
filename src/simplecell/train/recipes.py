"""Recipes: everything training is told, as data, by name.

>>> recipe("fast").epochs
8
>>> Recipe.from_document(recipe("fast").to_document()) == recipe("fast")
True
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from simplecell.data.distortion import Distortion, distortion
from simplecell.engines.protocol import LOSSES, Update, is_number
from simplecell.engines.requests import losses_of
from simplecell.errors import ModelError, SpecError, UnknownName
from simplecell.repr import brief
from simplecell.spec.network import Network
from simplecell.spec.validation import shown
from simplecell.train.optimisers import optimiser
from simplecell.train.schedules import Schedule
from simplecell.train.weighing import Told, read_class_weights

MOST = 10**9
"""The largest number of epochs, copies or examples: past it lies a slip of the finger."""
NORMALISATIONS = ("published", "standard")
INITIAL = ("fan_in", "root", "glorot", "gabor")

STEPS, MOST_EPOCHS = 2000, 60
"""Few pictures are learnt for so many steps, in so many epochs at most. Chosen on 300 to 5,000
pictures in ten classes: 8 epochs of 1,000 leave 31 % wrong, 60 leave 21 %, and 100 no fewer."""


@brief
@dataclass(frozen=True)
class Recipe:
    """How to train: the rule, its rates, how long, on what, from where.

    >>> import simplecell as sc
    >>> fast = sc.recipe("fast")
    >>> fast.epochs, fast.batch, fast.update.rule
    (8, 64, 'adam')

    `loss` None follows the output layer (`default_loss`). `validation` is the share of the
    training part kept aside. `normalisation`: published (background -0.1, ink 1.175) or
    standard (mean 0, variance 1). `initial`: fan_in (+-2.4/F), root (+-sqrt(3/F), in the first
    layer for inputs as large as they are: `train/start.py`), glorot, or gabor.

    `distortion` is what happens to the pictures: anew in every epoch or, with `copies`, once for
    each of so many copies, which take turns with the original. `curvature_examples` is on how
    many sdlm measures the curvature before each pass. `memory` is the share of the run over which
    a running mean of the weights forgets, 0 for none; it is then the mean that validation and the
    model get. `average`, of runs of earlier versions, is what such a mean keeps of itself at every
    few thousand examples, however short the run.

    `until_error` ends the run with the first epoch whose validation error, in percent, is at or
    below it; `epochs` is then the most there can be. `class_weights`, "balanced" or weights by
    class name, says which classes are read more often than they have pictures: `weighing`.
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
    distortion: Distortion | None = None
    copies: int = 0
    curvature_examples: int = 500
    average: float = 0.0
    memory: float = 0.0
    until_error: float | None = None
    class_weights: Told = None

    def __post_init__(self) -> None:
        for what, value, least in (
            ("epochs", self.epochs, 1),
            ("batch", self.batch, 1),
            ("curvature_examples", self.curvature_examples, 1),
            ("copies", self.copies, 0),
        ):
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not whole or not least <= value <= MOST:
                told = shown(value)
                raise SpecError(f"{what} is {told}; it takes a whole number, {least} or more.")
        for what, name, known in (
            ("loss", LOSSES[0] if self.loss is None else self.loss, LOSSES),
            ("normalisation", self.normalisation, NORMALISATIONS),
            ("way to draw initial weights", self.initial, INITIAL),
        ):
            if not isinstance(name, str) or name not in known:
                raise UnknownName(what, name, known)
        for what, share in (("validation", self.validation), ("average", self.average),
                            ("memory", self.memory)):  # fmt: skip
            if not is_number(share) or not 0 <= share < 1:
                raise SpecError(f"{what} is {shown(share)}; it takes a share, 0 to below 1.")
        for what, part, kind in (
            ("update", self.update, Update),
            ("schedule", self.schedule, Schedule),
            ("distortion", self.distortion, Distortion | None),
        ):
            if not isinstance(part, kind):
                raise SpecError(f"{what} is {type(part).__name__}; it takes one of ours.")
        object.__setattr__(self, "class_weights", read_class_weights(self.class_weights))
        if self.until_error is not None:
            self._check_goal(self.until_error)
        if self.copies and self.distortion is None:
            raise SpecError(
                f"{self.copies} distorted copies of each picture were asked for, and no"
                " distortion: name one, or leave the copies out."
            )

    def _check_goal(self, error: float) -> None:
        if not is_number(error) or not 0 <= error <= 100:
            raise SpecError(
                f"until_error is {shown(error)}; it takes an error in percent, as in 1.0."
            )
        if self.validation == 0:
            raise SpecError(
                f"an error of {error:g} % was asked for, and the recipe {self.name} keeps no"
                " pictures aside to measure it on: take another, such as fast."
            )

    def to_document(self) -> dict[str, Any]:
        """Write as plain JSON values."""
        document = asdict(self)
        document["schedule"]["passes"] = [list(entry) for entry in self.schedule.passes]
        if self.distortion is not None:
            document["distortion"] = self.distortion.to_document()
        if not self.memory:
            # Earlier versions knew none, and their runs are gone on with.
            del document["memory"]
        return document

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Recipe":
        """Read what `to_document` of this version or an earlier one wrote."""
        try:
            schedule = dict(document["schedule"])
            schedule["passes"] = tuple((int(n), float(s)) for n, s in schedule["passes"])
            parts: dict[str, Any] = {
                "update": Update(**document["update"]),
                "schedule": Schedule(**schedule),
            }
            if document.get("distortion") is not None:
                parts["distortion"] = Distortion(**document["distortion"])
            return cls(**{**document, **parts})
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as problem:
            raise ModelError(f"a recipe is incomplete or malformed: {problem}.") from None


# Chosen on 10,000 of the training digits, three to five seeds: the rate among 2e-3 to 7e-3, root
# before glorot, decay among 0.05 to 0.2, the batch among 32, 64 and 96: docs/decisions/0006.
_FAST = Recipe(
    "fast",
    update=replace(optimiser("adam"), second=0.99, decay=0.1),
    schedule=Schedule("one_cycle", 5e-3, warmup=0.1, first=0.1),
    epochs=8,
    batch=64,
    normalisation="standard",
    initial="root",
)

_SGD = Recipe("sgd", update=optimiser("sgd"), schedule=Schedule("constant", 0.01), epochs=8)

# Source: LeCun et al. 1998, III.A and III.B. There, all 60,000 examples are learned from.
# Guess: which loss gave the published error. An RBF output is trained with MAP, equation 9, of
# halved distances: see formulas/losses.py.
# Guess: how wide the first weights spread. Appendix A prints +-2.4/F. From there every feature
# starts at nearly 0, so that nothing bends, h is about 0, all rates are 5e-4/mu = 0.025, and
# LeNet-5 is lost within some hundred examples; the paper's own rates end at 0.016. We draw in
# +-sqrt(3/F), as the same authors advise in the same year: rates are then mostly as published.
_LENET1998 = Recipe(
    "lenet1998",
    initial="root",
    update=optimiser("sdlm"),
    schedule=Schedule("passes", 5e-4, passes=((2, 1.0), (3, 0.4), (3, 0.2), (4, 0.1), (8, 0.02))),
    epochs=20,
    batch=1,
    validation=0.0,
)

# Source: LeCun et al. 1998, III.B: 540,000 distorted patterns beside the 60,000, 20 passes of
# 60,000 patterns as without them, so that each of the 600,000 is seen twice.
_LENET1998_DISTORTIONS = replace(
    _LENET1998, name="lenet1998-distortions", distortion=distortion("published"), copies=9
)

# Chosen on 10,000 of the training digits, seed 0: decay among 0.01 to 0.2, elastic among 15 to 30,
# the affine ranges, the rate, the mean's share, MAP and max-pooling with relu; 0.45 % wrong.
_MODERN = Recipe(
    "modern",
    update=replace(optimiser("adam"), second=0.99, decay=0.1),
    schedule=Schedule("one_cycle", 3e-3, warmup=0.1, first=0.1),
    epochs=120,
    batch=64,
    normalisation="standard",
    validation=0.0,
    initial="glorot",
    distortion=distortion("modern"),
    memory=0.028,
)

# `modern` for pictures of one's own, not tuned further: docs/decisions/0012.
_PICTURES = replace(
    _MODERN,
    name="pictures",
    validation=0.05,
    distortion=distortion("pictures"),
)

RECIPES = {
    entry.name: entry
    for entry in (_FAST, _SGD, _LENET1998, _LENET1998_DISTORTIONS, _MODERN, _PICTURES)
}


def recipe(
    name: str,
    *,
    epochs: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
) -> Recipe:
    """Find a recipe by its name, with some of its numbers replaced.

    >>> import simplecell as sc
    >>> sc.recipe("fast", epochs=3).epochs
    3
    """
    if not isinstance(name, str) or name not in RECIPES:
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


def lengthened(base: Recipe, images: int) -> Recipe:
    """Give a recipe more epochs where an epoch of few pictures is but a few steps.

    >>> [lengthened(recipe("fast"), images).epochs for images in (60_000, 4_000, 500)]
    [8, 32, 60]
    """
    wanted = -(-STEPS * base.batch // images)
    return replace(base, epochs=max(base.epochs, min(wanted, MOST_EPOCHS)))


def mirrored(base: Recipe) -> Recipe:
    """Let a recipe that distorts pictures mirror every second one, too.

    >>> mirrored(recipe("pictures")).distortion.mirror
    True

    Raises
        SpecError   a recipe that does not distort
    """
    if base.distortion is None:
        raise SpecError(
            f"mirrored pictures were asked for, and the recipe {base.name} distorts none.\n"
            "  take one that does, such as pictures, or leave --mirror out."
        )
    return replace(base, distortion=replace(base.distortion, mirror=True))


def default_loss(network: Network) -> str:
    """Choose the loss of a recipe that names none, even when it is `settled`.

    Scores of classes (softmax, identity) take cross-entropy; any other output is compared with
    one-of-c targets by the squared error. RBF outputs are settled on another loss; models of
    version 0.1 that name none were trained by cross-entropy.   Brief: D1, D3, C14
    """
    return losses_of(network.layers[-1])[0]


def left_open(there: Mapping[str, Any]) -> bool:
    """Say whether a run was begun by a recipe that named no loss, as those of version 0.1 did."""
    return bool(there) and there.get("recipe", {}).get("loss") is None


def settled(recipe: Recipe, network: Network) -> Recipe:
    """Write down the loss of a recipe that leaves it open, where it is not `default_loss`.

    An RBF output is trained by the paper's loss, MAP, which brings the features to the code of
    their class; cross-entropy of distances does not. With sdlm, the rule of 1998, distances are
    halved, and with other rules divided by 8: `halved_map`, `scaled_map`.

    Source
        LeCun et al. 1998, II.C, equation 9.   Brief: C14, F
    """
    if recipe.loss is None and network.layers[-1].gives_distances:
        return replace(recipe, loss="halved_map" if recipe.update.rule == "sdlm" else "scaled_map")
    return recipe
