"""What a pass reads follows from (seed, epoch, row), however it is read."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from simplecell.data.batches import order
from simplecell.data.distort import distort
from simplecell.data.sources import Dataset
from simplecell.engines.protocol import Examples
from simplecell.errors import SpecError
from simplecell.train import sampler
from simplecell.train.recipes import Recipe
from simplecell.train.sampler import Pass, Pictures


@pytest.fixture
def examples(data: Dataset) -> Examples:
    return Examples(data.train.pixels, data.train.labels, 0.5, -1.0)


@pytest.fixture
def recipe(recipes: dict[str, Recipe]) -> Recipe:
    return recipes["averaged"]


def shown(pictures: Pictures, batch: int, epoch: int, count: int) -> Examples:
    """Read a whole pass, at most `count` steps at a time."""
    pixels, labels = [], []
    with Pass(pictures, batch, epoch) as reading:
        step = 0
        while step < reading.steps:
            some = min(count, reading.until(step) - step)
            read, rows = reading.read(step, some)
            pixels.append(read.pixels[rows])
            labels.append(read.labels[rows])
            step += some
    return Examples(np.concatenate(pixels), np.concatenate(labels))


def test_a_pass_shows_every_example_once_in_the_epochs_order(
    examples: Examples, recipe: Recipe
) -> None:
    plain = Pictures(examples, replace(recipe, distortion=None), 3, 1)
    read = shown(plain, 7, 2, 3)
    rows = order(60, 3, 2)
    assert np.array_equal(read.pixels, examples.pixels[rows])
    assert np.array_equal(read.labels, examples.labels[rows])


@pytest.mark.parametrize("batch", [1, 7, 64])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("stretch", [1, 16, 4096])
def test_stretches_threads_and_runs_change_no_picture(
    examples: Examples,
    recipe: Recipe,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
    threads: int,
    stretch: int,
) -> None:
    rows = order(60, 5, 1)
    whole = Pictures(examples, recipe, 5, 1).of(rows, 1)
    assert not np.array_equal(whole.pixels, examples.pixels[rows])
    monkeypatch.setattr(sampler, "STRETCH", stretch)
    for count in (1, 5, 1000):
        read = shown(Pictures(examples, recipe, 5, threads), batch, 1, count)
        assert np.array_equal(read.pixels, whole.pixels)
        assert np.array_equal(read.labels, examples.labels[rows])


def test_a_pass_can_be_taken_up_in_the_middle(
    examples: Examples, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler, "STRETCH", 16)
    whole = shown(Pictures(examples, recipe, 5, 2), 1, 0, 1000)
    for step in (0, 15, 16, 37, 59):
        with Pass(Pictures(examples, recipe, 5, 2), 1, 0) as reading:
            read, rows = reading.read(step, 1)
            assert np.array_equal(read.pixels[rows], whole.pixels[step : step + 1])


def test_scale_and_shift_come_along(examples: Examples, recipe: Recipe) -> None:
    some = Pictures(examples, recipe, 0, 1).of(np.array([4, 1]), 0)
    assert (some.scale, some.shift) == (0.5, -1.0)
    assert np.array_equal(some.labels, examples.labels[[4, 1]])


def test_each_epoch_and_each_seed_distorts_anew(examples: Examples, recipe: Recipe) -> None:
    rows = np.arange(60)
    seen = {
        Pictures(examples, recipe, seed, 1).of(rows, epoch).pixels.tobytes()
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(seen) == 9


def test_copies_and_the_original_take_turns(examples: Examples, recipe: Recipe) -> None:
    """Of 540,000 copies and 60,000 originals, 20 passes of 60,000 show each twice."""
    pictures, rows = Pictures(examples, replace(recipe, copies=9), 0, 1), np.arange(60)
    passes = [pictures.of(rows, epoch).pixels for epoch in range(20)]
    originals = np.array([(p == examples.pixels).all(axis=(1, 2, 3)) for p in passes])
    assert np.array_equal(originals.sum(axis=0), np.full(60, 2))
    assert originals.sum(axis=1).max() < 20
    for epoch in range(10):
        assert np.array_equal(passes[epoch], passes[epoch + 10])
    for row in rows:
        assert len({p[row].tobytes() for p in passes}) == 10


def test_the_sample_for_the_curvature_is_drawn_anew_and_shown_as_the_pass_shows_it(
    examples: Examples, recipe: Recipe
) -> None:
    pictures = Pictures(examples, recipe, 0, 1)
    some, other = pictures.sample(0, 10), pictures.sample(1, 10)
    assert len(some) == 10
    assert not np.array_equal(some.pixels, other.pixels)
    everything = pictures.of(np.arange(60), 0).pixels
    known = {picture.tobytes() for picture in everything}
    assert {picture.tobytes() for picture in some.pixels} < known
    assert len(pictures.sample(0, 1000)) == 60


def test_the_next_stretch_is_made_while_this_one_is_used(
    examples: Examples, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another thread for steps of one example; in this one where training needs them all."""
    by: list[str] = []

    def watched(*asked: object) -> object:
        by.append(threading.current_thread().name.partition("_")[0])
        return distort(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr("simplecell.data.distort.distort", watched)
    monkeypatch.setattr(sampler, "STRETCH", 20)
    shown(Pictures(examples, recipe, 0, 2), 1, 0, 5)
    assert by[1:] == ["pictures"] * 2
    by.clear()
    shown(Pictures(examples, recipe, 0, 2), 10, 0, 5)
    assert len(by) == 3
    assert "pictures" not in by


def test_no_thread_is_left_behind(examples: Examples, recipe: Recipe) -> None:
    with pytest.raises(KeyboardInterrupt), Pass(Pictures(examples, recipe, 0, 2), 1, 0) as reading:
        reading.read(0, 1)
        raise KeyboardInterrupt
    assert not [t for t in threading.enumerate() if t.name.startswith("pictures")]


def test_copies_without_a_distortion_are_refused(recipe: Recipe) -> None:
    with pytest.raises(SpecError, match="9 distorted copies of each picture were asked for, and"):
        replace(recipe, distortion=None, copies=9)
