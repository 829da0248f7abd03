"""Goals are read from the checkout and judged by what was measured."""

import math
from pathlib import Path
from typing import Any

import pytest

from simplecell.bench.goals import Goal, Judged, judge, read_goals
from simplecell.bench.networks import BATCHES, NETS
from simplecell.bench.system import SYSTEMS
from simplecell.errors import DataError

TIMES = Goal("times", least=4, aim=8, part="training", net="palm", batch=16, peer="torch")
SHARE = Goal("share", least=0.4, aim=0.65, part="training", net="palm", batch=16)
SECONDS = Goal("seconds", least=10, aim=4, key="cold_start_seconds")


def document(lanes: float = 2.0, torch: float | None = 10.0) -> dict[str, Any]:
    figures = {"lanes": {"microseconds_per_image": lanes, "gflops": 50.0}}
    if torch is not None:
        figures["torch"] = {"microseconds_per_image": torch, "gflops": 10.0}
    return {"sgemm_gflops": 100.0, "training": {"palm": {"16": figures}}}


def measured(goal: Goal, found: dict[str, Any]) -> float | None:
    return judge([goal], found)[0].measured


def test_every_goal_can_be_measured() -> None:
    goals = read_goals()
    assert {goal.kind for goal in goals} == {"times", "share", "seconds"}
    for goal in goals:
        better = goal.aim < goal.least if goal.kind == "seconds" else goal.aim > goal.least
        assert better, goal.title
        if goal.kind == "seconds":
            assert goal.key.endswith("_seconds")
            continue
        assert goal.part in ("training", "inference")
        assert goal.net in NETS
        assert goal.batch in BATCHES
        assert goal.kind == "share" or goal.peer in SYSTEMS
    assert len({goal.title for goal in goals}) == len(goals)


def test_times_is_the_peer_s_time_over_ours() -> None:
    assert measured(TIMES, document()) == 5


def test_share_is_of_the_machine_s_own_rate() -> None:
    assert measured(SHARE, document()) == 0.5


def test_what_was_not_run_is_not_measured() -> None:
    assert measured(TIMES, document(torch=None)) is None
    assert measured(TIMES, {}) is None
    assert measured(SHARE, {**document(), "sgemm_gflops": None}) is None
    assert measured(SECONDS, {}) is None
    row = Judged(TIMES, None)
    assert (row.ratio, row.verdict, row.winner) == (None, "not measured", "")


def test_target_that_was_never_reached_falls_short() -> None:
    (row,) = judge([SECONDS], {"cold_start_seconds": None})
    assert row.measured == math.inf
    assert row.verdict == "short"


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (TIMES, 3.9, "short"),
        (TIMES, 4.0, "met"),
        (TIMES, 8.0, "aim"),
        (SHARE, 0.39, "short"),
        (SHARE, 0.65, "aim"),
        (SECONDS, 10.1, "short"),
        (SECONDS, 10.0, "met"),
        (SECONDS, 4.0, "aim"),
    ],
)
def test_verdict_is_short_met_or_aim(goal: Goal, value: float, verdict: str) -> None:
    row = Judged(goal, value)
    assert row.verdict == verdict
    assert (row.ratio or 0) >= 1 or verdict == "short"


def test_the_faster_one_is_ahead_even_where_the_goal_is_missed() -> None:
    assert Judged(TIMES, 1.5).winner == "lanes"
    assert Judged(TIMES, 0.9).winner == "torch"
    assert Judged(SHARE, 0.9).winner == ""


def test_goals_that_are_missing_or_malformed_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the goals are missing: .*none\.toml"):
        read_goals(tmp_path / "none.toml")
    odd = tmp_path / "odd.toml"
    odd.write_text("[[furlongs]]\nleast = 1\naim = 2\n")
    with pytest.raises(DataError, match="kind 'furlongs'"):
        read_goals(odd)
    odd.write_text("[[share]]\nleast = 1\n")
    with pytest.raises(DataError, match="aim"):
        read_goals(odd)
