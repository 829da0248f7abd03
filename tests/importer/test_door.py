"""What people tell of a file, what its metadata tell, and what is done with the model after."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simplecell as sc
from simplecell.cli.main import main
from simplecell.engines.check import check_formulas
from simplecell.engines.protocol import Array, Engine, Examples
from simplecell.errors import ModelError, SimplecellError
from simplecell.export import onnx as own
from simplecell.importer import Imported, from_onnx, from_torch
from simplecell.importer.imported import steps_of
from simplecell.spec.layers import Conv, Dense, Pool, Subsample
from simplecell.spec.network import Network

from .conftest import TOLERANCE, answers, away, graph, node, weights


def small(
    channels: int = 1, metadata: dict[str, str] | None = None, kind: int = 1, **how: Any
) -> Imported:
    """Bring in a convolution and a full connection."""
    return from_onnx(content(channels, metadata, kind), **how)


def content(channels: int = 1, metadata: dict[str, str] | None = None, kind: int = 1) -> bytes:
    start = [node("Cast", "x", "f", to=1)] if kind != 1 else []
    return graph(
        *start,
        node("Conv", f"{'f' if start else 'x'} w b", "u"),
        node("Relu", "u", "m"),
        node("Flatten", "m", "r"),
        node("Gemm", "r v c", "y"),
        constants={"w": weights(2, channels, 3, 3), "b": weights(2), "v": weights(72, 3).T[:3].T,
                   "c": weights(3)},
        shape=("N", channels, 8, 8), metadata=metadata, kind=kind,
    )  # fmt: skip


def test_pixels_are_read_from_0_to_1_unless_told_and_that_is_said() -> None:
    model = small()
    assert model.normalisation.scale == pytest.approx(1 / 255)
    assert model.normalisation.shift == 0
    assert model.notes == (
        "pixels of 0 to 255 are read as 0 to 1, before mean and std; input_scale says otherwise",
    )


def test_pixels_that_come_as_bytes_stay_what_they_are() -> None:
    assert small(kind=2).normalisation.scale == 1.0


@pytest.mark.parametrize("way", ["told", "metadata"])
def test_mean_and_std_are_those_of_torchvision(way: str) -> None:
    told = {"mean": 0.1307, "std": 0.3081}
    model = (
        small(**told)
        if way == "told"
        else small(metadata={key: str(value) for key, value in told.items()})
    )
    scale, shift = model.normalisation.scale, model.normalisation.shift
    assert scale * 255 + shift == pytest.approx((1 - 0.1307) / 0.3081)
    assert shift == pytest.approx(-0.1307 / 0.3081)
    if way == "metadata":
        assert "mean is 0.1307, as the file's metadata say" in model.notes


def test_channels_with_numbers_of_their_own_get_a_first_layer_of_gains(
    engines: dict[str, Engine],
) -> None:
    mean, std = [0.49, 0.48, 0.45], [0.25, 0.24, 0.26]
    model = small(3, mean=mean, std=std)
    plain = small(3, input_scale=1.0)
    assert [layer.type for layer in model.network.layers] == ["subsample", "conv", "dense"]
    assert any("a gain and a bias for each, which training may move" in n for n in model.notes)
    pixels = np.random.default_rng(1).integers(0, 256, (5, 3, 8, 8), dtype=np.uint8)
    x = (pixels / 255 - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    found = engines["reference"].program(model.network)
    scores = found.forward(model.parameters, model.examples(pixels))
    assert away(scores, answers(plain, x, engines["reference"])) <= TOLERANCE


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"mean": [0.1, 0.2]}, r"mean is \[0\.1, 0\.2\]\.\n.*each of the 1 channels"),
        ({"std": 0.0}, r"std are numbers other than 0"),
        ({"input_scale": float("nan")}, r"input_scale is nan"),
        ({"mean": "dark"}, r"mean is dark"),
        ({"classes": ["a"]}, r"1 class names for 3 outputs\.\n.*one for each"),
        ({"layout": "nwhc"}, r"no order of axes is called 'nwhc': did you mean 'nhwc'\?"),
        ({"shape": (8, 8)}, r"the shape of pictures is \(8, 8\)\.\n.*\(channels, height, width\)"),
        ({"shape": (1, 9, 9)}, r"reads \(N, 1, 8, 8\), and the shape told is \(1, 9, 9\)"),
        ({"classes": Path("nowhere.txt")}, r"class names in nowhere\.txt cannot be read: No such"),
    ],
)
def test_what_is_told_wrongly_is_refused(told: dict[str, Any], words: str) -> None:
    with pytest.raises(SimplecellError, match=words):
        small(**told)


@pytest.mark.parametrize(
    "text",
    [
        "cat,dog,hen",
        "cat\ndog\nhen\n",
        '["cat", "dog", "hen"]',
        "{0: 'cat', 1: 'dog', 2: 'hen'}",
        '{"0": "cat", "1": "dog", "2": "hen"}',
    ],
)
@pytest.mark.parametrize("key", ["classes", "class_names", "names", "labels"])
def test_class_names_are_found_in_the_metadata(key: str, text: str) -> None:
    model = small(metadata={key: text})
    assert model.classes == ("cat", "dog", "hen")
    assert any("file's metadata" in note for note in model.notes)


@pytest.mark.parametrize("text", ["cat,dog", "__import__('os').abort()", "[" * 5000, "3", "{}"])
def test_metadata_that_are_no_names_are_left(text: str) -> None:
    assert small(metadata={"names": text}).classes == ("0", "1", "2")


def test_class_names_are_told_as_a_list_a_text_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("cat\ndog\n\nhen\n", encoding="utf-8")
    wanted = ("cat", "dog", "hen")
    assert small(classes=["cat", "dog", "hen"]).classes == wanted
    assert small(classes="cat, dog,hen").classes == wanted
    assert small(classes=tmp_path / "names.txt").classes == wanted
    assert small(classes=str(tmp_path / "names.txt")).classes == wanted


def test_sizes_that_the_file_leaves_open_are_told() -> None:
    open_sides = graph(
        node("Conv", "x w", "u"), node("Flatten", "u", "r"), node("MatMul", "r v", "y"),
        constants={"w": weights(2, 3, 3, 3), "v": weights(24, 3)},
        shape=("N", 3, "h", "w"),
    )  # fmt: skip
    assert from_onnx(open_sides, shape=(3, 5, 6)).network.input == (3, 5, 6)
    with pytest.raises(ModelError, match=r"any size, \(N, 3, h, w\)"):
        from_onnx(open_sides)


def test_its_file_is_any_models_file_and_keeps_the_steps(tmp_path: Path) -> None:
    model = small(classes="cat,dog,hen", name="farm")
    model.save(tmp_path / "farm.safetensors")
    kept = sc.load_model(tmp_path / "farm.safetensors")
    assert (kept.network, kept.classes) == (model.network, model.classes)
    assert kept.normalisation == model.normalisation
    assert str(steps_of(kept.metadata)) == str(model.steps)
    assert str(model.steps).splitlines()[0].split() == [
        "node",
        "operator",
        "named",
        "became",
        "how",
    ]
    assert repr(model.steps).startswith("Steps of 4 nodes, Conv C1, Relu C1, Flatten, Gemm F2")
    assert model.network.name == "farm"


def test_it_answers_is_checked_trained_on_and_exported(tmp_path: Path) -> None:
    data = sc.load("digits", size=8)
    model = from_onnx(
        graph(
            node("Conv", "x w b", "u"), node("Relu", "u", "m"), node("Flatten", "m", "r"),
            node("Gemm", "r v c", "y"),
            constants={"w": weights(4, 1, 3, 3), "b": weights(4), "v": weights(144, 10),
                       "c": weights(10)},
        )
    )  # fmt: skip
    assert check_formulas(model.network).largest <= 1e-6
    assert model.predict(data.test.pixels[:3]).shape == (3,)
    before = model.score(data.test.pixels, data.test.labels)
    run = sc.fit(
        model.network, data, initial=model.parameters, normalisation=model.normalisation,
        epochs=20, progress=False,
    )  # fmt: skip
    assert before < 0.5 < run.model.score(data.test.pixels, data.test.labels)
    own.write(run.model, tmp_path / "again.onnx")
    assert from_onnx(tmp_path / "again.onnx").network == model.network


def test_a_file_that_simplecell_wrote_comes_back_as_it_was(tmp_path: Path) -> None:
    run = sc.fit("lenet5", "digits", epochs=1, progress=False)
    own.write(run.model, tmp_path / "lenet5.onnx")
    found = from_onnx(tmp_path / "lenet5.onnx")
    assert found.network == run.model.network
    assert found.loss == run.model.loss
    assert any("simplecell export wrote this file" in note for note in found.notes)
    assert len(found.steps) == 0


@pytest.mark.parametrize(
    "layers",
    [
        (Conv("C1", 3, (3, 2), (1, 2), squash="tanh"), Pool("S2", "mean", (5, 2)),
         Dense("F3", 4, "softmax")),
        (Subsample("S1", (2, 2), "sigmoid"), Conv("C2", 4, (6, 4), squash="relu")),
        (Dense("F1", 5, "sigmoid"), Dense("F2", 3, "tanh")),
        (Conv("C1", 3, (1, 1)), Dense("F2", 3)),
    ],
)  # fmt: skip
def test_bare_layers_of_our_own_come_back_with_the_same_answers(
    layers: tuple[Any, ...], engines: dict[str, Engine]
) -> None:
    from simplecell.engines.parameters import initial_parameters

    network = Network("ours", (2, 12, 8), layers)
    parameters = {k: w.astype(np.float32) for k, w in initial_parameters(network, 3).items()}
    model = from_onnx(own.bare(network, parameters), input_scale=1.0)
    x: Array = weights(4, 2, 12, 8)
    wanted = engines["reference"].program(network).forward(parameters, Examples(x))
    assert away(answers(model, x, engines["reference"]), wanted) <= TOLERANCE


def test_a_module_that_pytorch_cannot_export_is_refused_in_one_message() -> None:
    torch = pytest.importorskip("torch")

    class Broken(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            raise RuntimeError("the head fell off\nand more")

    with pytest.raises(ModelError, match=r"cannot export Broken .*: the head fell off\n.*file\.$"):
        from_torch(Broken(), (1, 8, 8))
    with pytest.raises(ModelError, match=r"Module was asked for, and this is a str\.\n"):
        from_torch("mine.pt", (1, 8, 8))
    with pytest.raises(ModelError, match=r"the shape of pictures is \(28, 28\)"):
        from_torch(torch.nn.Flatten(), (28, 28))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "160")

    def run(*told: object) -> tuple[int, str, str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in told])
        return int(end.value.code or 0), *capfd.readouterr()

    return run


def test_the_command_shows_a_row_for_each_node_and_writes_when_told(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "theirs.onnx").write_bytes(content())
    code, out, _ = run("import", tmp_path / "theirs.onnx")
    assert code == 0
    rows = [line.split()[:3] for line in out.splitlines() if line.strip()[:1].isdigit()]
    assert rows == [["1", "Conv", "C1"], ["2", "Relu", "C1"], ["3", "Flatten", "-"],
                    ["4", "Gemm", "F2"]]  # fmt: skip
    assert "x = 0.00392157 * pixel + 0" in out
    assert "Nothing was written. Keep it: simplecell import" in out
    assert list(tmp_path.iterdir()) == [tmp_path / "theirs.onnx"]
    code, out, _ = run(
        "import", tmp_path / "theirs.onnx", "--out", tmp_path / "mine.safetensors", "--mean",
        "0.5", "--std", "0.5", "--classes", "cat,dog,hen", "--name", "farm", "--json",
    )  # fmt: skip
    told = json.loads(out)
    assert (told["scale"], told["shift"]) == (pytest.approx(2 / 255), -1)
    assert [step["became"] for step in told["steps"]] == ["C1", "C1", "", "F2"]
    assert sc.load_model(tmp_path / "mine.safetensors").classes == ("cat", "dog", "hen")
    code, out, _ = run("summary", tmp_path / "mine.safetensors")
    assert code == 0
    assert "farm reads 1@8x8" in out


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (["--mean", "half"], "--mean is 'half': give one number"),
        (["--shape", "28x28"], "--shape is '28x28': give channels,height,width"),
        (["--out", "mine.onnx"], "--out is mine.onnx: a model that was brought in is kept as"),
    ],
)
def test_the_command_says_how_options_are_written(
    told: list[str], words: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "theirs.onnx").write_bytes(content())
    code, _, err = run("import", tmp_path / "theirs.onnx", *told)
    assert code == 2
    assert words in err
