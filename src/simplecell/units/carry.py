"""What travels: one text to the worker, one text back; and what a worker does with it.

    {"work": "module:function", "told", "sent", "threads", "version"}
    {"result", "seconds", "where"}      or {"error", "message"}      or {"refused"}

The function is called as function(told, sent, tell). Threads are set here, within the unit.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from simplecell import errors
from simplecell.errors import SimplecellError, WorkError
from simplecell.train.model import version
from simplecell.units.claims import host
from simplecell.units.unit import Unit, plain
from simplecell.workers import limited

Tell = Callable[[str], None]
Work = Callable[[Mapping[str, Any], Mapping[str, Any], Tell], Mapping[str, Any]]


def silent(line: str) -> None:
    """Hear a line and say nothing."""


_TELL: ContextVar[Tell] = ContextVar("tell", default=silent)


@contextmanager
def telling(tell: Tell) -> Iterator[None]:
    """Let units that are done within say what goes on in them."""
    before = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(before)


def order(work: str, unit: Unit, threads: int | None, attempt: int = 1) -> str:
    """Write what a worker is to do; Dask gives equal texts one answer, so attempts are counted."""
    told = {"told": unit.told, "sent": unit.sent, "attempt": attempt}
    return json.dumps({"work": work, "threads": threads, "version": version(), **plain(told)})


def carry(text: str) -> str:
    """Do a unit and write what came of it: this is all that an Executor is asked to call."""
    asked = json.loads(text)
    if asked["version"] != version():
        return json.dumps(
            {"refused": f"{_me()} has simplecell {version()}, and this is {asked['version']}"}
        )
    module, _, name = asked["work"].partition(":")
    return answer(getattr(import_module(module), name), asked)


def answer(work: Work, asked: Mapping[str, Any]) -> str:
    """Do what is asked with a function that is here."""
    started = time.perf_counter()
    try:
        with limited(asked["threads"]), _one_blas(asked["threads"]):
            result = work(asked["told"], asked["sent"], _TELL.get())
    except SimplecellError as problem:
        return json.dumps({"error": type(problem).__name__, "message": str(problem)})
    seconds = time.perf_counter() - started
    where = {"host": host(), "process": os.getpid(), "threads": asked["threads"]}
    done = {"result": plain(result), "seconds": seconds, "where": where}
    return json.dumps(done, allow_nan=False)


def nothing(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
    """Do nothing: what a unit costs beside its work is measured by it."""
    return {}


def raised(told: Mapping[str, Any]) -> SimplecellError:
    """Make an error of the same kind, with the message it had over there."""
    kind = getattr(errors, str(told["error"]), SimplecellError)
    problem: SimplecellError = kind.__new__(kind)
    problem.args = (told["message"],)
    return problem


def refused(who: str) -> WorkError:
    """Say that a worker of another version must not answer."""
    return WorkError(
        f"a worker was refused: {who}.\n"
        "  Install the same simplecell wherever work is done; what is finished is kept, and the"
        " same command goes on."
    )


def _me() -> str:
    """Name this worker: as Dask calls it, if it is one of Dask's."""
    told = f"process {os.getpid()} on {host()}"
    try:
        from distributed import get_worker

        return f"{get_worker().address} ({told})"
    except (ImportError, ValueError):
        return told


@contextmanager
def _one_blas(threads: int | None) -> Iterator[None]:
    """Hold BLAS to the unit's threads as well."""
    if threads is None:
        yield
        return
    with import_module("threadpoolctl").threadpool_limits(threads):
        yield
