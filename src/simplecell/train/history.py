"""The history of a run: one row per epoch, kept as lines of JSON.

>>> row = Epoch(1, 0.5, 0.4, 12.5, 2e-3, 1.75)
>>> read_lines(write_lines([row])) == [row]
True
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from simplecell.document import read_json
from simplecell.errors import ModelError
from simplecell.repr import brief


@brief
@dataclass(frozen=True)
class Epoch:
    """What one pass over the training examples came to.

    `train_loss` is the mean over the pass, while the weights were changing; the validation
    figures are of the weights after it, None when nothing was kept aside. `rate` is that of
    the last step; `seconds` the pass and its validation.
    """

    epoch: int
    train_loss: float
    validation_loss: float | None
    validation_error_percent: float | None
    rate: float
    seconds: float


def write_lines(rows: Iterable[Epoch]) -> str:
    """Write one line of JSON per epoch."""
    return "".join(f"{json.dumps(asdict(row))}\n" for row in rows)


def read_lines(text: str) -> list[Epoch]:
    """Read what `write_lines` wrote.

    Raises
        ModelError   a line is not an epoch's
    """
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            rows.append(_epoch(read_json(line)))
        except (ValueError, TypeError):
            raise ModelError(f"line {number} of the history is no epoch: {line[:60]!r}.") from None
    return rows


def _epoch(told: dict[str, Any]) -> Epoch:
    """Read one row, whose every value is a number, or None where nothing was kept aside."""
    row = Epoch(**told)
    for name, value in told.items():
        kinds = int if name == "epoch" else int | float
        none = value is None and name.startswith("validation")
        if not none and (not isinstance(value, kinds) or isinstance(value, bool)):
            raise ValueError(name)
    return row


def without_seconds(rows: Iterable[Epoch]) -> list[dict[str, object]]:
    """Give the rows less what a clock wrote, so that equal runs give equal bytes."""
    return [{k: v for k, v in asdict(row).items() if k != "seconds"} for row in rows]
