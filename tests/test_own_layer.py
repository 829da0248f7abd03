"""A layer, and a squashing function, of one's own: one entry in each room, and all works.

`Scale` multiplies each map by a gain of its own. CONTRIBUTING.md walks through these entries.
"""

import math
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from simplecell.cli.main import main
from simplecell.data.sources import Dataset, load
from simplecell.engines.check import check_curvature, check_engine, check_formulas
from simplecell.engines.choose import engine
from simplecell.engines.layers import entries as engine_room
from simplecell.engines.layers.formulas import Formulas
from simplecell.engines.parameters import initial_parameters
from simplecell.engines.protocol import Engine, Examples, scores
from simplecell.engines.reference import Reference
from simplecell.errors import EngineError, ModelError
from simplecell.export import onnx
from simplecell.export.c import squash as c_squash
from simplecell.export.c.format import NONE, Format
from simplecell.export.c.header import answer, write_header
from simplecell.export.c.layers import entries as c_room
from simplecell.export.c.layers.code import Code
from simplecell.export.c.loops import every_map, loop
from simplecell.export.c.squash import Squashing
from simplecell.export.c.trial import write_trial
from simplecell.export.onnx import squash as onnx_squash
from simplecell.export.onnx.layers import entries as onnx_room
from simplecell.export.onnx.layers.nodes import Nodes
from simplecell.formulas.activations import ACTIVATIONS, Activation
from simplecell.spec.accounting import Count, count_network
from simplecell.spec.layers import LAYER_TYPES, Conv, Dense, Layer, Pool
from simplecell.spec.network import Network
from simplecell.spec.squashes import SQUASHES
from simplecell.train.loop import fit
from simplecell.train.model import Model, load_model


# spec: what it is
@dataclass(frozen=True)
class Scale(Layer):
    type: ClassVar[str] = "scale"
    name: str
    squash: str = "identity"

    def shape(self, below):
        return below

    def count(self, below):
        units = math.prod(below)
        return Count(below[0], 0, units, units, units)

    def reach(self, below):
        return (1, 1), (1, 1)

    def words(self, below):
        return f"{below[0]} gains"


# formulas: its mathematics
def scale_forward(x, w):
    return w[:, None, None] * x


def scale_backward(x, w, du):
    return w[:, None, None] * du, (du * x).sum(axis=(0, 2, 3))


# engines: the formulas bound to its fields
class ScaleFormulas(Formulas[Scale]):
    own = ("w",)

    def shapes(self, below, above):
        return {"w": (below[0],)}

    def fan_in(self, below):
        return 1

    def forward(self, x, own):
        return scale_forward(x, own["w"])

    def backward(self, x, own, du):
        dx, *found = scale_backward(x, own["w"], du)
        return dx, found

    def curvature(self, x, own, du, hu):
        hx, *found = scale_backward(x * x, own["w"] ** 2, hu)
        return hx, found


# ONNX: its nodes
class ScaleNodes(Nodes[Scale]):
    def write(self, graph, x, own):
        gains = graph.spread(own["w"], graph.whole("map_axes", 1, 2))
        return graph.node("Mul", graph.maps(x, self.below), gains)


# C: its function, in float and in int8
class ScaleCode(Code[Scale]):
    def does(self):
        return f"{super().does()}, each times a gain of its own"

    def body(self, stage):
        cell = [f"{stage.sums} sum = *x++;", *stage.ends]
        return every_map(self.plain.above[0], loop("i", math.prod(self.plain.above[1:]), cell))

    def real(self):
        return self._stage(self._floats(), "0.0f", "@w[m] * sum")

    def gains(self, reads):
        w = self.plain.own["w"]
        return NONE, w * reads.step, w * reads.offset

    def sums(self, w, q):
        return q


SOFTSIGN = Activation(lambda u: u / (1 + np.abs(u)), lambda u, x: (1 - np.abs(x)) ** 2, -1.0, 1.0)
SOFTSIGN_C = Squashing(
    "u / (1 + |u|)", "u / (1.0f + fabsf(u))", lambda: (Format(1 / 127, 0), 99.0)
)
"""A squashing function in the same rooms."""


@cache
def network(squash: str = "softsign") -> Network:
    """Made once the entries are there: a name that no room knows is refused."""
    return Network(
        "scaled",
        (1, 8, 8),
        (
            Conv("C1", 4, (3, 3), squash="tanh"),
            Scale("G2", squash),
            Pool("P3"),
            Scale("G4"),
            Dense("F5", 10, "softmax"),
        ),
    )


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LAYER_TYPES, "scale", Scale)
    monkeypatch.setitem(engine_room.FORMULAS, "scale", ScaleFormulas)
    monkeypatch.setitem(onnx_room.NODES, "scale", ScaleNodes)
    monkeypatch.setitem(c_room.CODE, "scale", ScaleCode)
    monkeypatch.setitem(SQUASHES, "softsign", ("squared_error",))
    monkeypatch.setitem(ACTIVATIONS, "softsign", SOFTSIGN)
    monkeypatch.setitem(
        onnx_squash.SQUASHES, "softsign", lambda graph, u: graph.node("Softsign", u)
    )
    monkeypatch.setitem(c_squash.SQUASHES, "softsign", SOFTSIGN_C)


@pytest.fixture
def torch_engine(registered: None, monkeypatch: pytest.MonkeyPatch) -> Engine:
    pytest.importorskip("torch")
    from torch.nn import functional as F

    from simplecell.engines.pytorch import squash as torch_squash
    from simplecell.engines.pytorch.layers import entries as torch_room
    from simplecell.engines.pytorch.layers.cells import Cells

    class ScaleCells(Cells[Scale]):
        def weigh(self, x):
            return self.w[:, None, None] * self.maps(x)

    monkeypatch.setitem(torch_room.CELLS, "scale", ScaleCells)
    monkeypatch.setitem(torch_squash.SQUASHES, "softsign", F.softsign)
    return engine("torch", 1)


@pytest.fixture
def lanes_engine(registered: None, monkeypatch: pytest.MonkeyPatch) -> Engine:
    from simplecell.engines.lanes import Lanes
    from simplecell.engines.lanes.layers import entries as lanes_room
    from simplecell.engines.lanes.layers.plan import window_words
    from simplecell.engines.lanes.layers.subsample import SubsamplePlan

    class ScalePlan(SubsamplePlan):
        """Subsampling with windows of one pixel, and no bias: instructions that are there."""

        def words(self):
            return window_words((1, 1), (1, 1))

        def constants(self):
            return np.zeros(self.above[0], np.float32)

    monkeypatch.setitem(lanes_room.PLANS, "scale", ScalePlan)
    return Lanes(2)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits", size=8)


def learnt(digits: Dataset, epochs: int = 1, **options) -> Model:
    return fit(network(), digits, engine=Reference(), epochs=epochs, **options).model


pytestmark = pytest.mark.usefixtures("registered")


def test_it_is_counted() -> None:
    counted = count_network(network())
    assert [layer.count.parameters for layer in counted.layers] == [40, 4, 0, 4, 370]
    assert counted.layers[1].count.connections == 4 * 6 * 6
    assert counted.layers[1].receptive_field == (3, 3)


def test_it_is_written_as_json_and_summed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Network.from_json(network().to_json()) == network()
    (tmp_path / "scaled.json").write_text(network().to_json())
    with pytest.raises(SystemExit) as done:
        main(["summary", str(tmp_path / "scaled.json")])
    assert done.value.code == 0
    assert "4 gains" in capsys.readouterr().out
    assert ">scale<" in network()._repr_html_()


def test_its_formulas_are_checked() -> None:
    check = check_formulas(network())
    assert check.largest <= 1e-6
    assert set(check.layers["G2"]) == {"du", "dw"}
    assert check_curvature(network()).largest <= 1e-6


def test_torch_repeats_the_reference(torch_engine: Engine) -> None:
    assert check_engine(torch_engine, network()).largest <= 1e-4


def test_lanes_repeat_the_reference(lanes_engine: Engine) -> None:
    assert check_engine(lanes_engine, network("tanh")).largest <= 1e-4


def test_lanes_learn_it_and_find_its_curvature(lanes_engine: Engine, digits: Dataset) -> None:
    scaled = network("tanh")
    model = fit(scaled, digits, engine=lanes_engine, epochs=2).model
    first = initial_parameters(scaled, 0)
    assert not np.array_equal(model.parameters["G2.w"], first["G2.w"])
    examples = model.examples(digits.test.pixels[:20], digits.test.labels[:20])
    found, wanted = (
        room.program(scaled).curvature(model.parameters, examples, "cross_entropy")
        for room in (lanes_engine, Reference())
    )
    for name, exact in wanted.items():
        assert np.abs(found[name] - exact).max() <= 1e-4 * np.abs(exact).max() + 1e-7


def test_lanes_refuse_a_squashing_function_that_they_were_not_compiled_with(
    lanes_engine: Engine,
) -> None:
    examples = Examples(np.zeros((1, 1, 8, 8), np.uint8), None)
    program = lanes_engine.program(network())
    with pytest.raises(EngineError, match=r"no squashing function 'softsign'\.\n  Its kernels"):
        program.forward(initial_parameters(network(), 0), examples)


def test_it_learns_and_is_saved(digits: Dataset, tmp_path: Path) -> None:
    model = learnt(digits, epochs=12, out=tmp_path / "run")
    assert not np.array_equal(model.parameters["G2.w"], model.parameters["G4.w"])
    outputs = (
        Reference()
        .program(network())
        .forward(model.parameters, model.examples(digits.test.pixels))
    )
    right = outputs.argmax(axis=1) == digits.test.labels
    assert right.mean() > 0.8
    kept = load_model(tmp_path / "run")
    assert kept.network == network()
    assert np.array_equal(kept.parameters["G2.w"], model.parameters["G2.w"])


def test_onnx_runtime_gives_the_same(digits: Dataset, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    model = learnt(digits)
    onnx.write(model, tmp_path / "scaled.onnx")
    content = (tmp_path / "scaled.onnx").read_bytes()
    assert onnx.decode(content, "scaled.onnx").network == network()
    pixels = digits.test.pixels[:20]
    (given,) = runtime.InferenceSession(content).run(["scores"], {"pixels": pixels})
    outputs = Reference().program(network()).forward(model.parameters, model.examples(pixels))
    assert np.abs(given - scores(network(), outputs)).max() <= 1e-5


@pytest.mark.parametrize("int8", [False, True])
def test_c_gives_the_same(int8: bool, digits: Dataset, tmp_path: Path) -> None:
    model = learnt(digits)
    pixels = digits.test.pixels[:20]
    header = write_header(model, "net", int8=int8, pictures=digits.train.pixels[:200])
    outputs = Reference().program(network()).forward(model.parameters, model.examples(pixels))
    exact = scores(network(), outputs).astype(np.float32)
    wanted = answer(header, pixels) if int8 else exact
    assert np.abs(wanted - exact).max() <= (0.1 if int8 else 0)
    (tmp_path / "net.h").write_text(header.text)
    source = tmp_path / "net_test.c"
    source.write_text(write_trial(header, "net.h", pixels, wanted))
    flags = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1")
    subprocess.run(["cc", *flags, source, "-o", tmp_path / "trial", "-lm"], check=True)
    subprocess.run([tmp_path / "trial"], check=True)
    assert "each times a gain of its own" in header.text


def test_a_room_without_an_entry_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(c_room.CODE, "scale")
    with pytest.raises(ModelError, match=r"type scale cannot be written in C\.\n.*entries\.CODE"):
        c_room.entry_of(network().layers[1])
    monkeypatch.delitem(onnx_room.NODES, "scale")
    with pytest.raises(ModelError, match=r"type scale cannot be written as ONNX\.\n.*NODES"):
        onnx_room.nodes_of(network().layers[1], (1, 2, 2), (1, 2, 2))
    from simplecell.engines.lanes.layers import entries as lanes_room

    with pytest.raises(EngineError, match=r"lanes .* layers of the type scale\.\n.*PLANS"):
        lanes_room.plan_of(network().layers[1], (1, 2, 2), (1, 2, 2), 16)
    monkeypatch.delitem(engine_room.FORMULAS, "scale")
    with pytest.raises(EngineError, match=r"no engine knows layers of the type scale\.\n.*FORM"):
        engine_room.formulas_of(network().layers[1])
