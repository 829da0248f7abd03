"""The document has the keys that were promised, and only those of the parts asked for."""

from dataclasses import replace

import pytest

from simplecell.bench import report
from simplecell.bench.contest import Pace
from simplecell.bench.report import Plan, run
from simplecell.bench.sgemm import Rate
from simplecell.errors import EngineError, FetchError, SimplecellError, SpecError, UnknownName

TINY = Plan(
    parts=("training", "inference"),
    nets=("palm",),
    batches=(2,),
    systems=("reference", "mlp"),
    threads=1,
    pace=Pace(repeats=2, seconds=0.002),
    pictures=16,
)


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "rate", lambda threads, as_it_is=False: Rate(100.0, "kernel"))


def hear(_: str) -> None:
    pass


def test_document_has_every_task_of_every_part() -> None:
    document = run(TINY, hear)
    assert document["sgemm_gflops"] == 100.0
    assert document["absent"] == {}
    assert document["refused"] == []
    for part in ("training", "inference"):
        assert set(document[part]) == {"palm"}
        assert set(document[part]["palm"]) == {"2"}
        figures = document[part]["palm"]["2"]
        assert set(figures) == {"reference", "mlp"}
        for one in figures.values():
            assert one["microseconds_per_image"] > 0
            assert one["share_of_sgemm"] == pytest.approx(one["gflops"] / 100)
        assert document["others_percent"][part]["palm"]["2"] >= 0
    assert document["machine"]["threads"] == 1
    assert {"start", "target", "growth", "cold_start_seconds"}.isdisjoint(document)


def test_part_not_asked_for_has_no_key() -> None:
    document = run(replace(TINY, parts=("inference",)), hear)
    assert "training" not in document
    assert set(document["others_percent"]) == {"inference"}


def test_system_not_asked_for_has_no_figures() -> None:
    document = run(replace(TINY, parts=("inference",), systems=("mlp",)), hear)
    assert set(document["inference"]["palm"]["2"]) == {"mlp"}


def test_absent_system_is_listed_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, threads: int) -> None:
        raise EngineError(f"{name} is not installed.")

    monkeypatch.setattr(report, "make_system", absent)
    document = run(replace(TINY, parts=("training",)), hear)
    assert document["absent"] == {"mlp": "mlp is not installed."}
    assert set(document["training"]["palm"]["2"]) == {"reference"}


def test_other_figures_stand_at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = {"cold_start_seconds": 7.0, "warm_start_seconds": 1.0, "import_seconds": 0.05}
    monkeypatch.setattr(report, "starts", lambda repeats: starts)
    monkeypatch.setattr(report, "time_to_target", lambda threads, seeds: {"seconds": 2.0})
    monkeypatch.setattr(report, "grow", lambda threads, say: {})
    document = run(replace(TINY, parts=("start", "target", "growth")), hear)
    assert document | starts == document
    assert document["time_to_99_percent_seconds"] == 2.0
    assert document["sgemm_gflops"] is None
    verdicts = {goal["key"]: goal["verdict"] for goal in document["goals"] if goal["key"]}
    assert verdicts["cold_start_seconds"] == "met"
    assert verdicts["time_to_99_percent_seconds"] == "aim"


@pytest.mark.parametrize("problem", [FetchError("no network"), EngineError("it crashed")])
def test_part_that_cannot_be_had_leaves_the_others(
    problem: SimplecellError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(threads: int, seeds: object) -> None:
        raise problem

    monkeypatch.setattr(report, "time_to_target", fail)
    document = run(replace(TINY, parts=("inference", "target")), hear)
    assert document["absent"] == {"target": str(problem)}
    assert document["inference"]


def test_plan_refuses_what_the_bench_does_not_have() -> None:
    with pytest.raises(UnknownName, match="did you mean 'training'"):
        Plan(parts=("trainin",))
    with pytest.raises(UnknownName, match="network of the bench"):
        Plan(nets=("lenet1",))
    with pytest.raises(UnknownName, match="no system is called 'keras'"):
        Plan(systems=("keras",))
    with pytest.raises(SpecError, match="threads is 0"):
        Plan(threads=0)
    with pytest.raises(SpecError, match="repeats is 0"):
        Plan(pace=Pace(repeats=0))
    with pytest.raises(SpecError, match="a batch of 0"):
        Plan(batches=(1, 0))
