"""The experiments that learn features report what was asked of them, on a quick look too."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from simplecell.data.sources import load
from simplecell.reproduce.natural import EXPERIMENT as NATURAL
from simplecell.reproduce.registry import find
from simplecell.reproduce.strokes import concentration
from simplecell.reproduce.wiring import EXPERIMENT as WIRING
from simplecell.reproduce.wiring import few, network
from simplecell.spec.accounting import count_network


@cache
def quick(name: str) -> Mapping[str, Mapping[str, Any]]:
    return {task: run(1, True, lambda _: None) for task, run in find(name).tasks.items()}


@pytest.mark.parametrize(
    "name", ["natural", "strokes", "selftaught", "stacked", "why-convolution"]
)
def test_every_measure_of_an_experiment_is_measured(name: str) -> None:
    experiment, got = find(name), quick(name)
    for measure in experiment.measures:
        task, number = experiment.place(measure.key)
        assert np.isfinite(got[task][number]), measure.key


@pytest.mark.parametrize("name", ["selftaught", "stacked"])
def test_classifications_have_accuracy_baseline_and_seconds_at_the_top(name: str) -> None:
    keys = {measure.key for measure in find(name).measures}
    assert {"accuracy_percent", "baseline_percent", "seconds"} <= keys


def test_natural_patches_give_the_gradient_of_differences_and_edges() -> None:
    """Brief: A. On a tenth of the patches, and of the iterations, half of them are edges."""
    got = quick("natural")["edges"]
    assert got["gradient_difference"] <= 1e-9
    assert got["activation_off_percent"] <= 20
    assert got["gabor_fitted"] >= 8 > got["gabor_fitted_before"]
    bounds = {measure.key: measure.at_least for measure in NATURAL.measures}
    assert (bounds["seconds"], bounds["gabor_fitted"]) == (15, 15)


def test_a_stroke_is_concentrated_and_noise_is_not() -> None:
    stroke = np.zeros((1, 1, 28, 28))
    stroke[0, 0, 10:16, 12] = 1
    even = np.ones((1, 1, 28, 28))
    assert concentration(np.concatenate([stroke, even])) == pytest.approx([1, 1 / 16])


def test_the_three_wirings_differ_in_nothing_but_wiring() -> None:
    """Brief: B1, B2, B5. 1,152 neurons each: full, local, shared."""
    networks = {wiring: network(wiring) for wiring in WIRING.tasks}
    few, shared = (count_network(networks.pop(w)).total.parameters for w in ("narrow", "shared"))
    assert few == pytest.approx(shared, rel=0.05)
    networks["shared"] = network("shared")
    assert {count_network(net).layers[0].count.neurons for net in networks.values()} == {1152}
    assert len({net.layers[1:] for net in networks.values()}) == 1
    parameters = {w: count_network(n).layers[0].count.parameters for w, n in networks.items()}
    assert parameters == {"full": 1152 * 785, "local": 1152 * 26, "shared": 8 * 26}


def test_few_digits_are_of_every_class_alike_and_others_for_another_seed() -> None:
    digits = load("digits")
    one, two = (few(digits, seed, 100) for seed in (0, 1))
    assert np.bincount(one.train.labels).min() >= 9
    assert len(one.train) == 100
    assert one.train.pixels.tobytes() != two.train.pixels.tobytes()
    assert one.test is digits.test
