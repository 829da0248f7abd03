"""`simplecell export`: each kind of file, what is said of it, and the commonest mistakes."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def run(simplecell: Any, net: Path, tmp_path: Path) -> Path:
    told = ("--net", net, "--engine", "reference", "--epochs", 2, "--out", tmp_path / "run")
    assert simplecell("train", "digits", *told).code == 0
    return tmp_path / "run"


@pytest.fixture
def relu_run(simplecell: Any, rows: Path, tmp_path: Path) -> Path:
    """A relu layer, and data that no name brings back."""
    net = tmp_path / "relu.json"
    layers = [
        {"type": "dense", "name": "F1", "units": 8, "squash": "relu"},
        {"type": "dense", "name": "F2", "units": 3, "squash": "softmax"},
    ]
    document = {"format": "simplecell.network", "version": 1, "name": "relu"}
    net.write_text(json.dumps({**document, "input": [1, 8, 8], "layers": layers}))
    told = ("--net", net, "--engine", "reference", "--epochs", 2, "--out", tmp_path / "relu")
    assert simplecell("train", rows, *told).code == 0
    return tmp_path / "relu"


def test_help_shows_an_example_and_every_kind(simplecell: Any) -> None:
    answer = simplecell("export", "--help")
    assert answer.code == 0
    assert "simplecell export runs/first lenet5.onnx" in answer.out
    assert ".onnx, .h, .html, .pt, .safetensors" in answer.out.replace("\n", " ")
    for option in ("--int8", "--test", "--name", "--pixels", "--data", "--like", "--json"):
        assert option in answer.out


def test_onnx_is_described(simplecell: Any, run: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    answer = simplecell("export", run, tmp_path / "two.onnx")
    assert answer.code == 0
    size = (tmp_path / "two.onnx").stat().st_size
    assert answer.out.splitlines() == [
        f"{tmp_path / 'two.onnx'}: two, {size:,} bytes",
        "  reads  pixels (N, 1, 8, 8) uint8, from 0 to 255",
        "  gives  label (N), probabilities and scores (N, 10)",
    ]
    told = simplecell("export", run, tmp_path / "f.onnx", "--pixels", "float32", "--json").json
    assert (told["format"], told["network"]) == ("onnx", "two")
    assert told["classes"] == list("0123456789")


def test_onnx_and_pt_are_evaluated_and_read_pictures_as_the_run_does(
    simplecell: Any, run: Path, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("torch")
    picture = tmp_path / "picture.png"
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(picture)
    found = []
    for model in (run, tmp_path / "two.onnx", tmp_path / "two.pt"):
        if model != run:
            assert simplecell("export", run, model).code == 0
        told = simplecell("evaluate", model, "digits", "--engine", "reference", "--json").json
        seen = simplecell("predict", model, picture, "--engine", "reference", "--json").json
        found.append((told["errors"], told["loss"], told["confusion"], seen["predictions"]))
    assert found[0] == found[1] == found[2]


def test_there_and_back_gives_the_same_bytes(simplecell: Any, run: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("torch")
    for kind in ("onnx", "pt"):
        assert simplecell("export", run, tmp_path / f"a.{kind}").code == 0
        back = tmp_path / f"{kind}.safetensors"
        assert simplecell("export", tmp_path / f"a.{kind}", back).code == 0
        assert back.read_bytes() == (run / "model.safetensors").read_bytes()


def test_a_header_is_described_with_its_size(simplecell: Any, run: Path, tmp_path: Path) -> None:
    answer = simplecell("export", run, tmp_path / "my-net.h")
    assert answer.code == 0
    weights = 12 * 64 + 12 + 10 * 12 + 10
    said = answer.out
    assert f"{4 * weights:,} bytes of constants, {4 * (64 + 12)} bytes of scratch" in said
    assert "888 multiply-adds for a picture" in said
    assert "int label = my_net_predict(pixels, scores);" in said
    text = (tmp_path / "my-net.h").read_text()
    assert f"{4 * weights:,} bytes" in text
    assert not (tmp_path / "my-net_test.c").exists()


def test_int8_with_a_test_says_how_often_it_agrees(
    simplecell: Any, run: Path, tmp_path: Path
) -> None:
    told = simplecell("export", run, tmp_path / "n.h", "--int8", "--test", "--json").json
    assert (told["name"], told["numbers"], told["pictures"]) == ("n", "int8", 359)
    assert told["agree"] >= 0.98 * 359
    assert told["test"] == str(tmp_path / "n_test.c")
    assert '#include "n.h"' in (tmp_path / "n_test.c").read_text()
    said = simplecell("export", run, tmp_path / "n.h", "--int8", "--test").out
    assert f"int8 answers as float does on {told['agree']} of 359 pictures" in said
    assert "cc -std=c99 -Wall -Wextra -Werror" in said


def test_int8_of_relu_takes_the_pictures_that_are_named(
    simplecell: Any, relu_run: Path, rows: Path, tmp_path: Path
) -> None:
    model = tmp_path / "alone.safetensors"
    model.write_bytes((relu_run / "model.safetensors").read_bytes())
    answer = simplecell("export", model, tmp_path / "n.h", "--int8")
    assert (answer.code, answer.out) == (2, "")
    assert "this needs pictures such as relu learned from" in answer.err
    assert "alone.safetensors does not say where they are.\n  Name them with --data" in answer.err
    assert not (tmp_path / "n.h").exists()
    answer = simplecell("export", relu_run, tmp_path / "n.h", "--int8", "--data", rows)
    assert answer.code == 0
    assert "of 90 pictures" in answer.out


def test_a_run_finds_its_pictures_from_any_folder_or_says_what_is_missing(
    simplecell: Any, relu_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "else" / "where"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    assert "of 90 pictures" in simplecell("export", relu_run, "n.h", "--int8").out
    pictures = (relu_run / json.loads((relu_run / "source.json").read_text())["data"]).resolve()
    moved = pictures.rename(pictures.with_name("moved.npz"))
    try:
        refused = simplecell("export", relu_run, "n.h", "--int8")
    finally:
        moved.rename(pictures)
    assert (refused.code, refused.out) == (2, "")
    assert f"they were at {os.path.relpath(pictures)}, and there is nothing now" in refused.err
    assert "Put them back, or name them with --data." in refused.err


def test_data_are_refused_where_nothing_is_tried(
    simplecell: Any, run: Path, tmp_path: Path
) -> None:
    refused = simplecell("export", run, tmp_path / "n.onnx", "--data", "digits")
    assert "--data is for C headers, and the file to write is a .onnx file" in refused.err


def test_the_state_of_pytorch_s_own_training_takes_a_model_like_it(
    simplecell: Any, run: Path, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    assert simplecell("export", run, tmp_path / "two.pt").code == 0
    state = torch.load(tmp_path / "two.pt", weights_only=True)
    torch.save(dict(state), tmp_path / "own.pt")
    answer = simplecell("export", tmp_path / "own.pt", tmp_path / "own.safetensors")
    assert answer.code == 2
    assert "does not say of which network" in answer.err
    told = ("export", tmp_path / "own.pt", tmp_path / "own.safetensors", "--like", run)
    assert simplecell(*told).code == 0
    saved = (tmp_path / "own.safetensors").read_bytes()
    assert saved == (run / "model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        ("two.onxx", (), ("'.onxx': did you mean '.onnx'?", "known: .h, .html, .onnx, .pt")),
        ("two", (), ("no kind of file to export to is called 'two'",)),
        ("two.onnx", ("--int8",), ("--int8 is for C headers", "a .onnx file")),
        ("two.pt", ("--test",), ("--test is for C headers", "a .pt file")),
        ("two.h", ("--pixels", "float32"), ("--pixels is for .onnx", "a .h file")),
        ("two.onnx", ("--pixels", "float"), ("'float': did you mean 'float32'?",)),
        ("two.onnx", ("--like", "."), ("--like says what a .pt file is",)),
        ("gone/two.h", (), ("could not be written: there is no folder",)),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    file: str, options: tuple[str, ...], words: tuple[str, ...], simplecell: Any, run: Path
) -> None:
    before = sorted(run.parent.iterdir())
    answer = simplecell("export", run, run.parent / file, *options, "--json")
    assert (answer.code, answer.out) == (2, "")
    for word in words:
        assert word in answer.err
    assert sorted(run.parent.iterdir()) == before


def test_a_network_without_weights_says_to_train_it(simplecell: Any, tmp_path: Path) -> None:
    answer = simplecell("export", "lenet5", tmp_path / "lenet5.onnx")
    assert answer.code == 2
    assert "lenet5 is a network without weights" in answer.err
    assert "simplecell train mnist --net lenet5" in answer.err


def test_a_run_that_is_not_finished_says_to_finish_it(
    simplecell: Any, run: Path, tmp_path: Path
) -> None:
    (run / "model.safetensors").unlink()
    answer = simplecell("export", run, tmp_path / "two.h")
    assert answer.code == 2
    assert "a run that is not finished" in answer.err
    assert "--resume" in answer.err
