"""What may be asked of an engine: the same of each, refused in the same words."""

from collections.abc import Sequence

from simplecell.engines.parameters import check_parameters
from simplecell.engines.protocol import LOSSES, RULES, Array, Examples, Parameters, State, Update
from simplecell.errors import DataError, EngineError, UnknownName
from simplecell.formulas.losses import check_labels
from simplecell.spec.layers import Layer
from simplecell.spec.network import Network


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


def check_pictures(network: Network, examples: Examples) -> None:
    """Refuse pictures of a shape that the network does not read."""
    if examples.pixels.shape[1:] != network.input:
        raise DataError(
            f"{network.name} reads pictures of shape {network.input}"
            f" (channels, height, width); found {examples.pixels.shape[1:]}."
        )


def check_learning(
    network: Network, parameters: Parameters, examples: Examples, loss: str
) -> Array:
    """Refuse what nothing can be learned from; give the labels.

    Raises
        ModelError    parameters of another network
        DataError     no examples, of another shape, or without a class for each
        UnknownName   no such loss
        EngineError   a loss that does not fit the output layer
    """
    check_parameters(network, parameters)
    check_pictures(network, examples)
    check_loss(network, loss)
    if not len(examples):
        raise DataError("a loss is a mean over examples; none were given.")
    return check_labels(examples.labels, len(examples), network.classes)


def check_one(network: Network, examples: Examples) -> None:
    """Refuse to trace any number of examples but one."""
    if len(examples) != 1:
        raise DataError(
            f"a trace follows one example; {len(examples)} were given: pass pixels of shape"
            f" {(1, *network.input)}."
        )


def check_steps(
    update: Update, rates: Sequence[float], batch: int, order: Array, state: State
) -> None:
    """Refuse a rule nobody knows or that lacks its curvature, and steps without rows."""
    if update.rule not in RULES:
        raise UnknownName("update rule", update.rule, RULES)
    if update.rule == "sdlm" and set(state.slots.get("h", ())) != set(state.parameters):
        raise EngineError(
            "sdlm steps by the curvature of every parameter, and the state has none.\n"
            "  Measure it first: state.slots['h'] = program.curvature(parameters, examples, loss)."
        )
    if batch < 1 or (len(rates) - 1) * batch >= len(order):
        raise EngineError(
            f"{len(rates)} steps of {batch} examples were asked of an order of {len(order)}"
            " rows: each step takes at least one row."
        )
