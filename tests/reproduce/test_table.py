"""The table says what was published, what we found over the seeds, and whether a bound is kept."""

from pathlib import Path

import pytest

from simplecell.reproduce.experiment import Experiment
from simplecell.reproduce.run import run
from simplecell.reproduce.table import document, markdown, results


@pytest.fixture
def gathered(experiment: Experiment, tmp_path: Path) -> dict:
    units = run(experiment, tmp_path, seeds=3, machine={"cpu": "A Processor", "cores": 2})
    return document(experiment, units, quick=False)


def test_rows_have_mean_spread_and_difference(gathered: dict) -> None:
    good, bad = gathered["rows"][:2]
    assert good["values"] == [1.0, 2.0, 3.0]
    assert (good["mean"], good["sd"], good["difference"]) == (2.0, 1.0, -0.5)
    assert (bad["mean"], bad["difference"]) == (6.0, None)


def test_bounds_are_kept_or_not_in_both_directions(gathered: dict) -> None:
    assert [row["kept"] for row in gathered["rows"]] == [True, False, True, None]


def test_means_stand_at_the_top_by_their_keys(gathered: dict) -> None:
    assert gathered["good.error"] == 2.0
    assert gathered["seconds"] == pytest.approx(sum(gathered["seconds_by_task"].values()))


def test_page_says_all_of_it(gathered: dict) -> None:
    page = markdown(gathered, [("toy-course.png", "How it went.")])
    assert "| good | 2.50 % | 2.00 ± 1.00 % (3 seeds) | -0.50 % | ≤ 2.00 % | kept |" in page
    assert "| bad | about 5 | 6.00 ± 1.00 % (3 seeds) |  | ≤ 5.50 % | not kept |" in page
    assert "| bad, if more were better | 5.00 % | 6.00 ± 1.00 % (3 seeds) | +1.00 % | ≥" in page
    for words in (
        "Nothing to see.",
        "- That one is one.",
        "seeds 0, 1, 2",
        "A Processor, 2 cores",
    ):
        assert words in page
    assert "## By seed\n\n| task | seeds |" in page
    assert "![How it went.](toy-course.png)" in page
    assert "quick" not in page
    assert "Not finished" not in page


def test_a_table_of_half_the_units_says_which_are_missing(
    experiment: Experiment, tmp_path: Path
) -> None:
    units = run(experiment, tmp_path, seeds=1)
    half = document(experiment, units[:1], quick=False)
    assert half["missing"] == ["bad, seed 0"]
    page = markdown(half)
    assert "Not finished: bad, seed 0 still to be measured" in page
    assert "| bad | about 5 | not measured |" in page
    assert "| good | 2.50 % | 1.00 % (1 seed) |" in page


def test_quick_figures_carry_a_warning(experiment: Experiment, tmp_path: Path) -> None:
    units = run(experiment, tmp_path, seeds=1, quick=True)
    assert "say nothing about the published ones" in markdown(document(experiment, units, True))


def test_results_take_a_task_s_own_seconds(experiment: Experiment, tmp_path: Path) -> None:
    (unit, _) = run(experiment, tmp_path, seeds=1)
    assert results([unit])["good"][0]["seconds"] == unit.seconds
