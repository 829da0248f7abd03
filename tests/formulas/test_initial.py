import numpy as np
import pytest

from simplecell.formulas.initial import uniform_by_fan_in, uniform_by_fans


def test_weights_fill_plus_minus_2_4_over_the_fan_in():
    """Brief: F"""
    w = uniform_by_fan_in((6, 1, 50, 50), 25, np.random.default_rng(0))
    assert w.shape == (6, 1, 50, 50)
    assert np.abs(w).max() == pytest.approx(2.4 / 25, rel=1e-3)
    assert np.abs(w).max() <= 2.4 / 25
    assert w.std() == pytest.approx(2.4 / 25 / np.sqrt(3), rel=0.02)


def test_each_map_has_a_fan_in_of_its_own():
    """C3's maps read 3, 4 or 6 maps of 5x5: 75, 100 or 150 inputs. Brief: F"""
    fans = np.array([75, 100, 150])
    w = uniform_by_fan_in((3, 100, 100), fans, np.random.default_rng(1))
    assert np.abs(w).max(axis=(1, 2)) == pytest.approx(2.4 / fans, rel=1e-3)


def test_one_gain_per_map_is_drawn_too():
    assert np.abs(uniform_by_fan_in((1000,), 4, np.random.default_rng(2))).max() == pytest.approx(
        0.6, rel=0.01
    )


def test_weights_by_fan_in_and_fan_out_fill_the_published_range():
    limit = np.sqrt(6 / (120 + 84))
    w = uniform_by_fans((84, 120), 120, 84, np.random.default_rng(3))
    assert np.abs(w).max() == pytest.approx(limit, rel=1e-3)
    assert w.std() == pytest.approx(np.sqrt(2 / (120 + 84)), rel=0.02)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_draws_the_same_weights(seed):
    first, again = (uniform_by_fan_in((4, 3), 3, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, uniform_by_fan_in((4, 3), 3, np.random.default_rng(seed + 2)))
