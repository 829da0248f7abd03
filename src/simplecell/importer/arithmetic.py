"""Sums and products with constants, map by map.

u = gain * x + bias
"""

import numpy as np

from simplecell.engines.protocol import Array
from simplecell.export.onnx.node import Node
from simplecell.importer.chain import Chain

OPERATORS = ("Add", "Sub", "Mul", "Div", "Neg")
ONLY = "Between layers, only sums and products with constants are known."


def reckon(chain: Chain, node: Node) -> None:
    """Take a sum or a product with a constant.

    Raises
        ModelError   a constant with a number for each place, or one that is not finite
    """
    gain, bias = np.ones(chain.at.shape[0]), np.zeros(chain.at.shape[0])
    if node.operator == "Neg":
        gain = -gain
    else:
        gain, bias = _pair(chain, node, gain, bias)
    if not (np.isfinite(gain).all() and np.isfinite(bias).all()):
        raise node.refused(
            "its constants are not finite.", "The file is damaged: export it again."
        )
    chain.scaled(node, gain, bias, "")


def _pair(chain: Chain, node: Node, gain: Array, bias: Array) -> tuple[Array, Array]:
    if not node.values:
        raise node.refused("it has one input.", ONLY)
    place, value = next(iter(node.values.items()))
    number = chain.at.per_map(node, value)
    match node.operator, place:
        case "Add", _:
            return gain, number
        case "Sub", 1:
            return gain, -number
        case "Sub", _:
            return -gain, number
        case "Mul", _:
            return number, bias
        case "Div", 1:
            with np.errstate(divide="ignore"):
                return 1 / number, bias
    raise node.refused("it divides a constant by the maps.", ONLY)
