"""What may be asked of an engine: the same of each, refused in the same words."""

import math
import operator
from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from simplecell.engines.parameters import check_size, read_parameters
from simplecell.engines.protocol import (
    LOSSES,
    RULES,
    Array,
    Examples,
    Parameters,
    State,
    Update,
    is_number,
    read_numbers,
)
from simplecell.errors import DataError, EngineError, UnknownName
from simplecell.formulas.losses import check_labels
from simplecell.spec.layers import Layer
from simplecell.spec.network import Network
from simplecell.spec.validation import shown
from simplecell.spec.zoo import load as find

MOST_STEPS = 2**53
"""Steps are counted as far as a real number tells them apart."""
MOST_THREADS = 4096
"""More are a slip of the finger: each has memory of its own."""
BOUNDS = {"momentum": True, "second": True, "epsilon": False, "decay": False, "mu": False}
"""The numbers of an update rule, and whether they end below 1."""


def losses_of(layer: Layer) -> tuple[str, ...]:
    """Name the losses that an output layer can be trained with."""
    return layer.losses


def check_loss(network: Network, loss: str) -> None:
    """Refuse a loss that does not fit the network's output.

    Raises
        UnknownName   no such loss
        EngineError   cross_entropy of squashed outputs; squared_error of softmax or RBF outputs;
                      map, halved_map, scaled_map or mean_square of anything but RBF outputs
    """
    if loss not in LOSSES:
        raise UnknownName("loss", loss, LOSSES)
    last = network.layers[-1]
    if loss in losses_of(last):
        return
    where = f"{network.name}, layer {last.name}"
    if loss == "cross_entropy":
        raise EngineError(
            f"{where}: cross_entropy takes scores, and this layer squashes them with"
            f" {last.squash}.\n  Use the loss squared_error, or end the network with squash"
            " softmax or identity, or with an RBF layer."
        )
    if loss != "squared_error":
        raise EngineError(
            f"{where}: {loss} takes the distances of an RBF layer, and this is a"
            f" {last.type} layer.\n  Use the loss {losses_of(last)[0]}, or end the network with"
            " an RBF layer."
        )
    outputs = "distances" if last.gives_distances else "probabilities of a softmax"
    raise EngineError(
        f"{where}: squared_error takes outputs to be compared with one-of-c targets, and these"
        f" are {outputs}.\n  Use the loss cross_entropy."
    )


def read_network(network: Network | str) -> Network:
    """Give the network that is meant, by its name or itself.

    Raises
        UnknownName   no published network of that name
        EngineError   something that is no network, or one that is too large to be run
    """
    found = find(network) if isinstance(network, str) else network
    if not isinstance(found, Network):
        raise EngineError(
            f"a network is a Network or the name of one, as 'lenet5'; this is"
            f" {shown(network)}, {type(network).__name__}."
        )
    check_size(found)
    return found


def read_threads(threads: object) -> int:
    """Give a number of threads.

    Raises
        EngineError   not a whole number from 1
    """
    if isinstance(threads, bool) or not isinstance(threads, SupportsIndex):
        raise EngineError(f"threads is {shown(threads)}; give a whole number, 1 or more.")
    try:
        count = operator.index(threads)
    except TypeError:  # an array of several numbers
        raise EngineError(f"threads is {shown(threads)}; give one whole number.") from None
    if not 1 <= count <= MOST_THREADS:
        raise EngineError(
            f"{shown(count)} threads were asked for; give 1 or more, up to {MOST_THREADS:,}, or"
            " leave it out."
        )
    return count


def check_pictures(network: Network, examples: Examples) -> None:
    """Refuse what are no examples, and pictures of a shape that the network does not read."""
    if not isinstance(examples, Examples):
        raise DataError(
            f"examples are {type(examples).__name__}; an engine takes Examples(pixels, labels,"
            " scale, shift), which say what pixels mean."
        )
    if examples.pixels.shape[1:] != network.input:
        raise DataError(
            f"{network.name} reads pictures of shape {network.input}"
            f" (channels, height, width); found {examples.pixels.shape[1:]}."
        )


def read_learning(
    network: Network, parameters: Parameters, examples: Examples, loss: str
) -> tuple[Parameters, Array]:
    """Refuse what nothing can be learned from; give the parameters as arrays, and the labels.

    Raises
        ModelError    parameters of another network
        DataError     no examples, of another shape, or without a class for each
        UnknownName   no such loss
        EngineError   a loss that does not fit the output layer
    """
    found = read_parameters(network, parameters)
    check_pictures(network, examples)
    if not isinstance(loss, str):
        raise EngineError(f"the loss is {shown(loss)}; give its name, as {LOSSES[0]!r}.")
    check_loss(network, loss)
    if not len(examples):
        raise DataError("a loss is a mean over examples; none were given.")
    return found, check_labels(examples.labels, len(examples), network.classes)


def check_curved(network: Network) -> None:
    """Refuse the curvature of a network whose examples reckon with each other.

    Raises
        EngineError   batch normalisation
    """
    for layer in network.layers:
        if layer.ties_examples:
            raise EngineError(
                f"{network.name}, layer {layer.name}: in training, batch normalisation ties the"
                " examples of a batch together, so the curvature of each by itself is not"
                " defined.\n  Train with the rule sgd or adam, which need none, not sdlm."
            )


def check_company(network: Network, rows: int, batch: int) -> None:
    """Refuse batches in which a map has one number alone, which has no variance.

    `rows` examples are taken in batches of `batch`, the last maybe fewer.

    Raises
        EngineError   batch normalisation of one 1x1 map
    """
    fewest = min(batch, rows, rows % batch or batch)
    for layer, below in zip(network.layers, network.inputs, strict=True):
        if layer.ties_examples and fewest == 1 and below[1:] == (1, 1):
            last = "" if batch == 1 or rows == 1 else f" ({rows} in batches of {batch} leave 1)"
            raise EngineError(
                f"{network.name}, layer {layer.name}: of one example{last}, a map of 1x1 is one"
                " number, which has no variance to normalise by.\n"
                "  Take batches that leave 2 or more, or put the layer where maps are larger."
            )


def check_one(network: Network, examples: Examples) -> None:
    """Refuse to trace any number of examples but one."""
    check_pictures(network, examples)
    if len(examples) != 1:
        raise DataError(
            f"a trace follows one example; {len(examples)} were given: pass pixels of shape"
            f" {(1, *network.input)}."
        )


def read_steps(
    network: Network,
    update: Update,
    rates: Sequence[float],
    batch: int,
    order: Array,
    state: State,
    examples: Examples,
    loss: str,
) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """Refuse steps that cannot be taken; give rates, order and batch as the engines take them.

    Raises
        UnknownName   no such rule, or no such loss
        EngineError   rates, an order, a batch, a rule's numbers or a state that are none
        and what `read_learning` does
    """
    if not isinstance(state, State) or not isinstance(update, Update):
        raise EngineError(
            f"steps take a State and an Update; found {type(state).__name__} and"
            f" {type(update).__name__}."
        )
    _check_update(update)
    state.parameters, _ = read_learning(network, state.parameters, examples, loss)  # type: ignore[assignment]
    told = _line(rates, "rates", "uif").astype(np.float64)
    rows = _line(order, "order", "ui").astype(np.int64)
    if isinstance(batch, bool) or not isinstance(batch, SupportsIndex):
        raise EngineError(f"batch is {shown(batch)}; give a whole number, 1 or more.")
    try:
        size = operator.index(batch)
    except TypeError:  # an array of several numbers
        raise EngineError(f"batch is {shown(batch)}; give one whole number.") from None
    if size < 1 or (len(told) - 1) * size >= len(rows):
        raise EngineError(
            f"{len(told)} steps of {size} examples were asked of an order of {len(rows)}"
            " rows: each step takes at least one row."
        )
    if not np.isfinite(told).all():
        raise EngineError(f"rates hold {told[~np.isfinite(told)][0]}; give finite numbers.")
    # Compiled code looks wherever it is told to.
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(examples):
        raise EngineError(
            f"the order names rows {rows.min()} to {rows.max()} of {len(examples)} examples;"
            f" rows are 0 to {len(examples) - 1}."
        )
    # A gradient may be asked of them, and is NaN; a step would end the training.
    if not examples.finite:
        raise DataError("pixels hold NaN or infinity: nothing can be learned from those.")
    if update.rule == "sdlm":
        check_curved(network)
    _check_slots(update, state)
    check_company(network, min(len(rows), len(told) * size), size)
    # A step that takes all rows takes no more than there are.
    return told, rows, min(size, max(1, len(rows)))


def _line(values: object, what: str, kinds: str) -> Array:
    """Read a list of numbers, of one dimension."""
    try:
        array = read_numbers(values, what)
    except DataError as problem:
        raise EngineError(str(problem)) from None
    if array.ndim != 1 or (array.dtype.kind not in kinds and len(array)):
        words = "whole numbers" if kinds == "ui" else "numbers"
        raise EngineError(
            f"{what} is of shape {array.shape}, {array.dtype}; give a list of {words}."
        )
    return array


def _check_update(update: Update) -> None:
    """Refuse a rule nobody knows, and numbers with which it would move nothing anywhere."""
    if not isinstance(update.rule, str) or update.rule not in RULES:
        raise UnknownName("update rule", update.rule, RULES)
    for name, below_one in BOUNDS.items():
        value = getattr(update, name)
        good = is_number(value) and math.isfinite(value) and value >= 0
        if not good or (below_one and value >= 1):
            words = "0 to below 1" if below_one else "0 or more"
            raise EngineError(f"the update's {name} is {shown(value)}; give a number, {words}.")


def _check_slots(update: Update, state: State) -> None:
    """Refuse what a rule keeps, if it is not as the parameters are."""
    whole = is_number(state.steps) and isinstance(state.steps, int | np.integer)
    if not whole or not 0 <= state.steps < MOST_STEPS:
        raise EngineError(
            f"the state took {shown(state.steps)} steps; give a whole number from 0."
        )
    if not isinstance(state.slots, dict):
        raise EngineError(f"the state's slots are {shown(state.slots)}; give arrays by name.")
    if update.rule == "sdlm" and set(state.slots.get("h", ())) != set(state.parameters):
        raise EngineError(
            "sdlm steps by the curvature of every parameter, and the state has none.\n"
            "  Measure it first: state.slots['h'] = program.curvature(parameters, examples, loss)."
        )
    for slot in ("m", "v", "h"):
        own = state.slots.get(slot, {})
        if not isinstance(own, dict):
            raise EngineError(f"the state's slot {slot} is {shown(own)}; give arrays by name.")
        for name, values in own.items():
            wanted = state.parameters[name].shape if name in state.parameters else "none"
            found = values.shape if isinstance(values, np.ndarray) else type(values).__name__
            if found != wanted or values.dtype.kind not in "fiu":
                raise EngineError(
                    f"the state's slot {slot} has {name} of shape {found}; the parameter's is"
                    f" {wanted}."
                )
            if not np.isfinite(values).all():
                raise EngineError(f"the state's slot {slot} holds NaN or infinity in {name}.")
