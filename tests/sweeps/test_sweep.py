"""A sweep is the same whoever carries it; its table is what its runs say; half of it will do."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simplecell as sc
from simplecell.errors import DataError, ModelError, SpecError, UnknownName, WorkError
from simplecell.plots.sweep import sweep_page
from simplecell.sweeps.grid import Setting, read_grid
from simplecell.sweeps.table import rows_of

NETWORK = sc.Network("two", (1, 8, 8), (sc.Dense("F1", 12), sc.Dense("F2", 10, "softmax")))
GRID = sc.Grid([NETWORK], ["fast"], [0.001, 0.01], seeds=2, epochs=2)


def found(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "units").iterdir())}


def test_processes_and_shards_give_the_bytes_of_one_process(tmp_path: Path) -> None:
    told: list[str] = []
    alone = sc.sweep("digits", GRID, out=tmp_path / "alone", say=told.append)
    serial = found(tmp_path / "alone")
    assert len(serial) == alone.runs == 4
    assert "left" in told[-1] and "run 4 of 4" in told[-1]
    sc.sweep("digits", GRID, out=tmp_path / "beside", jobs=2)
    assert found(tmp_path / "beside") == serial
    first = sc.sweep("digits", GRID, out=tmp_path / "shards", shard="0/2")
    assert (first.runs, first.asked) == (2, 4)
    sc.sweep("digits", GRID, out=tmp_path / "shards", shard="1/2")
    whole = sc.sweep("digits", GRID, out=tmp_path / "shards")
    assert found(tmp_path / "shards") == serial
    assert [row.errors for row in whole.rows] == [row.errors for row in alone.rows]
    assert "Sweep of digits: 2 settings, 4 runs" in repr(whole)


def test_other_data_in_the_same_folder_are_refused(tmp_path: Path) -> None:
    digits = sc.load("digits", size=8).train
    pair = (digits.pixels[:200], digits.labels[:200])
    grid = sc.Grid([NETWORK], seeds=1, epochs=1)
    assert sc.sweep(pair, grid, out=tmp_path).runs == 1
    assert sc.sweep(pair, grid, out=tmp_path).best.errors
    with pytest.raises(ModelError, match=r"the result of other work: .* was asked for"):
        sc.sweep("digits", grid, out=tmp_path)


def test_halving_trains_the_better_half_further(tmp_path: Path) -> None:
    grid = sc.Grid([NETWORK], ["fast"], [0.0001, 0.001, 0.003, 0.01], seeds=1, epochs=4)
    swept = sc.sweep("digits", grid, out=tmp_path, halving=True)
    assert [row.epochs for row in swept.rows] == [4, 2, 1, 1]
    assert swept.runs == 4 + 2 + 1
    assert swept.best.until is None
    with pytest.raises(DataError, match="leave shard away"):
        sc.sweep("digits", grid, out=tmp_path, halving=True, shard="0/2")


def test_a_run_that_diverges_is_a_result() -> None:
    grid = sc.Grid([NETWORK], ["fast"], [0.01, 1e30], seeds=1, epochs=1)
    swept = sc.sweep("digits", grid)
    assert [row.diverged for row in swept.rows] == [0, 1]
    assert swept.rows[1].mean is None
    assert swept.folder is None


def row(errors: dict[int, float], until: int | None = None) -> Any:
    results = {s: {"error": e, "errors": [e], "parameters": 5} for s, e in errors.items()}
    return until, results


def test_differences_are_paired_by_seed() -> None:
    told = {"network": "n", "recipe": "r", "rate": None}
    made = {"a": row({0: 1.0, 1: 2.0, 2: 3.0}), "b": row({0: 1.5, 1: 2.7, 2: 3.3})}
    best, other = rows_of({n: (Setting(n, told), *r) for n, r in made.items()}, {"a": 2.0})
    assert (best.name, best.mean, best.sd, best.difference, best.seconds) == ("a", 2, 1, None, 2)
    assert other.difference == pytest.approx(0.5)
    assert other.difference_sd == pytest.approx(0.2)
    assert other.t == pytest.approx(0.5 / (0.2 / 3**0.5))


def test_the_command_writes_tables_and_a_page(simplecell: Any, tmp_path: Path) -> None:
    net = tmp_path / "two.json"
    net.write_text(NETWORK.to_json())
    grid = tmp_path / "grid.toml"
    grid.write_text(f"networks = [{json.dumps(str(net))}]\nrates = [0.001, 0.01]\nseeds = 2\n"
                    "epochs = 1\n")  # fmt: skip
    out = tmp_path / "out"
    done = simplecell("sweep", "digits", "--grid", grid, "--out", out, "--json")
    assert done.code == 0, done.err
    assert done.json["runs"] == 4
    assert {row["rate"] for row in done.json["rows"]} == {0.001, 0.01}
    with (out / "sweep.csv").open() as file:
        assert [row["setting"] for row in csv.DictReader(file)] == [
            row["setting"] for row in done.json["rows"]
        ]
    page = (out / "sweep.html").read_text()
    assert page.count("<polyline") == 2 and "Sweep of digits" in page and "http" not in page
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs simplecell[parquet]")
    assert parquet.read_table(out / "runs.parquet").num_rows == 4
    assert str(tmp_path) not in "".join(p.read_text() for p in (out / "units").iterdir())


def test_the_page_speaks_chinese() -> None:
    from simplecell.plots.words import language

    swept = sc.sweep("digits", sc.Grid([NETWORK], seeds=1, epochs=1))
    with language("zh"):
        assert "批量训练" in sweep_page(swept.data, swept.rows, swept.runs)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("rate = [1]", UnknownName, "no line of a grid is called 'rate': did you mean 'rates'"),
        ("rates = [", SpecError, "is no TOML"),
        ("networks = []", SpecError, "it takes a list of one or more"),
        ("networks = 'lenet5'", SpecError, "it takes a list"),
        ("recipes = ['fats']", UnknownName, "did you mean 'fast'"),
        ("rates = ['a']", SpecError, "it takes a number"),
        ("seeds = 0", SpecError, "how many, or a list"),
        ("seeds = [1, 1]", SpecError, "how many, or a list"),
        ("epochs = 0", SpecError, "epochs is 0"),
    ],
)
def test_what_is_no_grid_is_refused(
    tmp_path: Path, text: str, kind: type[Exception], words: str
) -> None:
    (tmp_path / "g.toml").write_text(text)
    with pytest.raises(kind, match=words):
        read_grid(tmp_path / "g.toml")


def test_a_setting_stands_in_a_grid_once() -> None:
    with pytest.raises(SpecError, match="in the grid twice"):
        sc.Grid(["lenet5", "lenet5"]).settings()


def test_optuna_prunes_what_goes_badly(tmp_path: Path) -> None:
    optuna = pytest.importorskip("optuna", reason="needs simplecell[optuna]")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    journal = f"sqlite:///{tmp_path}/study.db"
    study = optuna.create_study(
        storage=journal, pruner=optuna.pruners.ThresholdPruner(upper=50.0), study_name="s"
    )

    def objective(trial: Any) -> float:
        rate = trial.suggest_categorical("rate", [1e-9, 0.01])
        told = {"epochs": 3, "rate": rate, "progress": False}
        run = sc.fit(NETWORK, "digits", callbacks=[sc.OptunaPruning(trial)], **told)
        return run.history[-1].validation_error_percent or 0.0

    study.enqueue_trial({"rate": 1e-9})
    study.enqueue_trial({"rate": 0.01})
    study.optimize(objective, n_trials=2)
    assert [trial.state.name for trial in study.trials] == ["PRUNED", "COMPLETE"]


def test_without_validation_there_is_nothing_to_prune_by() -> None:
    pytest.importorskip("optuna", reason="needs simplecell[optuna]")
    few = ((255 * np.eye(64, dtype=np.uint8)[:20]).reshape(20, 1, 8, 8), np.arange(20) % 10)
    with pytest.raises(WorkError, match="keeps no pictures aside"):
        sc.fit(NETWORK, few, validation=0.0, epochs=1, progress=False,
               callbacks=[sc.OptunaPruning(None)])  # fmt: skip
