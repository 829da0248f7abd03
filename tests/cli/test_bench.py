"""`simplecell bench` prints tables for people and one JSON object for programs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simplecell.bench.report import Plan
from simplecell.cli import bench

TINY = ("--quick", "--only", "training", "--nets", "palm", "--batches", "2", "--threads", "1")


def figures(microseconds: float) -> dict[str, Any]:
    return {"microseconds_per_image": microseconds, "gflops": 50.0, "share_of_sgemm": 0.25}


DOCUMENT: dict[str, Any] = {
    "machine": {
        "cpu": "A Processor",
        "cores": 2,
        "threads": 2,
        "environment": {"OPENBLAS_CORETYPE": "Haswell"},
        "sgemm_gflops_as_it_is": 90.0,
    },
    "sgemm_gflops": 200.0,
    "training": {"lenet5": {"64": {"lanes": figures(5.0), "torch": figures(50.0)}}},
    "others_percent": {"training": {"lenet5": {"64": 31.0}}},
    "absent": {"jax": "jax is not installed: No module named 'jax'."},
    "refused": [
        {
            "part": "training",
            "net": "lenet5",
            "batch": 64,
            "system": "torch-compiled: loss",
            "reason": "its answer is 1 away from the reference's, relatively.",
        }
    ],
    "time_to_99_percent_seconds": None,
    "growth": {
        "images": {
            "values": [1, 10],
            "seconds": [0.1, 1.0],
            "peak_bytes": [100e6, 200e6],
            "time_exponent": 1.0,
            "memory_exponent": 0.301,
        }
    },
}


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that are run; each gives DOCUMENT."""
    seen: list[Plan] = []

    def run(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
        seen.append(plan)
        say("under way")
        return DOCUMENT

    monkeypatch.setattr(bench, "run", run)
    return seen


def test_json_is_one_object_and_people_s_output_goes_elsewhere(simplecell: Any) -> None:
    done = simplecell("bench", *TINY, "--systems", "reference,mlp", "--json")
    assert done.code == 0, done.err
    assert set(done.json["training"]["palm"]["2"]) == {"reference", "mlp"}
    assert done.json["sgemm_gflops"] > 0
    assert "training palm, batch 2" in done.err


def test_tables_show_figures_winner_noise_and_who_is_missing(
    simplecell: Any, plans: list[Plan]
) -> None:
    done = simplecell("bench")
    assert done.code == 0, done.err
    out = " ".join(done.out.split())
    assert "A Processor, 2 cores, 2 threads" in out
    assert "200 GFLOP/s; 90 as the environment is" in out
    assert "batch 64 *" in out
    assert "up to 31 % of the processors" in out
    assert "jax is absent: jax is not installed" in out
    assert "torch-compiled: loss was not timed in training lenet5, batch 64" in out
    assert "lenet5 training, batch 64, over torch 8× 10× 10× 1.25 aim lanes" in out
    assert "never 0.00 short" in out
    assert "images 1 10 0.1 s 1 s 1.0 100 200 0.301" in out


def test_options_narrow_the_plan(simplecell: Any, plans: list[Plan]) -> None:
    simplecell("bench", *TINY, "--systems", "lanes, torch", "--repeats", 9, "--json")
    (plan,) = plans
    assert plan.parts == ("training",)
    assert plan.nets == ("palm",)
    assert plan.batches == (2,)
    assert plan.systems == ("lanes", "torch")
    assert plan.threads == 1
    assert plan.pace.repeats == 9
    assert plan.pace.seconds < Plan().pace.seconds


def test_everything_is_run_unless_told_otherwise(simplecell: Any, plans: list[Plan]) -> None:
    simplecell("bench", "--json")
    assert plans == [Plan()]


def test_growth_is_drawn_into_the_file_named(
    simplecell: Any, plans: list[Plan], tmp_path: Path
) -> None:
    done = simplecell("bench", "--plot", tmp_path / "growth.svg")
    assert done.code == 0, done.err
    assert "against images" in (tmp_path / "growth.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--only", "trainin", "did you mean 'training'"),
        ("--systems", "keras", "no system is called 'keras'"),
        ("--batches", "1,x", "give whole numbers"),
        ("--threads", "0", "threads is 0"),
    ],
)
def test_options_nobody_knows_are_refused(
    simplecell: Any, option: str, value: str, said: str
) -> None:
    done = simplecell("bench", option, value)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
