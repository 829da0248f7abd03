"""Count what a network is made of, from its description alone.

What each kind of layer has is in its file in `spec/layers/`.
A unit with n inputs has n connections and one more for its bias; an absent connection of a
table counts as absent. L is the number of links, from a map to a map below; H, W are the
layer's own height and width; `units` is M*H*W:

    layer       weights               biases    connections               multiply-adds
    Conv        L * kh*kw             M         (L * kh*kw + M) * H*W     L * kh*kw * H*W
    Combine     C * kh*kw + L         M         (L * kh*kw + M) * H*W     L * kh*kw * H*W
    Local       C * kh*kw * units     units     weights + units           weights
    Subsample   M                     M         (nh*nw + 1) * units       units
    Pool        0                     0         cells of all windows      0
    GlobalPool  0                     0         cells of all maps         0
    Dense       inputs * units        units     weights + units           weights
    RBF         0, or one per link    0         inputs * units            inputs * units
    BatchNorm   M                     M         2 * units                 units
    Dropout     0                     0         0                         0

A BatchNorm layer keeps two numbers more for each map, a running mean and a running variance:
saved with the weights, and counted apart, for nothing learns them. A Dropout layer has no units.

M and units stand for biases where there are some: a layer may have none.

Padding is a plane of units that are always 0, and a connection to it counts as any other, so a
unit at the border has as many connections as one in the middle. In the network of 1989, which
has such a plane, of -1, the source counts so: 768 units of H1 have 26 connections each, 19,968.
LeNet-5 with images of 28x28, padded by 2, then has the connections of LeNet-5 with 32x32.

The weights of a Combine layer are C kernels and L shares; every link has both in it, and is run
as a convolution with their product. The windows of a Pool layer have the cells of the map that
they read, and those of the padding only where they count.

Plain whole numbers: 10^12 weights are as quickly counted as ten.

>>> from simplecell.spec.zoo import find
>>> count_network(find("lenet5")).total.connections
340908
>>> full((1000, 1000), units=10**6).weights
1000000000000

Source: LeCun et al. 1998, II.B; LeCun et al. 1989, Backpropagation applied to handwritten zip
code recognition, 3 (padding); the deck's part "why".   Brief: B1-B10, C5-C14, E2
"""

import math
from dataclasses import dataclass, replace

from simplecell.spec.count import Count, unshared
from simplecell.spec.layers import Conv, Dense, Layer, Local, Pair, Shape
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


def count_layer(layer: Layer, below: Shape) -> Count:
    """Count one layer that reads maps of the shape `below`.

    >>> count_layer(Conv("C1", 6, (5, 5)), (1, 32, 32)).connections
    122304
    """
    return layer.count(below)


def count_network(network: Network) -> NetworkCount:
    """Count every layer of a network, and their sum.

    The receptive field grows, layer by layer, from the one pixel of the image itself:

        r = r + (k - 1) * d        d = d * s

    k the kernel (or window, or, for units that read everything, the whole map below), s its
    stride, d the step in the image between neighbours below. Where maps are padded, the piece
    may reach over the edge of the image, and be larger than the image is.   Brief: B10
    """
    layers: list[LayerCount] = []
    field, step = (1, 1), (1, 1)
    total = Count(0, 0, 0, 0, 0)
    for layer, below, shape in zip(network.layers, network.inputs, network.shapes, strict=True):
        kernel, stride = layer.reach(below)
        field = (field[0] + (kernel[0] - 1) * step[0], field[1] + (kernel[1] - 1) * step[1])
        step = (step[0] * stride[0], step[1] * stride[1])
        count = layer.count(below)
        layers.append(LayerCount(layer.name, layer.type, shape, count, field, step))
        total += count
    return NetworkCount(network, tuple(layers), total)


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
