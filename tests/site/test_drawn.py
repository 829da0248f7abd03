"""The formulas in JavaScript against the reference, on networks drawn at random: every layer."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser

from simplecell.engines.requests import losses_of
from simplecell.errors import SimplecellError
from simplecell.spec.layers import (
    RBF,
    BatchNorm,
    Combine,
    Conv,
    Dense,
    Dropout,
    GlobalPool,
    Local,
    Pool,
    Subsample,
)
from simplecell.spec.network import Network

from .conftest import reader
from .test_studio import COMPARE, MOST, golden, served

__all__ = ["served"]

DRAWN = 108
SQUASHES = (
    "identity", "sigmoid", "tanh", "scaled_tanh", "relu", "softplus", "leaky_relu", "elu",
    "leaky_relu(0.2)", "elu(0.5)",
)  # fmt: skip
PADDINGS = (((0, 0), (0, 0)), "same", ((1, 0), (0, 2)), ((1, 1), (1, 1)))


def drawn_layer(rng: np.random.Generator, place: int, channels: int) -> Any:
    """Draw a layer with options of its own."""

    def pick(options: Any) -> Any:
        return options[int(rng.integers(len(options)))]

    pair = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    stride = (int(rng.integers(1, 3)), int(rng.integers(1, 3)))
    maps, squash, padding = int(rng.integers(2, 5)), pick(SQUASHES), pick(PADDINGS)
    bias = bool(rng.integers(4))
    name = f"L{place}"
    match int(rng.integers(9)):
        case 0 | 1:
            some = [np.flatnonzero(rng.integers(0, 2, channels)) for _ in range(maps)]
            table = tuple(tuple(int(c) for c in row) or (0,) for row in some)
            tables = (
                None if rng.integers(2) or set(sum(table, ())) != {*range(channels)} else table
            )
            return Conv(name, maps, pair, stride, tables, squash, padding=padding, bias=bias)
        case 2:
            return Local(name, maps, pair, stride, squash, padding=padding, bias=bias)
        case 3:
            told = {"penalty": pick(("none", "absolute", "entropy")), "strength": 0.1}
            return Combine(name, maps, pair, squash=squash, padding=padding, **told)
        case 4:
            return Subsample(name, pair, squash=squash)
        case 5:
            more = {"ceil": bool(rng.integers(2)), "padding": padding}
            return Pool(name, pick(("max", "mean")), (3, 3), squash, stride=stride, **more)
        case 6:
            return BatchNorm(name, squash=squash)
        case 7:
            return Dropout(name, 0.3)
        case _:
            return Pool(name, pick(("max", "mean")), (2, 2), squash)


def drawn_network(seed: int) -> tuple[Network, str]:
    """Draw a network that can be, and a loss that its outputs take."""
    rng = np.random.default_rng(seed)
    while True:
        shape = (int(rng.integers(1, 4)), int(rng.integers(7, 13)), int(rng.integers(7, 13)))
        layers: list[Any] = []
        try:
            for place in range(int(rng.integers(1, 4))):
                below = Network("below", shape, (*layers, Dense("X", 2))).shapes
                channels = below[-2][0] if layers else shape[0]
                layers.append(drawn_layer(rng, place, channels))
            if rng.integers(4) == 0:
                layers.append(GlobalPool("G", ("max", "mean")[int(rng.integers(2))]))
            if rng.integers(4) == 0:
                layers.append(Dense("F", 84, "scaled_tanh"))
                layers.append(RBF("R"))
            else:
                told = ("softmax", *SQUASHES)[int(rng.integers(1 + len(SQUASHES)))]
                layers.append(Dense("F", 5, told, bias=bool(rng.integers(4))))
            network = Network(f"drawn{seed}", shape, tuple(layers))
            losses = losses_of(network.layers[-1])
            assert network.shapes
        except (SimplecellError, IndexError):
            continue
        return network, losses[int(rng.integers(len(losses)))]


def test_drawn_networks_repeat_the_reference(served: tuple[Path, str], browser: Browser) -> None:
    """Of each: u, x, delta, gradients, terms; curvature and three steps where there are any."""
    folder, address = served
    kinds: Counter[str] = Counter()
    losses: Counter[str] = Counter()
    with reader(browser, 800, "light") as read:
        page = read.opened(f"{address}/blank.html")
        worst = (0.0, "")
        for seed in range(DRAWN):
            network, loss = drawn_network(seed)
            kinds.update(type(layer).__name__ for layer in network.layers)
            losses[loss] += 1
            (folder / "drawn.json").write_text(json.dumps(golden(network, loss)), "utf-8")
            apart = page.evaluate(COMPARE, "drawn")
            worst = max(worst, (float(apart), f"{seed}: {network} {loss}"))
            assert apart <= MOST, worst
    assert len(kinds) == 10
    print(f"largest relative difference {worst[0]:.1e} over {DRAWN}; {kinds}; {losses}")
