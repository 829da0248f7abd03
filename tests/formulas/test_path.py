"""The best path along a row of answers.   Brief: C12, F"""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simplecell.errors import DataError
from simplecell.formulas import Array
from simplecell.formulas.path import Found, best_path, edit_distance

NONE = 3


def likely(*labels: int) -> Array:
    """Answers that are sure, at each place, of one class of 0, 1, 2 and none."""
    logs = np.full((1, len(labels), NONE + 1), -9.0)
    logs[0, np.arange(len(labels)), labels] = -0.1
    return logs


def worth(logs: Array, path: Sequence[Found], near: int, far: int, price: float) -> float:
    """What a path is worth, added up place by place, as its definition says."""
    total = -price * len(path)
    for i, (*classes, none) in enumerate(logs.tolist()):
        away = [abs(one.place - i) for one in path]
        total += sum(classes[one.label] for one, d in zip(path, away, strict=True) if d <= near)
        total += none if min(away, default=far) >= far else 0
    return float(total)


def every_path(places: int, classes: int, apart: int) -> list[list[Found]]:
    return [
        path
        for labels in product(range(-1, classes - 1), repeat=places)
        if (path := [Found(t, label) for t, label in enumerate(labels) if label >= 0]) is not None
        and all(b.place - a.place >= apart for a, b in pairwise(path))
    ]


@given(
    st.integers(1, 6), st.sampled_from([2, 2, 3]), st.integers(0, 2), st.integers(1, 2),
    st.integers(1, 5), st.integers(0, 10**6), st.sampled_from([-1.0, 0.0, 0.7]),
)  # fmt: skip
def test_no_other_path_is_worth_more(
    places: int, classes: int, near: int, more: int, apart: int, seed: int, price: float
) -> None:
    far = near + more
    logs = np.random.default_rng(seed).normal(size=(2, places, classes))
    for one, path in zip(logs, best_path(logs, near, far, apart, price), strict=True):
        best = max(
            worth(one, other, near, far, price) for other in every_path(places, classes, apart)
        )
        assert worth(one, path, near, far, price) == pytest.approx(best, abs=1e-12)
        assert all(b.place - a.place >= apart for a, b in pairwise(path))


def test_none_separates_two_of_one_class() -> None:
    row = likely(NONE, 1, 1, 1, NONE, 1, 1, 1, NONE)
    assert best_path(row, near=1, far=2) == [[Found(2, 1), Found(6, 1)]]


def test_what_lasts_as_long_as_two_runs_is_two() -> None:
    row = likely(NONE, 2, 2, 2, 2, 2, 2, NONE)
    assert best_path(row, near=1, far=2, apart=3) == [[Found(2, 2), Found(5, 2)]]


def test_what_lies_between_near_and_far_may_be_anything() -> None:
    row = likely(NONE, 0, 2, 2, 2, 1, NONE)
    assert best_path(row, near=1, far=3) == [[Found(3, 2)]]


def test_a_price_keeps_the_doubtful_out() -> None:
    doubtful = np.log(np.array([[[0.02, 0.98], [0.6, 0.4], [0.02, 0.98]]]))
    assert best_path(doubtful, near=0, far=1) == [[Found(1, 0)]]
    assert best_path(doubtful, near=0, far=1, price=1.0) == [[]]


def test_rows_do_not_know_of_each_other() -> None:
    logs = np.random.default_rng(5).normal(size=(6, 19, 4))
    together = best_path(logs, 1, 2, 2, 0.2)
    assert together == [best_path(one[None], 1, 2, 2, 0.2)[0] for one in logs]


@pytest.mark.parametrize("shape", [(2, 3), (1, 0, 3), (1, 3, 1)])
def test_answers_that_hold_no_path_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="a path takes answers of shape"):
        best_path(np.zeros(shape), 1, 2)


@pytest.mark.parametrize(("near", "far", "apart"), [(-1, 2, 1), (1, 1, 1), (1, 2, 0)])
def test_runs_that_cannot_be_are_refused(near: int, far: int, apart: int) -> None:
    with pytest.raises(DataError, match=f"near is {near}, far {far} and apart {apart}"):
        best_path(np.zeros((1, 5, 3)), near, far, apart)


@pytest.mark.parametrize(
    ("read", "written", "edits"),
    [("", "", 0), ("123", "123", 0), ("13", "123", 1), ("1234", "123", 1), ("923", "123", 1),
     ("", "123", 3), ("321", "123", 2)],
)  # fmt: skip
def test_edits_are_counted(read: str, written: str, edits: int) -> None:
    assert edit_distance([*map(int, read)], [*map(int, written)]) == edits
