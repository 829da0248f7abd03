"""Where training starts: weights as a recipe draws them, or those of a model that is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simplecell.data.normalise import Normalisation, mean_square
from simplecell.data.sources import Dataset
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Array, Examples
from simplecell.errors import ModelError
from simplecell.spec.network import Network
from simplecell.train.model import Model
from simplecell.train.recipes import Recipe


def first_weights(
    network: Network, recipe: Recipe, seed: int, examples: Examples
) -> dict[str, Array]:
    """Draw the first weights; `root` makes the first layer's sums vary as those above do.

    LeNet-5's inputs of 1998 have a mean square of 0.12, not the 1 that the paper speaks of.
    Drawn for 1, the sums of C1 would vary a third as much as those of the other layers.

    Source
        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, 4.6: of inputs with variance 1.
        Brief: F
    """
    power = 1.0
    if recipe.initial == "root":
        told = Normalisation(examples.scale, examples.shift)
        power = mean_square(examples.pixels, told)
    return initial_parameters(network, seed, recipe.initial, power)


@dataclass(frozen=True)
class Start:
    """What training begins with besides what is drawn: nothing, or what a model has learnt.

    `model` is the one that is gone on with, as a run folder keeps it; `said` tells a person what
    was taken from it.
    """

    network: Network
    parameters: Mapping[str, Any] = field(default_factory=dict)
    normalisation: Normalisation | None = None
    model: Model | None = None
    said: tuple[str, ...] = ()


def start_from(model: Model, data: Dataset) -> Start:
    """Go on from a model: its network and weights, and pixels that mean what they meant there.

    Where the data have other classes, the last layer is drawn anew, with an output for each. Where
    they are the same classes in another order, its outputs change places.

    Raises
        ModelError   other classes, and a last layer whose number of outputs is not free
    """
    network, parameters = model.network, dict(model.parameters)
    last = network.layers[-1]
    own = [name for name in parameters if name.startswith(f"{last.name}.")]
    begun = f"Training begins with the weights of {network.name}"
    order = _order(model.classes[: network.classes], data.classes)
    if order is None:
        layer = last.with_outputs(len(data.classes))
        if layer == last and network.classes != len(data.classes):
            raise ModelError(
                f"{network.name} has {network.classes} outputs, and {data.name} has"
                f" {len(data.classes)} classes: the last layer, {last.name}, cannot have another"
                " number of outputs.\n  Train a network whose last layer is dense."
            )
        for name in own:
            del parameters[name]
        network = replace(network, layers=(*network.layers[:-1], layer))
        said = (
            f"{begun}; its last layer, {last.name}, is drawn anew for {len(data.classes)} other"
            f" classes: {_some(data.classes)} in place of {_some(model.classes)}."
        )
    else:
        if order != list(range(len(order))):
            parameters |= {name: np.asarray(parameters[name])[order] for name in own}
        said = f"{begun}."
    return Start(network, parameters, model.normalisation, model, (said,))


def _order(known: Sequence[str], asked: Sequence[str]) -> list[int] | None:
    """Say which output of the model each class has; None where the classes are others.

    Outputs that nobody named, "0", "1" and so on, are taken for as many classes of any name.
    """
    if len(known) >= len(asked) and tuple(known[: len(asked)]) == tuple(asked):
        return list(range(len(known)))
    if sorted(known) == sorted(asked):
        return [known.index(name) for name in asked]
    unnamed = tuple(known) == tuple(str(k) for k in range(len(known)))
    return list(range(len(known))) if unnamed and len(known) == len(asked) else None


def _some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (" …" if names[most:] else "")
