"""`simplecell reproduce` lists, runs, goes on, and writes a page, its JSON and its pictures."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simplecell.reproduce import registry
from simplecell.reproduce.experiment import Experiment, Measure, Picture

LINE = {"series": {"a": {"x": [1, 2], "runs": [[2.0, 1.0]]}}, "x_label": "x", "y_label": "y"}
HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """The seeds that were run; the experiment `toy` is known to the registry."""
    seen: list[int] = []

    def task(seed: int, quick: bool, tell: Any) -> dict[str, float]:
        seen.append(seed)
        tell("[half] way")
        if (tmp_path / f"stop-{seed}").exists():
            raise KeyboardInterrupt
        return {"accuracy_percent": 90.0 + seed}

    module = ModuleType("toyofcli")
    module.EXPERIMENT = Experiment(  # type: ignore[attr-defined]
        "toy", "A toy", "nobody", {"only": task},
        (Measure("accuracy_percent", "accuracy", 90.0, at_least=95, lower_is_better=False),),
        guesses=("One is one.",), seeds=2,
        pictures=lambda results: (Picture("course", "curves", "A line.", LINE),),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "toyofcli", module)
    monkeypatch.setitem(registry.NAMES, "toy", "toyofcli")
    monkeypatch.chdir(tmp_path)
    return seen


def test_without_a_name_all_are_listed(simplecell: Any, calls: list[int]) -> None:
    done = simplecell("reproduce")
    assert done.code == 0
    assert "A toy" in done.out
    assert all(name in done.out for name in registry.NAMES)
    assert simplecell("reproduce", "--json").json["experiments"]["toy"] == "A toy"
    assert calls == []


def test_the_table_is_shown_and_written(simplecell: Any, calls: list[int], tmp_path: Path) -> None:
    done = simplecell("reproduce", "toy")
    assert done.code == 0, done.err
    assert "90.50 ± 0.71 %" in done.out
    assert "not kept" in done.out
    assert "seeds: 2" in done.out
    page = (tmp_path / "reproduce" / "toy" / "toy.md").read_text()
    assert "- One is one." in page
    written = json.loads((tmp_path / "reproduce" / "toy" / "toy.json").read_text())
    assert written["machine"]["cores"] >= 1
    assert written["results"]["only"]["1"]["accuracy_percent"] == 91.0


def test_json_has_the_means_by_their_keys(simplecell: Any, calls: list[int]) -> None:
    done = simplecell("reproduce", "toy", "--quick", "--seeds", 1, "--json")
    assert done.code == 0, done.err
    assert done.json["accuracy_percent"] == 90.0
    assert done.json["seconds"] >= 0
    assert done.json["quick"] is True
    assert done.json["rows"][0]["kept"] is None
    assert Path("reproduce/toy-quick/toy.json").exists()


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(
    simplecell: Any, calls: list[int], tmp_path: Path
) -> None:
    stop = tmp_path / "stop-1"
    stop.touch()
    done = simplecell("reproduce", "toy", "--out", tmp_path / "here")
    assert done.code == 130
    assert "1 of 2 units are kept" in done.out
    assert (tmp_path / "here" / "toy.md").exists()
    stop.unlink()
    assert simplecell("reproduce", "toy", "--out", tmp_path / "here").code == 0
    assert calls == [0, 1, 1]


def test_publish_writes_the_page_elsewhere_too(
    simplecell: Any, calls: list[int], tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    assert simplecell("reproduce", "toy", "--publish", docs).code == 0
    assert (docs / "toy.md").read_text() == Path("reproduce/toy/toy.md").read_text()
    assert (docs / "toy.json").exists()
    assert not (docs / "units").exists()


def test_pictures_are_drawn_where_matplotlib_is_and_missed_aloud_where_not(
    simplecell: Any, calls: list[int]
) -> None:
    done = simplecell("reproduce", "toy")
    page = Path("reproduce/toy/toy.md").read_text()
    assert Path("reproduce/toy/toy-course.png").exists() == HAS_MATPLOTLIB
    assert ("![A line.](toy-course.png)" in page) == HAS_MATPLOTLIB
    assert ("matplotlib is not installed" in done.out) != HAS_MATPLOTLIB


def test_a_wrong_name_gives_the_nearest(simplecell: Any) -> None:
    done = simplecell("reproduce", "lenet199")
    assert done.code == 2
    assert "did you mean 'lenet1998'" in done.err


def test_no_seeds_are_refused(simplecell: Any, calls: list[int]) -> None:
    done = simplecell("reproduce", "toy", "--seeds", 0)
    assert done.code == 2
    assert "seeds is 0" in done.err
