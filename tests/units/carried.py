"""Work that takes no time, kills its worker, or fails, for workers elsewhere."""

import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import simplecell as sc
from simplecell.compile import compilation
from simplecell.errors import TrainingError
from simplecell.estimators.reading import threads_of
from simplecell.workers import processors


def square(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Any) -> Mapping[str, Any]:
    n = told["n"]
    if "log" in sent:
        with Path(sent["log"]).open("a") as log:
            log.write(f"{n}\n")
    tell(f"at {n}")
    time.sleep(sent.get("sleep", 0) if n >= sent.get("from", 0) else 0)
    if n == sent.get("poison"):
        os.kill(os.getpid(), signal.SIGKILL)
    if n == sent.get("once") and not Path(sent["mark"]).exists():
        Path(sent["mark"]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if n == sent.get("fail"):
        raise TrainingError("it diverged.\n  Take a lower rate.")
    return {
        "square": n * n,
        "third": n / 3,
        "own_seconds": time.time(),
        "lots": "x" * told["size"],
    }


class Noted(sc.ConvNetClassifier):
    """Notes in a file with how many threads each fit was done, and how many processes did them."""

    def __init__(self, notes: str = "", epochs: int = 1, rate: Any = None) -> None:
        super().__init__(epochs=epochs, rate=rate, random_state=0)
        self.notes = notes

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        told = sum("lanes" in thread.name for thread in threading.enumerate())
        super().fit(X, y, sample_weight)
        now = sum("lanes" in thread.name for thread in threading.enumerate())
        with Path(self.notes).open("a") as notes:
            here = (os.getpid(), threads_of(self.n_jobs), now - told, compilation())
            notes.write(" ".join(map(str, here)) + "\n")
        return self


def limit(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Any) -> Mapping[str, Any]:
    from threadpoolctl import threadpool_info

    return {"threads": processors(), "blas": max(p["num_threads"] for p in threadpool_info())}


def levels() -> list[int]:
    """Give the levels from which a worker's log is printed."""
    return [handler.level for handler in logging.getLogger("distributed").handlers]
