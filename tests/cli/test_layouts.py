"""Data as people have it, from the command line: what is said of it goes with the run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMPLECELL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def train(simplecell: Any, tmp_path: Path) -> Any:
    told = ("--engine", "reference", "--epochs", 1, "--batch", 8, "--out", tmp_path / "run")
    return lambda data, *options: simplecell("train", data, *told, *options)


RNG = np.random.default_rng(0)
SHADES = RNG.integers(0, 30, (40, 12, 12)) + np.arange(40)[:, None, None]


def test_a_range_is_asked_for_given_and_remembered(
    train: Any, simplecell: Any, tmp_path: Path
) -> None:
    np.savez(tmp_path / "dark.npz", x=SHADES, y=np.arange(40) % 4)
    refused = train(tmp_path / "dark.npz")
    assert refused.code == 2
    assert "pixels reach from 0 to 68, neither 0..1 nor 0..255" in refused.err
    assert "say --range 0 100" in refused.err
    assert train(tmp_path / "dark.npz", "--range", 0, 100).code == 0
    told = json.loads((tmp_path / "run" / "source.json").read_text())
    assert told["data"] == "../dark.npz?range=0,100"
    judged = ("evaluate", tmp_path / "run", tmp_path / "dark.npz", "--engine", "reference")
    assert simplecell(*judged).code == 2
    assert simplecell(*judged, "--range", 0, 100).code == 0
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    page = tmp_path / "report.html"
    drawn = simplecell("report", tmp_path / "run", "--engine", "reference", "--out", page)
    assert drawn.code == 0, drawn.err


def test_arrays_in_colour_or_of_many_classes_get_a_network_of_their_own(
    train: Any, tmp_path: Path
) -> None:
    pixels = RNG.integers(0, 255, (48, 12, 12, 3), dtype=np.uint8)
    np.savez(tmp_path / "colour.npz", x=pixels, y=np.arange(48) % 12 + 1)
    document = train(tmp_path / "colour.npz", "--json").json
    assert document["network"] == "lenet_12"


def test_arrays_that_the_published_network_reads_are_learnt_by_it(
    train: Any, tmp_path: Path
) -> None:
    np.savez(tmp_path / "grey.npz", x=RNG.integers(0, 255, (40, 12, 12)), y=np.arange(40) % 4)
    assert train(tmp_path / "grey.npz", "--json").json["network"] == "lenet5"


def test_a_list_with_a_root_is_found_again_by_the_run(
    train: Any, simplecell: Any, tmp_path: Path
) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "scans").mkdir()
    for k in range(20):
        Image.fromarray(np.full((9, 9), 12 * k, np.uint8)).save(tmp_path / "scans" / f"{k}.png")
    rows = [f"{k},{'ab'[k // 10]}" for k in range(20)]
    (tmp_path / "lists" / "ids.csv").write_text("\n".join(["id,species", *rows]))
    answer = train(tmp_path / "lists" / "ids.csv", "--root", tmp_path / "scans", "--size", 8)
    assert answer.code == 0, answer.err
    assert "id is taken for the path, species for the class." in answer.out
    told = json.loads((tmp_path / "run" / "source.json").read_text())
    assert told["data"] == "../lists/ids.csv?root=../scans"
