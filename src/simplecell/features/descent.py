"""Descent: SciPy's L-BFGS-B down a cost, in legs, so that it can stop and go on.

L-BFGS remembers its last steps, and SciPy gives nobody that memory. So a search is a chain of
legs of LEG iterations, each of which begins with nothing remembered. What is kept on disk is
the end of a leg: a search that was stopped walks its last leg again, and ends with the same
bits as one that never stopped.

Source: Zhu, Byrd, Lu, Nocedal 1997, Algorithm 778: L-BFGS-B.   Brief: A
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from simplecell.engines.protocol import is_number
from simplecell.errors import DataError, ModelError, TrainingError
from simplecell.features.cost import Objective
from simplecell.features.shares import one_blas_thread
from simplecell.spec.validation import shown
from simplecell.train.callbacks import Halted, Interrupted, stop_on_interrupt
from simplecell.train.checkpoint import check_finite, read_arrays, write_arrays

SEARCH = "simplecell.search"

LEG = 100
CORRECTIONS = 10
"""Steps that L-BFGS remembers."""

PATIENCE = 10
"""Iterations over which the cost has to fall by the tolerance, or the search is at its end."""

_NEVER = 10**9


@dataclass(frozen=True)
class Step:
    """Where a search was after an iteration: the cost there, and what it was made of."""

    iteration: int
    iterations: int
    cost: float
    terms: Mapping[str, float]
    seconds: float


Watch = Callable[[Step], object]
"""Hears of every iteration."""

Look = Callable[[Step, NDArray[np.float64]], object]
"""Hears of every iteration, and sees the point that was come to: to be read, and not changed."""


@dataclass
class Search:
    """All that a search needs to go on as if it had never stopped.

    `ended` says why it will not go further, and is empty while it will.
    """

    theta: NDArray[np.float64]
    history: list[Step] = field(default_factory=list)
    ended: str = ""

    @property
    def iteration(self) -> int:
        """How many iterations were made."""
        return len(self.history)

    @property
    def seconds(self) -> float:
        """How long they took."""
        return self.history[-1].seconds if self.history else 0.0


def begin(
    start: Search, path: str | Path | None, resume: bool, about: Mapping[str, Any]
) -> tuple[Search, Path | None]:
    """Give the search to walk, a new one or the one that was saved, and the file it is kept in.

    Raises
        ModelError   a file that is taken, when a new search was asked for; none to resume, or
                     one about something else
    """
    if path is None:
        if resume:
            raise ModelError("resume goes on with a search that was saved: give its path.")
        return start, None
    file = Path(path)
    if resume:
        return read_search(file, about), file
    if file.exists():
        raise ModelError(
            f"{file} is there already: resume=True goes on with it; or name another file."
        )
    return start, file


def minimise(
    cost: Objective,
    search: Search,
    iterations: int,
    *,
    tolerance: float = 0.0,
    leg: int = LEG,
    watch: Watch | None = None,
    look: Look | None = None,
    path: Path | None = None,
    about: Mapping[str, Any] | None = None,
) -> Search:
    """Go down a cost for so many iterations in all, or until it falls no further.

    The search ends early when the cost falls, over PATIENCE iterations, by less than
    `tolerance` of itself, or by nothing at all. At the end of each leg it is saved to `path`,
    together with what it is `about`.

    Raises
        DataError       iterations, leg or tolerance that cannot be
        ModelError      no room to save, or no permission
        TrainingError   the cost is no longer a number
        Interrupted     Ctrl-C; the last whole leg is saved
    """
    whole = all(isinstance(n, int | np.integer) and is_number(n) for n in (iterations, leg))
    small = is_number(tolerance) and 0 <= tolerance < 1
    if not whole or iterations < 1 or leg < 1 or not small:
        told = f"{shown(iterations)} iterations in legs of {shown(leg)}"
        raise DataError(
            f"{told}, tolerance {shown(tolerance)}, were asked for;"
            " give 1 or more of each, and a tolerance from 0 up to, not including, 1."
        )
    with one_blas_thread(), stop_on_interrupt() as stop:
        # SciPy's own vectors are too short for BLAS's threads, which would stand in our way.
        while not search.ended and search.iteration < iterations:
            count = min(leg, iterations - search.iteration)
            walk = _Walk(cost, search, iterations, tolerance, (watch, look), lambda: stop.asked)
            try:
                with stop.giving_up():
                    search = walk.down(count)
            except Halted:
                # A leg that is not whole is walked again anyway.
                where = len(walk.history)
                raise Interrupted(_stopped(where, iterations, leg, path), stop.signum) from None
            if stop.asked and not search.ended:
                where = search.iteration
                raise Interrupted(_stopped(where, iterations, leg, path), stop.signum)
            if path is not None and (search.ended or count == leg):
                write_search(path, search, about or {})
    return search


def _stopped(iteration: int, iterations: int, leg: int, path: Path | None) -> str:
    where = f"stopped after iteration {iteration} of {iterations}"
    if path is None or not path.exists():
        return f"{where}; nothing is saved."
    return f"{where}; {path} has it up to the last whole leg of {leg} iterations."


class _Walk:
    """One leg: one call of SciPy's L-BFGS-B."""

    def __init__(
        self,
        cost: Objective,
        search: Search,
        iterations: int,
        tolerance: float,
        watchers: tuple[Watch | None, Look | None],
        asked: Callable[[], bool],
    ) -> None:
        self.cost, self.iterations, self.tolerance = cost, iterations, tolerance
        (self.watch, self.look), self.asked = watchers, asked
        self.before, self.history = search, list(search.history)
        self.ended = ""

    def down(self, count: int) -> Search:
        self.begun = time.perf_counter()
        found = minimize(
            self._finite,
            self.before.theta,
            jac=True,
            method="L-BFGS-B",
            callback=self._hear,
            options={
                "maxiter": count,
                "maxfun": _NEVER,
                "maxcor": CORRECTIONS,
                "ftol": 0.0,
                "gtol": 0.0,
            },
        )
        steps = len(self.history) - len(self.before.history)
        # Fewer steps than asked for: no lower point was found. A fresh memory may find one,
        # unless this leg began with a fresh memory too.
        if steps == 0 and not self.asked():
            self.ended = "the cost falls no further in this precision"
        return Search(np.array(found.x, np.float64), self.history, self.ended)

    def _finite(self, theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, gradient = self.cost(theta)
        if not math.isfinite(value):
            raise TrainingError(
                f"after iteration {len(self.history)} the cost is no longer a number ({value}).\n"
                "  are the examples of a moderate size, e.g. 0 to 1?"
            )
        return value, gradient

    def _hear(self, intermediate_result: OptimizeResult) -> None:
        """Note the step. SciPy's last evaluation is the point it then steps to."""
        step = Step(
            iteration=len(self.history) + 1,
            iterations=self.iterations,
            cost=float(intermediate_result.fun),
            terms=dict(self.cost.terms),
            seconds=self.before.seconds + time.perf_counter() - self.begun,
        )
        self.history.append(step)
        if self.watch is not None:
            self.watch(step)
        if self.look is not None:
            self.look(step, intermediate_result.x)
        if self._settled():
            self.ended = (
                f"the cost fell by less than {self.tolerance:g} of itself in {PATIENCE} iterations"
            )
        if self.ended or self.asked():
            raise StopIteration

    def _settled(self) -> bool:
        if self.tolerance == 0 or len(self.history) <= PATIENCE:
            return False
        then, now = self.history[-1 - PATIENCE].cost, self.history[-1].cost
        return then - now < self.tolerance * abs(then)


def write_search(path: Path, search: Search, about: Mapping[str, Any]) -> None:
    """Write a search and what it is about, whole or not at all."""
    names = sorted(search.history[0].terms) if search.history else []
    rows = [
        [step.iterations, step.cost, step.seconds, *(step.terms[name] for name in names)]
        for step in search.history
    ]
    arrays = {"theta": search.theta, "history": np.array(rows, np.float64)}
    document = {"about": dict(about), "terms": names, "ended": search.ended}
    write_arrays(path, SEARCH, arrays, document)


def read_search(path: Path, about: Mapping[str, Any]) -> Search:
    """Read a search that is about the same: same examples, same settings, same seed.

    Raises
        ModelError   no such file, a damaged one, or a search that is about something else
    """
    arrays, document = read_arrays(path, SEARCH)
    try:
        check_finite(arrays)
        theta, rows, there = arrays["theta"], arrays["history"], document["about"]
        if not isinstance(there, dict):
            raise TypeError(f"a description, and has {shown(there)}")
        history = _history(rows.tolist(), document["terms"])
        ended = str(document["ended"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as problem:
        raise ModelError(f"{path} is damaged: it lacks {problem}.") from None
    for name in sorted({*there, *about}):
        if there.get(name) != about.get(name):
            raise ModelError(
                f"{path} cannot be gone on with: its {name} is {there.get(name)}, and"
                f" {about.get(name)} was asked for.\n  ask for the same, or name another file."
            )
    return Search(np.array(theta, np.float64), history, ended)


def _history(rows: Sequence[Sequence[float]], names: Sequence[str]) -> list[Step]:
    history = []
    for number, (iterations, cost, seconds, *terms) in enumerate(rows, start=1):
        own = dict(zip(names, terms, strict=True))
        history.append(Step(number, int(iterations), cost, own, seconds))
    return history
