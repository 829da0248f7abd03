"""The second network meets half of what the first gets wrong, the third what they disagree on."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from simplecell.data.distortion import Distortion
from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.engines.choose import engine
from simplecell.engines.protocol import scores
from simplecell.errors import DataError, SpecError, TrainingError
from simplecell.spec.layers import RBF, Dense
from simplecell.spec.network import Network
from simplecell.train import boosting
from simplecell.train.boosting import (
    Boosted,
    boost,
    disagreed,
    error_percent,
    half_wrong,
    stream,
    summed_scores,
)
from simplecell.train.loop import fit
from simplecell.train.recipes import Recipe

MOVES = Distortion(shift=0.7, scale=0.1)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting, "BLOCK", 32)


@pytest.fixture
def digits(data: Dataset) -> Iterator[Part]:
    return stream(data.train, MOVES, 5, 1)


def bright(part: Part) -> np.ndarray:
    """Pick some of the pictures by what is in them."""
    return part.pixels.sum(axis=(1, 2, 3), dtype=np.int64) % 10 == 0


def test_half_of_what_the_second_learns_from_is_wrong(digits: Iterator[Part]) -> None:
    found = half_wrong(digits, bright, 40)
    assert len(found.part) == 40
    assert bright(found.part).sum() == 20
    assert found.looked % 32 == 0
    # One of ten is picked, so 20 of them are among some 200.
    assert 60 < found.looked < 600


def test_what_the_third_learns_from_is_all_picked(digits: Iterator[Part]) -> None:
    found = disagreed(digits, bright, 15)
    assert len(found.part) == 15
    assert bright(found.part).all()


def test_the_stream_never_repeats_itself_and_keeps_labels_with_their_pictures(
    data: Dataset,
) -> None:
    still = stream(data.train, Distortion(), 1, 1)
    known = {p.tobytes(): label for p, label in
             zip(data.train.pixels, data.train.labels, strict=True)}  # fmt: skip
    for _ in range(3):
        part = next(still)
        assert [known[p.tobytes()] for p in part.pixels] == part.labels.tolist()
    moving = stream(data.train, MOVES, 1, 1)
    seen = np.concatenate([next(moving).pixels for _ in range(20)])
    assert len({p.tobytes() for p in seen}) == len(seen)
    again, other = stream(data.train, MOVES, 1, 3), stream(data.train, MOVES, 2, 1)
    assert np.array_equal(next(again).pixels, seen[:32])
    assert not np.array_equal(next(other).pixels, seen[:32])


def test_a_network_that_is_never_wrong_is_no_start(digits: Iterator[Part]) -> None:
    def never(part: Part) -> np.ndarray:
        return np.zeros(len(part), bool)

    with pytest.raises(TrainingError, match=r"digits, 0 could be kept .* and 1 are wanted"):
        half_wrong(digits, never, 2)


@pytest.fixture
def boosted(network: Network, data: Dataset, recipes: dict[str, Recipe]) -> Boosted:
    told = replace(recipes["averaged"], distortion=MOVES, epochs=4, validation=0.25)
    return boost(network, data, recipe=told, examples=48, engine="reference", seed=2)


def test_three_networks_are_trained_each_on_its_own_set(boosted: Boosted) -> None:
    first, second, third = boosted.runs
    assert boosted.sets == (45, 48, 48)
    assert all(looked >= 48 for looked in boosted.looked)
    assert first.recipe.distortion == MOVES
    assert second.recipe.distortion is None is third.recipe.distortion
    assert len({run.parameters["C1.w"].tobytes() for run in boosted.runs}) == 3
    # The test part of what they are given is not looked at, so the sets are told by their bytes.
    assert len({run.model.metadata["data"]["crc32"] for run in boosted.runs}) == 3


def test_the_second_set_is_half_wrong_for_the_first_network(
    boosted: Boosted, data: Dataset, network: Network
) -> None:
    first, second, _ = boosted.models
    chosen = engine("reference")
    part = boosting.split(data.train, 0.25, 2)[0]
    found = boosting._harder(stream(part, MOVES, boosting._seed(2, 1), 1), [first], 48, chosen)
    assert error_percent([first], found.part, chosen) == 50
    third = boosting._harder(
        stream(part, MOVES, boosting._seed(2, 2), 1), [first, second], 48, chosen
    )
    answers = [summed_scores([model], third.part.pixels, chosen).argmax(axis=1)
               for model in (first, second)]  # fmt: skip
    assert (answers[0] != answers[1]).all()


def test_outputs_are_summed(boosted: Boosted, data: Dataset) -> None:
    chosen = engine("reference")
    assert data.test is not None
    total = summed_scores(boosted.models, data.test.pixels, chosen)
    one_by_one = [summed_scores([model], data.test.pixels, chosen) for model in boosted.models]
    assert np.allclose(total, sum(one_by_one))
    wrong = (total.argmax(axis=1) != data.test.labels).mean()
    assert error_percent(boosted.models, data.test, chosen) == pytest.approx(100 * wrong)


def test_distances_count_against_a_class(data: Dataset, recipes: dict[str, Recipe]) -> None:
    near = Network("near", (1, 6, 6), (Dense("F1", 4), RBF("R", ("##..", "..##", "#.#."))))
    run = fit(near, data, recipe=recipes["sgd"], rate=0.01, engine="reference")
    chosen = engine("reference")
    pixels = data.train.pixels[:5]
    outputs = chosen.program(near).forward(run.parameters, run.model.examples(pixels))
    assert np.array_equal(summed_scores([run.model], pixels, chosen), scores(near, outputs))
    assert (outputs >= 0).all()


def test_the_same_seed_gives_the_same_networks(
    boosted: Boosted, network: Network, data: Dataset
) -> None:
    told = boosted.runs[0].recipe
    again = boost(network, replace(data, test=None), recipe=told, examples=48, engine="reference",
                  seed=2)  # fmt: skip
    for run, other in zip(boosted.runs, again.runs, strict=True):
        assert all(np.array_equal(w, other.parameters[n]) for n, w in run.parameters.items())


def test_what_cannot_be_boosted_is_refused(
    network: Network, data: Dataset, recipes: dict[str, Recipe]
) -> None:
    with pytest.raises(SpecError, match="the recipe adam has none"):
        boost(network, data, recipe=recipes["adam"], engine="reference")
    with pytest.raises(DataError, match="no examples to evaluate on"):
        error_percent([], data.train.rows(np.empty(0, np.int64)), engine("reference"))
