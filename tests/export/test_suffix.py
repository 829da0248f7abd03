"""A file's kind follows from its name; what PyTorch saved comes back, and nothing else does."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.errors import ModelError, UnknownName
from simplecell.export.fold import folded
from simplecell.export.onnx import write
from simplecell.export.suffix import read_model, suffix_of, write_state
from simplecell.train.model import Model

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


def equal(a: Model, b: Model) -> bool:
    same = set(a.parameters) == set(b.parameters) and all(
        np.array_equal(w, b.parameters[name]) for name, w in a.parameters.items()
    )
    return same and (a.network, a.classes, a.normalisation) == (
        b.network,
        b.classes,
        b.normalisation,
    )


@pytest.mark.parametrize(("name", "suffix"), [("a.b.ONNX", ".onnx"), ("x/y.h", ".h")])
def test_a_kind_is_found_whatever_its_case(name: str, suffix: str) -> None:
    assert suffix_of(name) == suffix


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"'\.onx': did you mean '\.onnx'"):
        suffix_of("lenet5.onx")
    with pytest.raises(UnknownName, match="'lenet5'"):
        suffix_of("lenet5")


def test_a_state_dict_is_read_back(model: Model, tmp_path: Path) -> None:
    size = write_state(model, tmp_path / "m.pt")
    assert size == (tmp_path / "m.pt").stat().st_size
    assert equal(read_model(tmp_path / "m.pt"), model)


def test_pytorch_loads_the_state_and_answers_the_same(
    model: Model, noise: Any, exact: Any, tmp_path: Path
) -> None:
    from simplecell.engines.pytorch import module

    write_state(model, tmp_path / "m.pt")
    net = module(model.network)
    net.load_state_dict(torch.load(tmp_path / "m.pt", weights_only=True))
    net.eval()
    pixels = noise(model, 5)
    x = torch.from_numpy(model.examples(pixels).values(slice(None), np.float32))
    sign = -1 if model.network.layers[-1].type == "rbf" else 1
    wanted = exact(model, pixels)
    given = sign * net(x).detach().numpy().reshape(wanted.shape)
    assert given == pytest.approx(wanted, rel=1e-5, abs=1e-5)


def test_what_pytorch_saved_itself_needs_a_model_like_it(
    draw: Any, model: Model, tmp_path: Path
) -> None:
    from simplecell.engines.pytorch import module

    net = module(model.network)
    torch.manual_seed(0)
    with torch.no_grad():
        for own in net.parameters():
            own.copy_(torch.rand_like(own))
        for layer, cells in zip(model.network.layers, net.cells, strict=True):
            if getattr(layer, "table", None):
                cells.w.mul_(cells.mask)
    torch.save(net.state_dict(), tmp_path / "m.pt")
    with pytest.raises(ModelError, match=r"m\.pt holds weights, .*\n.* --like"):
        read_model(tmp_path / "m.pt")
    found = read_model(tmp_path / "m.pt", like=model)
    assert (found.network, found.classes) == (model.network, model.classes)
    for name, own in net.state_dict().items():
        assert np.array_equal(found.parameters[name], own.numpy())


def test_the_weights_of_another_network_are_refused(draw: Any, tmp_path: Path) -> None:
    from simplecell.spec.layers import Dense
    from simplecell.spec.network import Network

    small, large = (draw(Network("n", (1, 2, 2), (Dense("F1", units),))) for units in (2, 3))
    write_state(small, tmp_path / "m.pt")
    with pytest.raises(ModelError, match=r"needs F1\.w of shape \(3, 4\); found \(2, 4\)"):
        read_model(tmp_path / "m.pt", like=large)


class Trap:
    """What runs code when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (Path.touch, (self.file,))


def test_code_in_a_state_dict_is_not_run(tmp_path: Path) -> None:
    torch.save({"F1.w": Trap(tmp_path / "sprung")}, tmp_path / "m.pt")
    with pytest.raises(ModelError, match=r"m\.pt is no state dict that can be read without"):
        read_model(tmp_path / "m.pt")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"Dear reader,"])
def test_what_torch_did_not_save_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_bytes(content)
    with pytest.raises(ModelError, match=r"torch\.save"):
        read_model(tmp_path / "m.pt")


@pytest.mark.parametrize("state", [[1, 2], {"F1.w": "text"}, {3: 4}])
def test_anything_but_tensors_by_name_is_refused(state: object, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "m.pt")
    with pytest.raises(ModelError, match="tensors by name"):
        read_model(tmp_path / "m.pt")


def test_a_truncated_state_dict_is_refused(model: Model, tmp_path: Path) -> None:
    write_state(model, tmp_path / "m.pt")
    assert zipfile.is_zipfile(tmp_path / "m.pt")
    (tmp_path / "m.pt").write_bytes((tmp_path / "m.pt").read_bytes()[:-60])
    with pytest.raises(ModelError, match=r"m\.pt is no state dict"):
        read_model(tmp_path / "m.pt")


def test_every_kind_of_file_gives_the_same_model(model: Model, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    model.save(tmp_path / "m.safetensors")
    write(model, tmp_path / "m.onnx")
    write_state(model, tmp_path / "m.pt")
    for name in ("m.safetensors", "m.onnx", "m.pt"):
        # A graph for runtimes has normalisation folded away.
        wanted = folded(model) if name == "m.onnx" else model
        assert equal(read_model(tmp_path / name), wanted), name


def test_what_holds_no_model_says_what_to_name(tmp_path: Path) -> None:
    (tmp_path / "m.h").write_text("/* */")
    for name, words in {
        str(tmp_path / "gone.onnx"): "there is no file",
        str(tmp_path / "gone.pt"): "there is no file",
        str(tmp_path / "gone.h"): "there is no file",
        str(tmp_path / "m.h"): "is a C header, which is written and not read back",
        "lenet5": "is a network without weights",
    }.items():
        with pytest.raises(ModelError, match=words):
            read_model(name)


def test_missing_pytorch_says_what_to_install(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("simplecell.export.suffix.import_module", missing)
    with pytest.raises(ModelError, match=r"pip install 'simplecell\[torch\]'"):
        write_state(model, tmp_path / "m.pt")
