"""The usual departures from LeNet-5 as published, one function each: what most copies change.

>>> from simplecell.spec.zoo import find
>>> depart(depart(find("lenet5"), "max-pool"), "softmax").name
'lenet5-max-pool-softmax'

Each gives a network that differs in that one thing, so that its effect can be measured. That C5
is written as a dense layer is not among them: on 32x32 images it is the same network.

Source: what public copies of LeNet-5 do; lenet5_tutorial of the zoo does most of it at once.
"""

from collections.abc import Callable
from dataclasses import replace

from simplecell.errors import SpecError, UnknownName
from simplecell.spec.layers import RBF, Conv, Dense, Layer, Pool, Subsample
from simplecell.spec.network import Network, layer_shape

Departure = Callable[[Network], Network]


def relu(network: Network) -> Network:
    """Squash by max(0, u) wherever the outputs, or the codes they are compared with, allow it."""
    return _hidden(network, "relu")


def sigmoid(network: Network) -> Network:
    """Squash by 1 / (1 + e^-u) wherever the outputs, or codes of -1 and +1, allow it."""
    return _hidden(network, "sigmoid")


def tanh(network: Network) -> Network:
    """Squash by the plain tanh, whose targets -1 and +1 lie where it is flat."""

    def plain(layer: Layer) -> Layer:
        return replace(layer, squash="tanh") if layer.squash == "scaled_tanh" else layer

    return _each(network, plain, "has no layer that squashes by the scaled tanh")


def max_pool(network: Network) -> Network:
    """Put the largest of each window in place of trainable subsampling."""
    return _pool(network, "max")


def mean_pool(network: Network) -> Network:
    """Put the mean of each window in place of trainable subsampling: no gain, bias or squash."""
    return _pool(network, "mean")


def full_table(network: Network) -> Network:
    """Let every map read all the maps below."""

    def full(layer: Layer) -> Layer:
        return replace(layer, table=None) if isinstance(layer, Conv) else layer

    return _each(network, full, "has no connection table")


def softmax(network: Network) -> Network:
    """Put linear units and a softmax in place of codes, or of squashed outputs."""
    *below, last = network.layers
    if isinstance(last, RBF):
        names = {layer.name for layer in network.layers}
        name = "F7" if "F7" not in names else "OUT"
        return replace(network, layers=(*below, Dense(name, len(last.codes), "softmax")))
    if last.squash == "softmax":
        raise _nothing(network, "ends in a softmax already")
    return replace(network, layers=(*below, replace(last, squash="softmax")))


def learned_codes(network: Network) -> Network:
    """Learn the codes of the RBF layer, from those drawn by hand."""

    def learned(layer: Layer) -> Layer:
        return replace(layer, learned=True) if isinstance(layer, RBF) else layer

    return _each(network, learned, "has no codes that are fixed")


def no_padding(network: Network) -> Network:
    """Read digits of 28x28 as they are; a kernel that no longer fits shrinks to the maps."""
    channels, *size = network.input
    if tuple(size) != (32, 32):
        raise _nothing(network, "does not read 32x32 images")
    shape = (channels, 28, 28)
    layers: list[Layer] = []
    for layer in network.layers:
        if isinstance(layer, Conv):
            height, width = (min(pair) for pair in zip(layer.kernel, shape[1:], strict=True))
            layer = replace(layer, kernel=(height, width))
        layers.append(layer)
        shape = layer_shape(layer, shape)
    return Network(network.name, (channels, 28, 28), tuple(layers))


DEPARTURES: dict[str, Departure] = {
    made.__name__.replace("_", "-"): made
    for made in (
        *(relu, sigmoid, tanh, max_pool, mean_pool, full_table),
        *(softmax, learned_codes, no_padding),
    )
}
"""Departures by name."""


def depart(network: Network, name: str) -> Network:
    """Depart from a network in one thing; the name says so.

    Raises
        UnknownName   no such departure
        SpecError     a network that has nothing of what would be changed
    """
    if name not in DEPARTURES:
        raise UnknownName("departure", name, DEPARTURES)
    return replace(DEPARTURES[name](network), name=f"{network.name}-{name}"[:60])


def _each(network: Network, change: Callable[[Layer], Layer], what: str) -> Network:
    """Change every layer that the change is for; refuse if there is none."""
    layers = tuple(change(layer) for layer in network.layers)
    if layers == network.layers:
        raise _nothing(network, what)
    return replace(network, layers=layers)


def _hidden(network: Network, squash: str) -> Network:
    """Squash otherwise, but for the outputs and for what is compared with codes of -1 and +1."""
    compared = {network.layers[-1].name}
    if isinstance(network.layers[-1], RBF):
        compared |= {layer.name for layer in network.layers[-2:-1]}

    def other(layer: Layer) -> Layer:
        squashes = layer.squash in ("scaled_tanh", "tanh") and layer.name not in compared
        return replace(layer, squash=squash) if squashes else layer

    return _each(network, other, "has no hidden layer that squashes by tanh")


def _pool(network: Network, kind: str) -> Network:
    def pooled(layer: Layer) -> Layer:
        return Pool(layer.name, kind, layer.window) if isinstance(layer, Subsample) else layer

    return _each(network, pooled, "has no trainable subsampling")


def _nothing(network: Network, what: str) -> SpecError:
    return SpecError(f"{network.name} {what}: there is nothing here to depart from.")
