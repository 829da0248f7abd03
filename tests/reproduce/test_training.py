"""Experiments that train: every task runs, gives what its table asks for, and repeats itself."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.data.part import Part
from simplecell.errors import TrainingError
from simplecell.reproduce import ablation, collapse, gabor, pairs, published, reject, training
from simplecell.reproduce.experiment import Experiment, Results
from simplecell.reproduce.registry import find
from simplecell.reproduce.run import run
from simplecell.reproduce.table import document, markdown, results
from simplecell.reproduce.unit import plain
from simplecell.spec import departures as of_network
from simplecell.spec.zoo import find as network
from simplecell.train import departures as of_recipe
from simplecell.train.recipes import recipe

MINE = ("lenet1998", "distortions", "ablation", "gabor", "collapse", "reject", "modern")


def silent(line: str) -> None: ...


@cache
def looked_at(name: str) -> Mapping[str, Mapping[str, Any]]:
    """A quick look at each task, seed 0."""
    return {task: measure(0, True, silent) for task, measure in find(name).tasks.items()}


@pytest.mark.parametrize("name", MINE)
def test_every_number_of_the_table_is_measured(name: str) -> None:
    experiment = find(name)
    for measure in experiment.measures:
        task, key = experiment.place(measure.key)
        if key != "validation_error_after_1":
            assert isinstance(looked_at(name)[task][key], int | float), measure.key


@pytest.mark.parametrize("name", MINE)
def test_tables_and_pictures_say_what_they_can_of_any_part(name: str) -> None:
    experiment = find(name)
    found: Results = {task: {0: result} for task, result in looked_at(name).items()}
    for part in ({}, {next(iter(found)): found[next(iter(found))]}, found):
        tables = experiment.tables(part) if experiment.tables else ()
        assert all(len(row) == len(table.head) for table in tables for row in table.rows)
        pictures = experiment.pictures(part) if experiment.pictures else ()
        assert len({picture.name for picture in pictures}) == len(pictures)
        assert all(picture.caption.endswith(".") for picture in pictures)
        assert bool(pictures) or len(part) < len(found)


@pytest.mark.parametrize("name", MINE)
def test_a_quick_run_fills_its_page_and_its_pictures(name: str, tmp_path: Path) -> None:
    whole = find(name)
    first = next(iter(whole.tasks))
    kept = tuple(m for m in whole.measures if whole.place(m.key)[0] == first)
    experiment = Experiment(name, whole.title, whole.source, {first: whole.tasks[first]}, kept)
    units = run(experiment, tmp_path, seeds=1, quick=True)
    gathered = document(experiment, units, quick=True)
    assert "not measured" not in markdown(gathered)
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    from simplecell.plots import draw

    for picture in whole.pictures(results(units)) if whole.pictures else ():
        draw(picture.kind, picture.data, tmp_path / f"{picture.name}.png")
        assert (tmp_path / f"{picture.name}.png").stat().st_size > 1000


def test_the_seed_decides_all_but_the_time() -> None:
    task = find("reject").tasks["lenet5"]
    again, other = task(0, True, silent), task(1, True, silent)
    first = looked_at("reject")["lenet5"]
    assert all(plain(first[key]) == plain(again[key]) for key in first if "seconds" not in key)
    assert first["curve_train_loss"] != other["curve_train_loss"]


def test_what_happens_is_told() -> None:
    told: list[str] = []
    training.train(network("lenet1"), "sgd", 0, True, told.append)
    assert told[-1].startswith("lenet1: epoch 2 of 2, loss ")
    assert "validation error" in told[-1]


def test_quick_data_need_no_download_and_full_data_do(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(training, "load", lambda *a, **o: asked.append((a, o)))
    training.dataset.cache_clear()
    training.dataset(False, (32, 32))
    training.dataset.cache_clear()
    assert asked == [(("mnist",), {"size": (32, 32)})]
    monkeypatch.undo()
    quick = training.dataset(True, (32, 32))
    assert isinstance(quick.test, Part)
    assert (len(quick.train), len(quick.test)) == (300, 100)
    assert quick.train.pixels.shape[1:] == (1, 32, 32)


# Rates


def test_absent_connections_have_no_rate() -> None:
    from simplecell.reproduce.rates import first_rates

    rates = first_rates(network("lenet5"), recipe("lenet1998"), 0, True)
    assert rates["C3.w"].size == 60 * 25
    assert sum(values.size for values in rates.values()) == 60_000
    largest = 5e-4 / 0.02
    assert all(0 < values.min() <= values.max() <= largest * 1.0001 for values in rates.values())


def test_histogram_of_rates_counts_every_weight() -> None:
    result = looked_at("lenet1998")["lenet5"]
    assert np.sum(result["rate_counts"]) == 60_000
    low, high = published.PUBLISHED_RATES
    assert (low, high) == (7e-5, 0.016)
    some = published._described({"a": np.array([1e-5, 1e-3, 1e-3, 0.5])})
    assert some["rates_within_percent"] == 50.0
    assert some["rate_quantiles"]["a"]["median"] == 1e-3


# Rejection


def test_rejection_takes_the_least_sure_first() -> None:
    right = np.array([True, False, True, True])
    sure = np.array([0.9, 0.1, 0.8, 0.7])
    assert reject.error_after(right, sure).tolist() == [25.0, 0.0, 0.0, 0.0]
    assert reject.needed(np.array([25.0, 0.0, 0.0]), 0.5) == 1
    assert reject.needed(np.array([25.0, 20.0, 50.0]), 0.5) == 3


def test_a_mistake_made_with_certainty_is_never_got_rid_of() -> None:
    right = np.array([False, True, True])
    errors = reject.error_after(right, np.array([0.99, 0.5, 0.4]))
    assert errors.round(1).tolist() == [33.3, 50.0, 100.0]


# Gabor functions


def test_early_passes_are_judged_on_the_validation_part() -> None:
    result = looked_at("gabor")["gabor"]
    curve = result["curve_validation_error_percent"]
    assert [result["validation_error_after_1"], result["validation_error_after_2"]] == curve
    assert "validation_error_after_3" not in result


def test_gabor_functions_are_fitted_better_than_noise() -> None:
    result = looked_at("gabor")["gabor"]
    noise = looked_at("gabor")["random"]
    assert result["fit_first"] > 0.999
    assert 0.2 < noise["fit_first"] < 0.8
    assert len(result["fits_first"]) == 6


def test_gabor_functions_start_as_long_as_the_random_kernels_they_stand_for() -> None:
    random, waves = (gabor._start(3, waves, True)["C1.w"] for waves in (False, True))
    assert random.shape == waves.shape == (6, 1, 5, 5)
    assert np.linalg.norm(waves) == pytest.approx(np.linalg.norm(random))
    assert not np.array_equal(waves, gabor._start(4, True, True)["C1.w"])


def test_what_gabor_functions_change_is_told_pass_by_pass() -> None:
    by_seed = {
        task: {
            seed: {"validation_error_after_1": base + seed + (task == "random") * seed}
            for seed in (0, 1, 2)
        }
        for task, base in (("random", 5.0), ("gabor", 4.0))
    }
    (table,) = gabor._tables(by_seed)
    assert table.rows == (("validation error after pass 1", "-2.00 %", "-1.0", "-3.5"),)


# Collapse


def test_spread_of_codes_is_their_mean_squared_distance() -> None:
    assert collapse.spread(np.array([[0.0], [1.0], [3.0]])) == pytest.approx((1 + 4 + 9) / 3)
    assert collapse.spread(np.ones((10, 84))) == 0


def test_fixed_codes_keep_their_distance_and_learned_ones_move() -> None:
    fixed, learned = (looked_at("collapse")[task] for task in ("map-fixed", "mse-learned"))
    assert fixed["spread_percent"] == 100.0
    assert len(set(fixed["curve_spread"])) == 1
    assert learned["spread_percent"] < 95
    assert learned["curve_spread"][0] == fixed["curve_spread"][0]
    assert len(learned["curve_spread"]) == 1 + training.QUICK_EPOCHS


# Ablation


def test_every_departure_is_in_the_ablation_and_in_words() -> None:
    tasks = list(find("ablation").tasks)
    assert tasks == [ablation.REFERENCE, *ablation._departures()]
    assert len(tasks) == 1 + len(of_network.DEPARTURES) + len(of_recipe.DEPARTURES)
    assert all(len(words.split()) > 2 for words in ablation._departures().values())


def of(*errors: float | None) -> dict[int, dict[str, Any]]:
    return {
        seed: {ablation.ERROR: error, "parameters": 60_000} for seed, error in enumerate(errors)
    }


def test_effects_are_sorted_by_the_harm_they_do() -> None:
    found = {"published": of(1.0, 1.2), "relu": of(1.1, 1.5), "adam": of(2.0, 2.4)}
    assert list(ablation.effects(found)) == ["adam", "relu"]
    (table,) = ablation._tables(found)
    assert table.rows[0][0] == "adam"
    assert table.rows[0][3:] == ("+1.10 %", "+7.8", "+11.0", "2")


def test_a_departure_that_diverges_is_told_and_not_averaged() -> None:
    found = {"published": of(1.0, 1.2), "relu": of(1.1, None)}
    (table,) = ablation._tables(found)
    assert [row[3] for row in table.rows] == ["+0.10 %", "diverged with 1 of 2 seeds"]
    (picture,) = ablation._pictures(found)
    assert picture.data["labels"] == ["relu"]


def test_divergence_is_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def diverge(*told: Any, **options: Any) -> None:
        raise TrainingError("lenet5 diverged in epoch 1.\n  The rate was too high.")

    monkeypatch.setattr(ablation, "train", diverge)
    result = find("ablation").tasks["relu"](0, True, silent)
    assert result[ablation.ERROR] is None
    assert result["diverged"] == "lenet5 diverged in epoch 1."


# Pairs


def test_effects_are_paired_by_seed() -> None:
    reference = {seed: {"e": value} for seed, value in enumerate((1.0, 2.0, 3.0))}
    other = {seed: {"e": value} for seed, value in enumerate((1.5, 2.5, 3.8))}
    found = pairs.effect(reference, other, "e")
    assert found is not None
    assert found.mean == pytest.approx(0.6)
    assert found.in_sd == pytest.approx(0.6)
    assert found.t == pytest.approx(0.6 / (np.std([0.5, 0.5, 0.8], ddof=1) / np.sqrt(3)))


def test_seeds_that_only_one_way_has_are_left_out() -> None:
    found = pairs.effect({0: {"e": 1.0}, 1: {"e": 9.0}}, {0: {"e": 2.0}, 2: {"e": 0.0}}, "e")
    assert found is not None
    assert (found.seeds, found.mean, found.sd, found.t) == (1, 1.0, None, None)
    assert pairs.effect({0: {"e": 1.0}}, {0: {"e": None}}, "e") is None
    assert pairs.effect({0: {"e": 1.0}}, {1: {"e": 1.0}}, "e") is None
