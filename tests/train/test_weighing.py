"""Classes of few pictures: read as often as the others, by (seed, epoch) alone."""

from pathlib import Path

import numpy as np
import pytest

from simplecell.data.batches import weighted_order
from simplecell.data.distortion import distortion
from simplecell.data.sources import Dataset, Part, load
from simplecell.errors import DataError, SpecError
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train.evaluation import evaluate
from simplecell.train.loop import fit
from simplecell.train.recipes import Recipe, recipe
from simplecell.train.weighing import by_class, read_class_weights

NETWORK = Network("two", (1, 8, 8), (Dense("F1", 20), Dense("F2", 10, "softmax")))


@pytest.fixture(scope="module")
def uneven() -> Dataset:
    """Ten digits, of which 8 and 9 have twelve pictures each."""
    data = load("digits", size=8)
    labels = data.train.labels
    few = [np.flatnonzero(labels == k)[: 12 if k > 7 else 150] for k in range(10)]
    return Dataset("uneven", data.classes, data.train.rows(np.concatenate(few)), data.test)


def test_an_epoch_reads_each_class_as_often() -> None:
    labels = np.repeat([0, 1, 2], [900, 90, 10])
    weights = by_class("balanced", Part(np.zeros((1000, 1, 2, 2), np.uint8), labels), "abc")
    assert weights is not None
    rows, again = weighted_order(weights[labels], seed=3, epoch=5)
    read = np.bincount(labels[rows], minlength=3)
    assert len(rows) == 1000
    assert np.abs(read - 1000 / 3).max() <= 1
    times = np.bincount(rows, minlength=1000)
    assert set(times[labels == 2]) <= {33, 34}
    for n in (5, 950, 999):
        assert sorted(again[rows == n]) == list(range(times[n]))
    assert not np.array_equal(rows, weighted_order(weights[labels], 3, 6)[0])


def test_a_run_that_was_stopped_ends_with_the_same_bytes(uneven: Dataset, tmp_path: Path) -> None:
    told = Recipe("r", batch=16, distortion=distortion("modern"), class_weights="balanced")
    whole = fit(NETWORK, uneven, recipe=told, epochs=3, out=tmp_path / "a", threads=2)
    again = fit(NETWORK, uneven, recipe=told, epochs=3, out=tmp_path / "b", threads=1)
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in "ab"]
    assert files[0] == files[1]
    plain = fit(NETWORK, uneven, recipe=told, epochs=3, class_weights={"9": 1.0})
    assert not np.array_equal(plain.model.parameters["F1.w"], again.model.parameters["F1.w"])
    assert whole.recipe.class_weights == "balanced"


def test_small_classes_are_missed_less(uneven: Dataset) -> None:
    missed = []
    for weights in (None, "balanced"):
        run = fit(NETWORK, uneven, epochs=12, class_weights=weights)
        confusion = evaluate(run, uneven).confusion
        missed.append(1 - confusion.diagonal()[8:].sum() / confusion[8:].sum())
    assert missed[1] < missed[0]


def test_weights_are_kept_with_the_recipe_and_refused_by_name(uneven: Dataset) -> None:
    told = Recipe("r", class_weights={"8": 2})  # type: ignore[arg-type]
    assert Recipe.from_document(told.to_document()) == told
    assert recipe("fast").class_weights is None
    for wrong in ("even", {"8": 0}, {}, {"8": float("nan")}):
        with pytest.raises(SpecError, match="weight"):
            read_class_weights(wrong)
    with pytest.raises(DataError, match="'cat', which is no class"):
        fit(NETWORK, uneven, epochs=1, class_weights={"cat": 2})
