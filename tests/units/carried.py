"""Work that takes no time, kills its worker, or fails, for workers elsewhere."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simplecell.errors import TrainingError
from simplecell.workers import processors


def square(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Any) -> Mapping[str, Any]:
    n = told["n"]
    if "log" in sent:
        with Path(sent["log"]).open("a") as log:
            log.write(f"{n}\n")
    tell(f"at {n}")
    time.sleep(sent.get("sleep", 0))
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


def limit(told: Mapping[str, Any], sent: Mapping[str, Any], tell: Any) -> Mapping[str, Any]:
    from threadpoolctl import threadpool_info

    return {"threads": processors(), "blas": max(p["num_threads"] for p in threadpool_info())}
