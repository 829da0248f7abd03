"""The networks of the bench, and what work they are.

>>> training_flops(network("lenet5"))
1731696
"""

from simplecell.errors import UnknownName
from simplecell.spec.accounting import count_layer
from simplecell.spec.layers import Conv, Dense, Pool
from simplecell.spec.network import Network
from simplecell.spec.zoo import find

# What a framework is built for: many maps, relu, max pooling, softmax.
_MODERN = Network(
    "modern",
    (1, 28, 28),
    (
        Conv("C1", 32, (5, 5), squash="relu"),
        Pool("P2"),
        Conv("C3", 64, (5, 5), squash="relu"),
        Pool("P4"),
        Dense("F5", 128, "relu"),
        Dense("F6", 10, "softmax"),
    ),
)

NETS = ("lenet5", "lenet5_tutorial", "palm", "modern")
BATCHES = (1, 16, 64, 256)


def network(name: str) -> Network:
    """Give a network of the bench by its name."""
    if name not in NETS:
        raise UnknownName("network of the bench", name, NETS)
    return _MODERN if name == "modern" else find(name)


def inference_flops(network: Network) -> int:
    """Count the floating-point operations of one image forward: two per multiply-accumulate."""
    layers = zip(network.layers, network.inputs, strict=True)
    return 2 * sum(count_layer(layer, below).multiply_accumulates for layer, below in layers)


def training_flops(network: Network) -> int:
    """Count the floating-point operations of one image forward and back.

        forward, and as much again for dw where there are weights, and again for the dx below;
        the pixels are owed no dx

    Squashing, pooling and the update are not counted: no system is credited for them.
    """
    total = 0
    for k, (layer, below) in enumerate(zip(network.layers, network.inputs, strict=True)):
        count = count_layer(layer, below)
        times = 1 + (count.weights > 0) + (k > 0)
        total += times * count.multiply_accumulates
    return 2 * total
