"""Cross-validation, its interval, and the labels it doubts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simplecell as sc
from simplecell.data.sources import Dataset, load
from simplecell.engines.choose import engine
from simplecell.errors import DataError, ModelError
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.callbacks import Callback, Interrupted
from simplecell.train.folds import cross_validate, deal, read_folds, wilson
from simplecell.train.suspects import suspects

NETWORK = Network("two", (1, 8, 8), (Dense("F1", 20), Dense("F2", 10, "softmax")))
ENGINE = engine("auto")


class Stopping(Callback):
    """Stop in the third epoch it sees."""

    seen = 0

    def interrupts(self) -> bool:
        return self.seen == 3

    def epoch(self, row: object) -> None:
        self.seen += 1


@pytest.fixture(scope="module")
def few() -> Dataset:
    data = load("digits", size=8)
    names = tuple(f"{row}.png" for row in range(600))
    return replace(data, train=replace(data.train.rows(np.arange(600)), names=names))


def test_folds_have_of_each_class_alike() -> None:
    labels = np.repeat([0, 1, 2], [50, 23, 7])
    fold = deal(labels, 5, seed=1)
    for label in range(3):
        sizes = np.bincount(fold[labels == label], minlength=5)
        assert np.ptp(sizes) <= 1
    assert np.ptp(np.bincount(fold)) <= 1


def test_wilsons_interval_is_that_of_the_books() -> None:
    # Brown, Cai and DasGupta 2001; and statsmodels' proportion_confint(10, 100, method="wilson").
    assert wilson(10, 100) == pytest.approx((0.0552291, 0.1743657), abs=1e-6)
    assert wilson(0, 20)[0] == 0
    assert wilson(20, 20)[1] == 1


def test_a_stopped_cross_validation_goes_on_with_the_same_bits(
    few: Dataset, tmp_path: Path
) -> None:
    how = {"folds": 3, "epochs": 2, "engine": ENGINE}
    whole = cross_validate(NETWORK, few, **how, out=tmp_path / "a")
    with pytest.raises(Interrupted):
        cross_validate(NETWORK, few, **how, out=tmp_path / "b", callbacks=[Stopping()])
    with pytest.raises(ModelError, match="--resume"):
        cross_validate(NETWORK, few, **how, out=tmp_path / "b")
    again = cross_validate(NETWORK, few, **how, out=tmp_path / "b", resume=True)
    assert np.array_equal(whole.probabilities, again.probabilities)
    assert (whole.examples, sum(np.bincount(whole.fold))) == (600, 600)
    low, high = whole.interval_percent
    assert low < whole.error_percent < high
    assert "3 folds" in repr(whole)
    assert np.array_equal(
        read_folds(tmp_path / "a", few, ENGINE).probabilities, whole.probabilities
    )
    with pytest.raises(ModelError, match="other pictures"):
        read_folds(tmp_path / "a", replace(few, train=few.train.rows(np.arange(500))), ENGINE)


def test_wrong_labels_are_listed_first(few: Dataset, tmp_path: Path) -> None:
    labels = few.train.labels.copy()
    planted = np.arange(0, 600, 40)
    labels[planted] = (labels[planted] + 3) % 10
    wrong = replace(few, train=replace(few.train, labels=labels))
    cross_validate(NETWORK, wrong, folds=4, epochs=25, engine=ENGINE, out=tmp_path / "f")
    found, _ = suspects(tmp_path / "f", wrong, ENGINE)
    assert found.out_of_fold
    first = {one.row for one in found.listed[: len(planted)]}
    assert len(first & set(planted.tolist())) >= 10
    assert found.listed[0].name == f"{found.listed[0].row}.png"


def test_folds_that_cannot_be_are_refused(few: Dataset) -> None:
    with pytest.raises(DataError, match="1 folds of 600 pictures"):
        sc.cross_validate(NETWORK, few, folds=1)
