"""Read files that are changed at random, by the thousand: nothing but our own errors may come.

    python tests/fuzz/long.py [--cases 10000] [--seed 0] [group ...]

Each group runs in a process of its own, which may use a gigabyte beyond what it begins with; a
case may take ten seconds, and one that took more is tried once again, since others may have had
the machine. Prints a table: cases, read, refused, foreign exceptions, the slowest,
memory. What ends in somebody else's exception is written to a folder, with its seed.
"""

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from formats import Format, formats

from simplecell.errors import SimplecellError

SECONDS = 10
SLOW = f"takes more than {SECONDS} s"
MEMORY = 1 << 30
GROUPS = (
    "model", "checkpoint", "resumed", "run", "network", "bank", "search", "dictionary", "idx",
    "npz", "csv", "pictures", "onnx", "torch", "pack", "shards", "archive", "matlab", "parquet",
    "libsvm", "unit",
)  # fmt: skip


class Slow(BaseException):
    """A case that takes longer than it may."""


def ring(signum: int, frame: object) -> None:
    """Give up a case."""
    raise Slow


def case(form: Format, folder: Path, seed: str) -> str | None:
    """Read one changed file; give the foreign exception that ends it, '' if it is refused."""
    rng = random.Random(seed)
    path = folder / form.name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(rng.choice(form.mutations)(rng))
    try:
        form.read(path)
    except SimplecellError:
        return ""
    except Slow:
        return SLOW
    except BaseException as problem:
        where = traceback.extract_tb(problem.__traceback__)[-1]
        ours = [
            f for f in traceback.extract_tb(problem.__traceback__) if "simplecell" in f.filename
        ]
        at = ours[-1] if ours else where
        return f"{type(problem).__name__} at {Path(at.filename).name}:{at.lineno}"
    return None


def group(name: str, cases: int, seed: int) -> int:
    """Run a group; say what came of it."""
    warnings.simplefilter("error")
    # Numbers that grow past all bounds are said by NumPy, and are no harm.
    warnings.simplefilter("ignore", RuntimeWarning)
    home = Path(tempfile.mkdtemp())
    os.environ["SIMPLECELL_CACHE"] = str(home / "cache")
    forms = formats(home)
    if name not in forms:
        print(f"{name:11} not tried: a package is missing", flush=True)
        return 0
    form = forms[name]
    signal.signal(signal.SIGALRM, ring)
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found: Counter[str] = Counter()
    slowest = 0.0
    for number in range(cases):
        for _ in range(2):
            signal.alarm(SECONDS)
            started = time.perf_counter()
            end = case(form, home, f"{name} {seed} {number}")
            signal.alarm(0)
            if end != SLOW:
                break
        slowest = max(slowest, time.perf_counter() - started)
        if end:
            kept = home / "foreign" / f"{end.replace(' ', '-').replace(':', '-')}-{number}"
            kept.parent.mkdir(exist_ok=True)
            if found[end] < 2:
                kept.write_bytes((home / form.name).read_bytes())
        found["read" if end is None else end or "refused"] += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun) >> 10
    foreign = cases - found["read"] - found["refused"]
    print(
        f"{name:11} {cases:7,} {found['read']:7,} {found['refused']:8,} {foreign:8}"
        f" {slowest:8.2f} s {grown:6} MB",
        flush=True,
    )
    for end, count in found.items():
        if end not in ("read", "refused"):
            print(f"    {count} x {end}; see {home / 'foreign'}", flush=True)
    return foreign + (grown > MEMORY >> 20)


def main() -> int:
    """Run the groups that are named, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    if len(told.groups) == 1:
        return group(told.groups[0], told.cases, told.seed)
    print(f"{'group':11} {'cases':>7} {'read':>7} {'refused':>8} {'foreign':>8} {'slowest':>10}")
    wrong = 0
    for name in told.groups or GROUPS:
        call = [sys.executable, __file__, name, "--cases", str(told.cases)]
        ended = subprocess.run([*call, "--seed", str(told.seed)], check=False).returncode
        wrong += ended
        if ended < 0:
            print(f"{name:11} crashed by signal {-ended}", flush=True)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
