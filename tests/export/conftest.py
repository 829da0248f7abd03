"""Networks of every kind of layer with drawn weights, and a LeNet-5 that learned some digits."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simplecell.data.normalise import published
from simplecell.data.sources import Dataset, load
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import scores
from simplecell.engines.reference import Reference
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
    Subsample,
)
from simplecell.spec.network import Network
from simplecell.spec.zoo import find
from simplecell.train.loop import fit
from simplecell.train.model import Model

TABLE = ((0, 1), (1,), (0, 1, 2))
CODES = ("#..##.", ".#.#.#", "###...", "......")
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1")


def net(name: str, *layers: Layer, size: tuple[int, int, int] = (2, 9, 7)) -> Network:
    return Network(name, size, layers)


NETS = (
    net("conv", Conv("C1", 3, (4, 2), (1, 2), squash="tanh"), Dense("F2", 4, "softmax")),
    net("table", Conv("C1", 3, (2, 2)), Conv("C2", 3, (3, 3), table=TABLE), Dense("F3", 3)),
    net("cover", Conv("C1", 3, (9, 7), squash="relu"), Conv("C2", 5, (1, 1), squash="identity")),
    net("combine", Combine("C1", 3, (3, 2), (2, 1)), Dense("F2", 4, "softmax")),
    net("local", Local("L1", 2, (2, 2), (2, 1)), Local("L2", 3, (3, 3)), Dense("F3", 3)),
    net("dense_maps", Dense("F1", 6, "tanh"), Conv("C2", 4, (1, 1)), Local("L3", 3, (1, 1))),
    net(
        "padded",
        Conv("C1", 3, (3, 4), (2, 1), squash="relu", padding="same"),
        Conv("C2", 4, (5, 3), table=(*TABLE, (0, 2)), squash="tanh", padding=((4, 0), (1, 2))),
        Conv("C3", 3, (3, 3), (2, 2), padding="same"),
        Dense("F4", 4, "softmax"),
    ),
    net(
        "padded_one_map",
        Conv("C1", 1, (3, 3), squash="tanh", padding="same"),
        Conv("C2", 1, (7, 3), squash="relu", padding=((0, 0), (2, 1))),
        Conv("C3", 2, (3, 8), padding="same"),
        size=(1, 7, 8),
    ),
    net(
        "padded_others",
        Combine("C1", 3, (3, 2), (1, 2), squash="relu", padding="same"),
        Local("L2", 2, (3, 3), (2, 1), "relu", padding=((2, 1), (0, 1))),
        Local("L3", 3, (3, 3), padding="same"),
        Dense("F4", 3),
    ),
    net(
        "no_bias",
        Conv("C1", 3, (3, 2), squash="relu", padding="same", bias=False),
        Conv("C2", 3, (3, 3), (2, 2), TABLE, squash="tanh", bias=False),
        Local("L3", 2, (2, 2), padding="same", bias=False),
        Dense("F4", 4, bias=False),
        Dense("F5", 3, "softmax", bias=False),
    ),
    net(
        "windows",
        Subsample("S1", (3, 2), "sigmoid"),
        Pool("P2", "mean", (2, 2), "tanh"),
        Pool("P3", "mean", (1, 3)),
        Dense("F4", 3, "sigmoid"),
        size=(2, 12, 12),
    ),
    net(
        "pools",
        Pool("P1", "max", (1, 1)),
        Pool("P2", "mean", (1, 1)),
        Conv("C3", 3, (2, 2), squash="relu"),
        Pool("P4", "max", (4, 2), "relu"),
        Subsample("predict", (1, 1), "identity"),
        Pool("P5", "max", (2, 3)),
    ),
    net(
        "overlap",
        Conv("C1", 3, (2, 2), squash="relu"),
        Pool("P2", "max", (3, 3), stride=(2, 2), padding="same"),
        Pool("P3", "mean", (3, 2), stride=(2, 1), ceil=True),
        Dense("F4", 3),
    ),
    net(
        "edges",
        Pool("P1", "mean", (3, 3), "relu", stride=(1, 2), padding=((1, 1), (2, 0))),
        Pool("P2", "mean", (3, 4), stride=(2, 2), padding="same", ceil=True, count_padding=True),
        Pool("P3", "max", (2, 2), "tanh", stride=(3, 1), padding=((1, 1), (0, 0)), ceil=True),
        Dense("F4", 3),
    ),
    net("counted", Pool("P1", "mean", (4, 3), padding=((0, 2), (1, 1)), count_padding=True)),
    net("global_mean", Conv("C1", 4, (2, 3), squash="relu"), GlobalPool("G2"), Dense("F3", 3)),
    net(
        "global_max", Conv("C1", 4, (2, 3)), GlobalPool("G2", "max", "tanh"), Conv("C3", 3, (1, 1))
    ),
    net("ends_in_global_means", Conv("C1", 4, (2, 3)), GlobalPool("G2")),
    net("rbf", Dense("F1", 6), RBF("R2", CODES)),
    net("rbf_learned", Dense("F1", 6, "relu"), RBF("R2", CODES, learned=True)),
    net("rbf_alone", RBF("R1", CODES), size=(1, 2, 3)),
    net("softmax_maps", Conv("C1", 2, (8, 6), squash="softmax")),
    net(
        "squashes",
        Conv("C1", 3, (3, 2), squash="leaky_relu(0.2)"),
        Pool("P2", "max", (1, 2), "softplus"),
        Conv("C3", 4, (2, 2), squash="softplus"),
        Dense("F4", 8, "elu(0.5)"),
        Local("L5", 4, (1, 1), squash="leaky_relu"),
        Dense("F6", 4, "elu"),
    ),
    net(
        "softmax_pool", Conv("C1", 4, (3, 3), squash="relu"), Pool("P2", "mean", (7, 5), "softmax")
    ),
    net(
        "softmax_one_by_one",
        Conv("C1", 5, (3, 3)),
        Pool("P2", "max", (7, 5)),
        Conv("C3", 4, (1, 1), squash="softmax"),
    ),
    net("softmax_gain", Conv("C1", 2, (4, 4)), Subsample("S2", (3, 2), "softmax")),
    net("softmax_local", Local("L1", 2, (8, 6), squash="softmax")),
    net(
        "folded",
        Conv("C1", 3, (2, 2), table=TABLE[:1] * 3, squash="identity"),
        BatchNorm("N1", squash="tanh"),
        Dropout("D1"),
        Dense("F2", 5, "identity"),
        Dropout("D2"),
        BatchNorm("N2"),
        BatchNorm("N3", squash="softmax"),
    ),
    net(
        "kept",
        BatchNorm("N0"),
        Conv("C1", 3, (2, 2), squash="relu"),
        BatchNorm("N1"),
        Pool("P2", "mean", (2, 3)),
        BatchNorm("N2", squash="tanh"),
        Dense("F3", 4, "tanh"),
        BatchNorm("N3"),
        size=(2, 9, 7),
    ),
    net("one_by_one", Conv("C1", 1, (1, 1)), Dense("F2", 1), Dense("F3", 2)),
)


def drawn(network: Network) -> Model:
    """Biases and gains that are not 0 and not 1, so that a lost one is noticed."""
    rng = np.random.default_rng(2)
    weights = {
        name: (w if name.endswith((".w", ".choice")) else rng.normal(0, 0.3, w.shape))
        for name, w in initial_parameters(network, 1).items()
    }
    for name, w in weights.items():
        if name.endswith(".variance"):
            weights[name] = rng.uniform(0.5, 2, w.shape)
    float32 = {name: w.astype(np.float32) for name, w in weights.items()}
    return Model(
        network, float32, published(), tuple(f"class {k}" for k in range(network.classes))
    )


@pytest.fixture(params=NETS, ids=lambda network: network.name)
def model(request: pytest.FixtureRequest) -> Model:
    return drawn(request.param)


@pytest.fixture
def draw() -> Callable[[Network], Model]:
    return drawn


@pytest.fixture
def noise() -> Callable[[Model, int], np.ndarray]:
    """Pictures as uniform noise."""

    def noise(model: Model, count: int) -> np.ndarray:
        rng = np.random.default_rng(7)
        return rng.integers(0, 256, (count, *model.network.input), dtype=np.uint8)

    return noise


@pytest.fixture
def exact() -> Callable[[Model, np.ndarray], np.ndarray]:
    """The scores of the reference."""

    def exact(model: Model, pixels: np.ndarray) -> np.ndarray:
        program = Reference().program(model.network)
        outputs = program.forward(model.parameters, model.examples(pixels))
        return scores(model.network, outputs)

    return exact


@pytest.fixture(scope="session")
def digits() -> Callable[[int], Dataset]:
    return lambda size: load("digits", size=size)


@pytest.fixture(scope="session")
def trained(digits: Callable[[int], Dataset]) -> Callable[[str], Model]:
    """Networks of the zoo after six epochs of scikit-learn's digits."""
    known: dict[str, Model] = {}

    def trained(name: str) -> Model:
        if name not in known:
            network = find(name)
            data = digits(network.input[1])
            known[name] = fit(network, data, epochs=6, engine="lanes", threads=1).model
        return known[name]

    return trained


@pytest.fixture(scope="session")
def compile_c() -> Callable[..., Path]:
    """Compile a C file to a program beside it, warnings being errors."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler on this machine")

    def compile_c(source: Path, *flags: str) -> Path:
        program = source.with_suffix("")
        command = [compiler, *FLAGS, *flags, str(source), "-o", str(program), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:2000]
        return program

    return compile_c
