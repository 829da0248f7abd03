"""ONNX Runtime answers as the engine does; what it was given can be read back, and no other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.data.normalise import published, standard
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine
from simplecell.engines.protocol import scores
from simplecell.errors import ModelError
from simplecell.export.fold import folded
from simplecell.export.onnx import VERSION, bare, decode, write
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.model import Model
from simplecell.train.prediction import probabilities

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")

TOLERANCE = 1e-5


def session(model: Model, path: Path, pixels: str = "uint8") -> Any:
    write(model, path, pixels)
    return runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def away(found: np.ndarray, wanted: np.ndarray) -> float:
    """The largest difference, over the largest size if that is above 1."""
    return float(np.abs(found - wanted).max() / max(1.0, np.abs(wanted).max()))


@pytest.mark.parametrize("name", ["lenet1", "lenet5", "lenet5_tutorial"])
def test_onnx_runtime_answers_as_the_engine_does_on_a_thousand_pictures(
    name: str,
    trained: Callable[[str], Model],
    digits: Callable[[int], Dataset],
    tmp_path: Path,
) -> None:
    model = trained(name)
    pixels = digits(model.network.input[1]).train.pixels[:1000]
    label, shares, found = session(model, tmp_path / "m.onnx").run(None, {"pixels": pixels})
    assert len(found) == 1000
    program = engine("lanes", 1).program(model.network)
    wanted = scores(model.network, program.forward(model.parameters, model.examples(pixels)))
    assert away(found, wanted) <= TOLERANCE
    assert (label == wanted.argmax(axis=1)).all()
    # Probabilities hang on differences of large distances, which lanes' float32 rounds: they are
    # held against float64.
    few = model.examples(pixels[:200])
    outputs = engine("reference").program(model.network).forward(model.parameters, few)
    assert away(shares[:200], probabilities(model.network, outputs)) <= TOLERANCE
    assert len(set(label.tolist())) > 3, "a model that learned nothing tests nothing"


def test_every_kind_of_layer_is_its_formula(
    model: Model, noise: Any, exact: Any, tmp_path: Path
) -> None:
    pixels = noise(model, 60)
    wanted = exact(model, pixels)
    outputs = -wanted if model.network.layers[-1].type == "rbf" else wanted
    label, shares, found = session(model, tmp_path / "m.onnx").run(None, {"pixels": pixels})
    assert found.shape == wanted.shape
    assert away(found, wanted) <= TOLERANCE
    assert away(shares, probabilities(model.network, outputs)) <= TOLERANCE
    assert (label == wanted.argmax(axis=1)).all()


def test_bare_layers_give_the_outputs_of_scaled_pictures(
    model: Model, noise: Any, exact: Any
) -> None:
    pixels = noise(model, 9)
    ready = runtime.InferenceSession(
        bare(model.network, model.parameters), providers=["CPUExecutionProvider"]
    )
    x = model.examples(pixels).values(slice(None), np.float32)
    sign = -1 if model.network.layers[-1].type == "rbf" else 1
    assert away(ready.run(None, {"x": x})[0], sign * exact(model, pixels)) <= TOLERANCE


def test_any_number_of_pictures_at_a_time(model: Model, noise: Any, tmp_path: Path) -> None:
    pixels, ready = noise(model, 5), session(model, tmp_path / "m.onnx")
    whole = ready.run(["scores"], {"pixels": pixels})[0]
    one_by_one = [ready.run(["scores"], {"pixels": pixels[n : n + 1]})[0] for n in range(5)]
    assert away(np.concatenate(one_by_one), whole) <= TOLERANCE


def test_bytes_and_floats_of_0_to_255_are_the_same_pixels(
    trained: Callable[[str], Model], noise: Any, tmp_path: Path
) -> None:
    model = trained("lenet1")
    pixels = noise(model, 3)
    given = [
        session(model, tmp_path / f"{kind}.onnx", kind).run(None, {"pixels": pixels.astype(kind)})
        for kind in ("uint8", "float32")
    ]
    assert all((a == b).all() for a, b in zip(*given, strict=True))


def test_nothing_in_the_graph_is_custom(model: Model, tmp_path: Path) -> None:
    write(model, tmp_path / "m.onnx")
    found = onnx.load(str(tmp_path / "m.onnx"))
    onnx.checker.check_model(found, full_check=True)
    assert {node.domain for node in found.graph.node} == {""}
    assert [opset.domain for opset in found.opset_import] == [""]
    assert not found.functions


def test_metadata_say_what_the_answers_mean(draw: Any, tmp_path: Path) -> None:
    network = Network("two", (1, 2, 2), (Dense("F1", 2, "softmax"),))
    drawn = draw(network)
    model = Model(network, drawn.parameters, published(), ("noughts", "叉"), (2, 1))
    told = session(model, tmp_path / "m.onnx").get_modelmeta().custom_metadata_map
    assert json.loads(told["classes"]) == ["noughts", "叉"]
    assert json.loads(told["normalisation"])["shift"] == -0.1
    assert Network.from_json(told["network"]) == network
    assert json.loads(told["frame"]) == [2, 1]


def test_equal_models_give_equal_bytes(draw: Any, model: Model, tmp_path: Path) -> None:
    for name, made in (("a", model), ("b", draw(model.network))):
        write(made, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_was_written_is_read_back(model: Model, tmp_path: Path) -> None:
    size = write(model, tmp_path / "m.onnx")
    content = (tmp_path / "m.onnx").read_bytes()
    found = decode(content, "m.onnx")
    assert size == len(content)
    # Dropout and batch normalisation are written as they are in use.
    model = folded(model)
    assert (found.network, found.classes) == (model.network, model.classes)
    assert found.normalisation == model.normalisation
    assert set(found.parameters) == set(model.parameters)
    for name, w in model.parameters.items():
        assert np.array_equal(found.parameters[name], w), name


def test_normalisation_and_history_come_back(
    trained: Callable[[str], Model], tmp_path: Path
) -> None:
    model = trained("lenet1")
    write(model, tmp_path / "m.onnx", "float32")
    found = decode((tmp_path / "m.onnx").read_bytes(), "m.onnx")
    assert found.normalisation == model.normalisation != published()
    assert found.loss == model.loss
    assert found.frame == model.frame
    assert found.metadata["history"] == model.metadata["history"]


def changed(model: Model, path: Path, change: Callable[[Any], object]) -> bytes:
    write(model, path)
    found = onnx.load(str(path))
    change(found)
    return bytes(found.SerializeToString())


def tell(found: Any, key: str, value: str) -> None:
    next(entry for entry in found.metadata_props if entry.key == key).value = value


def rescale(found: Any) -> None:
    scale = next(c for c in found.graph.initializer if c.name == "x.scale")
    scale.CopyFrom(onnx.numpy_helper.from_array(np.float32(0.5), "x.scale"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: found.ClearField("metadata_props"), "simplecell export did not write"),
        (lambda found: tell(found, "version", str(VERSION + 1)), "Install a newer simplecell"),
        (lambda found: tell(found, "version", "one"), "written as version one"),
        (lambda found: tell(found, "classes", '["a"]'), "1 class name for 4 outputs"),
        (lambda found: tell(found, "network", "{"), "damaged: its description lacks"),
        (lambda found: tell(found, "normalisation", '{"scale": "a"}'), "damaged"),
        (lambda found: found.graph.initializer.pop(2), "which is missing"),
        (lambda found: found.graph.node.pop(), "was changed after"),
        (rescale, "was changed after"),
    ],
    ids=[
        "foreign",
        "newer",
        "no_version",
        "classes",
        "network",
        "scale",
        "weight",
        "node",
        "read",
    ],
)
def test_a_graph_that_is_not_its_description_s_is_refused(
    change: Callable[[Any], object], words: str, draw: Any, tmp_path: Path
) -> None:
    layers = (Dense("F1", 3), Dense("F2", 4, "softmax"))
    model = draw(Network("two", (1, 2, 2), layers))
    content = changed(model, tmp_path / "m.onnx", change)
    with pytest.raises(ModelError, match=words) as refused:
        decode(content, "m.onnx")
    assert "m.onnx" in str(refused.value)


def test_weights_that_were_set_anew_are_read_as_they_are(draw: Any, tmp_path: Path) -> None:
    """Another tool may go on training them: they are still this network's."""
    model = draw(Network("two", (1, 2, 2), (Dense("F1", 3),)))
    w = np.full((3, 4), 0.5, np.float32)

    def set_anew(found: Any) -> None:
        old = next(c for c in found.graph.initializer if c.name == "F1.w")
        old.CopyFrom(onnx.numpy_helper.from_array(w, "F1.w"))

    found = decode(changed(model, tmp_path / "m.onnx", set_anew), "m.onnx")
    assert np.array_equal(found.parameters["F1.w"], w)


@pytest.mark.parametrize("content", [b"Dear reader,", b"\x08\x09\x12\xff"])
def test_what_is_no_onnx_file_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"letter\.onnx is no ONNX file"):
        decode(content, "letter.onnx")


def test_missing_package_says_what_to_install(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("simplecell.export.onnx.graph.import_module", missing)
    with pytest.raises(ModelError, match=r"pip install 'simplecell\[export\]'"):
        write(model, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_standard_normalisation_is_inside_the_graph(
    draw: Any, noise: Any, exact: Any, tmp_path: Path
) -> None:
    drawn = draw(Network("two", (1, 3, 3), (Dense("F1", 3),)))
    pixels = noise(drawn, 20)
    model = Model(drawn.network, drawn.parameters, standard(pixels), drawn.classes)
    found = session(model, tmp_path / "m.onnx").run(["scores"], {"pixels": pixels})[0]
    assert away(found, exact(model, pixels)) <= TOLERANCE
    assert away(found, exact(drawn, pixels)) > 0.01
