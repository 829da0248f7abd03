"""Read a row of digits: a network slid over it, and the best path along its answers.

    answers    at every place, how likely each class is; the last class is "none"
    path       where the digits are, and what is none, likeliest together: `formulas/path.py`
    text       the digits on the path, in order; how many there are is not told

The network is an ordinary one that has learnt from windows of rows (`data/rows.py`), such as
`lenet5_rows` on `mnist-rows`.

Source: LeCun et al. 1998, VII.   Brief: C12, F
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simplecell.data.rows import NONE, Rows
from simplecell.engines.choose import engine as choose_engine
from simplecell.engines.protocol import Array, Engine, Examples
from simplecell.engines.slide import Slide
from simplecell.errors import DataError, ModelError
from simplecell.formulas.path import Found, best_path, edit_distance
from simplecell.spec.slide import fitting_width, step
from simplecell.train.model import Model
from simplecell.train.prediction import probabilities

BLOCK = 256
"""Rows that are read at a time."""


@dataclass(frozen=True)
class Decoding:
    """How answers become digits.

    The network is slid `shifts` times, each time a share of its step further, so that places
    lie step/shifts columns apart. Columns are counted from a digit's centre: all that are no
    more than `near` must be of its class, and all that are `far` or more, of every digit, must be
    none. Two digits are `apart` columns from each other at the least. `price` is what a digit
    costs on the path.
    """

    shifts: int = 4
    near: int = 0
    far: int = 4
    apart: int = 5
    price: float = 2.0


DECODING = Decoding()
"""Chosen on rows of validation digits: seed 0, gaps of -4 to 0, 2,000 rows of five."""


@dataclass(frozen=True)
class Reading:
    """What was read in one row, and the answer at every place.

    Shapes
        answers (P, classes) probabilities      columns (P,) of the picture, where each was given
    """

    text: str
    digits: tuple[Found, ...]
    answers: Array
    columns: NDArray[np.int64]


def read_rows(
    model: Model,
    pixels: NDArray[np.uint8],
    *,
    decoding: Decoding = DECODING,
    engine: str | Engine = "auto",
    threads: int | None = None,
) -> list[Reading]:
    """Read rows of digits of one width, light ink on a ground of 0.

    Shapes
        pixels (N, C, H, width), of the height the network reads

    Raises
        ModelError   a network that was never shown what lies between digits
        DataError    pictures of another height
    """
    check_reads_rows(model)
    chosen = choose_engine(engine, threads) if isinstance(engine, str) else engine
    readings: list[Reading] = []
    for start in range(0, len(pixels), BLOCK):
        answers, columns = look(model, pixels[start : start + BLOCK], decoding.shifts, chosen)
        readings += decode(model.classes, answers, columns, decoding)
    return readings


def check_reads_rows(model: Model) -> None:
    """Refuse a model whose last class is not "none".

    Raises
        ModelError   a network that was never shown what lies between digits
    """
    if model.classes[-1] != NONE:
        raise ModelError(
            f"this {model.network.name} knows no class '{NONE}': it was never shown what lies"
            " between two digits.\n  Train one that was: simplecell train mnist-rows"
            " --net lenet5_rows\n  Single pictures are read by simplecell predict."
        )


def look(
    model: Model, pixels: NDArray[np.uint8], shifts: int, engine: Engine
) -> tuple[Array, NDArray[np.int64]]:
    """Give the answers at every place, and the column that is the middle of each.

    Shapes
        pixels (N, C, H, width)      answers (N, P, classes)      columns (P,)
    """
    network = model.network
    channels, height, own = network.input
    apart, odd = divmod(step(network), shifts)
    if odd:
        raise DataError(
            f"{network.name} takes steps of {step(network)} columns, which {shifts} shifts do"
            " not divide."
        )
    if pixels.shape[1:3] != (channels, height):
        raise DataError(
            f"{network.name} reads rows of {channels} x {height} pixels high; these are"
            f" {pixels.shape[1]} x {pixels.shape[2]}."
        )
    width = fitting_width(network, pixels.shape[3])
    room = ((0, 0), (0, 0), (0, 0), (0, width + step(network) - pixels.shape[3]))
    padded = np.pad(pixels, room)
    sliding = Slide(network, width, engine)
    scale, shift = model.normalisation.scale, model.normalisation.shift
    passes = [
        sliding.answers(
            model.parameters,
            Examples(
                np.ascontiguousarray(padded[..., k * apart :][..., :width]), None, scale, shift
            ),
        )
        for k in range(shifts)
    ]
    outputs = np.stack(passes, axis=2).reshape(-1, network.classes)
    answers = probabilities(network, outputs).reshape(len(pixels), -1, network.classes)
    columns = own // 2 + apart * np.arange(answers.shape[1], dtype=np.int64)
    return answers, columns


def decode(
    classes: Sequence[str], answers: Array, columns: NDArray[np.int64], decoding: Decoding
) -> list[Reading]:
    """Make readings of the answers to some rows.

    Shapes
        answers (N, P, classes)      columns (P,)
    """
    # A float32 probability may be 0 where its true value is e^-100.
    logs = np.log(np.maximum(answers, 1e-6))
    apart = int(columns[1] - columns[0]) if len(columns) > 1 else 1
    near, far = decoding.near // apart, -(-decoding.far // apart)
    paths = best_path(logs, near, far, -(-decoding.apart // apart), decoding.price)
    return [
        Reading("".join(classes[one.label] for one in path), tuple(path), answer, columns)
        for path, answer in zip(paths, answers, strict=True)
    ]


@dataclass(frozen=True)
class Score:
    """How many rows were read without a mistake, and how many digits must be mended."""

    rows: int
    right: int
    digits: int
    edits: int

    @property
    def rows_percent(self) -> float:
        """Rows of a hundred in which every digit, and no other, was read."""
        return 100 * self.right / self.rows

    @property
    def digit_error_percent(self) -> float:
        """Digits put in, left out or taken for others, of a hundred that were written."""
        return 100 * self.edits / self.digits


def score(readings: Sequence[Reading], rows: Rows) -> Score:
    """Hold readings against what was written."""
    edits = [
        edit_distance([one.label for one in reading.digits], written.tolist())
        for reading, written in zip(readings, rows.labels, strict=True)
    ]
    return Score(len(edits), edits.count(0), rows.labels.size, sum(edits))
