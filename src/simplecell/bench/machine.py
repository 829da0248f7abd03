"""The machine: what it is, how many threads all get, and who else is at work on it."""

import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from simplecell.bench.sgemm import VARIABLES

PACKAGES = ("simplecell", "numpy", "numba", "torch", "jax", "onnxruntime", "scikit-learn")
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "avx": "AVX"}
"""Linux's names of instruction sets, widest first, and everybody's."""


def describe(threads: int) -> dict[str, Any]:
    """Say what a figure depends on, besides the code."""
    return {
        "cpu": _processor(),
        "cores": len(_cores()),
        "threads": threads,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: package_version(name) for name in PACKAGES},
        "environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def _processor() -> str:
    """Name the processor; where Linux tells, its generation and its widest vectors as well."""
    told: dict[str, str] = {}
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            told.setdefault(name.strip(), value.strip())
    if "model name" not in told:
        return platform.processor() or "unknown"
    flags = told.get("flags", "").split()
    known = ("family " + told["cpu family"], "model " + told["model"]) if flags else ()
    vectors = next((title for flag, title in VECTORS.items() if flag in flags), "")
    more = ", ".join(filter(None, (" ".join(known), vectors)))
    return f"{told['model name']} ({more})" if more else told["model name"]


def _cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def package_version(name: str) -> str | None:
    """Give a package's version, None where it is not installed."""
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(name)
    return None


def child_environment() -> dict[str, str]:
    """Give the environment for a process of our own that may start in another folder."""
    folders = [str(Path(entry).resolve()) for entry in sys.path if entry]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}


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
    """How much of the machine others use while we measure: the noise in a figure.

    What all processors did, as Linux counts it, less what this process did.
    """

    def __init__(self) -> None:
        self.others = self.available = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch for as long as something is measured; it may be done again."""
        begun, busy, own = time.monotonic(), _busy_seconds(), time.process_time()
        yield
        self.others += _busy_seconds() - busy - (time.process_time() - own)
        self.available += (time.monotonic() - begun) * (os.cpu_count() or 1)

    @property
    def percent(self) -> float:
        """The mean share of the processors in other hands; 0 where nobody counts."""
        return max(0.0, 100 * self.others / self.available) if self.available else 0.0


def _busy_seconds() -> float:
    with suppress(OSError):
        line = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
        user, nice, system, _, _, interrupts, soft, stolen = map(int, line.split()[1:9])
        total = user + nice + system + interrupts + soft + stolen
        return total / os.sysconf("SC_CLK_TCK")
    return time.process_time()
