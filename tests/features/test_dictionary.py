"""A dictionary: whatever is done to a patch first, folded into weights. Brief: A, C4."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.patches import take_patches
from simplecell.data.photographs import bundled_photographs, read_photographs
from simplecell.errors import DataError, ModelError, UnknownName
from simplecell.features.autoencoder import Settings, SparseAutoencoder
from simplecell.features.bank import Bank
from simplecell.features.dictionary import (
    Dictionary,
    fold,
    learn_dictionary,
    load_dictionary,
    of_bank,
    two_sided,
)
from simplecell.features.preparation import prepare
from simplecell.formulas.autoencoder import initial_weights
from simplecell.formulas.examples import centre, standardise
from simplecell.formulas.whitening import pca_whitening, principal_axes, whiten, zca_whitening

SHAPE = (3, 4, 5)
PATCHES = take_patches(bundled_photographs(3), 500, SHAPE[1:], seed=1)
X = PATCHES.pixels.reshape(500, -1) / 255


def autoencoder(inputs: int = 60, hidden: int = 12) -> SparseAutoencoder:
    weights = initial_weights(inputs, hidden, np.random.default_rng(2))
    weights = weights._replace(b1=np.linspace(-1, 1, hidden))
    return SparseAutoencoder(weights, Settings(hidden, "linear"))


def folded(inputs: int = 60, shape: tuple[int, int, int] = SHAPE, **told: Any) -> Dictionary:
    weights = autoencoder(inputs).weights
    return fold(weights.w1, weights.b1, shape, **told)


def agree(dictionary: Dictionary, seen: np.ndarray, inputs: int = 60) -> None:
    """Hold what was folded against the steps, one after the other."""
    stepwise = autoencoder(inputs).encode(seen)
    assert np.abs(dictionary.encode(PATCHES.pixels) - stepwise).max() < 1e-9


def test_an_autoencoder_alone_folds_into_itself() -> None:
    agree(folded(), X)


@pytest.mark.parametrize("first", ["nothing", "centre", "standardise"])
def test_zca_folds_behind_whatever_was_done_first(first: str) -> None:
    floor = 0.01 if first == "standardise" else None
    x = {"nothing": X, "centre": centre(X), "standardise": standardise(X, 0.01)}[first]
    axes = principal_axes(x)
    z = zca_whitening(axes, 0.1)
    told = {"centred": first == "centre", "floor": floor}
    agree(folded(mean=axes.mean, whitening=z, **told), whiten(x, axes.mean, z))


def test_pca_folds_with_fewer_axes_than_cells() -> None:
    axes = principal_axes(X)
    w = pca_whitening(axes, 0.01, keep=20)
    dictionary = folded(20, mean=axes.mean, whitening=w)
    agree(dictionary, whiten(X, axes.mean, w), 20)


def test_a_bank_of_whitened_patches_folds() -> None:
    prepared = prepare(PATCHES.pixels, centred=True, epsilon=0.1)
    bank = Bank(prepared, autoencoder())
    found = of_bank(bank).encode(PATCHES.pixels)
    # The bank prepares in float32.
    np.testing.assert_allclose(found, bank.encode(PATCHES.pixels), atol=1e-5)


def test_a_squeeze_does_not_fold_and_is_refused_with_its_reason() -> None:
    prepared = prepare(PATCHES.pixels, centred=True, squeezed=True)
    with pytest.raises(DataError, match="a cut-off does not fold into weights"):
        of_bank(Bank(prepared, autoencoder()))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match=r"read 60 numbers, a whitening of shape \(7, 60\)"):
        folded(whitening=np.ones((7, 60)))
    with pytest.raises(DataError, match=r"features of patches of 1x8x8: 64 cells"):
        folded(shape=(1, 8, 8))
    with pytest.raises(DataError, match=r"no features of patches of 3x4x5: give \(K, 60\)"):
        Dictionary(np.ones((2, 50)), np.ones(2), SHAPE)
    with pytest.raises(UnknownName, match="did you mean 'sigmoid'"):
        Dictionary(np.ones((2, 60)), np.ones(2), SHAPE, squash="sigmod")
    with pytest.raises(DataError, match="the floor under a patch's variance is 0"):
        Dictionary(np.ones((2, 60)), np.ones(2), SHAPE, floor=0)
    with pytest.raises(DataError, match="see patches of 3x4x5; these are of 3x5x4"):
        folded().encode(np.zeros((1, 3, 5, 4)))


def test_a_saved_dictionary_is_the_same_again(tmp_path: Path) -> None:
    dictionary = replace(folded(floor=0.02), squash="relu")
    dictionary.save(tmp_path / "dictionary.safetensors")
    again = load_dictionary(tmp_path / "dictionary.safetensors")
    assert (again.shape, again.floor, again.squash) == (SHAPE, 0.02, "relu")
    np.testing.assert_array_equal(again.encode(PATCHES.pixels), dictionary.encode(PATCHES.pixels))


def test_a_damaged_dictionary_is_refused(tmp_path: Path) -> None:
    dictionary = folded()
    object.__setattr__(dictionary, "c", np.ones(3))
    dictionary.save(tmp_path / "dictionary.safetensors")
    with pytest.raises(ModelError, match="is damaged: weights of shapes"):
        load_dictionary(tmp_path / "dictionary.safetensors")


def test_a_dictionary_is_learnt_from_photographs() -> None:
    settings = Settings(16, "linear", rho=0.05, decay=1e-3, beta=1)
    learnt = learn_dictionary(
        bundled_photographs(), 6, settings, count=2000, floor=0.01, iterations=60
    )
    assert learnt.dictionary.patterns().shape == (16, 1, 6, 6)
    assert len(learnt.patches) == 2000
    first, last = learnt.learnt.history[0], learnt.learnt.history[-1]
    assert last.cost < 0.7 * first.cost
    # It sees its patches as it saw them while it learnt: as active as rho asks, on average.
    mean = learnt.dictionary.encode(learnt.patches.pixels).mean()
    assert mean == pytest.approx(last.terms["activation"], rel=0.01)


def test_a_broken_photograph_in_a_folder_is_passed_over_and_said(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2, 40, 40), np.uint8)
    for name, picture in zip("ab", noise, strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:200])
    found = learn_dictionary(
        read_photographs(tmp_path), 5, Settings(4, "linear"), count=100, iterations=2
    )
    assert len(found.patches.notes) == 1
    assert "a.png is passed over" in found.patches.notes[0]


def test_fewer_patches_than_cells_are_refused() -> None:
    with pytest.raises(DataError, match="64 patches of 64 cells each"):
        learn_dictionary(bundled_photographs(), 8, Settings(4, "linear"), count=64)


def test_a_soft_threshold_sees_both_sides_of_a_feature() -> None:
    w = np.array([[3.0, 4.0], [0.0, 2.0]])
    rows, biases = two_sided(w, 0.5)
    x = np.array([[1.0, 2.0], [-1.0, -2.0], [0.3, 0.1]])
    seen = np.maximum(x @ rows.T + biases, 0)
    along = x @ np.array([[0.6, 0.8], [0.0, 1.0]]).T
    wanted = np.concatenate([np.maximum(along - 0.5, 0), np.maximum(-along - 0.5, 0)], axis=1)
    np.testing.assert_allclose(seen, wanted, atol=1e-15)
    assert not seen[2].any()
    with pytest.raises(DataError, match="the threshold is -1"):
        two_sided(w, -1)
    with pytest.raises(DataError, match="1 of 2 features have no weights"):
        two_sided(w * [[1], [0]], 1)


def test_a_dictionary_with_a_threshold_has_twice_the_features() -> None:
    told = {"count": 500, "floor": 0.01, "iterations": 3}
    settings = Settings(6, "linear", rho=0.05)
    plain, split = (
        learn_dictionary(bundled_photographs(), 5, settings, threshold=t, **told).dictionary
        for t in (None, 0.7)
    )
    assert (len(plain), len(split), split.squash) == (6, 12, "relu")
    directions = plain.v / np.linalg.norm(plain.v, axis=1, keepdims=True)
    halves = split.v / np.linalg.norm(split.v, axis=1, keepdims=True)
    np.testing.assert_allclose(halves, np.concatenate([directions, -directions]), atol=1e-6)
