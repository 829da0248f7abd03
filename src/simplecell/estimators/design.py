"""A network for pictures of a given size and number of classes: `network="auto"`.

    pictures   LeNet-like: convolutions and pooling by turns until little of the sides is left,
               then two dense layers
    tables     two dense layers alone

All are relu, with softmax at the output.
"""

from dataclasses import replace

from simplecell.data.normalise import Size
from simplecell.spec.layers import Conv, Dense, Layer, Pool, Shape
from simplecell.spec.network import Network
from simplecell.spec.zoo import load

FEWEST_SIDE = 6
"""A convolution and a pooling still make sense of a side of this length."""

LARGE_SIDE = 12
"""After two stages, more follow while the maps are larger than this."""

MAPS = (6, 16, 32, 64, 128)
HIDDEN = (120, 84)


def design(shape: Shape, classes: int) -> Network:
    """Design a network.

    >>> [layer.name for layer in design((1, 28, 28), 10).layers]
    ['C1', 'S2', 'C3', 'S4', 'F5', 'F6', 'F7']
    >>> [layer.name for layer in design((1, 1, 30), 3).layers]
    ['F1', 'F2', 'F3']
    """
    sides, stages = [shape[1:]], 0
    while _goes_on(sides[-1], stages):
        height, width = sides[-1]
        sides.append(((height - _kernel(height) + 1) // 2, (width - _kernel(width) + 1) // 2))
        stages += 1
    # Where there is one stage only, it has the maps of the second.
    maps = MAPS[1:] if stages == 1 else MAPS
    layers: list[Layer] = []
    for (height, width), count in zip(sides[:-1], maps, strict=False):
        kernel = (_kernel(height), _kernel(width))
        layers.append(Conv(f"C{len(layers) + 1}", count, kernel, squash="relu"))
        layers.append(Pool(f"S{len(layers) + 1}"))
    for units in HIDDEN:
        layers.append(Dense(f"F{len(layers) + 1}", units, "relu"))
    layers.append(Dense(f"F{len(layers) + 1}", classes, "softmax"))
    return Network("auto", shape, tuple(layers))


def _goes_on(sides: tuple[int, int], stages: int) -> bool:
    if min(sides) < FEWEST_SIDE or stages == len(MAPS):
        return False
    return stages < 2 or min(sides) > LARGE_SIDE


def _kernel(side: int) -> int:
    """Choose a kernel that leaves an even number of places, to be pooled by twos."""
    largest = 5 if side >= LARGE_SIDE else 3
    return largest if (side - largest + 1) % 2 == 0 else largest - 1


def chosen(network: str | Network, shape: Shape, classes: int) -> Network:
    """Give the network that was asked for, by its name, itself, or "auto".

    A network of the zoo whose last layer is dense gets as many outputs as there are classes, and
    as many channels as the pictures have; a network that is given is taken as it is.

    Raises
        UnknownName   a name that is neither "auto" nor a published network's, nor a file's
    """
    if isinstance(network, Network):
        return network
    if network == "auto":
        return design(shape, classes)
    found = load(network)
    last = found.layers[-1].with_outputs(classes)
    found = replace(found, layers=(*found.layers[:-1], last))
    return found.with_input((shape[0], *found.input[1:]))


def room_around(network: Network, shape: Shape) -> Size:
    """Give the size to which pictures are padded, because the network reads larger ones."""
    height, width = network.input[1:]
    return (max(height, shape[1]), max(width, shape[2]))
