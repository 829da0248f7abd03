"""A network slid over a wider image: the same weights, an answer at every place.

A convolution does not ask how wide its maps are. Over a wider image C5 makes a row of places
where it made one; the units above, which read everything below, become convolutions that read
at each place what they read before:

    Dense over (C, h, w)    ->  Conv with h x w kernels, the same weights
    softmax                 ->  left out: it is taken at each place by itself
    RBF over (C, 1, 1)      ->  left out: it is measured at each place by itself

The last two are not sums over a map; `engines/slide.py` puts them on top.

>>> from simplecell.spec.zoo import find
>>> slide(find("lenet5"), 72).shapes[-2:]
((120, 1, 11), (84, 1, 11))
>>> step(find("lenet5"))
4

Source: LeCun et al. 1998, VII, space displacement networks.   Brief: C12, F
"""

from simplecell.errors import ShapeError, SpecError
from simplecell.spec.accounting import count_network
from simplecell.spec.layers import Layer, Shape
from simplecell.spec.network import Network


def step(network: Network) -> int:
    """Give how many pixels lie between a place and the next: the strides, multiplied.

    LeNet-5 has two subsamplings by 2.
    """
    return count_network(network).layers[-1].receptive_stride[1]


def places(network: Network, width: int) -> int:
    """Count the places at which an image of this width is looked at."""
    return (width - network.input[2]) // step(network) + 1


def fitting_width(network: Network, width: int) -> int:
    """Give the smallest width, `width` or more, that the network can be slid over.

    >>> from simplecell.spec.zoo import find
    >>> fitting_width(find("lenet5"), 140), fitting_width(find("lenet5"), 141)
    (140, 144)
    """
    pixels, own = step(network), network.input[2]
    return own + -(-max(0, width - own) // pixels) * pixels


def slide(network: Network, width: int) -> Network:
    """Give the network that has these weights and reads images of this width.

        place p sees the pixels p*step ... p*step + W - 1,  W the width it was made for

    Its last layer is the last that is a sum over maps: the features below an RBF layer, the
    scores below softmax, one column per place.

    Raises
        SpecError    weights that belong to a place (Local), or an output of more than one cell
        ShapeError   a width that its steps do not reach
    """
    channels, height, own = network.input
    if fitting_width(network, width) != width:
        pixels = step(network)
        raise ShapeError(
            f"{network.name} reads images {own} pixels wide, and slides {pixels} pixels at a"
            f" time: it cannot be slid over {width}.\n"
            f"  Pad the image to {fitting_width(network, width)} pixels."
        )
    below = (network.input, *network.shapes[:-1])
    layers = [
        _slid(network, layer, shape) for layer, shape in zip(network.layers, below, strict=True)
    ]
    if network.shapes[-1][1:] != (1, 1):
        raise SpecError(
            f"{network.name}: only a network whose outputs are one cell each can be slid; its"
            f" last layer, {network.layers[-1].name}, gives {_by(network.shapes[-1])}."
        )
    kept = tuple(layer for layer in layers if layer is not None)
    if not kept:
        raise SpecError(f"{network.name}: nothing is left to slide below its RBF layer.")
    return Network(network.name, (channels, height, width), kept)


def _slid(network: Network, layer: Layer, below: Shape) -> Layer | None:
    try:
        return layer.slid(below)
    except SpecError as problem:
        raise SpecError(f"{network.name}, layer {layer.name}: {problem}") from None


def _by(shape: Shape) -> str:
    return "x".join(map(str, shape))
