"""Masks of dropout: the share that is asked for, and nothing that hangs together."""

import numpy as np
import pytest

from simplecell.formulas.dropout import WORD, dropout_mask, layer_chance, limit, mix, step_chance


def drawn(
    seed: int = 0, step: int = 0, layer: int = 1, shape: tuple[int, ...] = (64, 1000)
) -> np.ndarray:
    return dropout_mask(layer_chance(step_chance(seed, step), layer), shape, 0.5) > 0


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 0.9])
def test_the_share_is_the_rate_and_sums_stay_what_they_were(rate: float) -> None:
    mask = dropout_mask(step_chance(3, 4), (200, 5000), rate)
    spread = np.sqrt(rate * (1 - rate) / mask.size)
    assert abs((mask == 0).mean() - rate) <= 5 * spread
    assert abs(mask.mean() - 1) <= 5 * spread / (1 - rate)
    assert set(np.unique(mask)) == ({0.0, 1 / (1 - rate)} if rate else {1.0})


def test_every_number_of_32_bits_is_mixed_to_another() -> None:
    """Tried on a million: those from 0, and those that differ in a high bit."""
    some = np.arange(2**19, dtype=np.uint64)
    mixed = mix(np.concatenate([some, some << np.uint64(13)]))
    assert mixed.max() <= WORD
    assert len(np.unique(mixed)) == len(np.unique(np.concatenate([some, some << np.uint64(13)])))
    bits = (mix(some)[:, None] >> np.arange(32, dtype=np.uint64)) & np.uint64(1)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.005


def test_images_units_steps_layers_and_seeds_have_nothing_to_do_with_each_other() -> None:
    first = drawn()
    others = {
        "image": np.roll(first, 1, axis=0),
        "unit": np.roll(first, 1, axis=1),
        "row": np.roll(first, 28, axis=1),
        "step": drawn(step=1),
        "layer": drawn(layer=2),
        "seed": drawn(seed=1),
        "high half of the seed": drawn(seed=2**32),
        "image moved as a unit": np.roll(np.roll(first, 1, axis=0), -1, axis=1),
    }
    for name, other in others.items():
        agree = (first == other).mean()
        # Of 64,000 fair coins: five standard deviations.
        assert abs(agree - 0.5) <= 5 * 0.5 / np.sqrt(first.size), name
    # How many units an image keeps, and how many images a unit: as coins have it.
    assert first.sum(axis=1).std() == pytest.approx(np.sqrt(1000 / 4), rel=0.4)
    assert first.sum(axis=0).std() == pytest.approx(np.sqrt(64 / 4), rel=0.1)


def test_an_image_keeps_its_mask_whatever_stands_behind_it() -> None:
    assert np.array_equal(drawn(shape=(64, 10, 4, 5))[:7], drawn(shape=(7, 10, 4, 5)))
    assert np.array_equal(drawn(shape=(64, 200)), drawn(shape=(64, 10, 4, 5)).reshape(64, 200))


def test_a_mask_is_for_ever() -> None:
    """A run that goes on from an old checkpoint must draw what it drew: these do not change."""
    assert mix(0) == 33350994
    assert step_chance(1998, 5) == mix(mix(mix(1998)) ^ 5)
    bits = "".join("01"[int(kept)] for kept in drawn(1998, 5, 2, (2, 16)).ravel())
    assert bits == "00001010011110111110100001010001"


def test_no_unit_is_kept_by_a_limit_past_the_last_number() -> None:
    assert limit(0) == 0
    assert limit(1 - 2**-40) == WORD
