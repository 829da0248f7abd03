from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from simplecell.data.normalise import published
from simplecell.data.sources import load
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.guard import Guard
from simplecell.train.model import Model, load_model, save_model


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
    # However pictures are read, --invert is heeded where it is advised.
    fitted = predict(run, pictures[4], "--read", "fitted", "--json").json["predictions"][0]
    turned = predict(run, paper, "--read", "fitted", "--invert", "--json").json["predictions"][0]
    assert {**turned, "image": ""} == {**fitted, "image": ""}
    assert "Try --invert" not in predict(run, paper, "--read", "fitted", "--invert").out


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


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    """A model that looks for the digit: ink in the middle is a 1, ink around it a 0.

    Its guard is sure of everything to 1 in 11.
    """
    network = Network("two", (1, 28, 28), (Dense("F1", 10, "softmax"),))
    middle = np.full((28, 28), -1.0)
    middle[:, 10:18] = 1
    weights = {"F1.w": np.zeros((10, 784)), "F1.b": np.full(10, -9.0)}
    weights["F1.w"][:2] = np.stack([-middle, middle]).reshape(2, 784) / 5
    weights["F1.b"][:2] = 0
    model = Model(network, weights, published(), tuple("0123456789"), reading="ink")
    own = Network("guard", (1, 28, 28), (Dense("F1", 11, "softmax"),))
    even = {"F1.w": np.zeros((11, 784)), "F1.b": np.zeros(11)}
    model = replace(model, guard=Guard(own, even, published(), threshold=0.05))
    save_model(model, tmp_path / "reader.safetensors")
    return tmp_path / "reader.safetensors"


def drawn(path: Path, *places: tuple[int, int, str], ink: int = 30, ground: int = 240) -> Path:
    """Draw ones and noughts, 40 high."""
    picture = Image.new("L", (300, 200), ground)
    draw = ImageDraw.Draw(picture)
    for left, top, what in places:
        if what == "1":
            draw.line([left + 6, top, left, top + 40], ink, 6)
        else:
            draw.ellipse([left, top, left + 34, top + 40], None, ink, 6)
    picture.save(path)
    return path


def test_a_photo_is_searched_for_its_digit(predict: Any, reader: Path, tmp_path: Path) -> None:
    dark = drawn(tmp_path / "dark.png", (200, 120, "1"))
    light = drawn(tmp_path / "light.png", (20, 30, "0"), ink=250, ground=40)
    found = predict(reader, dark, light, "--json").json
    assert found["reading"] == "ink"
    wanted = ((200, 120, "1"), (20, 30, "0"))
    for one, (left, top, digit) in zip(found["predictions"], wanted, strict=True):
        assert one["class"] == digit
        assert not one["rejected"]
        assert abs(one["box"][0] - top) < 5
        assert abs(one["box"][1] - left) < 5
        assert one["sureness"] == pytest.approx(1 / 11, abs=1e-3)


def test_a_sheet_is_read_in_order(predict: Any, reader: Path, tmp_path: Path) -> None:
    places = ((30, 20, "1"), (90, 22, "0"), (150, 18, "1"), (40, 120, "0"), (110, 118, "1"))
    page = drawn(tmp_path / "sheet.png", *places)
    told = predict(reader, page, "--sheet").out.splitlines()
    assert told[1:3] == ["  1 0 1", "  0 1"]
    found = predict(reader, page, "--sheet", "--json").json["predictions"]
    assert [one["row"] for one in found] == [0, 0, 0, 1, 1]
    for one, (left, _, _) in zip(found, places, strict=True):
        assert abs(one["box"][1] - left) < 6
    assert "4 more on this page: --sheet reads them all" in predict(reader, page).out


def test_blank_paper_is_no_digit(predict: Any, reader: Path, tmp_path: Path) -> None:
    page = drawn(tmp_path / "blank.png")
    assert predict(reader, page).out.strip() == f"{page}: no digit: nothing is written on it"
    one = predict(reader, page, "--json").json["predictions"][0]
    assert (one["class"], one["rejected"], one["box"]) == (None, True, None)


def test_what_the_guard_doubts_is_no_digit(predict: Any, reader: Path, tmp_path: Path) -> None:
    model = load_model(reader)
    assert model.guard is not None
    save_model(
        replace(model, guard=replace(model.guard, threshold=0.5)), tmp_path / "m.safetensors"
    )
    page = drawn(tmp_path / "one.png", (100, 100, "1"))
    told = predict(tmp_path / "m.safetensors", page).out
    assert told.startswith(f"{page}: no digit, sure to 9 %; nearest 1 ")
    assert predict(tmp_path / "m.safetensors", page, "--sheet").out.splitlines()[1] == "  ?"


def test_each_step_is_drawn_when_asked(predict: Any, reader: Path, tmp_path: Path) -> None:
    pages = [drawn(tmp_path / "one.png", (100, 100, "1")), drawn(tmp_path / "blank.png")]
    assert predict(reader, *pages, "--explain", tmp_path / "steps.png").code == 0
    with Image.open(tmp_path / "steps.png") as steps:
        assert steps.format == "PNG"
        # Eight panels of the first page, five and three; those of the second page below them.
        assert 5 * 220 < steps.width < 6 * 220
        assert steps.height > 3 * 220


def test_a_model_of_other_pictures_looks_for_no_digit(
    predict: Any, run: Path, reader: Path, pictures: list[Path], tmp_path: Path
) -> None:
    refused = predict(run, pictures[0], "--sheet")
    assert refused.code == 2
    assert "--sheet is for digits that are looked for on a page" in refused.err
    assert "--explain is for" in predict(run, pictures[0], "--explain", tmp_path / "x.png").err
    assert "reads 1x8x8 images; digits that are" in predict(run, pictures[0], "--read", "ink").err
    assert "called 'inc': did you mean 'ink'?" in predict(run, pictures[0], "--read", "inc").err
    # And one that does, does not when it is told so.
    plain = predict(reader, pictures[0], "--read", "plain", "--json").json
    assert plain["predictions"][0]["box"] is None
