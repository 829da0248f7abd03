"""A bank of features sees patches as it learnt to, before and after it was saved."""

from pathlib import Path

import numpy as np
import pytest

from simplecell.data.sources import load
from simplecell.errors import DataError, ModelError
from simplecell.features.autoencoder import Settings
from simplecell.features.bank import Bank, distance, learn_bank, load_bank
from simplecell.train.checkpoint import write_arrays

PIXELS = load("digits").train.pixels
SETTINGS = Settings(hidden=9, rho=0.1, decay=1e-3, beta=1.0)
BANK, LEARNT = learn_bank(
    PIXELS[:300], SETTINGS, centred=True, epsilon=0.1, squeezed=True, iterations=15
)


def test_a_bank_says_how_its_search_ended():
    last = LEARNT.history[-1]
    assert BANK.origin["iterations"] == last.iteration == 15
    assert BANK.origin["cost"] == last.cost
    assert BANK.origin["activation"] == last.terms["activation"]


def test_features_are_the_autoencoders_of_prepared_pixels():
    expected = BANK.autoencoder.encode(BANK.preparation.apply(PIXELS[:50]))
    np.testing.assert_array_equal(BANK.encode(PIXELS[:50]), expected)


def test_a_saved_bank_is_the_same_bank(tmp_path: Path):
    BANK.save(tmp_path / "b.safetensors")
    read = load_bank(tmp_path / "b.safetensors")
    assert read.encode(PIXELS[:40]).tobytes() == BANK.encode(PIXELS[:40]).tobytes()
    assert read.patterns().tobytes() == BANK.patterns().tobytes()
    assert dict(read.origin) == dict(BANK.origin)
    assert read.preparation.shape == (1, 8, 8)


def test_reconstructions_come_nearer_as_the_search_goes_on():
    _, y = BANK.reconstruct(PIXELS[:200])
    assert y.shape == (200, 1, 8, 8)
    early, _ = learn_bank(
        PIXELS[:300], SETTINGS, centred=True, epsilon=0.1, squeezed=True, iterations=1
    )
    assert distance(*BANK.reconstruct(PIXELS[:200])) < distance(*early.reconstruct(PIXELS[:200]))


def test_the_distance_is_half_the_squared_error_of_an_example():
    x, y = np.zeros((2, 1, 1, 2)), np.array([[[[1.0, 2.0]]], [[[0.0, 3.0]]]])
    assert distance(x, y) == pytest.approx((5 / 2 + 9 / 2) / 2)


def test_pictures_of_another_shape_are_refused_with_what_to_do():
    with pytest.raises(DataError, match=r"pictures of palms are of 1x9x8.*\n.*--patches"):
        BANK.check_pictures(np.zeros((3, 1, 9, 8), np.uint8), "palms")


def test_larger_pictures_give_patches_and_equal_ones_themselves():
    assert BANK.take("digits", 12).whole
    patches = BANK.take("photographs", 12)
    assert not patches.whole
    assert patches.pixels.shape == (12, 1, 8, 8)


def test_a_bank_that_does_not_fit_is_refused():
    with pytest.raises(ModelError, match="64 inputs does not read patches of 20 cells"):
        Bank(type(BANK.preparation)((1, 4, 5)), BANK.autoencoder)


def test_damaged_files_are_refused_by_name(tmp_path: Path):
    path = tmp_path / "d.safetensors"
    write_arrays(path, "simplecell.features", {"w1": np.ones((2, 3))}, {"settings": {}})
    with pytest.raises(ModelError, match=r"d\.safetensors is damaged"):
        load_bank(path)
    BANK.autoencoder.save(path)
    with pytest.raises(ModelError, match=r"is a simplecell.autoencoder file"):
        load_bank(path)
