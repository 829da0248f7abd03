"""The machine: what it is, how many threads all get, and who else is at work on it."""

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from simplecell.bench.sgemm import VARIABLES

PACKAGES = ("simplecell", "numpy", "numba", "torch", "jax", "onnxruntime", "scikit-learn")


def describe(threads: int) -> dict[str, Any]:
    """Say what a figure depends on, besides the code."""
    return {
        "cpu": _processor(),
        "cores": len(_cores()),
        "threads": threads,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _version(name: str) -> str | None:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(name)
    return None


@contextmanager
def confined(threads: int) -> Iterator[None]:
    """Keep this process and its children to so many cores and BLAS to so many threads.

    Some peers take a thread per core and cannot be told otherwise; given fewer cores they
    take fewer threads. Where the system has no such setting they are left alone.
    """
    cores = _cores()
    with import_module("threadpoolctl").threadpool_limits(threads):
        if not hasattr(os, "sched_setaffinity") or threads >= len(cores):
            yield
            return
        os.sched_setaffinity(0, cores[:threads])
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)


class Bystanders:
    """How much of the machine others use: the noise in every figure.

    Reads what the whole machine did from Linux, and takes off what this process and its
    children did.
    """

    def __init__(self) -> None:
        self.begun, self.busy, self.own = time.monotonic(), _busy_seconds(), _own_seconds()

    def percent(self) -> float | None:
        """Give the mean share of the cores others have used since; None where nobody knows."""
        busy = _busy_seconds()
        if busy is None or self.busy is None:
            return None
        others = (busy - self.busy) - (_own_seconds() - self.own)
        available = (time.monotonic() - self.begun) * (os.cpu_count() or 1)
        return max(0.0, 100 * others / available)


def _busy_seconds() -> float | None:
    with suppress(OSError):
        line = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
        user, nice, system, _, _, interrupts, soft, stolen = map(int, line.split()[1:9])
        total = user + nice + system + interrupts + soft + stolen
        return total / os.sysconf("SC_CLK_TCK")
    return None


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
