"""The C of a layer, found by its type; to put another entry in is to make it known."""

from typing import Any

from simplecell.engines.protocol import Parameters
from simplecell.engines.walk import own_arrays
from simplecell.errors import ModelError
from simplecell.export.c.layers.batchnorm import BatchNormCode
from simplecell.export.c.layers.code import Code
from simplecell.export.c.layers.combine import CombineCode
from simplecell.export.c.layers.conv import ConvCode
from simplecell.export.c.layers.dense import DenseCode
from simplecell.export.c.layers.globalpool import GlobalPoolCode
from simplecell.export.c.layers.local import LocalCode
from simplecell.export.c.layers.pool import PoolCode
from simplecell.export.c.layers.rbf import RBFCode
from simplecell.export.c.layers.subsample import SubsampleCode
from simplecell.export.c.stage import Plain, symbols
from simplecell.spec.layers.layer import Layer
from simplecell.spec.network import Network

CODE: dict[str, type[Code[Any]]] = {
    "conv": ConvCode,
    "combine": CombineCode,
    "local": LocalCode,
    "subsample": SubsampleCode,
    "pool": PoolCode,
    "global_pool": GlobalPoolCode,
    "dense": DenseCode,
    "rbf": RBFCode,
    "batch_norm": BatchNormCode,
}


def entry_of(layer: Layer) -> type[Code[Any]]:
    """Find what C has for a kind of layer.

    Raises
        ModelError   a type that has no entry
    """
    if layer.type not in CODE:
        raise ModelError(
            f"layer {layer.name}: layers of the type {layer.type} cannot be written in C.\n"
            "  Give the type an entry in simplecell.export.c.layers.entries.CODE."
        )
    return CODE[layer.type]


def code_of(plain: Plain) -> Code[Any]:
    """Bind a plain layer to its C."""
    return entry_of(plain.layer)(plain)


def plain_layers(network: Network, parameters: Parameters) -> list[Plain]:
    """Give the layers as C has them: a mixture of kernels is the convolution that it makes."""
    layers = zip(symbols(network), network.layers, network.inputs, network.shapes, strict=True)
    found = []
    for symbol, layer, below, above in layers:
        layer, own = entry_of(layer).plainly(layer, own_arrays(layer, parameters))
        found.append(Plain(symbol, layer, below, above, own))
    return found
