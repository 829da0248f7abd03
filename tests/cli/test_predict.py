from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.sources import load


@pytest.fixture
def run(simplecell: Any, net: Path, tmp_path: Path) -> Path:
    options = ("--net", net, "--engine", "reference", "--epochs", 8, "--out", tmp_path / "run")
    assert simplecell("train", "digits", "--rate", 0.02, *options).code == 0
    return tmp_path / "run"


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Ten digits of the test part, one of each class, as PNG."""
    part = load("digits").test
    assert part is not None
    paths = []
    for label in range(10):
        row = int(np.flatnonzero(part.labels == label)[0])
        paths.append(tmp_path / f"digit-{label}.png")
        Image.fromarray(part.pixels[row, 0]).save(paths[-1])
    return paths


@pytest.fixture
def predict(simplecell: Any) -> Any:
    return lambda *options: simplecell("predict", *options, "--engine", "reference")


def test_a_trained_model_reads_digits_from_files(
    predict: Any, run: Path, pictures: list[Path]
) -> None:
    found = predict(run, *pictures, "--json").json["predictions"]
    assert [one["image"] for one in found] == [str(path) for path in pictures]
    assert sum(one["class"] == str(k) for k, one in enumerate(found)) >= 8
    for one in found:
        assert 1 >= one["probability"] >= one["runner_up_probability"] >= 0
        assert one["class"] != one["runner_up"]
        assert not one["light_ground"]


def test_people_see_a_line_per_picture(predict: Any, run: Path, pictures: list[Path]) -> None:
    answer = predict(run / "model.safetensors", *pictures[:3])
    lines = answer.out.splitlines()
    assert len(lines) == 3
    for path, line in zip(pictures, lines, strict=False):
        assert line.startswith(f"{path}: ")
        assert line.count("%") == 2


def test_dark_ink_on_white_is_turned_round_when_asked(
    predict: Any, run: Path, pictures: list[Path], tmp_path: Path
) -> None:
    paper = tmp_path / "paper.png"
    Image.fromarray(255 - np.asarray(Image.open(pictures[4]))).save(paper)
    light = predict(run, pictures[4], "--json").json["predictions"][0]
    turned = predict(run, paper, "--invert", "--json").json["predictions"][0]
    assert {**turned, "image": ""} == {**light, "image": ""}
    assert predict(run, paper, "--json").json["predictions"][0]["light_ground"]
    assert "Try --invert" in predict(run, paper).out


def test_one_bad_picture_is_named_and_nothing_is_answered(
    predict: Any, run: Path, pictures: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "letter.png"
    bad.write_text("this is no picture")
    for options in ((), ("--json",)):
        answer = predict(run, pictures[0], bad, pictures[1], *options)
        assert answer.code == 2
        assert answer.out == ""
        assert f"{bad} is no picture" in answer.err


def test_a_network_of_one_output_has_no_other_runner_up(
    simplecell: Any, predict: Any, tmp_path: Path, pictures: list[Path]
) -> None:
    net = tmp_path / "one.json"
    layer = '{"type": "dense", "name": "F1", "units": 1, "squash": "sigmoid"}'
    net.write_text(
        '{"format": "simplecell.network", "version": 1, "name": "one", "input": [1, 8, 8],'
        f' "layers": [{layer}]}}'
    )
    pixels = np.arange(30 * 64, dtype=np.uint8).reshape(30, 8, 8)
    np.savez(tmp_path / "one.npz", x=pixels, y=np.zeros(30, np.int64))
    options = ("--net", net, "--engine", "reference", "--epochs", 1, "--out", tmp_path / "r")
    assert simplecell("train", tmp_path / "one.npz", *options).code == 0
    found = predict(tmp_path / "r", pictures[0], "--json").json["predictions"][0]
    assert (found["class"], found["probability"], found["runner_up"]) == ("0", 1.0, None)
