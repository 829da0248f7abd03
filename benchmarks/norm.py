"""What batch normalisation and dropout cost, and the whole step beside PyTorch eager.

python benchmarks/norm.py [THREADS]          needs PyTorch; a minute or two

The network is one that tutorials write: convolutions of 3x3, padded, to 32, 32 and 64 maps, batch
normalisation, relu, pooling by 2, the mean of each map, dropout, 10 classes, colour pictures of
32x32, batch 64. All are timed in turns in one run; medians.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from torch import nn

from simplecell.engines.lanes import Lanes
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Examples, State, Update
from simplecell.spec.layers import BatchNorm, Conv, Dense, Dropout, GlobalPool, Layer, Pool
from simplecell.spec.network import Network

BATCH, STEPS, TURNS = 64, 5, 9


def network(norm: bool, dropout: bool) -> Network:
    """Give the network, with or without what is to be priced."""
    layers: list[Layer] = []
    for k, maps in enumerate((32, 32, 64), 1):
        squash = "identity" if norm else "relu"
        layers.append(Conv(f"C{k}", maps, (3, 3), squash=squash, padding="same", bias=not norm))
        if norm:
            layers.append(BatchNorm(f"N{k}", squash="relu"))
        layers.append(Pool(f"P{k}", "max", (2, 2)) if k < 3 else GlobalPool("P3", "mean"))
    if dropout:
        layers.append(Dropout("D4", 0.5))
    layers.append(Dense("F5", 10, "softmax"))
    return Network("issue12", (3, 32, 32), tuple(layers))


def module() -> nn.Module:
    """Give the same as people write it in PyTorch."""
    layers: list[nn.Module] = []
    below = 3
    for maps, pool in (
        (32, nn.MaxPool2d(2)),
        (32, nn.MaxPool2d(2)),
        (64, nn.AdaptiveAvgPool2d(1)),
    ):
        conv = nn.Conv2d(below, maps, 3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(maps), nn.ReLU(), pool]
        below = maps
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10))


def of_lanes(net: Network, examples: Examples, threads: int) -> Callable[[], None]:
    """Give what takes STEPS steps of lanes."""
    program, state = Lanes(threads).program(net), State(initial_parameters(net, 0))
    rows = np.arange(BATCH * STEPS)

    def take() -> None:
        told = (rows, BATCH, [1e-3] * STEPS, Update(), "cross_entropy")
        program.train(state, examples, *told)

    return take


def of_torch(examples: Examples, threads: int) -> Callable[[], None]:
    """Give what takes STEPS steps of PyTorch."""
    torch.set_num_threads(threads)
    net = module()
    optimiser = torch.optim.SGD(net.parameters(), 1e-3)
    x = torch.from_numpy(examples.values(slice(None), np.float32))
    t = torch.from_numpy(np.asarray(examples.labels))

    def take() -> None:
        for s in range(STEPS):
            rows = slice(s * BATCH, (s + 1) * BATCH)
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), t[rows]).backward()
            optimiser.step()

    return take


def main() -> None:
    """Print milliseconds a step."""
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    rng = np.random.default_rng(0)
    count = BATCH * STEPS
    pixels = rng.integers(0, 256, (count, 3, 32, 32)).astype(np.uint8)
    examples = Examples(pixels, rng.integers(0, 10, count), 1 / 255, -0.5)
    contestants = {
        "lanes, neither": of_lanes(network(norm=False, dropout=False), examples, threads),
        "lanes, dropout": of_lanes(network(norm=False, dropout=True), examples, threads),
        "lanes, batch norm": of_lanes(network(norm=True, dropout=False), examples, threads),
        "lanes, both": of_lanes(network(norm=True, dropout=True), examples, threads),
        "torch eager, both": of_torch(examples, threads),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(TURNS + 1):
        for name, take in contestants.items():
            started = time.perf_counter()
            take()
            if turn:
                times[name].append(1e3 * (time.perf_counter() - started) / STEPS)
    for name, taken in times.items():
        print(f"{name:20}{median(taken):8.2f} ms a step   least {min(taken):8.2f}")
    ratio = median(times["torch eager, both"]) / median(times["lanes, both"])
    print(f"torch / lanes {ratio:.2f}, batch {BATCH}, {threads} threads")


if __name__ == "__main__":
    main()
