"""`--on dask` and `--on tcp://…`: Dask as an Executor that finds its scheduler again.

A scheduler that starts again has lost every future (distributed #436): those come back as
cancelled, and whoever drives asks again, with a new client.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from importlib import import_module
from typing import Any

from simplecell.errors import WorkError
from simplecell.workers import processors

RECONNECT, WORKERS = 120.0, 60.0
"""Seconds for which a scheduler, and its first worker, are waited for."""

LOCAL = "dask"


class Dask(Executor):
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
        self.on = on
        self.own: Any = None
        if on == LOCAL:
            logging.getLogger("distributed").setLevel(logging.ERROR)
            # A death is told at once: who is guilty, `drive` finds out.
            with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
                self.own = self.distributed.LocalCluster(
                    n_workers=jobs or processors(), threads_per_worker=1, processes=True,
                    dashboard_address=None, memory_limit=0,
                )  # fmt: skip
        self.client: Any = None
        self.connect(WORKERS)

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
                        "  Start one with dask scheduler, and workers with dask worker."
                    ) from None
                time.sleep(0.5)
        try:
            self.client.wait_for_workers(1, timeout=max(5.0, until - time.monotonic()))
        except (OSError, TimeoutError):
            raise WorkError(
                f"the scheduler at {self.on} has no worker.\n  Start one: dask worker {self.on}"
            ) from None

    @property
    def width(self) -> int:
        """How many units are under way at a time: two for each thread, so that none waits."""
        with suppress(Exception):
            return 2 * max(1, sum(map(int, self.client.nthreads().values())))
        return 2

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Have something called on a worker."""
        if self.client.status != "running":
            raise CancelledError("the scheduler is not there")
        done: Future[Any] = self.client.get_executor().submit(fn, *args, pure=False, **kwargs)
        return done

    def renew(self) -> None:
        """Find the scheduler again, after it was lost.

        Raises
            WorkError   it did not come back
        """
        with suppress(Exception):
            self.client.close(timeout=1)
        self.client = None
        self.connect(RECONNECT)

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
