"""A large folder of pictures: its memory, its speed, and what broken files do to it.

    python benchmarks/album.py                    100,000 pictures, made first: ten minutes
    python benchmarks/album.py --keep pictures    and leaves them there; again, they are taken

Each picture is a piece of one of two bundled photographs: PNG and JPEG in turn, 40 to 200 pixels
a side, half of them in colour, in ten class folders, 1.2 GB together. One file in a
thousand is broken: cut short, empty, or text. They are loaded in a process of its own, decoded
the first time and from the cache the second. It fails where that process takes more than a
gigabyte, or another number of files is left out than is broken.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from simplecell.bench.growth import peak_bytes
from simplecell.data.photographs import bundled_photographs
from simplecell.data.sources import load

LIMIT_BYTES = 10**9
CLASSES, BROKEN_IN, BUNCH = 10, 1000, 500


def fill(folder: Path, count: int) -> None:
    """Make the pictures; which is which follows its number."""
    photographs = [np.moveaxis(whole, 0, 2) for whole in bundled_photographs(3)]
    for label in range(CLASSES):
        (folder / f"class {label}").mkdir(parents=True, exist_ok=True)

    def some(start: int) -> None:
        for number in range(start, min(start + BUNCH, count)):
            make(folder, number, photographs)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(some, range(0, count, BUNCH)))


def make(folder: Path, number: int, photographs: list[np.ndarray]) -> None:
    """Cut a piece out of a photograph and write it as a file, or as a broken one."""
    rng = np.random.default_rng(number)
    whole = photographs[number % len(photographs)]
    height, width = rng.integers(40, 201, 2)
    top, left = rng.integers(0, np.array(whole.shape[:2]) - (height, width) + 1)
    piece = Image.fromarray(whole[top : top + height, left : left + width])
    if rng.random() < 0.5:
        piece = piece.convert("L")
    ending = ("png", "jpg")[number // len(photographs) % 2]
    path = folder / f"class {number % CLASSES}" / f"{number:06}.{ending}"
    piece.save(path)
    if number % BROKEN_IN == BROKEN_IN // 2:
        content = path.read_bytes()
        kind = number // BROKEN_IN % 3
        path.write_bytes((content[: len(content) // 2], b"", b"This is no picture.\n")[kind])


def loaded(folder: Path) -> dict[str, float]:
    """Load a folder in this process; say how long it took and how much memory."""
    started, before = time.perf_counter(), time.process_time()
    data = load(folder)
    assert data.test is not None
    return {
        "seconds": time.perf_counter() - started,
        "processors": time.process_time() - before,
        "bytes": peak_bytes(),
        "read": len(data.train) + len(data.test),
        "skipped": len(data.skipped),
    }


def measure(folder: Path, cache: Path) -> dict[str, float]:
    """Load a folder in a process of its own."""
    command = [sys.executable, __file__, "--load", str(folder)]
    environment = os.environ | {"SIMPLECELL_CACHE": str(cache)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def main() -> None:
    """Make the pictures, load them twice, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000, help="pictures")
    parser.add_argument("--keep", type=Path, help="a folder to leave the pictures in")
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.load is not None:
        print(json.dumps(loaded(told.load)))
        return
    with tempfile.TemporaryDirectory() as work:
        folder = told.keep or Path(work) / "pictures"
        if not folder.exists():
            fill(folder, told.count)
        count = sum(1 for _ in folder.rglob("*.*"))
        broken = len(range(BROKEN_IN // 2, count, BROKEN_IN))
        print(f"{count:,} files, {broken:,} of them broken; {os.cpu_count()} cores")
        rows = [(how, measure(folder, Path(work) / "cache")) for how in ("decoded", "from cache")]
    for how, row in rows:
        print(
            f"{how:12}{row['seconds']:8.1f} s {count / row['seconds']:9,.0f} pictures a second"
            f" ({row['processors']:.1f} s of the processors) {row['bytes'] / 1e6:7,.0f} MB at most"
            f"   {row['read']:,.0f} read, {row['skipped']:,.0f} left out"
        )
    print(f"load in the last minute: {os.getloadavg()[0]:.1f}")
    if any(row["skipped"] != broken or row["read"] + broken != count for _, row in rows):
        sys.exit("another number of files was left out than is broken")
    if max(row["bytes"] for _, row in rows) > LIMIT_BYTES:
        sys.exit(f"more than {LIMIT_BYTES:,} bytes")


if __name__ == "__main__":
    main()
