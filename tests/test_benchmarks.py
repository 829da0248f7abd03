"""The scripts in benchmarks/ that take no data and no minutes still run, on a few pictures."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from simplecell.cli.main import main

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_album_is_made_and_loaded_but_for_what_is_broken(tmp_path: Path) -> None:
    done = run("album.py", "--count", 700, "--keep", tmp_path / "pictures")
    assert done.returncode == 0, done.stderr
    first, *rows, _ = done.stdout.splitlines()
    assert first.startswith("700 files, 1 of them broken")
    assert [row.split("most   ")[1] for row in rows] == ["699 read, 1 left out"] * 2
    next((tmp_path / "pictures").rglob("*.png")).write_text("no picture")
    again = run("album.py", "--keep", tmp_path / "pictures")
    assert "another number of files was left out than is broken" in again.stderr


def test_onnx_runtime_is_asked_and_another_model_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    for command in (
        "train digits --epochs 1 --out one",
        "train digits --epochs 1 --seed 1 --out other",
        "export one one.onnx",
    ):
        with pytest.raises(SystemExit) as end:
            main(command.split())
        assert not end.value.code
    same = run("agree.py", "one", "one.onnx", "digits")
    assert same.returncode == 0, same.stderr
    assert "on 359 pictures: 0 other answers" in same.stdout
    assert "does not answer as other does" in run("agree.py", "other", "one.onnx", "digits").stderr


def test_an_epoch_in_the_studio_ends_with_the_bytes_of_the_command() -> None:
    done = run("studio.py", "training", "--pairs", 1, "--data", "digits")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("pair 1: command")
    assert done.stderr.strip().endswith("the same bytes")
    head, _, row = done.stdout.splitlines()
    assert head == "| what | goal | measured | parts, in ms |"
    assert row.startswith("| an epoch in the studio, times the command line's | 1.25 | ")
    wrong = run("studio.py", "nothing")
    assert "there is no part nothing; the parts are server" in wrong.stderr


def test_both_readmes_show_the_figures_that_were_measured() -> None:
    spec = importlib.util.spec_from_file_location("figures", BENCHMARKS / "figures.py")
    assert spec is not None and spec.loader is not None
    figures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figures)
    found = json.loads(figures.FILE.read_text("utf-8"))
    for language, page in figures.READMES.items():
        assert figures.table(found, language) in page.read_text("utf-8"), language
