"""scikit-learn's searches on loky and on Dask: the scores of one process, and no more threads."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

import simplecell as sc

from .conftest import HERE, needs_dask

joblib = pytest.importorskip("joblib", reason="needs simplecell[sklearn]")
selection = pytest.importorskip("sklearn.model_selection", reason="needs simplecell[sklearn]")


@pytest.mark.parametrize("name", ["loky", "dask"])
def test_a_search_elsewhere_is_the_search_here(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from carried import Noted  # type: ignore[import-not-found]

    told: dict[str, Any] = {"n_jobs": 2}
    digits = sc.load("digits", size=32).train
    X, y = digits.pixels[:200], digits.labels[:200]
    notes = tmp_path / "notes"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *filter(None, sys.path)]))
    if name == "dask":
        needs_dask()
        client = request.getfixturevalue("client")
        told = {"client": client, "scatter": [X, y]}

    def search() -> Any:
        grid = {"rate": [0.001, 0.004]}
        return selection.GridSearchCV(Noted(str(notes)), grid, cv=2, refit=False).fit(X, y)

    alone = search()
    notes.unlink()
    with joblib.parallel_config(name, **told):
        found = search()
    scores = "mean_test_score"
    assert found.cv_results_[scores].tolist() == alone.cv_results_[scores].tolist()
    lines = [line.split() for line in notes.read_text().splitlines()]
    assert len(lines) == 4
    told_of = {tuple(line[1:]) for line in lines}
    assert told_of == {("1", "0", "None")}, "one thread, no more of them, nothing compiled"
    assert str(os.getpid()) not in {line[0] for line in lines}
