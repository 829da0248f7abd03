"""The published networks, each with its published numbers beside it.

>>> find("lenet5").shapes[2]
(16, 10, 10)
>>> published("lenet5").parameters
60000
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from os.path import isfile
from pathlib import Path

from simplecell.errors import SpecError, UnknownName
from simplecell.spec.glyphs import DIGIT_CODES
from simplecell.spec.layers import RBF, Combine, Conv, Dense, Pool, Subsample
from simplecell.spec.network import Network
from simplecell.spec.text import is_text


@dataclass(frozen=True)
class Published:
    """What the source prints about a network; None where it prints nothing.

    `about` says that parameters and connections are round figures. `layers` holds
    (parameters, connections) for each layer of which the source gives both. `note` says
    what a reader would otherwise wonder about.
    """

    source: str
    parameters: int | None = None
    connections: int | None = None
    test_error_percent: float | None = None
    about: bool = False
    layers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    note: str = ""


# The first six maps of H3 read the first pair of H2's maps, the other six the second: 20 links.
# Source: LeCun et al. 1990, table 1, which counts from 1.
_LENET1_TABLE = (
    *((0,), (0, 1), (0, 1), (1,), (0, 1), (0, 1)),
    *((2,), (2, 3), (2, 3), (3,), (2, 3), (2, 3)),
)

_LENET1 = Network(
    "lenet1",
    (1, 28, 28),
    (
        Conv("C1", 4, (5, 5)),
        Subsample("S2"),
        Conv("C3", 12, (5, 5), table=_LENET1_TABLE),
        Subsample("S4"),
        Dense("F5", 10),
    ),
)

# Two subsampling maps on each of C1's four maps.
_LENET4_PAIRS = ((0,), (0,), (1,), (1,), (2,), (2,), (3,), (3,))

# Guess: which maps LeNet-4's C3 reads is not printed. With three of the eight each, of three
# different C1 maps, the network has 262,306 connections, and the paper says about 260,000.
_LENET4_TABLE = (
    *((0, 2, 4), (1, 3, 5), (2, 4, 6), (3, 5, 7), (0, 4, 6), (1, 5, 7), (0, 2, 6), (1, 3, 7)),
    *((0, 3, 6), (1, 4, 7), (0, 2, 5), (1, 3, 6), (2, 4, 7), (0, 3, 5), (1, 4, 6), (2, 5, 7)),
)

_LENET4 = Network(
    "lenet4",
    (1, 32, 32),
    (
        Conv("C1", 4, (5, 5)),
        # Guess: LeNet-4 has "8 subsampling maps connected in pairs" to C1's four maps. Our
        # Subsample makes one map of each, so S2 is a 2x2 convolution at stride 2: the paper's
        # connections, but four weights a map where the paper ties them to one (24 more).
        Conv("S2", 8, (2, 2), stride=(2, 2), table=_LENET4_PAIRS),
        Conv("C3", 16, (5, 5), table=_LENET4_TABLE),
        Subsample("S4"),
        # Guess: LeNet-4's 120 units are "fully connected" to the last maps, which takes 48,120
        # parameters, and the paper counts about 17,000 in all. Both cannot be; we take the words.
        Dense("F5", 120),
        Dense("F6", 10),
    ),
)

# Source: LeCun et al. 1998, table I.   Brief: C9
_LENET5_TABLE = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)

# All units up to F6 are squashed by A tanh(S a), convolutions and subsampling alike.
# Source: LeCun et al. 1998, II.B and equation 6.
_LENET5 = Network(
    "lenet5",
    (1, 32, 32),
    (
        Conv("C1", 6, (5, 5)),
        Subsample("S2"),
        Conv("C3", 16, (5, 5), table=_LENET5_TABLE),
        Subsample("S4"),
        Conv("C5", 120, (5, 5)),
        Dense("F6", 84),
        RBF("RBF"),
    ),
)

# LeNet-5 that learns C3's table: each of its maps mixes all of S2's.   Brief: E2, E3
_LENET5_COMBINED = Network(
    "lenet5_combined",
    (1, 32, 32),
    (*_LENET5.layers[:2], Combine("C3", 16, (5, 5)), *_LENET5.layers[3:]),
)

# LeNet-5 that also knows what lies between the digits of a row: its code is a blank bitmap.
# Source: LeCun et al. 1998, VII, which has such a class.
# Guess: the code of the class for what lies between digits; the paper prints none.
_LENET5_ROWS = Network(
    "lenet5_rows",
    (1, 32, 32),
    (*_LENET5.layers[:-1], RBF("RBF", (*DIGIT_CODES, "." * len(DIGIT_CODES[0])))),
)

# What most tutorials call LeNet-5: no table, max pooling, relu, softmax over ten linear units.
_LENET5_TUTORIAL = Network(
    "lenet5_tutorial",
    (1, 32, 32),
    (
        Conv("C1", 6, (5, 5), squash="relu"),
        Pool("S2", "max"),
        Conv("C3", 16, (5, 5), squash="relu"),
        Pool("S4", "max"),
        Conv("C5", 120, (5, 5), squash="relu"),
        Dense("F6", 84, "relu"),
        Dense("F7", 10, "softmax"),
    ),
)

# Palm's 6c-2s-12c-2s: every map reads every map, subsampling is a plain mean.
_PALM = Network(
    "palm",
    (1, 28, 28),
    (
        Conv("C1", 6, (5, 5), squash="sigmoid"),
        Pool("S2", "mean"),
        Conv("C3", 12, (5, 5), squash="sigmoid"),
        Pool("S4", "mean"),
        Dense("F5", 10, "sigmoid"),
    ),
)

_ZOO: dict[str, tuple[Network, Published]] = {
    "lenet1": (
        _LENET1,
        Published(
            source="LeCun et al. 1990, Handwritten digit recognition with a back-propagation"
            " network, NIPS 2; the error: LeCun et al. 1998, III.C",
            parameters=2_578,
            connections=98_442,
            test_error_percent=1.7,
        ),
    ),
    "lenet4": (
        _LENET4,
        Published(
            source="LeCun et al. 1998, III.C; the maps: LeCun et al. 1995, Comparison of"
            " learning algorithms for handwritten digit recognition",
            parameters=17_000,
            connections=260_000,
            test_error_percent=1.1,
            about=True,
            note="Its 120 units that read all 400 values take 48,120 parameters by themselves:"
            " the paper's words and its total of about 17,000 cannot both be right.",
        ),
    ),
    "lenet5": (
        _LENET5,
        Published(
            source="LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to"
            " document recognition, II.B and III.B",
            parameters=60_000,
            connections=340_908,
            test_error_percent=0.95,
            layers={
                "C1": (156, 122_304),
                "S2": (12, 5_880),
                "C3": (1_516, 151_600),
                "S4": (32, 2_000),
                "C5": (48_120, 48_120),
                "F6": (10_164, 10_164),
                "RBF": (0, 840),
            },
            note="The paper does not print RBF's 840 connections: its total leaves them.",
        ),
    ),
    "lenet5_combined": (
        _LENET5_COMBINED,
        Published(
            source="Bouvrie 2006, Notes on convolutional neural networks, 3.3, in LeNet-5's C3",
            note="The source has the formulas and no network of its own, so no numbers.",
        ),
    ),
    "lenet5_rows": (
        _LENET5_ROWS,
        Published(
            source="LeCun et al. 1998, VII, which slides LeNet-5 over rows of digits",
            parameters=60_000,
            note="The paper prints no figures of it; an eleventh fixed code adds no parameter.",
        ),
    ),
    "lenet5_tutorial": (
        _LENET5_TUTORIAL,
        Published(source="most tutorials that say LeNet-5", parameters=61_706),
    ),
    "palm": (
        _PALM,
        Published(
            source="Palm 2012, DeepLearnToolbox, test_example_CNN.m",
            test_error_percent=1.2,
            note="After 100 epochs; 11 % after the first.",
        ),
    ),
}

NETWORKS = tuple(_ZOO)
"""The names of the published networks."""


def find(name: str) -> Network:
    """Give a published network by its name; UnknownName, with the nearest, for any other.

    >>> import simplecell as sc
    >>> sc.find("lenet5").classes
    10
    """
    return _entry(name)[0]


def published(name: str) -> Published:
    """Give the published numbers of a network by its name."""
    return _entry(name)[1]


def load(name: str) -> Network:
    """Give a published network by its name, the one in a file of JSON, or the one of a text.

    >>> load("32c3p-2m-64c3p-2m-128d-10").classes
    10

    Raises
        UnknownName   neither a published network nor a file nor a text of layers
        SpecError     a path where no file is, a file that describes no network, or a text that
                      cannot be read
    """
    if not isinstance(name, str) or name in _ZOO:
        return find(name)
    if isfile(name):
        return Network.read(Path(name))
    if is_text(name):
        return Network.from_text(name)
    if name.endswith(".json") or len(Path(name).parts) > 1:
        known = ", ".join(NETWORKS)
        raise SpecError(f"there is no file {name}: give a network's JSON, or one of {known}.")
    return find(name)


def _entry(name: str) -> tuple[Network, Published]:
    if not isinstance(name, str) or name not in _ZOO:
        raise UnknownName("network", name, NETWORKS)
    return _ZOO[name]
