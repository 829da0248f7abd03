import numpy as np
import pytest

from simplecell.estimators.weights import (
    LONGEST,
    MOST,
    example_weights,
    reading_order,
    times_read,
)


def test_whole_numbers_are_taken_at_their_word_up_to_a_limit() -> None:
    weights = np.array([3.0, 0.0, 1.0, 7.0])
    assert times_read(weights, 0).tolist() == [3, 0, 1, 7]
    heavy = times_read(weights * 1000, 0)
    assert heavy.sum() <= MOST * 4 + 1 < LONGEST * 4
    assert times_read(None, 0) is None


def test_fractions_are_read_in_proportion_on_average() -> None:
    weights = np.random.default_rng(0).uniform(0.3, 2.0, 50)
    drawn = np.array([times_read(weights, seed) for seed in range(2000)])
    scale = min(1 / weights.min(), MOST * 50 / weights.sum())
    expected = weights * scale
    assert np.abs(drawn - expected).max() < 1
    # Each count is one of two neighbours: its mean is off by 0.5 / sqrt(2000) or so.
    assert np.abs(drawn.mean(axis=0) - expected).max() < 0.05
    assert drawn.min() >= 1


def test_one_light_example_does_not_make_passes_endless() -> None:
    weights = np.array([1e-9, *[1.5] * 99])
    times = times_read(weights, 3)
    assert MOST * 100 - 1 <= times.sum() <= MOST * 100
    assert times[0] == 0


def test_the_order_of_rows_is_their_own() -> None:
    rng = np.random.default_rng(1)
    x, codes = rng.integers(0, 3, (40, 2)).astype(np.float64), rng.integers(0, 2, 40)
    times = rng.integers(0, 4, 40)
    mixed = rng.permutation(40)
    here = reading_order(x, codes, times)
    there = mixed[reading_order(x[mixed], codes[mixed], times[mixed])]
    assert np.array_equal(x[here], x[there])
    assert np.array_equal(codes[here], codes[there])
    repeated = reading_order(np.repeat(x, times, 0), np.repeat(codes, times), None)
    assert np.array_equal(np.repeat(x, times, 0)[repeated], x[here])
    assert sorted(here) == sorted(np.repeat(np.arange(40), times))


def test_class_weights_multiply_those_of_examples() -> None:
    x, codes, classes = np.zeros((4, 1)), np.array([0, 0, 0, 1]), np.array(["a", "b"])
    both = example_weights(x, codes, classes, [1, 2, 0, 1], {"a": 2, "b": 5})
    assert both.tolist() == [2, 4, 0, 5]
    balanced = example_weights(x, codes, classes, None, "balanced")
    assert balanced == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert example_weights(x, codes, classes, None, None) is None


def test_weights_that_leave_one_class_are_refused() -> None:
    x, codes, classes = np.zeros((3, 1)), np.array([0, 0, 1]), np.array(["a", "b"])
    with pytest.raises(
        ValueError, match="2 classes or more are needed; examples that weigh anything"
    ):
        example_weights(x, codes, classes, [1, 1, 0], None)
    assert example_weights(x, codes, classes, [1, 1, 0], None, 1).tolist() == [1, 1, 0]
    with pytest.raises(ValueError, match="egative"):
        example_weights(x, codes, classes, [1, 1, -1], None)
