"""Threads that wait for work: as many as the system gives, afresh in a forked process.

A thread that is there costs a message and not a start. What may go wrong with threads is met here:

    fork          only the thread that forks goes on in the child: the child starts its own
    no thread     the system refuses one (a limit on processes): work goes on with fewer
    Ctrl-C        whoever waits for long work waits in the interpreter, which hears signals;
                  the others are told to stop, and given up where they do not

Importable from anywhere; needs the standard library only.
"""

import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

Work = Callable[[int, int], object]
"""What one thread does: it is told its number, and how many they are."""

GRACE = 0.5
"""Seconds that threads have for coming home, once the work is stopped."""

AGAIN = 1.0
"""Seconds until the system is asked once more for a thread that it refused."""

LOOK = 0.1
"""Seconds between two looks, where waiting hears no signal."""

_Answer = tuple[object, BaseException | None]
_Order = tuple[Work, int, int, "SimpleQueue[_Answer]", Callable[[], None]]


def processors() -> int:
    """Count the processors that this process may use: its own, and as its control group allows.

    A control group may allow a share of time: 150 % of a processor are two threads' work.
    Within `limited` it is no more than that says.
    """
    limit = _LIMIT.get()
    if limit == 1:
        return 1
    found = _there()
    return found if limit is None else min(found, limit)


_LIMIT: ContextVar[int | None] = ContextVar("limit", default=None)


@contextmanager
def limited(most: int | None) -> Iterator[None]:
    """Let what is done within, in this thread, take so many processors; None is no limit."""
    before = _LIMIT.set(most)
    try:
        yield
    finally:
        _LIMIT.reset(before)


def _there() -> int:
    count = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    allowed = _allowed()
    return count if allowed is None else max(1, min(count, allowed))


def _allowed() -> int | None:
    """Read how many processors' time the control group of this process has; None: all."""
    for quota, period in (
        ("/sys/fs/cgroup/cpu.max", None),
        ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
    ):
        with suppress(OSError, ValueError):
            told = _words(quota) + ([] if period is None else _words(period))
            share, whole = int(told[0]), int(told[1])
            return -(-share // whole) if share > 0 and whole > 0 else None
    return None


def _words(path: str) -> list[str]:
    with open(path, encoding="ascii") as file:
        return file.read().split()


class Workers:
    """Some threads, started when they are first needed.

    `alone` is for those whose threads wait for each other: it lets one call at a time have them.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._renew()
        _ALL.add(self)

    def _renew(self) -> None:
        """Begin without threads: those of before are gone, or not to be waited for."""
        self.alone = threading.RLock()
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._threads = 0
        self._refused = float("-inf")
        # Threads that wait end when nobody can give them work any more.
        self._end = weakref.finalize(self, self._orders.put, None)
        self._end.atexit = False

    def together(
        self, work: Work, most: int, stop: Callable[[], None] = lambda: None, apart: bool = False
    ) -> None:
        """Call work(0, n) ... work(n - 1, n) at once, and wait for all; n is `most`, or fewer.

        `stop` makes the others end soon; it is called when one of them fails, or whoever waits is
        interrupted. `apart` lets the caller wait while all the work is done by others: so it
        hears signals, which long compiled work does not.

        Raises
            whatever the work raises; when that is raised, the work may still go on in a thread
            that did not hear `stop`: what it writes to must not be used again.
        """
        own = not apart
        if own and most == 1:
            work(0, 1)
            return
        n = self._start(most - own) + own
        if n == 0:
            own, n = True, 1
        answers: SimpleQueue[_Answer] = SimpleQueue()
        sent = came = 0
        problem: BaseException | None = None
        try:
            for thread in range(own, n):
                # A message may have gone out although putting it was interrupted.
                sent += 1
                self._orders.put((work, thread, n, answers, stop))
            if own:
                work(0, n)
            while came < sent:
                problem = _next(answers)[1] or problem
                came += 1
        except BaseException:
            stop()
            if not _come_home(answers, sent - came):
                self._end()
                self._renew()
            raise
        if problem is not None:
            raise problem

    def ask(self, work: Callable[[], object], threads: int) -> bool:
        """Have one of so many threads do it when it can; say whether there is one.

        Nobody waits for it, or hears what it raises.
        """
        if self._start(threads) == 0:
            return False
        self._orders.put((lambda thread, threads: work(), 0, 1, SimpleQueue(), _nothing))
        return True

    def each(self, do: Callable[[Given], Made], many: Iterable[Given], most: int) -> list[Made]:
        """Do it to each, several at once; give what it gave, in order.

        Raises
            whatever it raises, of the first that failed
        """
        given = list(many)
        made: dict[int, Made] = {}
        left, halted = iter(range(len(given))), threading.Event()

        def work(thread: int, threads: int) -> None:
            # The next place is drawn in one step of the interpreter: no two draw the same.
            for place in left:
                if halted.is_set():
                    return
                made[place] = do(given[place])

        self.together(work, min(most, max(1, len(given))), halted.set)
        return [made[place] for place in range(len(given))]

    def _start(self, wanted: int) -> int:
        """See to it that so many threads wait for work; give how many do."""
        while self._threads < wanted and time.monotonic() - self._refused > AGAIN:
            thread = threading.Thread(
                target=_serve,
                args=(self._orders,),
                name=f"{self.name}-{self._threads}",
                # One that is busy at the end must not keep the process from ending.
                daemon=True,
            )
            try:
                thread.start()
            except (RuntimeError, MemoryError):
                self._refused = time.monotonic()
                break
            self._threads += 1
        return min(wanted, self._threads)


def _nothing() -> None:
    """Stop what cannot be stopped."""


def _serve(orders: "SimpleQueue[_Order | None]") -> None:
    """Do what comes, until None does."""
    while (order := orders.get()) is not None:
        work, thread, threads, answers, stop = order
        try:
            work(thread, threads)
            answers.put((None, None))
        except BaseException as problem:
            stop()
            answers.put((None, problem))
        # Until the next order, nothing of this one is to be kept alive.
        del order, work, answers, stop
    # The next who waits is to end as well.
    orders.put(None)


def _next(answers: "SimpleQueue[_Answer]") -> _Answer:
    """Wait for an answer, and hear signals meanwhile; Windows does so between two looks."""
    while sys.platform == "win32":
        with suppress(Empty):
            return answers.get(timeout=LOOK)
    return answers.get()


def _come_home(answers: "SimpleQueue[_Answer]", count: int) -> bool:
    """Wait a little for so many answers; say whether all came."""
    until = time.monotonic() + GRACE
    for _ in range(count):
        try:
            answers.get(timeout=max(0.0, until - time.monotonic()))
        except (Empty, KeyboardInterrupt):
            return False
    return True


_ALL: "weakref.WeakSet[Workers]" = weakref.WeakSet()


def _in_child() -> None:
    for workers in list(_ALL):
        workers._end.detach()
        workers._renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
