"""Count what a network is made of, from its description alone.

What each kind of layer has is in `spec/count.py`.

Plain whole numbers: 10^12 weights are as quickly counted as ten.

>>> from simplecell.spec.zoo import find
>>> count_network(find("lenet5")).total.connections
340908
>>> full((1000, 1000), units=10**6).weights
1000000000000

Source: LeCun et al. 1998, II.B; the deck's part "why".   Brief: B1-B10, C5-C14, E2
"""

import math
from dataclasses import dataclass, replace

from simplecell.spec.count import Count, count_layer, unshared
from simplecell.spec.layers import Combine, Conv, Dense, Layer, Local, Pair, Pool, Shape, Subsample
from simplecell.spec.network import Network

__all__ = [
    "Count",
    "LayerCount",
    "NetworkCount",
    "count_layer",
    "count_network",
    "full",
    "local",
    "shared",
]


@dataclass(frozen=True)
class LayerCount:
    """One layer's count, and what a unit of it sees of the image.

    `receptive_field` is the height and width of the piece of image that a unit sees;
    `receptive_stride` is how far that piece moves from a unit to its neighbour.
    """

    name: str
    type: str
    shape: Shape
    count: Count
    receptive_field: Pair
    receptive_stride: Pair


@dataclass(frozen=True)
class NetworkCount:
    """The layers' counts in order, and their sum; the image itself is not counted."""

    network: Network
    layers: tuple[LayerCount, ...]
    total: Count


def count_network(network: Network) -> NetworkCount:
    """Count every layer of a network, and their sum.

    The receptive field grows, layer by layer, from the one pixel of the image itself:

        r = r + (k - 1) * d        d = d * s

    k the kernel (or window, or, for units that read everything, the whole map below), s its
    stride, d the step in the image between neighbours below.   Brief: B10
    """
    layers: list[LayerCount] = []
    field, step = (1, 1), (1, 1)
    total = Count(0, 0, 0, 0, 0)
    for layer, below, shape in zip(network.layers, network.inputs, network.shapes, strict=True):
        kernel, stride = _reach(layer, below)
        field = (field[0] + (kernel[0] - 1) * step[0], field[1] + (kernel[1] - 1) * step[1])
        step = (step[0] * stride[0], step[1] * stride[1])
        count = count_layer(layer, below)
        layers.append(LayerCount(layer.name, layer.type, shape, count, field, step))
        total += count
    return NetworkCount(network, tuple(layers), total)


def _reach(layer: Layer, below: Shape) -> tuple[Pair, Pair]:
    """Give a unit's kernel and stride, in places of the maps below."""
    if isinstance(layer, Conv | Combine | Local):
        return layer.kernel, layer.stride
    if isinstance(layer, Subsample | Pool):
        return layer.window, layer.window
    return (below[1], below[2]), (1, 1)


# The deck's calculator: one layer on one image, without a network around it.


def full(image: Pair, units: int, *, channels: int = 1, bias: bool = False) -> Count:
    """Count units that each see the whole image.

    >>> full((100, 100), units=100).weights
    1000000

    Brief: B1, B3
    """
    return _biased(count_layer(Dense("full", units), (channels, *image)), bias)


def local(
    image: Pair,
    kernel: Pair,
    *,
    units: int | None = None,
    stride: Pair = (1, 1),
    maps: int = 1,
    channels: int = 1,
    bias: bool = False,
) -> Count:
    """Count units that each see one piece of the image, with weights of their own.

    With `units` given, that many, wherever they look: the deck's 10^6 hidden units on
    1000x1000 pixels. Without, one for each map at each place where the kernel fits:
    991x991 of 10x10.

    >>> local((1000, 1000), (10, 10), units=10**6).weights
    100000000

    Brief: B2, B4
    """
    layer = Local("local", maps, kernel, stride)
    count = count_layer(layer, (channels, *image))
    if units is not None:
        count = unshared(channels * math.prod(layer.kernel), Dense("local", units).units)
    return _biased(count, bias)


def shared(
    image: Pair,
    kernel: Pair,
    *,
    stride: Pair = (1, 1),
    maps: int = 1,
    channels: int = 1,
    bias: bool = False,
) -> Count:
    """Count maps that each slide one kernel over the image.

    >>> shared((1000, 1000), (10, 10), stride=(10, 10), maps=100).neurons
    1000000
    >>> shared((1000, 1000), (10, 10), maps=100, bias=True).parameters
    10100

    Brief: B5-B9
    """
    return _biased(count_layer(Conv("shared", maps, kernel, stride), (channels, *image)), bias)


def _biased(count: Count, bias: bool) -> Count:
    if bias:
        return count
    return replace(count, biases=0, connections=count.connections - count.neurons)
