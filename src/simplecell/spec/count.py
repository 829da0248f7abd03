"""Count what one layer is made of, from its description alone.

A unit with n inputs has n connections and one more for its bias; an absent connection of a
table counts as absent. L is the number of links, from a map to a map below; H, W are the
layer's own height and width; `units` is M*H*W:

    layer       weights               biases    connections               multiply-adds
    Conv        L * kh*kw             M         (L * kh*kw + M) * H*W     L * kh*kw * H*W
    Combine     C * kh*kw + L         M         (L * kh*kw + M) * H*W     L * kh*kw * H*W
    Local       C * kh*kw * units     units     weights + units           weights
    Subsample   M                     M         (nh*nw + 1) * units       units
    Pool        0                     0         nh*nw * units             0
    Dense       inputs * units        units     weights + units           weights
    RBF         0, or one per link    0         inputs * units            inputs * units

The weights of a Combine layer are C kernels and L shares; every link has both in it, and is run
as a convolution with their product.

Source: LeCun et al. 1998, II.B.   Brief: B1-B10, C5-C14, E2
"""

import math
from dataclasses import dataclass

from simplecell.spec.layers import RBF, Combine, Conv, Dense, Layer, Local, Shape, Subsample
from simplecell.spec.shapes import layer_shape


@dataclass(frozen=True)
class Count:
    """What one layer, or a whole network, is made of."""

    weights: int
    biases: int
    connections: int
    neurons: int
    multiply_accumulates: int

    @property
    def parameters(self) -> int:
        """Count what training may change."""
        return self.weights + self.biases

    def by_name(self) -> dict[str, int]:
        """Give every count by its name, as JSON shows them."""
        return {
            "weights": self.weights,
            "biases": self.biases,
            "parameters": self.parameters,
            "connections": self.connections,
            "neurons": self.neurons,
            "multiply_accumulates": self.multiply_accumulates,
        }

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.weights + other.weights,
            self.biases + other.biases,
            self.connections + other.connections,
            self.neurons + other.neurons,
            self.multiply_accumulates + other.multiply_accumulates,
        )


def count_layer(layer: Layer, below: Shape) -> Count:
    """Count one layer that reads maps of the shape `below`.

    >>> count_layer(Conv("C1", 6, (5, 5)), (1, 32, 32)).connections
    122304
    """
    maps, height, width = layer_shape(layer, below)
    positions = height * width
    units = maps * positions
    if isinstance(layer, Conv | Combine):
        table = layer.table if isinstance(layer, Conv) else None
        links = maps * below[0] if table is None else sum(map(len, table))
        area = math.prod(layer.kernel)
        weights = below[0] * area + links if isinstance(layer, Combine) else links * area
        taps = links * area
        return Count(weights, maps, (taps + maps) * positions, units, taps * positions)
    if isinstance(layer, Local):
        return unshared(below[0] * math.prod(layer.kernel), units)
    if isinstance(layer, Dense):
        return unshared(math.prod(below), units)
    if isinstance(layer, RBF):
        inputs = math.prod(below) * units
        return Count(inputs if layer.learned else 0, 0, inputs, units, inputs)
    area = math.prod(layer.window)
    if isinstance(layer, Subsample):
        return Count(maps, maps, (area + 1) * units, units, units)
    return Count(0, 0, area * units, units, 0)


def unshared(inputs: int, units: int) -> Count:
    """Count units that each have a weight of their own for each input."""
    weights = inputs * units
    return Count(weights, units, weights + units, units, weights)
