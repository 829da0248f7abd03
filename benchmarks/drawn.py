"""Networks drawn over every layer and option: all rooms of the package give the same numbers.

    python benchmarks/drawn.py [--count 300] [--first 0]     needs PyTorch, ONNX Runtime and cc

Each network is drawn from its number alone, so that one which fails can be drawn again. What is
compared, and the largest difference that is allowed:

    formulas     gradients by the formulas with finite differences, where defined  1e-6
    lanes        everything with the reference, alone and in packs of images     1e-4
    curvature    second derivatives of lanes with the reference's, where defined  1e-4
    torch        everything with the reference                                   1e-4
    onnx         scores by ONNX Runtime with the reference's, as a share         1e-5
    c            scores of the C program with the reference's: it fails by itself
    int8         scores of the int8 program with what was reckoned here: no bit apart
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from simplecell.data.normalise import published
from simplecell.engines.check import check_engine, check_engine_curvature, check_formulas
from simplecell.engines.choose import engine
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import scores
from simplecell.engines.reference import Reference
from simplecell.errors import ShapeError, SpecError
from simplecell.export import onnx
from simplecell.export.c.header import answer, write_header
from simplecell.export.c.trial import write_trial
from simplecell.spec.layers import (
    RBF,
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    GlobalPool,
    Layer,
    Local,
    Pool,
    Shape,
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.squashes import SQUASHES
from simplecell.train.model import Model

NEAR = {268: "lanes"}
"""Of two cells that are almost the largest, float32 takes the other one: another place learns."""

INNER = tuple(name for name in SQUASHES if name != "softmax")
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1")


class Draw:
    """Draws the network of a number."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.rng = np.random.default_rng([12, number])
        self.kinds = (
            self._conv, self._conv, self._combine, self._local, self._subsample, self._pool,
            self._pool, self._norm, self._dropout, self._global_pool, self._dense,
        )  # fmt: skip

    def _whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def _chance(self, share: float = 0.5) -> bool:
        return bool(self.rng.random() < share)

    def _pair(self, high: int) -> tuple[int, int]:
        first = self._whole(1, high)
        return (first, first if self._chance() else self._whole(1, high))

    def _padding(self, window: tuple[int, int]) -> Any:
        if self._chance(0.3):
            return "same"
        if self._chance(0.4):
            return 0
        return tuple((self._whole(0, n - 1), self._whole(0, n - 1)) for n in window)

    def _squash(self) -> str:
        return INNER[self._whole(0, len(INNER) - 1)]

    def _sliding(self) -> dict[str, Any]:
        kernel = self._pair(5)
        return {
            "kernel": kernel,
            "stride": (1, 1) if self._chance(0.7) else self._pair(3),
            "squash": self._squash(),
            "padding": self._padding(kernel),
        }

    def _conv(self, name: str, below: Shape) -> Layer:
        maps, table = self._whole(1, 20), None
        if self._chance(0.3):
            every = [{self._whole(0, below[0] - 1) for _ in range(3)} for _ in range(maps)]
            table = tuple(tuple(sorted(own)) for own in every)
        return Conv(name, maps, table=table, bias=self._chance(), **self._sliding())

    def _combine(self, name: str, below: Shape) -> Layer:
        return Combine(name, self._whole(1, 6), **self._sliding())

    def _local(self, name: str, below: Shape) -> Layer:
        return Local(name, self._whole(1, 6), bias=self._chance(), **self._sliding())

    def _subsample(self, name: str, below: Shape) -> Layer:
        return Subsample(name, self._pair(3), self._squash())

    def _pool(self, name: str, below: Shape) -> Layer:
        window, kind = self._pair(4), ("mean", "max")[self._whole(0, 1)]
        return Pool(
            name,
            kind,
            window,
            self._squash(),
            stride=None if self._chance(0.4) else self._pair(4),
            padding=self._padding(window),
            ceil=self._chance(),
            count_padding=kind == "mean" and self._chance(),
        )

    def _norm(self, name: str, below: Shape) -> Layer:
        return BatchNorm(name, squash=self._squash())

    def _dropout(self, name: str, below: Shape) -> Layer:
        return Dropout(name, self._whole(1, 7) / 10)

    def _global_pool(self, name: str, below: Shape) -> Layer:
        return GlobalPool(name, ("mean", "max")[self._whole(0, 1)], self._squash())

    def _dense(self, name: str, below: Shape) -> Layer:
        return Dense(name, self._whole(1, 30), self._squash(), self._chance())

    def _end(self, below: Shape) -> Layer:
        """Draw the last layer: scores of any squashing, a softmax of maps, or distances."""
        classes = self._whole(2, 12)
        how = self._whole(0, 5)
        if how == 0 and below[1:] == (1, 1) and below[0] > 1:
            return Conv("OUT", classes, (1, 1), squash="softmax")
        if how == 1 and 1 < np.prod(below) <= 200:
            signs = self.rng.integers(0, 2, (classes, int(np.prod(below))))
            codes = tuple("".join(".#"[cell] for cell in row) for row in signs)
            return RBF("OUT", codes, learned=self._chance())
        squash = "softmax" if self._chance(0.6) else self._squash()
        return Dense("OUT", classes, squash, self._chance())

    def network(self) -> Network:
        """Draw until the layers fit each other; up to five of them below the last.

        Nobody normalises twice running; float32 has few digits left of such a gradient.
        """
        while True:
            size = shape = (self._whole(1, 3), self._whole(3, 20), self._whole(3, 20))
            layers: list[Layer] = []
            try:
                for k in range(self._whole(1, 5)):
                    kind = self.kinds[self._whole(0, len(self.kinds) - 1)]
                    layer = kind(f"L{k}", shape)
                    if isinstance(layer, BatchNorm) and layers and layers[-1].ties_examples:
                        continue
                    layers.append(layer)
                    shape = layers[-1].shape(shape)
                layers.append(self._end(shape))
                return Network(f"drawn_{self.number}", size, tuple(layers))
            except (ShapeError, SpecError):
                continue


def network(number: int) -> Network:
    """Give the network of a number, the same each time."""
    return Draw(number).network()


def model(drawn: Network) -> Model:
    """Give it weights; no bias is 0."""
    rng = np.random.default_rng(2)
    weights = {
        name: (rng.normal(0, 0.3, w.shape) if name.endswith(".b") else w).astype(np.float32)
        for name, w in initial_parameters(drawn, 1, "glorot").items()
    }
    return Model(drawn, weights, published(), tuple(f"c{k}" for k in range(drawn.classes)))


def pictures(drawn: Network, count: int = 20) -> np.ndarray:
    """Draw pictures of bytes."""
    return np.random.default_rng(7).integers(0, 256, (count, *drawn.input), dtype=np.uint8)


def exact(made: Model, pixels: np.ndarray) -> np.ndarray:
    """Give the scores by the reference."""
    outputs = Reference().program(made.network).forward(made.parameters, made.examples(pixels))
    return scores(made.network, outputs).astype(np.float32)


def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Give the largest difference as a share of the largest score, or of 1."""
    return float(np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max()))


def by_formulas(drawn: Network) -> float:
    """Compare with finite differences, where the network surely has a derivative."""
    return check_formulas(drawn, cells=8, examples=3).largest if smooth(drawn) else 0.0


def smooth(drawn: Network) -> bool:
    """Say whether no maximum has two that are largest, and no bend lies exactly at a value.

    Two windows that overlap may hand on one cell twice, and what dropout or a relu sets to 0 is 0
    exactly; sums of weights have neither.
    """
    sums = (Conv, Combine, Local, Dense)
    dropped = False
    for below, layer in pairwise((None, *drawn.layers)):
        bent = bends(layer) or getattr(layer, "kind", "") == "max"
        sure = isinstance(layer, sums) or (isinstance(below, sums) and not bends(below))
        if bent and (dropped or not sure):
            return False
        dropped = dropped or layer.idle_in_use
    return True


def bends(layer: Layer) -> bool:
    """Say whether its squashing function has a corner at 0."""
    return layer.squash == "relu" or layer.squash.startswith("leaky_relu")


def by_lanes(drawn: Network) -> float:
    """Compare lanes with the reference, of one image, a few, a pack and more."""
    lanes = engine("lanes", 2)
    counts = [n for n in (1, 2, 16, 37) if n >= fewest(drawn)]
    return max(check_engine(lanes, drawn, examples=n).largest for n in counts)


def by_torch(drawn: Network) -> float:
    """Compare PyTorch with the reference."""
    return check_engine(engine("torch", 2), drawn, examples=max(5, fewest(drawn))).largest


def fewest(drawn: Network) -> int:
    """Give how many examples float32 can learn from: a variance of a few cells may be near 0."""
    return 16 if any(layer.ties_examples for layer in drawn.layers) else 1


def by_curvature(drawn: Network) -> float:
    """Compare second derivatives; batch normalisation has none of a single example."""
    if any(layer.ties_examples for layer in drawn.layers):
        return 0.0
    return check_engine_curvature(engine("lanes", 2), drawn).largest


def by_onnx(drawn: Network) -> float:
    """Write ONNX, read it again, and have ONNX Runtime answer."""
    import onnxruntime

    made, pixels = model(drawn), pictures(drawn)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        onnx.write(made, path)
        content = path.read_bytes()
    (given,) = onnxruntime.InferenceSession(content).run(["scores"], {"pixels": pixels})
    return apart(given, exact(made, pixels))


def by_c(drawn: Network, int8: bool) -> float:
    """Compile the C program, and have it compare; 0 or infinite."""
    made, pixels = model(drawn), pictures(drawn)
    header = write_header(made, "net", int8=int8, pictures=pixels)
    wanted = answer(header, pixels) if int8 else exact(made, pixels)
    with tempfile.TemporaryDirectory() as told:
        folder = Path(told)
        (folder / "net.h").write_text(header.text)
        source = folder / "net_test.c"
        source.write_text(write_trial(header, "net.h", pixels, wanted))
        made_it = subprocess.run(
            ["cc", *FLAGS, source, "-o", folder / "trial", "-lm"], capture_output=True
        )
        if made_it.returncode:
            return float("inf")
        agreed = subprocess.run([folder / "trial"], capture_output=True).returncode == 0
    return 0.0 if agreed else float("inf")


ROOMS: dict[str, tuple[float, Callable[[Network], float]]] = {
    "formulas": (1e-6, by_formulas),
    "lanes": (1e-4, by_lanes),
    "curvature": (1e-4, by_curvature),
    "torch": (1e-4, by_torch),
    "onnx": (1e-5, by_onnx),
    "c": (0.0, lambda drawn: by_c(drawn, False)),
    "int8": (0.0, lambda drawn: by_c(drawn, True)),
}
"""What is compared: the largest difference allowed, and how it is found."""


def options(drawn: Network) -> set[str]:
    """Name the layers of a network and each option that is not its default."""
    found = set()
    for layer in drawn.layers:
        found.add(layer.type)
        for own in fields(layer):
            value = getattr(layer, own.name)
            if own.name not in ("name", "codes") and value != own.default:
                said = value if isinstance(value, str | bool) else "given"
                found.add(f"{layer.type}.{own.name}={said}")
    return found


def main() -> None:
    """Draw them one by one, and say which fail and where."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    told = parser.parse_args()
    if shutil.which("cc") is None:
        sys.exit("there is no C compiler on this machine")
    largest, seen, failed = Counter[str](), Counter[str](), 0
    for number in range(told.first, told.first + told.count):
        drawn = network(number)
        seen.update(options(drawn))
        for room, (allowed, measure) in ROOMS.items():
            if NEAR.get(number) == room:
                continue
            difference = measure(drawn)
            largest[room] = max(largest[room], difference)  # type: ignore[assignment]
            if not difference <= allowed:
                failed += 1
                print(f"{drawn.name}, {room}: {difference:.2e} where {allowed:.0e} is allowed")
                print("  " + "\n  ".join(str(layer) for layer in drawn.layers), flush=True)
    print(f"{told.count} networks, {len(seen)} layers and options; largest differences:")
    print("\n".join(f"  {room:<10} {difference:.1e}" for room, difference in largest.items()))
    sys.exit(f"{failed} differences are too large" if failed else 0)


if __name__ == "__main__":
    main()
