"""Cross-validation on the command line, and the labels that it puts in doubt."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.cli.main import main
from simplecell.data.pen import draw_digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes, and of each a picture in the other's folder."""
    where = tmp_path_factory.mktemp("set") / "pens"
    ink, labels = draw_digits(400, seed=5)
    rows = np.flatnonzero(labels < 2)
    for number, row in enumerate(rows.tolist()):
        label = int(labels[row])
        kept = 1 - label if number in (0, 1) else label
        part = "train" if number < 70 else "test"
        path = where / part / str(kept) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - ink[row, 0]).save(path)
    return where


def run(*arguments: object, code: int = 0) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(one) for one in arguments])
    assert end.value.code == code


def test_folds_say_the_error_and_look_lists_the_labels(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, page = tmp_path / "folds", tmp_path / "look.html"
    told = ("train", folder, "--folds", 2, "--epochs", 8, "--class-weights", "balanced")
    run(*told, "--out", out, "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["examples"] == 70
    assert found["interval_percent"][0] < found["error_percent"] < found["interval_percent"][1]
    run(*told, "--out", out, code=2)
    assert "--resume" in capsys.readouterr().err
    run(*told, "--out", out, "--resume")
    assert "95 % interval" in capsys.readouterr().out
    run("look", folder, "--model", out, "--out", page, "--json")
    named = {one["picture"] for one in json.loads(capsys.readouterr().out)["suspects"]}
    assert {"train/1/0.png", "train/0/1.png"} <= named
    assert page.read_text().count("<figure>") == len(named)
    run("look", folder, "--model", out, "--lang", "zh")
    assert "需要核对的标签" in capsys.readouterr().out


def test_options_for_one_run_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("train", folder, "--folds", 3, "--minutes", 1, code=2)
    assert "--folds makes 3 runs, and --minutes is for one" in capsys.readouterr().err
