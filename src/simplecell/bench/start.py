"""Starts: importing the package, and a first and a later training, each in a fresh process.

The training is that of `make demo`; "first" means that no compiled kernel is on disk. Python's own
compiled files are there, as they are after `pip install`.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from simplecell.bench.machine import child_environment
from simplecell.errors import EngineError

DEMO = ("-m", "simplecell", "train", "digits", "--json")
IMPORT = "import time; t = time.perf_counter(); import simplecell; print(time.perf_counter() - t)"
REPEATS = 5


def starts(repeats: int = REPEATS) -> dict[str, float]:
    """Give `cold_start_seconds`, `warm_start_seconds`, `import_seconds`; medians but the first."""
    with tempfile.TemporaryDirectory(prefix="simplecell-bench-") as folder:
        cache = Path(folder) / "cache"
        demo_seconds(cache, Path(folder) / "before")
        shutil.rmtree(cache)
        cold = demo_seconds(cache, Path(folder) / "first")
        warm = [demo_seconds(cache, Path(folder) / f"later{k}") for k in range(repeats)]
    return {
        "cold_start_seconds": cold,
        "warm_start_seconds": median(warm),
        "import_seconds": import_seconds(repeats),
    }


def demo_seconds(cache: Path, folder: Path) -> float:
    """Time the demo's training from the command line to the end of its process."""
    folder.mkdir()
    kept = {"NUMBA_CACHE_DIR": str(cache), "SIMPLECELL_CACHE": str(cache)}
    kept |= {"PYTHONPYCACHEPREFIX": str(cache.with_name("files")), "PYTHONDONTWRITEBYTECODE": ""}
    begun = time.perf_counter()
    _run(*DEMO, folder=folder, environment={**child_environment(), **kept})
    return time.perf_counter() - begun


def import_seconds(repeats: int = REPEATS) -> float:
    """Time `import simplecell`, NumPy and all, in fresh processes."""
    return median(
        float(_run("-c", IMPORT, folder=Path.cwd(), environment=child_environment()))
        for _ in range(repeats)
    )


def _run(*arguments: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        command = " ".join(("python", *arguments))
        raise EngineError(f"{command} ended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout
