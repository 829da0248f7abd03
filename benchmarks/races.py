"""Two processes want one folder at the same moment: exactly one may have it.

    python benchmarks/races.py [--races 500] [--seed 0] [--drivers 2] [kind ...]

    start     both begin a run in a folder that is not there yet
    killed    both begin one where a run was killed before it had begun
    resume    both go on with the run that is there
    unit      both take one unit of work, as two drivers of a sweep do
    left      both take a unit whose holder was killed

Each race has a folder of its own. The drivers are processes that were started before; they are
told a moment, wait for it in a loop, and try, up to a millisecond apart by the seed. Who holds
keeps it until all have answered. Prints, for each kind, how many holders the races had.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

import simplecell as sc
from simplecell.errors import ModelError
from simplecell.train.folder import RunFolder
from simplecell.units.claims import Claims

SETTINGS = {"network": {}, "data": {}, "recipe": {}, "seed": 0, "engine": "lanes"}
LEAVE = """
import os, sys
from pathlib import Path
from simplecell.units.claims import Claims
Claims(Path(sys.argv[1])).take("u1")
os._exit(0)
"""
"""A holder that ends without a word."""
KINDS = ("start", "killed", "resume", "unit", "left")


def answer(line: str) -> None:
    """Wait for the moment of a race, try to be the holder, and say what came of it."""
    kind, folder, moment = line.strip().split("\t")
    while time.monotonic() < float(moment):
        pass
    if kind in ("unit", "left"):
        claims = Claims(Path(folder))
        print("holder" if claims.take("u1") else "refused", flush=True)
        sys.stdin.readline()
        claims.close()
        return
    run = RunFolder(folder)
    try:
        with run.claim(new=kind != "resume"):
            if kind != "resume":
                run.start(SETTINGS)
            print("holder", flush=True)
            sys.stdin.readline()
    except ModelError as problem:
        print("refused:", str(problem).splitlines()[0], flush=True)
        sys.stdin.readline()


@cache
def unfinished() -> Path:
    """Make a run that has not ended."""
    folder = Path(tempfile.mkdtemp()) / "run"
    network = sc.Network("rows", (1, 6, 6), (sc.Dense("F1", 3, "softmax"),))
    rows = np.random.default_rng(0).integers(0, 256, (30, 1, 6, 6), dtype=np.uint8)
    told = {"epochs": 1, "engine": "reference", "progress": False, "out": folder}
    sc.fit(network, (rows, np.arange(30) % 3), **told)
    (folder / "model.safetensors").unlink()
    return folder


def lay(kind: str, folder: Path) -> None:
    """Make what is there before a race."""
    if kind == "killed":
        folder.mkdir()
        for left in (".lock", ".holder.json", ".run.json.123.tmp", ".run.json.h.1.aabbccdd.tmp"):
            (folder / left).write_text("{")
    if kind == "resume":
        shutil.copytree(unfinished(), folder)
    if kind == "left":
        subprocess.run([sys.executable, "-c", LEAVE, str(folder)], check=True)


class Driver:
    """A process that races."""

    def __init__(self) -> None:
        call = [sys.executable, __file__, "--drive"]
        self.process = subprocess.Popen(
            call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, line: str) -> None:
        """Write it a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        """Read what it answers; the first word."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def race(kind: str, folder: Path, drivers: list[Driver], rng: random.Random) -> tuple[int, str]:
    """Let the drivers try; count those that hold, and give another answer than the two."""
    lay(kind, folder)
    moment = time.monotonic() + 0.02
    for driver in drivers:
        driver.say(f"{kind}\t{folder}\t{moment + rng.choice((0, 0, rng.uniform(0, 1e-3)))}")
    said = [driver.hear() for driver in drivers]
    for driver in drivers:
        driver.say("on")
    odd = [word for word in said if not word.startswith(("holder", "refused"))]
    return said.count("holder"), " ".join(odd) or ("" if all(said) else "no answer")


def main() -> int:
    """Run the races of each kind, and say how many holders there were."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS])
    parser.add_argument("--races", type=int, default=500)
    parser.add_argument("--drivers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--drive", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.drive:
        for line in sys.stdin:
            answer(line)
        return 0
    wrong, rng = 0, random.Random(told.seed)
    drivers = [Driver() for _ in range(told.drivers)]
    with tempfile.TemporaryDirectory() as home:
        for kind in told.kinds or KINDS:
            found: Counter[int] = Counter()
            for number in range(told.races):
                holders, odd = race(kind, Path(home) / f"{kind}{number}", drivers, rng)
                found[holders] += 1
                if odd:
                    print(f"    {kind} {number}: {odd}", flush=True)
                wrong += holders != 1 or bool(odd)
            told_by = ", ".join(f"{count} with {n}" for n, count in sorted(found.items()))
            print(f"{kind:7} {told.races} races, {told.drivers} drivers: {told_by}", flush=True)
    for driver in drivers:
        driver.process.kill()
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
