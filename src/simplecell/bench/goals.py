"""What is promised, `benchmarks/goals.toml`, against what was measured.

times     a peer's time over ours on one task
share     our GFLOP/s over the machine's own rate on one task
seconds   a figure of its own, the less the better
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simplecell.errors import DataError

OURS = "lanes"
NEVER = float("inf")
"""The seconds to a target that was tried for and not reached."""
_PLACES = (
    Path(__file__).with_name("goals.toml"),
    Path(__file__).parents[3] / "benchmarks" / "goals.toml",
)
"""In an installed package it lies beside this file; in a checkout, where people look for it."""

Kind = Literal["times", "share", "seconds"]
Verdict = Literal["aim", "met", "short", "not measured"]


@dataclass(frozen=True)
class Goal:
    """A figure: what it must reach at least (of seconds: at most), and the aim beyond."""

    kind: Kind
    least: float
    aim: float
    part: str = ""
    net: str = ""
    batch: int = 0
    peer: str = ""
    key: str = ""

    @property
    def title(self) -> str:
        """Say what is measured."""
        task = f"{self.net} {self.part}, batch {self.batch}"
        if self.kind == "times":
            return f"{task}, over {self.peer}"
        if self.kind == "share":
            return f"{task}, share of sgemm"
        return self.key.replace("_", " ")


@dataclass(frozen=True)
class Judged:
    """A goal, what was measured, and who is ahead: us, or the peer."""

    goal: Goal
    measured: float | None

    @property
    def ratio(self) -> float | None:
        """Give measured over the least asked, so that 1 and more is good."""
        if self.measured is None:
            return None
        if self.goal.kind == "seconds":
            return self.goal.least / self.measured
        return self.measured / self.goal.least

    @property
    def verdict(self) -> Verdict:
        """Say how far it got."""
        if self.measured is None or self.ratio is None:
            return "not measured"
        if self.goal.kind == "seconds":
            reached = self.measured <= self.goal.aim
        else:
            reached = self.measured >= self.goal.aim
        if reached:
            return "aim"
        return "met" if self.ratio >= 1 else "short"

    @property
    def winner(self) -> str:
        """Name the faster of the two, where there are two."""
        if self.goal.kind != "times" or self.measured is None:
            return ""
        return OURS if self.measured >= 1 else self.goal.peer


def read_goals(path: Path | None = None) -> list[Goal]:
    """Read the goals of the checkout or the package.

    Raises
        DataError   no such file; an entry that is no goal
    """
    places = _PLACES if path is None else (path,)
    for place in places:
        if place.is_file():
            document = tomllib.loads(place.read_text(encoding="utf-8"))
            return [_goal(place, kind, entry) for kind in document for entry in document[kind]]
    raise DataError(f"the goals are missing: {' or '.join(map(str, places))}.")


def _goal(place: Path, kind: Any, entry: dict[str, Any]) -> Goal:
    try:
        if kind not in ("times", "share", "seconds"):
            raise TypeError(f"kind {kind!r}, not times, share or seconds")
        return Goal(kind=kind, **entry)
    except TypeError as problem:
        raise DataError(f"{place}: {entry} is no goal: {problem}.") from None


def judge(goals: list[Goal], document: Mapping[str, Any]) -> list[Judged]:
    """Hold each goal against the bench's document."""
    return [Judged(goal, _measured(goal, document)) for goal in goals]


def _measured(goal: Goal, document: Mapping[str, Any]) -> float | None:
    if goal.kind == "seconds":
        value: float | None = document.get(goal.key)
        return NEVER if value is None and goal.key in document else value
    task = document.get(goal.part, {}).get(goal.net, {}).get(str(goal.batch), {})
    ours, peer = task.get(OURS), task.get(goal.peer)
    if ours is None:
        return None
    if goal.kind == "share":
        rate = document.get("sgemm_gflops")
        return ours["gflops"] / rate if rate else None
    if peer is None:
        return None
    ratio: float = peer["microseconds_per_image"] / ours["microseconds_per_image"]
    return ratio
