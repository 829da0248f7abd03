"""`simplecell train DATA --from MODEL`: a model that is there is trained further."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from simplecell.train.model import load_model


@pytest.fixture
def learnt(simplecell: Any, net: Path, tmp_path: Path) -> Path:
    told = ("--net", net, "--epochs", 1, "--no-guard")
    assert simplecell("train", "digits", *told, "--out", tmp_path / "a").code == 0
    return tmp_path / "a"


def test_a_model_is_trained_further_and_resumed(
    simplecell: Any, learnt: Path, tmp_path: Path
) -> None:
    told = ("train", "digits", "--epochs", 2, "--seed", 3, "--no-guard")
    first = simplecell(*told, "--from", learnt, "--out", tmp_path / "b")
    assert first.code == 0
    assert f"begins with the weights of {load_model(learnt).network.name}" in first.out
    shutil.copytree(tmp_path / "b", tmp_path / "c")
    for name in ("model.safetensors", "result.json", "checkpoint.safetensors"):
        (tmp_path / "c" / name).unlink()
    shutil.rmtree(learnt)
    # The run folder has kept what it went on from.
    assert simplecell("train", "digits", "--out", tmp_path / "c", "--resume").code == 0
    one, other = ((tmp_path / run / "model.safetensors").read_bytes() for run in "bc")
    assert one == other


@pytest.mark.parametrize(
    ("option", "named"),
    [
        (("--net", "lenet5"), "--net"),
        (("--depart", "relu"), "--depart"),
        (("--whole",), "--crop and --whole"),
    ],
)
def test_what_the_model_decides_is_refused(
    simplecell: Any, learnt: Path, option: tuple[str, ...], named: str
) -> None:
    found = simplecell("train", "digits", "--from", learnt, *option)
    assert found.code == 2
    assert f"it has no room for {named}" in found.err


def test_folds_begin_with_drawn_weights(simplecell: Any, learnt: Path) -> None:
    found = simplecell("train", "digits", "--from", learnt, "--folds", 3)
    assert found.code == 2
    assert "--folds makes 3 runs, and --from is for one" in found.err


def test_a_model_that_is_not_there_is_named(simplecell: Any, tmp_path: Path) -> None:
    found = simplecell("train", "digits", "--from", tmp_path / "no.safetensors")
    assert found.code == 2
    assert "no.safetensors" in found.err


def test_an_onnx_file_is_to_be_brought_in_first(simplecell: Any, tmp_path: Path) -> None:
    found = simplecell("train", "digits", "--from", tmp_path / "mine.onnx")
    assert found.code == 2
    assert "--out mine.safetensors" in found.err
