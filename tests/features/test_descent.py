"""L-BFGS in legs: it finds the minimum, and a search that was stopped ends with the same bits."""

from pathlib import Path

import numpy as np
import pytest

from simplecell.errors import DataError, ModelError, TrainingError
from simplecell.features.descent import Search, Step, begin, minimise, read_search, write_search
from simplecell.train.callbacks import Interrupted

START = np.array([-1.2, 1.0, -1.2, 1.0])


class Valley:
    """Rosenbrock's curved valley, whose only minimum, 0, is where all are 1."""

    def __init__(self) -> None:
        self.terms: dict[str, float] = {}
        self.calls = 0

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        self.calls += 1
        away, bend = 1 - x[:-1], x[1:] - x[:-1] ** 2
        gradient = np.zeros(len(x))
        gradient[:-1] = -2 * away - 400 * x[:-1] * bend
        gradient[1:] += 200 * bend
        self.terms = {"away": float((away**2).sum()), "bend": float(100 * (bend**2).sum())}
        return sum(self.terms.values()), gradient


def test_the_minimum_is_found_and_its_end_is_said() -> None:
    search = minimise(Valley(), Search(START), 1000)
    assert search.theta == pytest.approx(np.ones(4), abs=1e-6)
    assert search.ended == "the cost falls no further in this precision"
    assert search.iteration < 200


def test_each_iteration_is_told_with_what_its_cost_is_made_of() -> None:
    steps: list[Step] = []
    search = minimise(Valley(), Search(START), 12, watch=steps.append)
    assert steps == search.history
    assert [s.iteration for s in steps] == list(range(1, 13))
    assert {s.iterations for s in steps} == {12}
    costs = [s.cost for s in steps]
    assert costs == sorted(costs, reverse=True)
    assert all(s.cost == pytest.approx(sum(s.terms.values())) for s in steps)
    assert Valley()(search.theta)[0] == costs[-1]
    seconds = [s.seconds for s in steps]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize("stop_at", [3, 10, 14, 20])
def test_a_search_that_was_stopped_ends_with_the_bits_of_one_that_was_not(
    stop_at: int, tmp_path: Path
) -> None:
    whole = minimise(Valley(), Search(START), 30, leg=10)
    path = tmp_path / "search.safetensors"
    write_search(path, Search(START), {})
    minimise(Valley(), Search(START), stop_at, leg=10, path=path)
    kept = read_search(path, {})
    assert kept.iteration == stop_at // 10 * 10
    resumed = minimise(Valley(), kept, 30, leg=10, path=path)
    assert resumed.theta.tobytes() == whole.theta.tobytes()
    assert [s.cost for s in resumed.history] == [s.cost for s in whole.history]
    assert [s.terms for s in resumed.history] == [s.terms for s in whole.history]


def test_a_search_at_its_end_goes_no_further(tmp_path: Path) -> None:
    path = tmp_path / "search.safetensors"
    done = minimise(Valley(), Search(START), 1000, path=path)
    cost = Valley()
    again = minimise(cost, read_search(path, {}), 1000)
    assert cost.calls == 0
    assert np.array_equal(again.theta, done.theta)
    assert again.ended == done.ended


def test_it_ends_early_when_the_cost_hardly_falls() -> None:
    search = minimise(Valley(), Search(START), 1000, tolerance=0.999)
    assert "fell by less than 0.999 of itself in 10 iterations" in search.ended
    now, then = search.history[-1].cost, search.history[-11].cost
    assert then - now < 0.999 * then
    assert minimise(Valley(), Search(START), 1000).iteration > search.iteration


def test_ctrl_c_stops_between_two_iterations_and_says_what_is_kept(tmp_path: Path) -> None:
    import signal

    def press(step: Step) -> None:
        if step.iteration == 14:
            signal.raise_signal(signal.SIGINT)

    path = tmp_path / "search.safetensors"
    with pytest.raises(Interrupted, match=r"after iteration 14 of 30; .* whole leg of 10"):
        minimise(Valley(), Search(START), 30, leg=10, watch=press, path=path)
    assert read_search(path, {}).iteration == 10
    with pytest.raises(Interrupted, match="nothing is saved"):
        minimise(Valley(), Search(START), 30, watch=press)


def test_a_cost_that_is_no_number_ends_in_words() -> None:
    class Torn(Valley):
        def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = super().__call__(x)
            return (value if self.calls < 5 else float("nan")), gradient

    with pytest.raises(TrainingError, match=r"after iteration \d the cost is no longer a number"):
        minimise(Torn(), Search(START), 30)


@pytest.mark.parametrize("told", [{"iterations": 0}, {"leg": 0}, {"tolerance": -1.0}])
def test_what_cannot_be_walked_is_refused(told: dict[str, float]) -> None:
    with pytest.raises(DataError, match="were asked for"):
        minimise(Valley(), Search(START), **{"iterations": 5, **told})  # type: ignore[arg-type]


def test_a_search_about_something_else_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "search.safetensors"
    write_search(path, Search(START), {"seed": 1})
    with pytest.raises(ModelError, match="its seed is 1, and 2 was asked for"):
        begin(Search(START), path, True, {"seed": 2})
    with pytest.raises(ModelError, match="there already: resume=True"):
        begin(Search(START), path, False, {"seed": 1})
    with pytest.raises(ModelError, match="give its path"):
        begin(Search(START), None, True, {})
    found, file = begin(Search(START + 1), path, True, {"seed": 1})
    assert np.array_equal(found.theta, START)
    assert file == path


def test_a_file_that_lacks_a_part_is_damaged(tmp_path: Path) -> None:
    from simplecell.features.descent import SEARCH
    from simplecell.train.checkpoint import write_arrays

    path = tmp_path / "search.safetensors"
    write_arrays(path, SEARCH, {"theta": START}, {"about": {}})
    with pytest.raises(ModelError, match="damaged: it lacks 'history'"):
        read_search(path, {})
