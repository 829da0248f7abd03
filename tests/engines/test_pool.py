"""Pooling of every kind, in drawn networks: all engines repeat the reference, whatever the batch.

Windows overlap, lie apart, reach over padding and over the edges; see `formulas/test_pool.py` for
what they mean there.
"""

import numpy as np
import pytest

from simplecell.engines.check import (
    check_curvature,
    check_engine,
    check_engine_curvature,
    check_formulas,
    draw,
)
from simplecell.engines.choose import engine
from simplecell.engines.lanes import Lanes
from simplecell.engines.protocol import Examples, State, Update
from simplecell.engines.reference import Reference
from simplecell.errors import ShapeError, SpecError
from simplecell.formulas.gradcheck import relative_difference
from simplecell.spec.layers import Conv, Dense, Layer, Pool
from simplecell.spec.network import Network

AGREES = 1e-4
BATCHES = (1, 2, 16, 64)
SEEDS = range(16)


def drawn_pool(rng: np.random.Generator, squash: str) -> Pool:
    """Draw any of the options."""
    high, wide, down, across = rng.integers(1, 5, 4).tolist()
    pads = tuple((rng.integers(0, n), rng.integers(0, n)) for n in (high, wide))
    kind = ("max", "mean")[rng.integers(2)]
    return Pool(
        "P2",
        kind,
        (high, wide),
        squash,
        stride=None if rng.random() < 0.2 else (down, across),
        padding="same" if rng.random() < 0.2 else pads,
        ceil=rng.random() < 0.5,
        count_padding=kind == "mean" and rng.random() < 0.5,
    )


def drawn_network(seed: int) -> Network:
    """Draw a network with such a layer, on maps that are up to twenty wide."""
    rng = np.random.default_rng([seed, 12])
    while True:
        layers: list[Layer] = [drawn_pool(rng, ("identity", "tanh", "relu")[seed % 3])]
        if seed % 4:  # else the pictures themselves are pooled
            layers.insert(0, Conv("C1", 3, (2, 2), squash=("tanh", "relu")[seed % 2]))
        if seed % 5 == 0:
            layers.append(Conv("C3", 2, (1, 1), squash="tanh"))
        size = (2, *rng.integers(1, 21, 2).tolist())
        try:
            return Network(f"drawn_{seed}", size, (*layers, Dense("F4", 4, "softmax")))
        except (ShapeError, SpecError):
            continue


NETWORKS = pytest.mark.parametrize(
    "network", [drawn_network(seed) for seed in SEEDS], ids=lambda network: network.name
)


def options(layer: Layer, below: tuple[int, int, int]) -> set[str]:
    """Name what a pooling layer has that windows side by side have not."""
    assert isinstance(layer, Pool)
    frame, pads = layer.frame(below), layer.pads(below)
    return {
        "overlap"
        if any(s < n for s, n in zip(layer.step, layer.window, strict=True))
        else "apart",
        "padded" if pads != ((0, 0), (0, 0)) else "not padded",
        "over" if any(f[1] > p[1] for f, p in zip(frame, pads, strict=True)) else "not over",
        f"{layer.kind}{' counted' * layer.count_padding}",
        "plain" if layer.is_plain(below) else "general",
        "same" if layer.padding == "same" else "numbers",
    }


def test_every_option_is_drawn() -> None:
    found: set[str] = set()
    for seed in SEEDS:
        network = drawn_network(seed)
        place = next(n for n, layer in enumerate(network.layers) if layer.type == "pool")
        found |= options(network.layers[place], network.inputs[place])
    pairs = ("overlap apart", "padded", "over", "max mean", "general", "same numbers")
    assert {word for pair in pairs for word in pair.split()} | {"mean counted"} <= found


@NETWORKS
def test_the_formulas_agree_with_finite_differences(network: Network) -> None:
    """Brief: E4"""
    assert check_formulas(network).largest <= 1e-6
    assert check_curvature(network).largest <= 1e-6


@NETWORKS
def test_lanes_repeat_the_reference_in_every_batch(network: Network) -> None:
    for batch in BATCHES:
        assert check_engine(Lanes(2), network, batch, batch).largest <= AGREES
    assert check_engine_curvature(Lanes(2), network, examples=20).largest <= AGREES


@NETWORKS
def test_torch_repeats_the_reference(network: Network) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    assert check_engine(engine("torch", 1), network).largest <= AGREES


def trained(network: Network, threads: int, batch: int) -> dict[str, bytes]:
    parameters, pixels, labels = draw(network, 0, 70)
    state = State({name: w.astype(np.float32) for name, w in parameters.items()})
    order, steps = np.arange(70), -(-70 // batch)
    Lanes(threads).program(network).train(
        state, Examples(pixels, labels), order, batch, [0.05] * steps, Update(), "cross_entropy"
    )
    return {name: w.tobytes() for name, w in state.parameters.items()}


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_the_number_of_threads_changes_no_bit(kind: str, batch: int) -> None:
    pool = Pool("P2", kind, (3, 3), stride=(2, 2), padding="same")
    layers = (Conv("C1", 3, (2, 2), squash="tanh"), pool, Dense("F3", 4, "softmax"))
    network = Network("threads", (1, 9, 12), layers)
    assert trained(network, 1, batch) == trained(network, 2, batch)


@pytest.mark.parametrize("batch", BATCHES)
def test_of_equal_cells_the_first_takes_the_delta_in_each_window(batch: int) -> None:
    """A kernel that copies its pixel, under overlapping windows full of equal cells."""
    pool = Pool("P2", "max", (3, 2), stride=(1, 1), padding="same")
    copy = Conv("C1", 1, (1, 1), squash="identity")
    network = Network("ties", (1, 9, 21), (copy, pool, Dense("F3", 3, "softmax")))
    parameters, _, _ = draw(network, 0, 1)
    parameters |= {"C1.w": np.ones((1, 1, 1, 1)), "C1.b": np.zeros(1)}
    rng = np.random.default_rng(batch)
    pixels = rng.integers(0, 2, (batch, *network.input)).astype(np.float32)
    examples = Examples(pixels, rng.integers(0, 3, batch))
    wanted, found = (
        some.program(network).gradients(parameters, examples, "cross_entropy")[1]["C1.w"]
        for some in (Reference(), Lanes(2))
    )
    assert relative_difference(wanted, found) <= AGREES


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_a_number_that_is_none_stays_one(kind: str, batch: int) -> None:
    """NaN in one cell is in every window that reads it, and in no other."""
    layers = (Pool("P1", kind, (3, 3), stride=(2, 2), padding="same"),)
    network = Network("nan", (1, 8, 8), layers)
    pixels = np.zeros((batch, 1, 8, 8), np.float32)
    pixels[:, 0, 2, 2] = np.nan
    wanted, found = (
        np.isnan(some.program(network).forward({}, Examples(pixels)))
        for some in (Reference(), Lanes(1))
    )
    assert np.array_equal(wanted, found)
    assert wanted.any(axis=1).all() and not wanted.all()
