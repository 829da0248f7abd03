"""A network of LeNet-5's kind for pictures and classes of one's own.

>>> network = preset(3, (1, 48, 48))
>>> [(layer.name, *shape) for layer, shape in zip(network.layers, network.shapes)][:4]
[('C1', 6, 44, 44), ('S2', 6, 22, 22), ('C3', 16, 18, 18), ('S4', 16, 9, 9)]
>>> network.classes
3

LeNet-5 itself is for ten digits: its last layer compares with drawn digits, its table of
connections is for six maps of 14x14. What is kept is the plan: convolutions of 5x5 and windows
of 2x2 in turn, one convolution over all that is left, 84 units, and one output for each class.
"""

from simplecell.errors import SpecError
from simplecell.spec.layers import BatchNorm, Conv, Dense, Dropout, Layer, Pool, Shape
from simplecell.spec.network import Network

MAPS = (6, 16, 32, 64, 128)
"""Maps of the convolutions; those past the second are for pictures of more than 48 pixels."""

LEFT = 8
"""Maps are halved until their longer side is so small that one convolution may see all of it."""

SMALLEST = 6
"""A map of fewer rows or columns is not halved any more."""


def preset(classes: int, shape: Shape) -> Network:
    """Give a network with an output for each class, that reads pictures of any shape.

    For ten classes of 32x32 it is what most tutorials call LeNet-5, `lenet5_tutorial`.

    Raises
        SpecError   fewer than two classes
    """
    if classes < 2:
        raise SpecError(f"{classes} classes: a network learns to tell two or more apart.")
    layers: list[Layer] = []
    _, height, width = shape
    for maps in MAPS:
        if max(height, width) <= LEFT or min(height, width) < SMALLEST:
            break
        # A kernel of 4 where 5 would leave an odd side, which windows of 2 do not divide.
        kernel = (_kernel(height), _kernel(width))
        height, width = ((n - k + 1) // 2 for n, k in zip((height, width), kernel, strict=True))
        number = len(layers) + 1
        layers += [Conv(f"C{number}", maps, kernel, squash="relu"), Pool(f"S{number + 1}")]
    number = len(layers) + 1
    layers += [
        Conv(f"C{number}", 120, (height, width), squash="relu"),
        Dense(f"F{number + 1}", 84, "relu"),
        Dense(f"F{number + 2}", classes, "softmax"),
    ]
    return Network(f"lenet_{classes}", shape, tuple(layers))


WIDER = (16, 32, 64, 128, 128)
"""Maps of the larger network's convolutions."""


def larger(classes: int, shape: Shape) -> Network:
    """Give a larger network: 3x3 kernels on padded maps, batch normalisation, dropout.

    >>> larger(10, (1, 32, 32)).name
    'wide_10'

    Raises
        SpecError   fewer than two classes
    """
    if classes < 2:
        raise SpecError(f"{classes} classes: a network learns to tell two or more apart.")
    layers: list[Layer] = []
    _, height, width = shape
    for maps in WIDER:
        if max(height, width) <= 4 or min(height, width) < 4:
            break
        n = len(layers) // 3 * 2 + 1
        layers += [
            Conv(f"C{n}", maps, (3, 3), squash="identity", padding="same", bias=False),
            BatchNorm(f"N{n}", squash="relu"),
            Pool(f"S{n + 1}", "max"),
        ]
        height, width = height // 2, width // 2
    n = len(layers) // 3 * 2 + 1
    layers += [
        Dense(f"F{n}", 128, "relu"),
        Dropout(f"D{n}", 0.25),
        Dense(f"F{n + 1}", classes, "softmax"),
    ]
    return Network(f"wide_{classes}", shape, tuple(layers))


def _kernel(side: int) -> int:
    return 5 if side % 2 == 0 else 4
