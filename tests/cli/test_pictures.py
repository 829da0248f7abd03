"""Pictures of one's own, from the folder to the answer; and the mistakes people make with them."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.train.model import load_model

COLOURS = {"blue": (30, 40, 200), "red": (210, 40, 30)}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Thirty pictures of each of two colours, which as grey are much alike, and one broken."""
    rng = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (tmp_path / "own" / name).mkdir(parents=True)
        for k in range(30):
            shades = np.array(colour) + rng.integers(-20, 20, (9, 12, 3))
            picture = Image.fromarray(np.clip(shades, 0, 255).astype(np.uint8))
            picture.save(tmp_path / "own" / name / f"{k}.png")
    (tmp_path / "own" / "red" / "broken.png").write_text("no picture")
    return tmp_path / "own"


@pytest.fixture
def train(simplecell: Any, tmp_path: Path) -> Any:
    told = ("--engine", "reference", "--epochs", 4, "--batch", 8, "--out", tmp_path / "run")
    return lambda data, *options: simplecell("train", data, *told, *options)


def test_colour_is_kept_where_it_tells_classes_apart_and_it_is_said(
    train: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(2)
    # Red and blue of one lightness, 110 of 255, and noise that is larger than what is left.
    for name, shade in (("red", (200, 70, 80)), ("blue", (70, 105, 250))):
        (tmp_path / "own" / name).mkdir(parents=True)
        for k in range(80):
            pixels = np.clip(np.array(shade) + rng.integers(-50, 50, (9, 12, 1)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "own" / name / f"{k}.png")
    answer = train(tmp_path / "own", "--size", 12, "--epochs", 1, "--whole")
    assert "Pictures are read in colour: a trial on 32 of them had 0.0 % errors" in answer.out
    assert "3x12x12" in repr(load_model(tmp_path / "run"))


def test_colour_that_tells_nothing_is_left_out(train: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for name, shade in (("dark", 60), ("light", 190)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for k in range(30):
            tint = rng.integers(-40, 40, 3)
            pixels = np.clip(shade + tint + rng.integers(-5, 5, (9, 12, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "own" / name / f"{k}.png")
    answer = train(tmp_path / "own", "--size", 12, "--epochs", 1, "--whole")
    assert "Pictures are read in grey: a trial on 12 of them" in answer.out
    assert "--colour decides otherwise" in answer.out


def test_a_folder_is_trained_evaluated_and_asked(
    train: Any, simplecell: Any, own: Path, tmp_path: Path
) -> None:
    answer = train(own, "--colour", "--size", 12)
    assert answer.code == 0, answer.err
    assert "red/broken.png: no picture" in answer.out
    assert "48 pictures to learn from, 12 to test with, 2 classes:" in answer.out
    balance = [line.split()[:3] for line in answer.out.splitlines() if "####" in line]
    assert balance == [["blue", "24", "6"], ["red", "24", "6"]]
    assert "lenet_2," in answer.out
    with (tmp_path / "run" / "skipped.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["path", "reason"]
    assert rows[1][0] == "red/broken.png"

    judged = simplecell("evaluate", tmp_path / "run", own, "--engine", "reference", "--json").json
    assert (judged["examples"], judged["errors"]) == (12, 0)
    assert judged["classes"] == ["blue", "red"]
    picture = own / "blue" / "3.png"
    told = ("--engine", "reference", "--json")
    found = simplecell("predict", tmp_path / "run", picture, *told).json
    assert found["reading"] == "fitted"
    assert found["predictions"][0]["class"] == "blue"
    assert not found["predictions"][0]["rejected"]


def test_a_folder_is_grey_and_of_lenets_size_unless_asked(train: Any, own: Path) -> None:
    document = train(own, "--epochs", 1, "--whole", "--json").json
    assert document["network"] == "lenet_2"
    # The network of lenet5_tutorial with 2 outputs in place of 10.
    assert document["parameters"] == 61_706 - 8 * 85


def test_few_pictures_are_learnt_for_longer_unless_it_is_said_how_long(
    simplecell: Any, own: Path, tmp_path: Path
) -> None:
    told = ("--engine", "reference", "--size", 8, "--json")
    named = simplecell("train", own, *told, "--recipe", "fast", "--out", tmp_path / "a")
    assert named.json["epochs"] == 60
    answer = simplecell("train", own, *told, "--out", tmp_path / "b", "--recipe", "sgd")
    assert answer.json["epochs"] == 60
    told += ("--epochs", 2)
    assert simplecell("train", own, *told, "--out", tmp_path / "c").json["epochs"] == 2


def test_a_manifest_is_trained_on_too(train: Any, own: Path) -> None:
    rows = [f"{p.parent.name}/{p.name},{p.parent.name}" for p in own.rglob("*.png")]
    (own / "list.csv").write_text("\n".join(["path,label", *rows]))
    assert train(own / "list.csv", "--epochs", 1, "--size", 8, "--json").json["data"] == "list.csv"


def test_a_named_network_reads_at_its_own_size(train: Any, own: Path, net: Path) -> None:
    refused = train(own, "--net", net, "--size", 8)
    assert refused.code == 2
    assert "--size, --colour and --grey are for a folder of pictures and no --net" in refused.err
    assert train(own, "--net", net, "--json").json["network"] == "two"


def test_a_run_on_a_folder_goes_on(train: Any, own: Path, tmp_path: Path) -> None:
    first = train(own, "--colour", "--size", 8, "--epochs", 1, "--json")
    assert first.code == 0
    (tmp_path / "run" / "model.safetensors").unlink()
    again = train(own, "--resume", "--epochs", 1, "--json")
    assert again.code == 0, again.err
    assert again.json["network"] == "lenet_2"


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda f: [(f / "a.png")], "holds 1 pictures and no class folder"),
        (lambda f: [(f / "a" / "a.png")], "one class alone: 'a' (1 pictures)"),
        (lambda f: [], "is empty"),
    ],
)
def test_a_folder_that_is_no_album_is_refused_with_what_to_do(
    prepare: Any, words: str, train: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    for path in prepare(folder):
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (9, 9)).save(path)
    refused = train(folder)
    assert refused.code == 2
    assert words in refused.err
    assert len(refused.err.splitlines()) > 1
    assert not (tmp_path / "run").exists()


def test_a_folder_of_all_sorts_of_files_is_refused_unless_one_insists(
    train: Any, own: Path, tmp_path: Path
) -> None:
    for ending in (".py", ".txt", ".json", ".so", ".html", ".log"):
        for k in range(12):
            (own / "red" / f"{k}{ending}").write_text("no picture")
    refused = train(own)
    assert (refused.code, refused.out) == (2, "")
    assert "own does not look like pictures by class: 61 pictures, and 72 other" in refused.err
    assert "--insist learns from this one all the same" in refused.err
    assert not (tmp_path / "run").exists()
    assert train(own, "--insist", "--grey", "--size", 8, "--epochs", 1).code == 0


def test_other_class_folders_are_not_taken_for_the_models(
    train: Any, simplecell: Any, own: Path, tmp_path: Path
) -> None:
    assert train(own, "--size", 8, "--epochs", 1).code == 0
    (own / "red").rename(own / "crimson")
    refused = simplecell("evaluate", tmp_path / "run", own, "--engine", "reference")
    assert refused.code == 2
    assert "not in the model: crimson; not in the pictures: red" in refused.err


def test_a_folder_called_like_a_data_set_is_pointed_out(
    train: Any, simplecell: Any, own: Path, net: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.rename(own.parent / "digits")
    monkeypatch.chdir(own.parent)
    note = "Note: digits is the data set of that name; the folder of pictures here is ./digits."
    assert note in train("digits", "--net", net).out.splitlines()
    judged = simplecell("evaluate", "run", "digits", "--engine", "reference")
    assert judged.out.splitlines()[0] == note
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    told = ("plot", "confusion", "run", "digits", "--engine", "reference")
    assert simplecell(*told).out.splitlines()[0] == note


def test_a_c_header_is_tried_on_pictures_of_ones_own_in_colour(
    train: Any, simplecell: Any, own: Path, tmp_path: Path
) -> None:
    assert train(own, "--colour", "--size", 8).code == 0
    told = ("export", tmp_path / "run", tmp_path / "own.h", "--int8", "--test")
    assert simplecell(*told, "--json").json["pictures"] == 12
    assert simplecell(*told, "--data", own, "--json").json["pictures"] == 12
    (own / "red").rename(own / "crimson")
    assert "not in the model: crimson" in simplecell(*told, "--data", own).err


def test_few_pictures_and_uneven_classes_are_said(train: Any, own: Path) -> None:
    for path in list((own / "red").glob("?.png")) + list((own / "red").glob("1?.png")):
        path.unlink()
    for k in range(300):
        Image.new("L", (4, 4), k % 256).save(own / "blue" / f"more{k}.png")
    told = train(own, "--size", 8, "--epochs", 1).out
    assert "Note: fewer than 10 pictures to learn from: red." in told
