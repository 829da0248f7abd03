"""A guard for any pictures: of the classes few are turned away, of strangers most."""

from dataclasses import replace

import numpy as np
import pytest

from simplecell.data.outliers import outliers
from simplecell.data.pen import draw_digits
from simplecell.data.sources import Dataset, Part
from simplecell.engines.choose import engine
from simplecell.spec.layers import Dense
from simplecell.spec.network import Network
from simplecell.train import guard, guarding
from simplecell.train.answer import answers
from simplecell.train.loop import fit

ENGINE = engine("auto")


@pytest.fixture(scope="module")
def pens() -> Dataset:
    """Five digits drawn with a pen, dark on paper of many shades, as a folder's pictures."""
    ink, labels = draw_digits(2400, seed=3)
    few = labels < 5
    paper = np.random.default_rng(0).integers(170, 250, (int(few.sum()), 1, 1, 1))
    pixels = (paper * (1 - 0.8 * ink[few] / 255.0)).astype(np.uint8)
    return Dataset("pens", tuple("01234"), Part(pixels, labels[few]), None, reading="fitted")


def test_few_of_the_classes_and_most_strangers_are_turned_away(
    pens: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network("two", (1, 28, 28), (Dense("F1", 30), Dense("F2", 5, "softmax")))
    model = fit(network, pens, epochs=8, engine=ENGINE, progress=False).model
    monkeypatch.setattr(guard, "STEPS", 300)
    found = guarding.with_guard(model, pens, engine=ENGINE)
    assert found is not None
    assert found.turned_away is not None
    assert found.turned_away <= 0.1  # of half of the pictures that were kept aside
    assert 20 <= found.right <= 50
    assert found.strangers >= guarding.WORTH
    more, labels = draw_digits(600, seed=9)
    more = (220 * (1 - 0.8 * more / 255.0)).astype(np.uint8)
    right = answers(found.model, more[labels < 5], ENGINE)
    assert np.mean([one.rejected for one in right]) < 0.1
    blank = np.full((20, 1, 28, 28), 222, np.uint8)
    assert np.mean([one.rejected for one in answers(found.model, blank, ENGINE)]) > 0.8


def test_few_pictures_and_digits_that_are_looked_for_have_none(pens: Dataset) -> None:
    network = Network("one", (1, 28, 28), (Dense("F1", 5, "softmax"),))
    few = replace(pens, train=pens.train.rows(np.arange(200)))
    model = fit(network, few, epochs=1, engine=ENGINE, progress=False).model
    assert guarding.with_guard(model, few, engine=ENGINE) is None
    assert guarding.with_guard(model, replace(pens, reading="ink"), engine=ENGINE) is None


def test_strangers_are_made_for_any_shape() -> None:
    rng = np.random.default_rng(1)
    for shape in ((3, 32, 32), (1, 20, 48)):
        pixels = rng.integers(0, 256, (40, *shape), np.uint8)
        labels = np.arange(40) % 3
        made = outliers(pixels, labels, 101, seed=5)
        assert made.shape == (101, *shape)
        assert np.array_equal(made, outliers(pixels, labels, 101, seed=5))
