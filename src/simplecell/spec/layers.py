"""The layers a network is made of, as pure data.

A layer says what is connected to what; it holds no weights and computes nothing.
`u` is a layer's weighted sum, `x = f(u)` what it hands on, f its squashing function:

    Conv        u[m] = sum over c in table[m] of correlate(x[c], w[m,c]) + b[m]     C1, C3, C5
    Combine     u[m] = sum_c alpha[m,c] * correlate(x[c], w[c]) + b[m]              E2
    Local       a convolution with weights of its own at every position             B2
    Subsample   u[c] = w[c] * (sum of each window of x[c]) + b[c]                   S2, S4
    Pool        u[c] = mean, or max, of each window of x[c]                         C6
    Dense       u[m] = sum_k w[m,k] * x[k] + b[m]                                   F6
    RBF         u[k] = sum_j (x[j] - code[k,j])^2; the smallest wins                output

Source: LeCun, Bottou, Bengio, Haffner 1998, II.B; Bouvrie 2006, 3.
Brief: B2, C5-C14, E2, E3
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from simplecell.errors import SpecError
from simplecell.repr import brief
from simplecell.spec.figures import (
    read_choice,
    read_number,
    read_pair,
    read_table,
    read_whole,
    shown,
)
from simplecell.spec.glyphs import DIGIT_CODES

SQUASHES = ("identity", "sigmoid", "tanh", "scaled_tanh", "relu", "softmax")
"""Squashing functions by name; `softmax` is for the output layer alone."""
PENALTIES = ("none", "absolute", "entropy")
"""What a Combine layer may add to the loss, by name."""

Pair = tuple[int, int]
"""(height, width)."""
Shape = tuple[int, int, int]
"""(maps, height, width)."""
Table = tuple[tuple[int, ...], ...]
"""For each output map, the input maps it reads, in ascending order."""


@dataclass(frozen=True)
class Conv:
    """Maps that each slide kernels over some, or all, of the maps below."""

    type: ClassVar[str] = "conv"
    name: str
    maps: int
    kernel: Pair
    stride: Pair = (1, 1)
    table: Table | None = None
    squash: str = "scaled_tanh"

    def __post_init__(self) -> None:
        _check_names(self)
        _read_maps(self)
        if self.table is not None:
            rows = read_table(self.table, f"layer {self.name}")
            object.__setattr__(self, "table", rows)
            if len(rows) != self.maps:
                raise SpecError(
                    f"layer {self.name}: the connection table has {len(rows)} rows for"
                    f" {self.maps} maps; it takes one row per map."
                )


@dataclass(frozen=True)
class Combine:
    """Maps that each mix all the maps below, in shares that are learned.

    Every map below has one kernel; `alpha`, each map's shares, is the softmax of its `choice`.
    `strength` times the penalty on the shares is added to the loss: `entropy` makes tables
    sparse, `absolute` is the published one, which does nothing.   Brief: E2, E3
    """

    type: ClassVar[str] = "combine"
    name: str
    maps: int
    kernel: Pair
    stride: Pair = (1, 1)
    squash: str = "scaled_tanh"
    penalty: str = "none"
    strength: float = 0.0

    def __post_init__(self) -> None:
        _check_names(self)
        _read_maps(self)
        read_choice(self.penalty, "penalty", PENALTIES)
        strength = read_number(self.strength, f"layer {self.name}: strength")
        object.__setattr__(self, "strength", strength)
        if strength and self.penalty == "none":
            raise SpecError(
                f"layer {self.name}: strength is {strength:g} and there is no penalty; give the"
                " penalty 'entropy' or 'absolute', or leave the strength out."
            )


@dataclass(frozen=True)
class Local:
    """A convolution that does not share its weights: one kernel per position."""

    type: ClassVar[str] = "local"
    name: str
    maps: int
    kernel: Pair
    stride: Pair = (1, 1)
    squash: str = "scaled_tanh"

    def __post_init__(self) -> None:
        _check_names(self)
        _read_maps(self)


@dataclass(frozen=True)
class Subsample:
    """Disjoint windows, summed, times one trainable gain, plus one trainable bias."""

    type: ClassVar[str] = "subsample"
    name: str
    window: Pair = (2, 2)
    squash: str = "scaled_tanh"

    def __post_init__(self) -> None:
        _check_names(self)
        object.__setattr__(self, "window", read_pair(self.window, f"layer {self.name}: window"))


@dataclass(frozen=True)
class Pool:
    """Disjoint windows, each replaced by its mean or its largest value."""

    type: ClassVar[str] = "pool"
    name: str
    kind: str = "max"
    window: Pair = (2, 2)
    squash: str = "identity"

    def __post_init__(self) -> None:
        _check_names(self)
        read_choice(self.kind, "pooling", ("mean", "max"))
        object.__setattr__(self, "window", read_pair(self.window, f"layer {self.name}: window"))


@dataclass(frozen=True)
class Dense:
    """Units that each read everything below."""

    type: ClassVar[str] = "dense"
    name: str
    units: int
    squash: str = "scaled_tanh"

    def __post_init__(self) -> None:
        _check_names(self)
        object.__setattr__(self, "units", read_whole(self.units, f"layer {self.name}: units"))


@dataclass(frozen=True)
class RBF:
    """Units that measure how far x is from a code drawn by hand, one code per class.

    `codes` holds one string per class, '#' for +1 and '.' for -1. They stay as they are, unless
    `learned`: then each class has a weight vector, which starts as its code.
    """

    type: ClassVar[str] = "rbf"
    name: str
    codes: tuple[str, ...] = DIGIT_CODES
    squash: str = "identity"
    learned: bool = False

    def __post_init__(self) -> None:
        _check_names(self)
        known = isinstance(self.codes, Sequence) and not isinstance(self.codes, str)
        codes = tuple(self.codes) if known else ()
        if not codes or any(not isinstance(code, str) or set(code) - {*"#."} for code in codes):
            raise SpecError(
                f"layer {self.name}: codes are {shown(self.codes)};"
                " they take a list of strings of '#' and '.', one per class."
            )
        lengths = {len(code) for code in codes}
        if len(lengths) != 1 or lengths == {0}:
            raise SpecError(
                f"layer {self.name}: codes are all of one length, at least 1;"
                f" found lengths {sorted(lengths)}."
            )
        object.__setattr__(self, "codes", codes)
        if not isinstance(self.learned, bool):
            raise SpecError(
                f"layer {self.name}: learned is {shown(self.learned)}; it takes true or false."
            )
        if self.squash != "identity":
            raise SpecError(f"layer {self.name}: an RBF layer hands on its distances as they are.")


Layer = Conv | Combine | Local | Subsample | Pool | Dense | RBF
LAYER_TYPES: dict[str, type[Layer]] = {
    kind.type: kind for kind in (Conv, Combine, Local, Subsample, Pool, Dense, RBF)
}
for _kind in LAYER_TYPES.values():
    brief(_kind)


def _check_names(layer: Layer) -> None:
    name = layer.name
    if not isinstance(name, str) or len(name) > 60 or not name.replace("_", "").isalnum():
        raise SpecError(
            f"a layer is called {shown(name)}:"
            " use letters, digits and _, as in 'C1', 60 at the most."
        )
    read_choice(layer.squash, "squashing function", SQUASHES)


def _read_maps(layer: Conv | Combine | Local) -> None:
    """Turn what was given for maps, kernel and stride into whole numbers and pairs, or refuse."""
    where = f"layer {layer.name}"
    object.__setattr__(layer, "maps", read_whole(layer.maps, f"{where}: maps"))
    object.__setattr__(layer, "kernel", read_pair(layer.kernel, f"{where}: kernel"))
    object.__setattr__(layer, "stride", read_pair(layer.stride, f"{where}: stride"))
