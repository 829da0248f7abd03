import numpy as np
import pytest

from simplecell.errors import SpecError, UnknownName
from simplecell.train.schedules import Schedule, rates


def test_constant_rate_stays() -> None:
    assert rates(Schedule("constant", 0.5), 2, 3).tolist() == [0.5] * 6


def test_passes_give_the_papers_rates_pass_by_pass() -> None:
    """5e-4 twice, 2e-4 three times, 1e-4 three times, 5e-5 four times, then 1e-5. Brief: F"""
    shares = ((2, 1.0), (3, 0.4), (3, 0.2), (4, 0.1), (1, 0.02))
    per_pass = rates(Schedule("passes", 5e-4, passes=shares), 20, 4)[::4]
    expected = [5e-4] * 2 + [2e-4] * 3 + [1e-4] * 3 + [5e-5] * 4 + [1e-5] * 8
    np.testing.assert_allclose(per_pass, expected, rtol=1e-12)


def test_passes_change_only_between_passes() -> None:
    found = rates(Schedule("passes", 1.0, passes=((1, 1.0), (1, 0.5))), 2, 5)
    assert found.tolist() == [1.0] * 5 + [0.5] * 5


def test_one_cycle_climbs_to_the_rate_and_falls_to_the_last() -> None:
    cycle = Schedule("one_cycle", 2.0, warmup=0.25, first=0.1, last=0.01)
    found = rates(cycle, 4, 100)
    assert found.argmax() in (99, 100)
    assert found.max() == pytest.approx(2.0)
    assert (np.diff(found[:100]) > 0).all()
    assert (np.diff(found[101:]) < 0).all()
    assert 0.2 < found[0] < 0.3
    assert found[-1] == pytest.approx(0.02, rel=0.05)


def test_one_cycle_without_warm_up_starts_at_the_rate() -> None:
    assert rates(Schedule("one_cycle", 3.0), 1, 10)[0] == 3.0


def test_every_rate_is_above_zero_even_in_the_shortest_run() -> None:
    for warmup in (0.0, 0.2, 0.9):
        for steps in (1, 2, 7):
            assert (rates(Schedule("one_cycle", 1.0, warmup=warmup), 1, steps) > 0).all()


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_no_rate_is_refused(rate: float) -> None:
    with pytest.raises(SpecError, match=r"the rate is .*; it takes a number above 0"):
        Schedule("constant", rate)


def test_an_unknown_shape_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'one_cycle'"):
        Schedule("onecycle", 1.0)


def test_passes_need_the_passes_schedule() -> None:
    with pytest.raises(SpecError, match="passes"):
        Schedule("constant", 1.0, passes=((1, 1.0),))
    with pytest.raises(SpecError, match="passes"):
        Schedule("passes", 1.0)
    with pytest.raises(SpecError, match="warmup is 1"):
        Schedule("one_cycle", 1.0, warmup=1.0)
