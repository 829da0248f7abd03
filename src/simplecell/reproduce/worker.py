"""Processes that each measure one unit, for `--jobs`: started, listened to, stopped.

A worker is this file, run as a program. It is told its unit as JSON on the command line and
answers in lines of JSON: {"tell": …} as it goes, then {"result": …, "seconds": …}, or
{"error": …, "message": …} for what a person caused.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from simplecell import errors
from simplecell.errors import SimplecellError, TrainingError, UnknownName
from simplecell.reproduce.experiment import Tell, with_threads
from simplecell.reproduce.registry import NAMES
from simplecell.reproduce.unit import plain


class Workers:
    """The workers of one run, which may all be stopped at once."""

    def __init__(self, experiment: str, quick: bool, threads: int) -> None:
        if experiment not in NAMES:  # a process of its own finds the experiment by its name
            raise UnknownName("experiment", experiment, NAMES)
        self.told = {"module": NAMES[experiment], "quick": quick, "threads": threads}
        self.lock = threading.Lock()
        self.running: set[subprocess.Popen[str]] = set()
        self.stopped = False

    def measure(self, task: str, seed: int, tell: Tell) -> tuple[Mapping[str, Any], float]:
        """Measure a unit in a process of its own; give its result and its seconds.

        Raises
            SimplecellError   what the worker raised
            TrainingError     a worker that ended without an answer
        """
        worker = self._start(json.dumps({**self.told, "task": task, "seed": seed}))
        answer: dict[str, Any] = {}
        try:
            with worker:
                for line in worker.stdout or ():
                    answer = json.loads(line)
                    if "tell" in answer:
                        tell(answer["tell"])
        finally:
            with self.lock:
                self.running.discard(worker)
        if "error" in answer:
            raise _raised(answer)
        if "result" not in answer:
            raise TrainingError(
                f"the process for {task}, seed {seed}, ended with code {worker.returncode} and no"
                " answer.\n  If memory ran out, fewer --jobs need less; what is finished is kept."
            )
        return answer["result"], answer["seconds"]

    def stop(self) -> None:
        """Stop every worker, and start no more."""
        with self.lock:
            self.stopped = True
            for worker in self.running:
                worker.kill()

    def _start(self, told: str) -> subprocess.Popen[str]:
        folders = [os.path.abspath(entry) for entry in sys.path if entry]
        with self.lock:
            if self.stopped:
                raise TrainingError("the run was stopped before this unit began.")
            worker = subprocess.Popen(
                [sys.executable, "-m", "simplecell.reproduce.worker", told],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(folders), "PYTHONUTF8": "1"},
            )
            self.running.add(worker)
        return worker


def _raised(answer: Mapping[str, Any]) -> SimplecellError:
    """Make an error of the same kind, with the message it had over there."""
    kind = getattr(errors, answer["error"], SimplecellError)
    problem: SimplecellError = kind.__new__(kind)
    problem.args = (answer["message"],)
    return problem


def _answer(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, allow_nan=False), flush=True)


def main(told: str) -> None:
    """Measure the unit that is described, and answer on standard output."""
    # Ctrl-C is for whoever started the workers: it stops them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    unit = json.loads(told)
    started = time.perf_counter()
    try:
        task = import_module(unit["module"]).EXPERIMENT.tasks[unit["task"]]
        with with_threads(unit["threads"]):
            result = task(unit["seed"], unit["quick"], lambda line: _answer({"tell": line}))
    except SimplecellError as problem:
        _answer({"error": type(problem).__name__, "message": str(problem)})
        sys.exit(2)
    _answer({"result": plain(result), "seconds": time.perf_counter() - started})


if __name__ == "__main__":
    main(sys.argv[1])
