"""Units are run once each, kept whole, and never mixed with those of other settings."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simplecell.errors import ModelError, SpecError, TrainingError, UnknownName
from simplecell.reproduce.experiment import Experiment, Measure
from simplecell.reproduce.run import Clock, run
from simplecell.reproduce.unit import Unit, read_unit, unit_file, write_unit

Runs = Callable[[], list[str]]
Spoil = Callable[[str], Path]


def test_every_task_meets_every_seed_once(
    experiment: Experiment, runs: Runs, tmp_path: Path
) -> None:
    units = run(experiment, tmp_path, seeds=2, threads=1)
    assert runs() == ["good 0 False 1", "bad 0 False 1", "good 1 False 1", "bad 1 False 1"]
    assert [(unit.task, unit.seed, unit.result["error"]) for unit in units] == [
        ("good", 0, 1.0),
        ("good", 1, 2.0),
        ("bad", 0, 5.0),
        ("bad", 1, 6.0),
    ]


def test_what_is_finished_is_not_run_again(
    experiment: Experiment, runs: Runs, tmp_path: Path
) -> None:
    first = run(experiment, tmp_path, seeds=1)
    second = run(experiment, tmp_path, seeds=2)
    assert [line[:6] for line in runs()] == ["good 0", "bad 0 ", "good 1", "bad 1 "]
    assert [unit for unit in second if unit.seed == 0] == first


def test_a_stopped_run_loses_the_unit_under_way_and_no_other(
    experiment: Experiment, runs: Runs, spoil: Spoil, tmp_path: Path
) -> None:
    stop = spoil("stop-good-1")
    with pytest.raises(KeyboardInterrupt):
        run(experiment, tmp_path, seeds=2)
    assert {path.name for path in (tmp_path / "units").iterdir()} == {"good-0.json", "bad-0.json"}
    stop.unlink()
    assert len(run(experiment, tmp_path, seeds=2)) == 4
    assert [line[:6] for line in runs()] == ["good 0", "bad 0 ", "good 1", "good 1", "bad 1 "]


def test_side_by_side_gives_what_one_by_one_gives(
    experiment: Experiment, runs: Runs, tmp_path: Path
) -> None:
    told: list[str] = []
    alone = run(experiment, tmp_path / "alone", seeds=2)
    beside = run(experiment, tmp_path / "beside", seeds=2, jobs=2, tell=told.append)
    assert [(u.task, u.seed, u.result) for u in alone] == [
        (u.task, u.seed, u.result) for u in beside
    ]
    assert sorted(runs()[4:]) == ["bad 0 False 1", "bad 1 False 1", "good 0 False 1",
                                  "good 1 False 1"]  # fmt: skip
    assert "good, seed 1: half way" in told


def test_a_worker_s_error_is_the_task_s_own(
    experiment: Experiment, spoil: Spoil, tmp_path: Path
) -> None:
    spoil("fail-bad-0")
    with pytest.raises(TrainingError, match=r"^it diverged\.$"):
        run(experiment, tmp_path, seeds=1, jobs=2)


def test_workers_need_an_experiment_with_a_name(experiment: Experiment, tmp_path: Path) -> None:
    other = Experiment("toyy", "t", "s", experiment.tasks, ())
    with pytest.raises(UnknownName, match="did you mean 'toy'"):
        run(other, tmp_path, seeds=1, jobs=2)


def test_quick_results_never_stand_in_a_full_table(experiment: Experiment, tmp_path: Path) -> None:
    run(experiment, tmp_path, seeds=1, quick=True)
    with pytest.raises(
        ModelError, match=r"holds a quick run of toy, and a full one was asked for"
    ):
        run(experiment, tmp_path, seeds=1)


def test_results_of_another_version_are_measured_again(
    experiment: Experiment, runs: Runs, tmp_path: Path
) -> None:
    run(experiment, tmp_path, seeds=1)
    path = unit_file(tmp_path, "good", 0)
    path.write_text(path.read_text().replace('"simplecell": "', '"simplecell": "0.0.'))
    said: list[str] = []
    run(experiment, tmp_path, seeds=1, say=said.append)
    assert [line[:6] for line in runs()] == ["good 0", "bad 0 ", "good 0"]
    assert any("good, seed 0 was measured by simplecell 0.0." in line for line in said)


def test_a_folder_of_another_experiment_is_refused(experiment: Experiment, tmp_path: Path) -> None:
    run(experiment, tmp_path, seeds=1)
    other = Experiment("another", "t", "s", experiment.tasks, ())
    with pytest.raises(ModelError, match="holds results of the experiment toy, and another was"):
        run(other, tmp_path, seeds=1)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "x"}', "null"])
def test_a_damaged_unit_is_named(experiment: Experiment, tmp_path: Path, content: str) -> None:
    run(experiment, tmp_path, seeds=1)
    unit_file(tmp_path, "bad", 0).write_text(content)
    with pytest.raises(ModelError, match=r"bad-0\.json is damaged.*\n.*Delete it"):
        run(experiment, tmp_path, seeds=1)


def test_a_unit_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = {"error": 0.1 + 0.2, "curve": [1.0, 2.5], "deep": {"x": [[1, 2], [3]]}, "name": "é"}
    unit = Unit("toy", "good", 3, False, "0.1.0", 1.5, {"cpu": "a"}, result)
    path = write_unit(tmp_path, unit)
    assert read_unit(tmp_path, "toy", "good", 3) == unit
    assert json.loads(path.read_text())["result"]["curve"] == [1.0, 2.5]
    assert '"curve": [1.0, 2.5]' in path.read_text()


def test_what_is_no_number_becomes_null(tmp_path: Path) -> None:
    unit = Unit("toy", "good", 0, False, "0.1.0", 1.5, {}, {"error": float("nan")})
    write_unit(tmp_path, unit)
    found = read_unit(tmp_path, "toy", "good", 0)
    assert found is not None
    assert found.result == {"error": None}


@pytest.mark.parametrize("what", ["seeds", "jobs", "threads"])
def test_no_seeds_jobs_or_threads_are_refused(
    experiment: Experiment, tmp_path: Path, what: str
) -> None:
    asked: dict[str, Any] = {"seeds": 1, what: 0}
    with pytest.raises(SpecError, match=f"{what} is 0"):
        run(experiment, tmp_path, **asked)


def test_time_left_follows_what_each_task_took() -> None:
    def took(task: str, seconds: float) -> Unit:
        return Unit("toy", task, 0, False, "", seconds, {}, {})

    assert Clock([], 1).left([("a", 1)]) == ""
    clock = Clock([took("a", 10), took("a", 20), took("b", 3645)], 1)
    assert clock.left([("a", 1), ("b", 1)]) == "; about 1:01:00 left"
    assert Clock([took("a", 60)], 2).left([("a", 1), ("c", 0)]) == "; about 0:01:00 left"


def test_measures_name_tasks_that_exist(experiment: Experiment) -> None:
    with pytest.raises(SpecError, match=r"the measure 'godo\.error' names none of its tasks"):
        Experiment("toy", "t", "s", experiment.tasks, (Measure("godo.error", "x", None),))
    with pytest.raises(SpecError, match="names none of its tasks"):
        Experiment("toy", "t", "s", experiment.tasks, (Measure("error", "x", None),))


def test_task_names_are_file_names(experiment: Experiment) -> None:
    task = next(iter(experiment.tasks.values()))
    with pytest.raises(SpecError, match="becomes a file's name"):
        Experiment("toy", "t", "s", {"a/b": task}, ())
