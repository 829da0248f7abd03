"""The layers a network is made of, as pure data.

A layer says what is connected to what; it holds no weights and computes nothing.
`u` is a layer's weighted sum, `x = f(u)` what it hands on, f its squashing function:

    Conv        u[m] = sum over c in table[m] of correlate(x[c], w[m,c]) + b[m]     C1, C3, C5
    Local       the same with weights of its own at every position                  B2
    Subsample   u[c] = w[c] * (sum of each window of x[c]) + b[c]                   S2, S4
    Pool        u[c] = mean, or max, of each window of x[c]                         C6
    Dense       u[m] = sum_k w[m,k] * x[k] + b[m]                                   F6
    RBF         u[k] = sum_j (x[j] - code[k,j])^2; the smallest wins                output

Source: LeCun, Bottou, Bengio, Haffner 1998, II.B; Bouvrie 2006, 3.   Brief: B2, C5-C14
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from simplecell.errors import SpecError, UnknownName
from simplecell.spec.glyphs import DIGIT_CODES

SQUASHES = ("identity", "sigmoid", "tanh", "scaled_tanh", "relu", "softmax")
"""Squashing functions by name; `softmax` is for the output layer alone."""

Pair = tuple[int, int]
Shape = tuple[int, int, int]
"""(maps, height, width)."""
Table = tuple[tuple[int, ...], ...]
"""For each output map, the input maps it reads, in ascending order."""


def pair(value: int | Sequence[int], what: str) -> Pair:
    """Read `(5, 3)`, `[5, 3]` or, for a square, `5` as (height, width), both at least 1."""
    numbers = (value, value) if isinstance(value, int) else tuple(value)
    if len(numbers) != 2 or any(not isinstance(n, int) or n < 1 for n in numbers):
        raise SpecError(
            f"{what} is {value!r}: give one whole number, or (height, width), each at least 1."
        )
    return (numbers[0], numbers[1])


def _check(name: str, squash: str, **counts: int) -> None:
    if not name or not name.replace("_", "").isalnum():
        raise SpecError(f"a layer is called {name!r}: use letters, digits and _, as in 'C1'.")
    if squash not in SQUASHES:
        raise UnknownName("squashing function", squash, SQUASHES)
    for what, value in counts.items():
        if not isinstance(value, int) or value < 1:
            raise SpecError(f"layer {name}: {what} is {value!r}; it takes a whole number, 1 or more.")


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
        _check(self.name, self.squash, maps=self.maps)
        object.__setattr__(self, "kernel", pair(self.kernel, f"layer {self.name}: kernel"))
        object.__setattr__(self, "stride", pair(self.stride, f"layer {self.name}: stride"))
        if self.table is not None:
            rows = tuple(tuple(sorted(row)) for row in self.table)
            object.__setattr__(self, "table", rows)
            self._check_table(rows)

    def _check_table(self, rows: Table) -> None:
        if len(rows) != self.maps:
            raise SpecError(
                f"layer {self.name}: the connection table has {len(rows)} rows for {self.maps} maps;"
                " it takes one row per map."
            )
        for m, row in enumerate(rows):
            if not row or len(set(row)) != len(row) or row[0] < 0:
                raise SpecError(
                    f"layer {self.name}: row {m} of the connection table is {row};"
                    " it takes one or more different input maps, counted from 0."
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
        _check(self.name, self.squash, maps=self.maps)
        object.__setattr__(self, "kernel", pair(self.kernel, f"layer {self.name}: kernel"))
        object.__setattr__(self, "stride", pair(self.stride, f"layer {self.name}: stride"))


@dataclass(frozen=True)
class Subsample:
    """Disjoint windows, summed, times one trainable gain, plus one trainable bias."""

    type: ClassVar[str] = "subsample"
    name: str
    window: Pair = (2, 2)
    squash: str = "scaled_tanh"

    def __post_init__(self) -> None:
        _check(self.name, self.squash)
        object.__setattr__(self, "window", pair(self.window, f"layer {self.name}: window"))


@dataclass(frozen=True)
class Pool:
    """Disjoint windows, each replaced by its mean or its largest value."""

    type: ClassVar[str] = "pool"
    name: str
    kind: str = "max"
    window: Pair = (2, 2)
    squash: str = "identity"

    def __post_init__(self) -> None:
        _check(self.name, self.squash)
        if self.kind not in ("mean", "max"):
            raise UnknownName("pooling", self.kind, ("mean", "max"))
        object.__setattr__(self, "window", pair(self.window, f"layer {self.name}: window"))


@dataclass(frozen=True)
class Dense:
    """Units that each read everything below."""

    type: ClassVar[str] = "dense"
    name: str
    units: int
    squash: str = "scaled_tanh"

    def __post_init__(self) -> None:
        _check(self.name, self.squash, units=self.units)


@dataclass(frozen=True)
class RBF:
    """Units that measure how far x is from a code drawn by hand, one code per class.

    `codes` holds one string per class, '#' for +1 and '.' for -1.
    """

    type: ClassVar[str] = "rbf"
    name: str
    codes: tuple[str, ...] = DIGIT_CODES
    squash: str = "identity"

    def __post_init__(self) -> None:
        _check(self.name, self.squash)
        object.__setattr__(self, "codes", tuple(self.codes))
        lengths = {len(code) for code in self.codes}
        if len(lengths) != 1 or any(set(code) - {"#", "."} for code in self.codes):
            raise SpecError(
                f"layer {self.name}: codes take strings of '#' and '.', all of one length;"
                f" found lengths {sorted(lengths)}."
            )
        if self.squash != "identity":
            raise SpecError(f"layer {self.name}: an RBF layer hands on its distances as they are.")


Layer = Conv | Local | Subsample | Pool | Dense | RBF
LAYER_TYPES: dict[str, type[Layer]] = {
    kind.type: kind for kind in (Conv, Local, Subsample, Pool, Dense, RBF)
}
