"""How the learning rate goes over a run: one rate per step, known before the first.

A rate depends on the step, the length of the run and nothing else, so that a run which was
stopped goes on with the rates it would have had.
"""

from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from simplecell.errors import SpecError, UnknownName
from simplecell.repr import brief
from simplecell.spec.validation import shown

SHAPES = ("constant", "passes", "one_cycle")
MOST = 10**9
"""Steps that a run may have: each has its rate in memory."""
LARGEST = 1e305
"""Where rates and shares of them end."""

Passes = tuple[tuple[int, float], ...]
"""(how many passes, the share of the rate they go at), in order; the last share stays."""


@brief
@dataclass(frozen=True)
class Schedule:
    """The rate and its course.

        constant    rate
        passes      rate * share, a share for each pass over the examples
        one_cycle   up from `first` * rate in a straight line, over the share `warmup` of the
                    run, then down to `last` * rate along half a cosine

    Source
        passes: LeCun et al. 1998, III.A (5e-4 twice, 2e-4 three times …).
        one_cycle: Smith and Topin 2018; the cosine: Loshchilov and Hutter 2017.
    """

    shape: str = "constant"
    rate: float = 1e-2
    warmup: float = 0.0
    first: float = 0.0
    last: float = 0.0
    passes: Passes = ()

    def __post_init__(self) -> None:
        if not isinstance(self.shape, str) or self.shape not in SHAPES:
            raise UnknownName("rate schedule", self.shape, SHAPES)
        if not _is_amount(self.rate) or self.rate == 0:
            told = shown(self.rate)
            raise SpecError(
                f"the rate is {told}; it takes a number above 0, below {LARGEST:.0e}, as in 0.002."
            )
        if not _is_amount(self.warmup) or self.warmup >= 1:
            told = shown(self.warmup)
            raise SpecError(f"warmup is {told}; it takes a share of the run, 0 to below 1.")
        for name in ("first", "last"):
            if not _is_amount(getattr(self, name)):
                told = shown(getattr(self, name))
                raise SpecError(f"{name} is {told}; it takes a share of the rate, 0 or more.")
        if (self.shape == "passes") != bool(self.passes):
            raise SpecError('passes are for the "passes" schedule, which takes at least one.')


def _is_amount(value: object) -> bool:
    """Say whether it is a finite number from 0, small enough to be told from others."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool | complex)
    return bool(number and 0 <= value < LARGEST)  # type: ignore[operator]


def rates(schedule: Schedule, epochs: int, steps_per_epoch: int) -> NDArray[np.float64]:
    """Give the rate of every step of a run.

    >>> rates(Schedule("passes", 5e-4, passes=((1, 1.0), (1, 0.4))), 3, 2).tolist()
    [0.0005, 0.0005, 0.0002, 0.0002, 0.0002, 0.0002]
    >>> rates(Schedule("one_cycle", 1.0, warmup=0.5), 1, 4).tolist()
    [0.5, 1.0, 1.0, 0.5]

    Raises
        SpecError   more than `MOST` steps
    """
    total = epochs * steps_per_epoch
    if total > MOST:
        raise SpecError(
            f"{epochs:,} epochs of {steps_per_epoch:,} steps are more than {MOST:,} steps, which"
            " is as far as we count."
        )
    if schedule.shape == "passes":
        shares = _share_per_epoch(schedule.passes, epochs)
        return schedule.rate * np.repeat(shares, steps_per_epoch)
    if schedule.shape == "one_cycle":
        return schedule.rate * _one_cycle(schedule, total)
    return np.full(total, schedule.rate)


def stretched(schedule: Schedule, before: int, after: int) -> Schedule:
    """Make a schedule that was meant for `before` epochs end with `after`; others do so anyway.

    >>> meant = Schedule("passes", 5e-4, passes=((2, 1.0), (3, 0.4), (5, 0.2)))
    >>> stretched(meant, 10, 20).passes, stretched(meant, 10, 5).passes
    (((4, 1.0), (6, 0.4), (10, 0.2)), ((1, 1.0), (1, 0.4), (3, 0.2)))
    """
    if schedule.shape != "passes":
        return schedule
    shares = _share_per_epoch(schedule.passes, before).tolist()
    drawn = [shares[int((k + 0.5) * before / after)] for k in range(after)]
    passes = tuple((len(list(run)), share) for share, run in groupby(drawn))
    return replace(schedule, passes=passes)


def _share_per_epoch(passes: Passes, epochs: int) -> NDArray[np.float64]:
    shares = [share for count, share in passes for _ in range(count)]
    shares += [shares[-1]] * max(0, epochs - len(shares))
    return np.array(shares[:epochs])


def _one_cycle(schedule: Schedule, total: int) -> NDArray[np.float64]:
    step = np.arange(total, dtype=np.float64)
    warm = schedule.warmup * total
    first, last = float(schedule.first), float(schedule.last)
    up = first + (1 - first) * np.minimum((step + 1) / max(warm, 1), 1)
    done = np.clip((step - warm) / (total - warm), 0, 1)
    down = last + (1 - last) * (1 + np.cos(np.pi * done)) / 2
    return np.where(step < warm, up, down)
