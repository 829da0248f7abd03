import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simplecell.train.model import load_model
from simplecell.train.recipes import recipe

KEYS = {
    "test_error_percent", "validation_error_percent", "train_seconds", "epochs",
    "seconds_per_epoch", "parameters", "seed", "engine", "threads",
}  # fmt: skip


@pytest.fixture
def train(simplecell: Any, net: Path) -> Callable[..., Any]:
    def train(*options: object) -> Any:
        return simplecell(
            "train", "digits", "--net", net, "--engine", "reference", "--epochs", 2, *options
        )

    return train


def test_json_is_the_only_line_of_standard_output(train: Any, tmp_path: Path) -> None:
    answer = train("--out", tmp_path / "r", "--json")
    assert answer.code == 0
    assert set(answer.json) >= KEYS
    assert answer.json["epochs"] == 2
    assert answer.json["parameters"] == 65 * 12 + 13 * 10
    assert answer.json["engine"] == "reference"
    assert answer.json["test_error_percent"] == pytest.approx(
        100 * answer.json["test_errors"] / 359
    )
    assert answer.json["seconds_per_epoch"] == pytest.approx(answer.json["train_seconds"] / 2)
    assert "epoch  2" in answer.err


def test_people_see_every_epoch_and_the_test_error(train: Any, tmp_path: Path) -> None:
    answer = train("--out", tmp_path / "r")
    assert answer.err == ""
    for words in ("two, 910 parameters, learns digits", "epoch  1", "epoch  2", "test error"):
        assert words in answer.out
    assert str(tmp_path / "r" / "model.safetensors") in answer.out


def test_without_a_name_each_run_gets_a_new_folder(
    train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runs = [train("--json").json["run"] for _ in range(2)]
    assert runs == ["runs/digits-two-1", "runs/digits-two-2"]
    assert load_model(tmp_path / runs[1]).network.name == "two"


def test_a_second_start_is_refused(train: Any, tmp_path: Path) -> None:
    train("--out", tmp_path / "r")
    answer = train("--out", tmp_path / "r")
    assert answer.code == 2
    assert answer.out == ""
    assert "holds a finished run (two on digits, 2 epochs, seed 0)" in answer.err
    assert "--resume" in answer.err


def test_resuming_a_finished_run_prints_its_result(train: Any, tmp_path: Path) -> None:
    first = train("--out", tmp_path / "r", "--json")
    again = train("--out", tmp_path / "r", "--json", "--resume")
    assert again.json == first.json
    assert "holds a finished run" in again.err
    assert "epoch" not in again.err.replace("epochs", "")


def test_a_result_that_was_not_kept_is_measured_again(train: Any, tmp_path: Path) -> None:
    first = train("--out", tmp_path / "r", "--json")
    (tmp_path / "r" / "result.json").unlink()
    again = train("--out", tmp_path / "r", "--json", "--resume")
    assert again.json["test_errors"] == first.json["test_errors"]
    assert again.json["train_seconds"] == first.json["train_seconds"]


def test_options_left_out_are_taken_from_the_run(
    simplecell: Any, train: Any, tmp_path: Path
) -> None:
    first = train("--out", tmp_path / "r", "--json", "--seed", 5, "--batch", 32, "--rate", 0.004)
    again = simplecell("train", "digits", "--out", tmp_path / "r", "--resume", "--json")
    assert again.json == first.json


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--epochs", 3), "recipe.epochs: 2 there, 3 asked for"),
        (("--seed", 1), "seed: 0 there, 1 asked for"),
        (
            ("--rate", 0.5),
            f"recipe.schedule.rate: {recipe('fast').schedule.rate} there, 0.5 asked for",
        ),
        (("--net", "lenet5"), "network.name: 'two' there, 'lenet5' asked for"),
        (("--recipe", "sgd"), "recipe.name: 'fast' there, 'sgd' asked for"),
    ],
)
def test_resuming_with_other_settings_names_the_difference(
    train: Any, tmp_path: Path, options: tuple[object, ...], line: str
) -> None:
    train("--out", tmp_path / "r")
    before = {path: path.read_bytes() for path in (tmp_path / "r").iterdir()}
    answer = train("--out", tmp_path / "r", "--resume", *options)
    assert answer.code == 2
    assert "holds a run with other settings" in answer.err
    assert line in answer.err
    assert {path: path.read_bytes() for path in (tmp_path / "r").iterdir()} == before


def test_resume_needs_the_folder(train: Any, tmp_path: Path) -> None:
    assert "name its folder with --out RUN" in train("--resume").err
    assert "holds no run to go on with" in train("--resume", "--out", tmp_path / "gone").err


def test_data_without_a_test_part_say_so(simplecell: Any, rows: Path, tmp_path: Path) -> None:
    net = tmp_path / "three.json"
    layer = '{"type": "dense", "name": "F1", "units": 3, "squash": "softmax"}'
    net.write_text(
        '{"format": "simplecell.network", "version": 1, "name": "three", "input": [1, 8, 8],'
        f' "layers": [{layer}]}}'
    )
    options = ("--net", net, "--engine", "reference", "--epochs", 1, "--out", tmp_path / "r")
    answer = simplecell("train", rows, *options)
    assert answer.code == 0
    assert "no test part" in answer.out
    again = simplecell("train", rows, *options, "--resume", "--json")
    assert again.json["test_error_percent"] is None
    assert again.json["data"] == "rows.npz"


def test_ctrl_c_saves_and_says_how_to_go_on_and_the_end_is_the_same(
    train: Any, net: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "stopped"
    options = ["--net", str(net), "--engine", "reference", "--epochs", "60"]
    options += ["--batch", "256", "--out", str(folder)]
    command = [sys.executable, "-m", "simplecell", "train", "digits", *options]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
    )
    while not (folder / "checkpoint.safetensors").exists() and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=300)
    assert child.returncode == 130, err
    assert "Traceback" not in err
    assert f"saved in {folder}" in out
    again = f"Go on with: simplecell train digits --out {folder} --resume\n"
    assert again in out
    assert not (folder / "model.safetensors").exists()

    resumed = subprocess.run(
        [sys.executable, "-m", *again.split()[3:]],
        capture_output=True, text=True, env=_environment(), check=False,
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stderr
    options[options.index(str(folder))] = str(tmp_path / "whole")
    subprocess.run(
        [*command[:5], *options], check=True, env=_environment(), stdout=subprocess.DEVNULL
    )
    stopped, whole = (tmp_path / name / "model.safetensors" for name in ("stopped", "whole"))
    assert stopped.read_bytes() == whole.read_bytes()


def _environment() -> dict[str, str]:
    import simplecell

    return {**os.environ, "PYTHONPATH": str(Path(simplecell.__file__).parents[1])}


def test_settings_hold_no_path_of_this_machine(train: Any, tmp_path: Path) -> None:
    train("--out", tmp_path / "r")
    settings = json.loads((tmp_path / "r" / "run.json").read_text())
    assert settings["recipe"]["epochs"] == 2
    for file in ("run.json", "model.safetensors", "checkpoint.safetensors"):
        assert str(tmp_path).encode() not in (tmp_path / "r" / file).read_bytes()


def test_the_first_run_says_that_it_compiles(
    train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Compiling kernels" not in train().out
    monkeypatch.setattr("simplecell.train.training.must_compile", lambda engine: True)
    lines = train().out.splitlines()
    assert lines[1].startswith("Compiling kernels: once per machine")
    assert lines[2].startswith("Compiled in ")
    assert lines[3].startswith("epoch  1")


def test_departures_of_network_and_recipe_go_together_and_are_remembered(
    train: Any, tmp_path: Path
) -> None:
    asked = ("--out", tmp_path / "r", "--recipe", "lenet1998", "--json")
    departures = ("--depart", "tanh", "--depart", "batch-64", "--depart", "glorot")
    answer = train(*asked, *departures)
    assert answer.code == 0
    assert answer.json["network"] == "two-tanh"
    assert answer.json["recipe"] == "lenet1998-batch-64-glorot"
    assert answer.json["batch"] == 64
    assert answer.json["validation_error_percent"] is None
    assert load_model(tmp_path / "r").network.layer("F1").squash == "tanh"
    again = train(*asked, *departures, "--resume")
    assert (again.code, again.json) == (0, answer.json)
    other = train(*asked, "--depart", "tanh", "--resume")
    assert other.code == 2
    assert "recipe.batch: 64 there, 1 asked for" in other.err


def test_a_run_that_departed_goes_on_without_being_told_again(
    simplecell: Any, train: Any, tmp_path: Path
) -> None:
    first = train("--out", tmp_path / "r", "--depart", "tanh", "--depart", "glorot", "--json")
    (tmp_path / "r" / "model.safetensors").unlink()
    (tmp_path / "r" / "result.json").unlink()
    again = simplecell(
        "train", "digits", "--out", tmp_path / "r", "--resume", "--json"
    )  # fmt: skip
    assert again.json["test_errors"] == first.json["test_errors"]
    assert again.json["recipe"] == "fast-glorot"


def test_an_unknown_departure_is_refused_with_the_nearest(train: Any, tmp_path: Path) -> None:
    answer = train("--out", tmp_path / "r", "--depart", "tan")
    assert answer.code == 2
    assert "no departure is called 'tan': did you mean 'tanh'?" in answer.err
    assert not (tmp_path / "r").exists()
