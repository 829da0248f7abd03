"""`--jobs N`: an Executor whose threads each have a process of their own, which stays.

A process that dies fails the unit that it had and no other; the next unit starts another one.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any, cast

from simplecell.units.carry import Tell, carry, silent


class Lost(BrokenExecutor):
    """A worker that ended without an answer."""


class Processes(ThreadPoolExecutor):
    """So many processes that do units; `tell` hears what goes on within them."""

    def __init__(self, jobs: int) -> None:
        super().__init__(jobs, "units")
        self.jobs = jobs
        self.tell: Tell = silent
        self._own = threading.local()
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Have a unit done: `carry` and its text; nothing else is sent to another process."""
        if fn is not carry or kwargs or len(args) != 1:
            raise TypeError("these processes do units: submit(carry, text).")
        return super().submit(self._do, args[0], self.tell)

    def stop(self) -> None:
        """End every process now, and start no more."""
        with self._lock:
            self._stopped = True
            for worker in self._running:
                worker.kill()
        self.shutdown(wait=True, cancel_futures=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when what they have is done."""
        super().shutdown(wait=wait, cancel_futures=cancel_futures)
        with self._lock:
            for worker in self._running:
                with suppress(OSError):
                    if worker.stdin:
                        worker.stdin.close()
            for worker in self._running:
                worker.wait()
                if worker.stdout:
                    worker.stdout.close()
            self._running.clear()

    def _do(self, text: str, tell: Tell) -> str:
        worker = getattr(self._own, "worker", None) or self._start()
        told: dict[str, Any] = {}
        orders, answers = cast(IO[str], worker.stdin), cast(IO[str], worker.stdout)
        try:
            orders.write(text + "\n")
            orders.flush()
            while "answer" not in told and "fault" not in told:
                told = json.loads(answers.readline() or '{"answer": null}')
                if "tell" in told:
                    tell(told["tell"])
        except (OSError, ValueError):
            told = {"answer": None}
        if "fault" in told:
            raise RuntimeError(f"a fault of simplecell's in a worker:\n{told['fault']}")
        if told["answer"] is None:
            raise self._gone(worker)
        return str(told["answer"])

    def _gone(self, worker: "subprocess.Popen[str]") -> Lost:
        self._own.worker = None
        with self._lock:
            self._running.discard(worker)
        worker.kill()
        code = worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return Lost(f"process {worker.pid} {how} and gave no answer")

    def _start(self) -> "subprocess.Popen[str]":
        folders = [os.path.abspath(entry) for entry in sys.path if entry]
        with self._lock:
            if self._stopped:
                raise Lost("the run was stopped before this unit began")
            worker = subprocess.Popen(
                [sys.executable, "-m", "simplecell.units.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(folders), "PYTHONUTF8": "1"},
            )
            self._running.add(worker)
        self._own.worker = worker
        return worker
