"""Nodes that are no layers: they move axes, or do nothing to a picture."""

from collections.abc import Callable

import numpy as np

from simplecell.export.onnx.node import Node
from simplecell.importer.arrangement import Arrangement
from simplecell.importer.chain import Chain
from simplecell.importer.constant import axes_of
from simplecell.importer.refusal import instead_of
from simplecell.spec.layers.layer import Pair

FLOATS = (1, 10, 11, 16)
"""Types of numbers to which Cast may turn maps."""


def _reshape(chain: Chain, node: Node) -> None:
    if 1 not in node.values:
        raise node.refused(
            "its shape depends on the pictures.", "Export it for one size of picture."
        )
    told = np.ravel(node.values[1]).tolist()
    _move(chain, node, chain.at.reshaped(node, told, chain.batch))


def _flatten(chain: Chain, node: Node) -> None:
    axis = chain.at.axis(node, node.whole("axis", 1))
    if axis != 1:
        raise node.refused(
            f"it flattens from the axis {axis} on.",
            "Flatten from the axis 1 on: a row for each picture.",
        )
    _move(chain, node, Arrangement(chain.at.shape, chain.at.cells.reshape(-1)))


def _transpose(chain: Chain, node: Node) -> None:
    _move(chain, node, chain.at.moved(node, node.settings.get("perm")))


def _squeeze(chain: Chain, node: Node) -> None:
    _move(chain, node, chain.at.squeezed(node, _axes(node), chain.batch))


def _unsqueeze(chain: Chain, node: Node) -> None:
    _move(chain, node, chain.at.unsqueezed(node, _axes(node) or []))


def _axes(node: Node) -> list[int] | None:
    return axes_of(node, [node.values.get(k) for k in range(len(node.inputs))])


def _move(chain: Chain, node: Node, at: Arrangement) -> None:
    chain.moved(node, at, f"({', '.join(map(str, ('N', *at.cells.shape)))})")


def _identity(chain: Chain, node: Node) -> None:
    chain.note(node, "", "nothing to do")


def _cast(chain: Chain, node: Node) -> None:
    if node.whole("to", 1) not in FLOATS:
        raise node.refused("it makes whole numbers of the maps.", "Export the network in float32.")
    chain.note(node, "", "numbers are float32 here")


def _clip(chain: Chain, node: Node) -> None:
    low = node.values.get(1, node.settings.get("min"))
    high = node.values.get(2, node.settings.get("max"))
    open_above = high is None or float(np.ravel(high)[0]) > 1e30
    if low is None or float(np.ravel(low)[0]) != 0 or not open_above:
        raise node.refused("it cuts off above, or elsewhere than at 0.", instead_of("Clip"))
    chain.squash(node, "relu")


def _pad(chain: Chain, node: Node) -> None:
    mode = node.settings.get("mode", b"constant")
    if mode not in (b"constant", "constant"):
        shown = mode.decode("ascii", "replace") if isinstance(mode, bytes) else mode
        raise node.refused(
            f"it pads by the mode {shown!r}.", "The nearest is padding with 0, mode 'constant'."
        )
    value = node.values.get(2, node.settings.get("value", 0.0))
    told = node.values.get(1, node.settings.get("pads"))
    count = chain.at.cells.ndim + 1
    pads = [] if told is None else [int(side) for side in np.ravel(told)]
    axes = [int(axis) for axis in np.ravel(node.values.get(3, np.arange(count)))]
    if len(pads) != 2 * len(axes) or min(pads, default=0) < 0:
        raise node.refused(
            f"its pads are {pads}.", "simplecell pads the height and the width of maps."
        )
    by_axis = dict.fromkeys(range(count), (0, 0))
    for k, axis in enumerate(axes):
        by_axis[chain.at.axis(node, axis)] = (pads[k], pads[k + len(axes)])
    chain.pad = (*_of_maps(chain, node, by_axis), float(np.ravel(value)[0]))
    chain.note(node, "", f"padding {chain.pad[0]}, {chain.pad[1]} for the next layer")


def _of_maps(chain: Chain, node: Node, by_axis: dict[int, Pair]) -> tuple[Pair, Pair]:
    """Find which axes are height and width."""
    at = chain.at
    ours = Arrangement.of(at.shape).cells
    for order in ((0, 1, 2), (1, 2, 0)):
        moved = ours.transpose(order)
        if moved.shape == at.cells.shape and (moved == at.cells).all():
            maps, height, width = (by_axis[order.index(k) + 1] for k in range(3))
            if maps == by_axis[0] == (0, 0):
                return height, width
    raise node.refused(
        f"it pads {['N', *at.cells.shape]} by {list(by_axis.values())}.",
        "simplecell pads the height and the width of maps.",
    )


MOVES: dict[str, Callable[[Chain, Node], None]] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Identity": _identity,
    "Cast": _cast,
    "Clip": _clip,
    "Pad": _pad,
}
"""By operator."""
