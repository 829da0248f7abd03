"""`--on dask` and `--on tcp://…`: Dask as an Executor that finds its scheduler again.

A scheduler that starts again has lost every future (distributed #436): those come back as
cancelled, and whoever drives asks again, with a new client.

Dask's own Executor forgets a future whose answer is lost on the way, because the scheduler, or
the worker that had it, died after "finished" was said: whoever waits for it waits for ever. So
`Asked` brings each answer or its loss, and `watch` asks the scheduler now and then whether it is
there, has workers, and knows what it was asked for.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from importlib import import_module
from typing import Any

from simplecell.errors import WorkError
from simplecell.workers import processors

RECONNECT, WORKERS = 120.0, 60.0
"""Seconds for which a scheduler, and its first worker, are waited for."""

ASK, ANSWER, SILENT = 5.0, 10.0, 60.0
"""Seconds between two questions to a scheduler, for an answer, and until it counts as lost."""

LOCAL = "dask"
QUIET: dict[str, Any] = {
    "dashboard_address": "127.0.0.1:0",
    "scheduler_kwargs": {"dashboard": False},
    "silence_logs": logging.CRITICAL,
}
"""A cluster without a page. Told no address, Dask takes port 8787, and complains of a second.
Its workers are silent too: one that asks a cluster about to end would print a traceback."""
ABSENT = (None, "released", "forgotten", "memory", "erred")
"""What a scheduler says of a task that it does not work at (any more)."""


class Asked(Executor):
    """What a client of Dask is asked for: each answer comes, or its loss does."""

    def __init__(self, client: Any, where: str, told: Mapping[str, Any] | None = None) -> None:
        self.client, self.where, self.told = client, where, dict(told or {})
        self.asked: dict[Future[Any], Any] = {}
        self.odd: dict[str, float] = {}
        self._begin()

    def _begin(self) -> None:
        """Forget what was known of a scheduler, as it may be another one."""
        now = time.monotonic()
        self.threads, self.looked, self.watched = 1, 0.0, now
        self.heard = self.manned = now
        self.odd.clear()
        self.told_so = False

    @property
    def width(self) -> int:
        """How many units are under way at a time: two for each thread, so that none waits."""
        if time.monotonic() - self.looked > ASK / 2:
            self._look()
        return 2 * max(1, self.threads)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Have something called on a worker."""
        if self.client.status != "running":
            raise CancelledError("the scheduler is not there")
        asked = self.client.submit(fn, *args, pure=False, **{**self.told, **kwargs})
        done: Future[Any] = Future()
        self.asked[done] = asked
        done.add_done_callback(self._forget)
        self.client.loop.add_callback(_bring, asked, done)
        return done

    def watch(self, say: Callable[[str], None]) -> None:
        """Ask whether the scheduler is there, has workers, and knows of what is under way.

        What it has not known of for SILENT seconds is given up; all is, where it does not answer.

        Raises
            WorkError   no worker is left, and none came
        """
        if not self.asked or time.monotonic() - self.watched < ASK:
            return
        self.watched = time.monotonic()
        keys = {asked.key: done for done, asked in list(self.asked.items())}
        told = self._look(list(keys))
        if told is None:
            if self.client.status == "closed" or time.monotonic() - self.heard > SILENT:
                self._lose(list(keys.values()), f"{self.where} gave no answer")
            return
        # An answer that is large, or a machine that is busy, takes its time to arrive.
        absent = [key for key in keys if told.get(key) in ABSENT]
        self.odd = {key: self.odd.get(key, self.heard) for key in absent}
        lost = [keys[key] for key in absent if self.heard - self.odd[key] > SILENT]
        self._lose(lost, "the scheduler had lost a unit")
        alone = self.heard - self.manned
        if alone > ASK and not self.told_so:
            self.told_so = True
            say(f"{self.where} has no worker now; one is waited for, for {RECONNECT:.0f} s")
        if alone > RECONNECT:
            raise WorkError(
                f"{self.where} has had no worker for {RECONNECT:.0f} s, and {len(keys)} units wait"
                f" for one.\n  Start one: dask worker {_address(self.client)}; what is finished is"
                " kept, and the same command goes on."
            )

    def renew(self) -> bool:
        """Go on with the same client, once it has found its scheduler again; say if it has."""
        self._lose(list(self.asked), "the scheduler was left")
        until = time.monotonic() + RECONNECT
        while self.client.status == "connecting" and time.monotonic() < until:
            time.sleep(0.1)
        self._begin()
        return bool(self.client.status == "running")

    def _look(self, keys: list[str] | None = None) -> Mapping[str, Any] | None:
        """Ask for the workers, and for the state of some tasks; None if no answer comes."""
        self.looked = time.monotonic()
        try:
            told = self._call("get_task_status", keys=keys or [])
            threads = self._call("ncores", workers=None)
        except Exception:
            return None
        self.heard = self.looked = time.monotonic()
        self.threads = sum(map(int, threads.values()))
        if self.threads:
            self.manned, self.told_so = self.heard, False
        return dict(told)

    def _call(self, name: str, **told: Any) -> Any:
        called = getattr(self.client.scheduler, name)
        return self.client.sync(called, callback_timeout=ANSWER, **told)

    def _lose(self, futures: "list[Future[Any]]", why: str) -> None:
        for done in futures:
            _settle(done, CancelledError(why))

    def _forget(self, done: "Future[Any]") -> None:
        self.asked.pop(done, None)


async def _bring(asked: Any, done: "Future[Any]") -> None:
    """Bring an answer or what was raised instead of it, in Dask's own loop."""
    try:
        answer = await asked
    except BaseException as problem:
        raised = asked.status == "error" and isinstance(problem, Exception)
        why = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        if asked.status == "cancelled":
            why = "its connection ended"
        _settle(done, problem if raised else CancelledError(why))
    else:
        _settle(done, None, answer)


def _settle(done: "Future[Any]", problem: BaseException | None, answer: Any = None) -> None:
    """End a future once; whoever comes second is late."""
    with suppress(Exception):
        if problem is None:
            done.set_result(answer)
        else:
            done.set_exception(problem)


def _address(client: Any) -> str:
    with suppress(Exception):
        return str(client.scheduler.address)
    return "tcp://host:8786"


def lent(executor: Executor) -> Executor:
    """Take Dask's own Executor by its client, so that no answer of it is lost; leave others."""
    client = getattr(executor, "_client", None)
    if type(executor).__module__.partition(".")[0] != "distributed" or client is None:
        return executor
    told = getattr(executor, "_kwargs", {})
    return Asked(client, f"the scheduler at {_address(client)}", told)


class Dask(Asked):
    """A Dask cluster: one of this machine's own, or the one at an address."""

    def __init__(self, on: str, jobs: int | None = None) -> None:
        try:
            dask = import_module("dask")
            self.distributed: Any = import_module("distributed")
        except ImportError:
            raise WorkError(
                "Dask is not installed, and --on asks for it.\n"
                "  Install it: pip install 'simplecell[dask]'; or ask for --jobs, which needs"
                " nothing."
            ) from None
        if on != LOCAL and not on.startswith(("tcp://", "tls://", "ucx://", "ws://", "wss://")):
            raise WorkError(
                f"on is {on!r}; write dask for a cluster of this machine's own, or the address of"
                " a scheduler, as tcp://host:8786."
            )
        # What becomes of workers and schedulers is said by `drive`, once and in words.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        self.on = on
        self.own: Any = self._start(dask, jobs or processors()) if on == LOCAL else None
        super().__init__(None, f"the scheduler at {on}" if on != LOCAL else "the local cluster")
        self.connect(WORKERS)

    def _start(self, dask: Any, jobs: int) -> Any:
        """Start a cluster of this machine's own.

        Raises
            WorkError   its workers do not start
        """
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        # A death is told at once: who is guilty, `drive` finds out.
        with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
            try:
                return self.distributed.LocalCluster(
                    n_workers=jobs, threads_per_worker=1, processes=True, memory_limit=0,
                    death_timeout=WORKERS, **QUIET,
                )  # fmt: skip
            except (OSError, RuntimeError) as problem:
                raise WorkError(
                    f"Dask's workers did not start within {WORKERS:.0f} s:"
                    f" {str(problem).splitlines()[0] if str(problem) else problem!r}.\n"
                    "  A script that asks for dask needs if __name__ == '__main__' around its"
                    " work; jobs=N needs neither."
                ) from None

    def connect(self, seconds: float) -> None:
        """Find the scheduler, with patience, and at least one worker.

        Raises
            WorkError   none is there
        """
        until = time.monotonic() + seconds
        where = self.own if self.own is not None else self.on
        while self.client is None:
            try:
                self.client = self.distributed.Client(where, timeout=5, set_as_default=False)
            except (OSError, TimeoutError, ValueError) as problem:
                if time.monotonic() > until:
                    raise WorkError(
                        f"no scheduler of Dask answers at {self.on}: {problem}.\n"
                        "  Start one with dask scheduler, and workers with dask worker; it was"
                        f" waited for, for {seconds:.0f} s."
                    ) from None
                time.sleep(0.5)
        try:
            self.client.wait_for_workers(1, timeout=max(5.0, until - time.monotonic()))
        except (OSError, TimeoutError):
            raise WorkError(
                f"the scheduler at {self.on} has no worker, and none came within"
                f" {seconds:.0f} s.\n  Start one: dask worker {self.on}"
            ) from None
        self._begin()

    def renew(self) -> bool:
        """Find the scheduler again, after it was lost, with a new client.

        Raises
            WorkError   it did not come back
        """
        self._lose(list(self.asked), "the scheduler was left")
        with suppress(Exception):
            self.client.close(timeout=1)
        self.client = None
        self.connect(RECONNECT)
        return True

    def stop(self) -> None:
        """Leave at once what is under way."""
        self.shutdown(wait=False)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, and end it if it is our own."""
        with suppress(Exception):
            self.client.close(timeout=2)
        if self.own is not None:
            with suppress(Exception):
                self.own.close(timeout=5)
