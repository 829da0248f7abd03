"""The way of somebody new: a folder of pictures, five commands, the clock on each.

    python benchmarks/path.py                     needs matplotlib, onnx and onnxruntime
    python benchmarks/path.py --keep pictures     and leaves the pictures, 5,000 of them, there

The pictures are MNIST's training digits as somebody might have them: pen on paper, of many sizes,
a third in colour, PNG and JPEG, in ten class folders. Nothing is kept from before: kernels are
compiled, pictures decoded. It fails if a command does, or if ONNX Runtime answers otherwise.
Where others use the machine, the processors' own seconds say what the commands took of it.
"""

import argparse
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from simplecell.data.sources import load

LIMIT_SECONDS = 300
"""What the issue asks for: five minutes for 5,000 pictures."""

PENS = ((30, 50, 160), (170, 30, 40), (20, 110, 60))
AGREE = Path(__file__).with_name("agree.py")


def draw(digit: NDArray[np.uint8], rng: np.random.Generator) -> Image.Image:
    """Draw a digit with a pen on paper, at some size, in some light."""
    height, width = rng.integers(28, 97, 2)
    side = int(min(height, width))
    ink = np.zeros((height, width))
    top, left = (int(rng.integers(0, n - side + 1)) for n in (height, width))
    grown = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    ink[top : top + side, left : left + side] = np.asarray(grown) / 255
    if rng.random() < 1 / 3:
        paper = np.array([250, 245, rng.uniform(170, 240)])
        pen = np.array(PENS[rng.integers(len(PENS))], float)
    else:
        paper, pen = np.array([rng.uniform(190, 255)]), np.array([rng.uniform(10, 90)])
    light = np.linspace(rng.uniform(0.75, 1), 1, width)[None, :, None]
    shades = light * (paper + (pen - paper) * ink[..., None])
    shades += rng.normal(0, rng.uniform(0, 6), (height, width, 1))
    values = np.clip(np.rint(shades), 0, 255).astype(np.uint8)
    return Image.fromarray(values[..., 0] if values.shape[2] == 1 else values)


def fill(folder: Path, count: int, seed: int) -> None:
    """Make a folder of class folders."""
    train = load("mnist").train
    rng = np.random.default_rng(seed)
    for row in rng.permutation(len(train))[:count].tolist():
        place = folder / str(train.labels[row])
        place.mkdir(parents=True, exist_ok=True)
        picture = draw(train.pixels[row, 0], rng)
        if rng.random() < 0.5:
            picture.save(place / f"{row:05}.png")
        else:
            picture.save(place / f"{row:05}.jpg", quality=int(rng.integers(60, 96)))


def commands(folder: str) -> list[list[str]]:
    """Give the five commands, as they are typed."""
    return [
        ["simplecell", "train", folder, "--out", "run"],
        ["simplecell", "evaluate", "run", folder],
        ["simplecell", "plot", "confusion", "run", folder, "--out", "confusion.png"],
        ["simplecell", "export", "run", "model.onnx"],
        ["python", "agree.py", "run", "model.onnx", folder],
    ]


def used() -> float:
    """Give the processors' seconds of all commands so far: others on the machine add none."""
    told = resource.getrusage(resource.RUSAGE_CHILDREN)
    return told.ru_utime + told.ru_stime


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command, with nothing kept from before; give its seconds and the processors'."""
    program = {
        "simplecell": [sys.executable, "-m", "simplecell", *command[1:]],
        "python": [sys.executable, str(AGREE), *command[2:]],
    }[command[0]]
    cache = {"SIMPLECELL_CACHE": folder / "cache", "NUMBA_CACHE_DIR": folder / "kernels"}
    fresh = os.environ | {name: str(path) for name, path in cache.items()}
    print(f"\n$ {shlex.join(command)}", flush=True)
    started, before = time.perf_counter(), used()
    subprocess.run(program, cwd=folder, env=fresh, check=True)
    return time.perf_counter() - started, used() - before


def main() -> None:
    """Make the pictures, run the five commands, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=5000, help="pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="an empty folder to leave the pictures in")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "pictures" if told.keep is None else told.keep.absolute()
        fill(folder, told.count, told.seed)
        size = sum(path.stat().st_size for path in folder.rglob("*.*"))
        print(f"{told.count:,} pictures in {len(list(folder.iterdir()))} folders, {size:,} bytes")
        name = folder.name if told.keep is None else str(folder)
        taken = [(shlex.join(one), *run(one, Path(work))) for one in commands(name)]
    total, worked = (sum(row[k] for row in taken) for k in (1, 2))
    print(f"\n{'command':58}{'seconds':>8}{'processors':>12}")
    for what, seconds, processors in [*taken, ("together", total, worked)]:
        print(f"{what:58}{seconds:8.1f}{processors:12.1f}")
    print(f"{os.cpu_count()} cores; load in the last minute: {os.getloadavg()[0]:.1f}")
    if total > LIMIT_SECONDS:
        sys.exit(f"more than {LIMIT_SECONDS} s")


if __name__ == "__main__":
    main()
