"""An experiment that takes no time, and that counts how often each of its units is run."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simplecell.reproduce import registry
from simplecell.reproduce.experiment import Experiment

SOURCE = '''
"""Two tasks whose numbers follow from the seed; each run leaves a line in a file."""

from pathlib import Path

from simplecell.errors import TrainingError
from simplecell.reproduce.experiment import Experiment, Measure, Picture, Table, threads

LOG = Path(__file__).with_name("log.txt")


def task(name, offset):
    def run(seed, quick, tell):
        with LOG.open("a") as log:
            log.write(f"{name} {seed} {quick} {threads()}\\n")
        if Path(__file__).with_name(f"fail-{name}-{seed}").exists():
            raise TrainingError("it diverged.")
        if Path(__file__).with_name(f"stop-{name}-{seed}").exists():
            raise KeyboardInterrupt
        tell("half way")
        return {"error": offset + seed, "curve": [3.0, 2.0, offset]}
    return run


def tables(results):
    return (Table("By seed", ("task", "seeds"), tuple(
        (name, str(len(by))) for name, by in results.items())),)


def pictures(results):
    series = {
        name: {"x": [1, 2, 3], "runs": [r["curve"] for r in by.values()]}
        for name, by in results.items()
    }
    return (Picture("course", "curves", "How it went.",
        {"series": series, "x_label": "pass", "y_label": "error, %"}),)


EXPERIMENT = Experiment(
    "toy", "A toy", "nobody, never", {"good": task("good", 1.0), "bad": task("bad", 5.0)},
    (
        Measure("good.error", "good", 2.5, at_least=2.0),
        Measure("bad.error", "bad", "about 5", at_least=5.5),
        Measure("bad.error", "bad, if more were better", 5, at_least=5.5, lower_is_better=False),
        Measure("good.seconds", "good, time", None, unit="s"),
    ),
    guesses=("That one is one.",), seeds=3, notes="Nothing to see.",
    tables=tables, pictures=pictures,
)
'''


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of the toy experiment, which the registry knows as `toy`."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "toyexperiment.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(registry.NAMES, "toy", "toyexperiment")
    sys.modules.pop("toyexperiment", None)
    registry.find("toy")
    yield sys.modules["toyexperiment"]
    sys.modules.pop("toyexperiment", None)


@pytest.fixture
def experiment(toy: ModuleType) -> Experiment:
    found: Experiment = toy.EXPERIMENT
    return found


@pytest.fixture
def runs(toy: ModuleType) -> Callable[[], list[str]]:
    """The units that were run so far, in order: "task seed quick threads"."""
    return lambda: toy.LOG.read_text().splitlines() if toy.LOG.exists() else []


@pytest.fixture
def spoil(toy: ModuleType) -> Callable[[str], Path]:
    """Make a unit fail or stop: `fail-good-1`, `stop-bad-0`. Unlink the path to mend it."""

    def touch(what: str) -> Path:
        path: Path = toy.LOG.with_name(what)
        path.touch()
        return path

    return touch


Unit = Mapping[str, Any]
