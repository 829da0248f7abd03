"""A share of the units that needs nobody else: `--shard 3/16`, counted from 0.

>>> read_shard("3/16").takes(19), read_shard("3/16").takes(20)
(True, False)
"""

import re
from dataclasses import dataclass

from simplecell.errors import SpecError


@dataclass(frozen=True)
class Shard:
    """The units whose number leaves `number` when divided by `of`."""

    number: int
    of: int

    def takes(self, place: int) -> bool:
        """Say whether the unit of this number, counted from 0, belongs to the shard."""
        return place % self.of == self.number

    def __str__(self) -> str:
        """Write it as it is asked for."""
        return f"{self.number}/{self.of}"


def read_shard(told: "str | Shard | None") -> Shard | None:
    """Read "3/16": the fourth of sixteen; None is no shard.

    Raises
        SpecError   anything else
    """
    if told is None or isinstance(told, Shard):
        return told
    found = (
        re.fullmatch(r"\s*(\d{1,7})\s*/\s*(\d{1,7})\s*", told) if isinstance(told, str) else None
    )
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 0 <= number < of:
        raise SpecError(
            f"shard is {told!r}; write number/count, counted from 0: 0/16, 1/16 … 15/16."
        )
    return Shard(number, of)
