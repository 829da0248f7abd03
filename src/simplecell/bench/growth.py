"""Growth: time and memory against images, batch, threads, image size and maps.

Each point is a process of its own, so that its peak of memory is its own. The exponent is the
slope of log y over log x by least squares: 1 grows in proportion, 0 does not grow.

>>> exponent([1, 2, 4], [3.0, 6.0, 12.0])
1.0
"""

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simplecell.bench.machine import child_environment
from simplecell.engines.choose import engine
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State, Update
from simplecell.errors import EngineError
from simplecell.spec.layers import Conv, Layer
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.recipes import default_loss

WARM_UP_IMAGES = 512


@dataclass(frozen=True)
class Point:
    """What is trained: LeNet-5, wider by `maps`, on so many square images of `size`."""

    images: int = 8192
    batch: int = 64
    threads: int = 1
    size: int = 32
    maps: int = 1
    engine: str = "lanes"


@dataclass(frozen=True)
class Axis:
    """What grows, and through which values. `per_image` says what of the time is shown."""

    name: str
    values: tuple[int, ...]
    per_image: bool = True

    def point(self, base: Point, value: int) -> Point:
        """Give the point where this has grown to a value."""
        return Point(**{**asdict(base), self.name: value})


def axes(cores: int) -> tuple[Axis, ...]:
    """Give what is varied, one at a time, the rest staying as `Point` has it."""
    doublings = tuple(2**k for k in range(cores.bit_length()))
    return (
        Axis("images", (4096, 8192, 16384, 32768), per_image=False),
        Axis("batch", (1, 4, 16, 64, 256)),
        Axis("threads", doublings),
        Axis("size", (32, 48, 64, 96)),
        Axis("maps", (1, 2, 4)),
    )


def grow(threads: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure every point; give values, microseconds or seconds, bytes and exponents by axis."""
    grown: dict[str, Any] = {}
    base = Point(threads=threads)
    for axis in axes(threads):
        say(f"growth with {axis.name}: {', '.join(map(str, axis.values))}")
        found = [measure(axis.point(base, value)) for value in axis.values]
        per = [value if axis.name == "images" else base.images for value in axis.values]
        seconds = [point["seconds"] for point in found]
        times = [1e6 * s / n for s, n in zip(seconds, per, strict=True)]
        y = times if axis.per_image else seconds
        memory = [point["peak_bytes"] for point in found]
        grown[axis.name] = {
            "values": list(axis.values),
            "microseconds_per_image" if axis.per_image else "seconds": y,
            "peak_bytes": memory,
            "time_exponent": exponent(axis.values, y),
            "memory_exponent": exponent(axis.values, memory),
        }
    return grown


def exponent(x: Sequence[float], y: Sequence[float]) -> float | None:
    """Give the slope of log y over log x by least squares; None where there is no slope."""
    if len(x) < 2 or min(y) <= 0:
        return None
    u, v = np.log(x), np.log(y)
    u = u - u.mean()
    return round(float((u * v).sum() / (u * u).sum()), 3)


def measure(point: Point) -> dict[str, float]:
    """Train one epoch in a fresh process; give its seconds, and the peak of its memory."""
    command = [sys.executable, "-m", __name__, json.dumps(asdict(point))]
    done = subprocess.run(command, env=child_environment(), capture_output=True, text=True)
    if done.returncode:
        raise EngineError(f"a point of growth, {point}, failed:\n{done.stderr.strip()}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def widened(network: Network, size: int, maps: int) -> Network:
    """Give LeNet-5 for larger images, with so many times the maps in its convolutions."""

    def wider(layer: Layer) -> Layer:
        if not isinstance(layer, Conv):
            return layer
        table = None if layer.table is None else _repeated(layer.table, maps)
        return replace(layer, maps=layer.maps * maps, table=table)

    layers = tuple(wider(layer) for layer in network.layers)
    return Network(f"{network.name}-{size}-{maps}", (1, size, size), layers)


def _repeated(table: tuple[tuple[int, ...], ...], times: int) -> tuple[tuple[int, ...], ...]:
    """Repeat a connection table, each map reading all copies of the maps it read."""
    below = 1 + max(row[-1] for row in table)
    rows = [tuple(c + k * below for k in range(times) for c in row) for row in table]
    return tuple(rows * times)


def run(point: Point) -> dict[str, float]:
    """Train one epoch in this process, after a short one that loads the kernels."""
    network = widened(find("lenet5"), point.size, point.maps)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (point.images, *network.input), dtype=np.uint8)
    examples = Examples(pixels, rng.integers(0, network.classes, point.images), 1 / 200, -0.1)
    program = engine(point.engine, point.threads).program(network)
    state = State(initial_parameters(network, 0))
    seconds = 0.0
    for images in (WARM_UP_IMAGES, point.images):
        order = np.arange(min(images, point.images))
        rates = [1e-3] * math.ceil(len(order) / point.batch)
        begun = time.perf_counter()
        program.train(state, examples, order, point.batch, rates, Update(), default_loss(network))
        seconds = time.perf_counter() - begun
    return {"seconds": seconds, "peak_bytes": peak_bytes()}


def peak_bytes() -> int:
    """Give the most memory this process has held; 0 where Linux does not say.

    Not `getrusage`: what it gives begins with the memory of the process that started this one.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return 0


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(Point(**json.loads(sys.argv[1])))))
