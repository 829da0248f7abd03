"""`run_units`: units to any Executor, each once; what is finished is read, and never run again.

The rule, and what becomes of workers that die, is in docs/decisions/0016.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from simplecell.errors import WorkError
from simplecell.train.task import check_numbers
from simplecell.units.carry import (
    Tell,
    Work,
    answer,
    carry,
    order,
    raised,
    refused,
    silent,
    telling,
)
from simplecell.units.claims import STALE, Claims
from simplecell.units.cluster import Asked, Dask, lent
from simplecell.units.processes import Processes
from simplecell.units.shard import Shard
from simplecell.units.unit import Done, Store, Unit

WIDTH = 64
"""Units under way at a time, where an Executor does not say how many workers it has."""

LOOK = 0.5
"""Seconds between two looks at what others, or nobody yet, have finished."""

Carriers = Executor | Callable[[], Executor] | None


@dataclass
class Plan:
    """How units are to be carried, and who hears of it.

    `executor` is any Executor, or a function that gives one; else `jobs` processes, or Dask `on`
    an address; else this process. `threads` are those of each unit. `keep` hears of each unit
    that is finished, found (not `fresh`) or computed.
    """

    executor: Carriers = None
    jobs: int | None = None
    on: str | None = None
    threads: int | None = None
    shard: Shard | None = None
    stale: float = STALE
    say: Tell = silent
    tell: Tell = silent
    begin: Callable[[Unit], None] = field(default=lambda unit: None)
    keep: Callable[[Unit, Done], None] = field(default=lambda unit, done: None)

    def __post_init__(self) -> None:
        check_numbers(jobs=self.jobs, threads=self.threads)
        if self.executor is not None and self.on is not None:
            raise WorkError("executor and on were given; one of them carries the work.")

    @property
    def here(self) -> bool:
        """Whether this process does the work itself, one unit after the other."""
        return self.executor is None and self.on is None and (self.jobs or 1) == 1


def run_units(units: Iterable[Unit], store: Store, plan: Plan, local: Work | None = None) -> None:
    """Have every unit finished; give none: `plan.keep` hears each, and the store has them.

    `local` is the function itself where this process is to do the work.

    Raises
        SimplecellError   what a unit raised: those under way are left, what is finished is kept
        WorkError         units that two workers died with, the second time alone, after all
                          others are finished; a worker of another version; an Executor that broke
    """
    drive = _Drive(store, plan, local)
    try:
        drive.run(iter(units))
    except BaseException:
        drive.carrier.stop()
        raise
    finally:
        drive.claims.close()
    drive.carrier.close()


class _Carrier:
    """The Executor, however it was asked for, and what may be done about it."""

    def __init__(self, plan: Plan, local: Work | None) -> None:
        self.plan, self.local = plan, local
        self.own = not isinstance(plan.executor, Executor)
        self.executor = self._open()

    def _open(self) -> Executor | None:
        plan = self.plan
        if plan.here:
            return None
        if plan.on is not None:
            return Dask(plan.on, plan.jobs)
        if plan.executor is None:
            processes = Processes(plan.jobs or 1)
            processes.tell = plan.tell
            return processes
        if isinstance(plan.executor, Executor):
            return lent(plan.executor)
        made = plan.executor() if callable(plan.executor) else None
        if not isinstance(made, Executor):
            raise WorkError(
                f"executor is {type(plan.executor).__name__}; give a concurrent.futures.Executor,"
                " as Dask's client.get_executor(), or a function that gives one."
            )
        return lent(made)

    @property
    def width(self) -> int:
        """How many units are under way at a time."""
        if self.executor is None:
            return 1
        if isinstance(self.executor, Asked):
            most = self.plan.jobs if self.plan.on is None else None
            return most or self.executor.width
        if isinstance(self.executor, Processes):
            return self.executor.jobs
        most = getattr(self.executor, "_max_workers", None)
        return self.plan.jobs or (most + 1 if isinstance(most, int) else WIDTH)

    def submit(self, text: str) -> "Future[str]":
        """Hand a unit on; the one that this process does is finished when it is handed on."""
        if self.executor is not None:
            return self.executor.submit(carry, text)
        done: Future[str] = Future()
        with telling(self.plan.tell):
            done.set_result(answer(self.local, json.loads(text)) if self.local else carry(text))
        return done

    def renew(self) -> bool:
        """Replace an Executor that broke; say whether there is one again."""
        if isinstance(self.executor, Asked):
            return self.executor.renew()
        if isinstance(self.executor, Processes):
            return True
        if not self.own or self.executor is None:
            return False
        with suppress(Exception):
            self.executor.shutdown(wait=False)
        self.executor = self._open()
        return True

    def stop(self) -> None:
        """Leave what is under way."""
        if isinstance(self.executor, Dask | Processes):
            self.executor.stop()
        elif self.own and self.executor is not None:
            self.executor.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End what is ours."""
        if self.own and self.executor is not None:
            self.executor.shutdown()


class _Drive:
    """One run of the units: those under way, those that wait, those under suspicion."""

    def __init__(self, store: Store, plan: Plan, local: Work | None) -> None:
        self.store, self.plan = store, plan
        self.claims = Claims(store.folder, plan.stale)
        self.carrier = _Carrier(plan, local)
        self.flying: dict[Future[str], Unit] = {}
        self.again: deque[Unit] = deque()
        self.theirs: deque[Unit] = deque()
        self.suspects: deque[Unit] = deque()
        self.deaths: dict[str, str] = {}
        self.guilty: dict[str, str] = {}
        self.attempts = 0
        self.waiting = False

    def run(self, units: Iterator[Unit]) -> None:
        """Finish all."""
        source = self._ours(units)
        more = True
        while more or self.flying or self.again or self.theirs or self.suspects:
            more = self._fill(source) if more else more
            while self.again and len(self.flying) < self.carrier.width:
                self._start(self.again.popleft(), held=True)
            if not (more or self.flying or self.again):
                self._rest()
            if self.flying:
                self._land()
        self._judge()

    def _ours(self, units: Iterator[Unit]) -> Iterator[Unit]:
        shard = self.plan.shard
        for place, unit in enumerate(units):
            if shard is None or shard.takes(place):
                yield unit

    def _fill(self, source: Iterator[Unit]) -> bool:
        """Start units until enough are under way; say whether there may be more."""
        while len(self.flying) < self.carrier.width:
            unit = next(source, None)
            if unit is None:
                return False
            self._try(unit)
            if any(future.done() for future in self.flying):
                break
        return True

    def _try(self, unit: Unit) -> bool:
        """Read a unit if it is finished, start it if nobody has it; say whether it moved."""
        if self._found(unit):
            return True
        if not self.claims.take(unit.name):
            self.theirs.append(unit)
            return False
        if why := self.claims.taken.pop(unit.name, None):
            self.plan.say(f"{unit.name}: its claim is taken over, as {why}")
        # Whoever had it may have finished it between the two looks.
        if self._found(unit):
            self.claims.release(unit.name)
        else:
            self._start(unit)
        return True

    def _found(self, unit: Unit) -> bool:
        done = self.store.read(unit)
        if done is not None:
            self.plan.keep(unit, done)
        return done is not None

    def _start(self, unit: Unit, held: bool = False) -> None:
        if not held:
            self.plan.begin(unit)
        self.attempts += 1
        try:
            text = order(self.store.work, unit, self.plan.threads, self.attempts)
            self.flying[self.carrier.submit(text)] = unit
        except (CancelledError, BrokenExecutor, RuntimeError) as problem:
            if self.carrier.executor is None or not self._renew(problem):
                raise
            self.again.append(unit)

    def _rest(self) -> None:
        """Nothing is under way: look at what others have, then at each suspect alone."""
        for _ in range(len(self.theirs)):
            if self._try(self.theirs.popleft()) and self.flying:
                return
        if self.suspects:
            self._start(self.suspects.popleft(), held=True)
        elif self.theirs:
            if not self.waiting:
                self.waiting = True
                first = self.theirs[0].name
                self.plan.say(
                    f"{len(self.theirs)} units are left, and others have them: {first} is with"
                    f" {self.claims.holder(first)}; waiting"
                )
            time.sleep(min(LOOK, self.plan.stale / 4))

    def _land(self) -> None:
        """Take in what is finished, and what was lost."""
        done, _ = wait(self.flying, timeout=LOOK, return_when=FIRST_COMPLETED)
        if not done and isinstance(self.carrier.executor, Asked):
            self.carrier.executor.watch(self.plan.say)
        alone = len(self.flying) == 1
        lost = self._sort(done, alone)
        if lost is None or isinstance(self.carrier.executor, Processes):
            return
        # With the Executor, all that it had is lost: each future hears so, or is left.
        rest, left = wait(self.flying, timeout=5)
        self._sort(rest, alone)
        for future in left:
            self.again.append(self.flying.pop(future))
        self._renew(lost)

    def _sort(self, done: Iterable[Future[str]], alone: bool) -> BaseException | None:
        """Keep results, and put back what was lost; give the problem if the Executor is."""
        lost: BaseException | None = None
        for future in done:
            unit = self.flying.pop(future)
            try:
                self._take(unit, json.loads(future.result()))
            except CancelledError as problem:
                lost = problem
                self.again.append(unit)
            except Exception as problem:
                if not _deadly(problem):
                    raise _explained(problem) from None
                lost = problem if isinstance(problem, BrokenExecutor) else lost
                self._died(unit, problem, alone)
        return lost

    def _take(self, unit: Unit, told: dict[str, Any]) -> None:
        if "refused" in told:
            raise refused(told["refused"])
        if "error" in told:
            raise raised(told)
        done = Done(told["result"], told["seconds"], told["where"], fresh=True)
        self.store.write(unit, done)
        self.claims.release(unit.name)
        self.plan.keep(unit, done)

    def _died(self, unit: Unit, problem: BaseException, alone: bool) -> None:
        """Remember that a worker died with this unit; the second time, alone, it is guilty."""
        how = (str(problem) or type(problem).__name__).splitlines()[0].rstrip(".")
        if last := getattr(problem, "last_worker", None):  # of Dask's KilledWorker
            how = f"{getattr(last, 'address', last)} ended and gave no answer"
        if alone and unit.name in self.deaths:
            self.guilty[unit.name] = how
            self.claims.release(unit.name)
            self.plan.say(f"{unit.name}: a second worker died with it, so it is left out: {how}")
            return
        self.deaths[unit.name] = how
        self.suspects.append(unit)
        self.plan.say(f"{unit.name}: its worker died ({how}); tried once more, alone, at the end")

    def _renew(self, problem: BaseException) -> bool:
        """Go on with another Executor, or say that there is none."""
        if isinstance(problem, CancelledError):
            why = str(problem) or "it forgot what it had"
            self.plan.say(f"the scheduler was lost ({why}); units under way are asked for again")
        if self.carrier.renew():
            return True
        raise WorkError(
            f"the executor takes no more work: {str(problem) or type(problem).__name__}.\n"
            "  What is finished is kept, and the same command goes on. Give a function that makes"
            " an executor, and it is replaced where a worker dies."
        ) from None

    def _judge(self) -> None:
        if not self.guilty:
            return
        named = "; ".join(f"{name} ({how})" for name, how in sorted(self.guilty.items())[:5])
        many = "1 unit" if len(self.guilty) == 1 else f"{len(self.guilty)} units"
        raise WorkError(
            f"{many} cannot be finished. For each, two workers died while they had it, the second"
            f" while nothing else was under way: {named}.\n"
            "  All others are finished and kept. If memory ran out, fewer --jobs or a larger"
            " machine may do; the same command tries again."
        )


def _deadly(problem: BaseException) -> bool:
    """Tell whether it says that a worker died: Dask has a name of its own for that."""
    return isinstance(problem, BrokenExecutor) or type(problem).__name__ == "KilledWorker"


def _explained(problem: Exception) -> Exception:
    """Say in words that a worker has no simplecell, or one that is too old to be asked."""
    if isinstance(problem, ImportError):
        return refused(f"it cannot import what it was asked for ({problem})")
    return problem
