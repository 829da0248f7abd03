"""Networks drawn over all ways to pad, with and without bias: every room gives the same numbers.

Each is checked by finite differences, on the compiled engine alone and in packs, in PyTorch, by
ONNX Runtime, and in C in float and in int8. What is drawn is the same each time.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.data.normalise import published
from simplecell.engines.check import check_engine, check_engine_curvature, check_formulas
from simplecell.engines.choose import engine
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import scores
from simplecell.engines.reference import Reference
from simplecell.errors import ShapeError
from simplecell.export import onnx
from simplecell.export.c.header import answer, write_header
from simplecell.export.c.trial import write_trial
from simplecell.spec.layers import Combine, Conv, Dense, Layer, Local, Shape
from simplecell.spec.network import Network
from simplecell.train.model import Model

COUNT = 24
SQUASHES = ("tanh", "scaled_tanh", "sigmoid", "relu", "identity")


class Draw:
    """Draws networks, each from its number."""

    def __init__(self, number: int) -> None:
        self.rng = np.random.default_rng([12, number])

    def whole(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def padding(self, kernel: tuple[int, int]) -> Any:
        if self.whole(0, 2) == 0:
            return "same"
        return tuple((self.whole(0, k - 1), self.whole(0, k - 1)) for k in kernel)

    def layer(self, name: str, below: Shape) -> Layer:
        kernel = (self.whole(1, 5), self.whole(1, 5))
        if self.whole(0, 1):
            kernel = (kernel[0], kernel[0])
        step = (1, 1) if self.whole(0, 2) else (self.whole(1, 3), self.whole(1, 3))
        squash = SQUASHES[self.whole(0, len(SQUASHES) - 1)]
        told: dict[str, Any] = {"squash": squash, "padding": self.padding(kernel)}
        kind, maps, bias = self.whole(0, 5), self.whole(1, 6), bool(self.whole(0, 1))
        if kind == 0:
            return Combine(name, maps, kernel, step, **told)
        if kind == 1:
            return Local(name, maps, kernel, step, bias=bias, **told)
        table = None
        if kind == 2:
            table = tuple(
                tuple(sorted({self.whole(0, below[0] - 1) for _ in range(3)})) for _ in range(maps)
            )
        return Conv(name, maps, kernel, step, table, bias=bias, **told)

    def network(self) -> Network:
        size = shape = (self.whole(1, 3), self.whole(3, 18), self.whole(3, 18))
        layers: list[Layer] = []
        while len(layers) < 3:
            try:
                layers.append(self.layer(f"L{len(layers)}", shape))
                shape = layers[-1].shape(shape)
            except ShapeError:
                del layers[-1:]
        last = Dense("OUT", self.whole(2, 6), "softmax", bool(self.whole(0, 1)))
        return Network("drawn", size, (*layers, last))


NETS = [Draw(number).network() for number in range(COUNT)]
EACH = pytest.mark.parametrize("network", NETS, ids=range(COUNT))


def model(network: Network) -> Model:
    rng = np.random.default_rng(2)
    weights = {
        name: (rng.normal(0, 0.3, w.shape) if name.endswith(".b") else w).astype(np.float32)
        for name, w in initial_parameters(network, 1, "glorot").items()
    }
    return Model(network, weights, published(), tuple(f"c{k}" for k in range(network.classes)))


def pictures(network: Network, count: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (count, *network.input), dtype=np.uint8)


def exact(made: Model, pixels: np.ndarray) -> np.ndarray:
    outputs = Reference().program(made.network).forward(made.parameters, made.examples(pixels))
    return scores(made.network, outputs).astype(np.float32)


def test_all_ways_to_pad_are_drawn() -> None:
    layers = [layer for network in NETS for layer in network.layers]
    sliding = [layer for layer in layers if isinstance(layer, Conv | Combine | Local)]
    assert {type(layer) for layer in layers} == {Conv, Combine, Local, Dense}
    assert {getattr(layer, "bias", True) for layer in layers} == {True, False}
    assert any(layer.padding == "same" and layer.stride != (1, 1) for layer in sliding)
    numbers = [layer.padding for layer in sliding if not isinstance(layer.padding, str)]
    assert any(len({n for pair in padding for n in pair}) == 4 for padding in numbers)


@EACH
def test_the_formulas_agree_with_differences(network: Network) -> None:
    assert check_formulas(network, cells=12, examples=3).largest <= 1e-6


@EACH
@pytest.mark.parametrize("name", ["lanes", "torch"])
def test_an_engine_repeats_the_reference(network: Network, name: str) -> None:
    if name == "torch":
        pytest.importorskip("torch")
    ready = engine(name, 2)
    for examples in (1, 2, 16, 37) if name == "lanes" else (5,):
        assert check_engine(ready, network, examples=examples).largest <= 1e-4
    if name == "lanes":
        assert check_engine_curvature(ready, network).largest <= 1e-4


@EACH
def test_onnx_runtime_gives_the_same(network: Network, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    made, pixels = model(network), pictures(network, 20)
    onnx.write(made, tmp_path / "net.onnx")
    content = (tmp_path / "net.onnx").read_bytes()
    assert onnx.decode(content, "net.onnx").network == network
    (given,) = runtime.InferenceSession(content).run(["scores"], {"pixels": pixels})
    assert np.abs(given - exact(made, pixels)).max() <= 1e-5


@EACH
@pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])
def test_c_gives_the_same(network: Network, int8: bool, tmp_path: Path) -> None:
    """Of int8: to the bit what was reckoned here, which is near the formulas."""
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler on this machine")
    made, pixels = model(network), pictures(network, 20)
    header = write_header(made, "net", int8=int8, pictures=pixels)
    wanted = exact(made, pixels)
    if int8:
        given = answer(header, pixels)
        assert np.abs(given - wanted).max() <= 0.05 * np.abs(wanted).max()
        wanted = given
    (tmp_path / "net.h").write_text(header.text)
    source = tmp_path / "net_test.c"
    source.write_text(write_trial(header, "net.h", pixels, wanted))
    flags = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1")
    subprocess.run(["cc", *flags, source, "-o", tmp_path / "trial", "-lm"], check=True)
    subprocess.run([tmp_path / "trial"], check=True)
