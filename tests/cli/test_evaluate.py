from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def run(simplecell: Any, net: Path, tmp_path: Path) -> Path:
    options = ("--net", net, "--engine", "reference", "--epochs", 3, "--out", tmp_path / "run")
    assert simplecell("train", "digits", *options).code == 0
    return tmp_path / "run"


@pytest.fixture
def evaluate(simplecell: Any) -> Any:
    return lambda *options: simplecell("evaluate", *options, "--engine", "reference")


def test_the_test_error_is_the_one_training_ended_with(
    evaluate: Any, simplecell: Any, net: Path, run: Path
) -> None:
    trained = simplecell(
        "train", "digits", "--out", run, "--resume", "--json", "--engine", "reference"
    ).json
    found = evaluate(run, "digits", "--json").json
    assert found["errors"] == trained["test_errors"]
    assert found["error_percent"] == trained["test_error_percent"]
    assert (found["part"], found["examples"]) == ("test", 359)


def test_a_model_file_and_its_run_folder_are_the_same_model(evaluate: Any, run: Path) -> None:
    folder = evaluate(run, "digits", "--json").json
    assert evaluate(run / "model.safetensors", "digits", "--json").json == folder


def test_the_confusion_adds_up(evaluate: Any, run: Path) -> None:
    found = evaluate(run, "digits", "--json").json
    total = sum(map(sum, found["confusion"]))
    right = sum(found["confusion"][k][k] for k in range(10))
    assert (total, total - right) == (found["examples"], found["errors"])
    assert found["classes"] == list("0123456789")


def test_people_see_the_commonest_mistakes(evaluate: Any, run: Path) -> None:
    found = evaluate(run, "digits", "--json").json
    answer = evaluate(run, "digits")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert f"{found['errors']} of 359" in lines[0]
    counts = [int(line.split(" x ")[0]) for line in lines[1:]]
    assert len(counts) == 5
    assert counts == sorted(counts, reverse=True)
    true, guess = (int(name) for name in lines[1].split(" x ")[1].split(" taken for "))
    assert found["confusion"][true][guess] == counts[0]


def test_data_without_a_test_part_are_taken_whole(evaluate: Any, run: Path, rows: Path) -> None:
    found = evaluate(run, rows, "--json").json
    assert (found["part"], found["examples"], found["data"]) == ("all", 90, "rows.npz")


def test_a_label_without_an_output_is_refused(evaluate: Any, run: Path, tmp_path: Path) -> None:
    import numpy as np

    labels = np.array([3, 10, 4])
    np.savez(tmp_path / "more.npz", x=np.zeros((3, 8, 8), np.uint8), y=labels)
    answer = evaluate(run, tmp_path / "more.npz")
    assert answer.code == 2
    assert "labels[1] is 10, out of range: two tells 10 classes" in answer.err
    assert answer.out == ""


def test_a_data_set_that_cannot_fit_is_refused_before_it_is_fetched(
    evaluate: Any, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simplecell.data.sources.published_folder", pytest.fail)
    monkeypatch.setattr("simplecell.data.sources.read_stl10", pytest.fail)
    for name, message in (
        ("fashion-mnist", "fashion-mnist has 10 classes (T-shirt/top"),
        ("mnist", "mnist has pictures of 1x28x28"),
        ("stl10", "stl10 has 10 classes (airplane"),
    ):
        refused = evaluate(run, name)
        assert (refused.code, refused.out) == (2, "")
        assert message in refused.err
