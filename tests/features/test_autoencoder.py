"""Learn, see through, save, go on. Brief: A1, A2, A3, A5, D17."""

from pathlib import Path

import numpy as np
import pytest

from simplecell.data.patches import take_patches
from simplecell.data.photographs import bundled_photographs
from simplecell.errors import DataError, ModelError
from simplecell.features.autoencoder import (
    Settings,
    SparseAutoencoder,
    learn,
    load_autoencoder,
)
from simplecell.formulas.autoencoder import Weights, autoencoder_cost, decode, encode
from simplecell.formulas.conv import conv_forward
from simplecell.formulas.examples import centre, squeeze

SMALL = Settings(hidden=16, rho=0.05, decay=1e-4, beta=1.0)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return squeeze(centre(take_patches(bundled_photographs(), 2000, 8).rows))


def test_what_is_learnt_gives_examples_back_and_its_units_are_as_active_as_asked(
    x: np.ndarray,
) -> None:
    """Brief: A1, A2; issue 5: mean activations end within 20 % of rho."""
    rho = 0.2
    learnt = learn(x, Settings(25, rho=rho, decay=1e-5, beta=0.1), iterations=300)
    one, error = learnt.history[0], learnt.autoencoder.error(x)
    # What the best constant would leave is half the variance of the patches.
    constant = 0.5 * x.var(axis=0).sum()
    assert error < 0.3 * constant
    assert error == pytest.approx(learnt.history[-1].terms["error"], rel=1e-4)
    assert learnt.history[-1].cost < one.cost
    active = learnt.autoencoder.encode(x).mean(axis=0)
    assert np.abs(active - rho).max() < 0.2 * rho
    assert learnt.history[-1].terms["activation"] == pytest.approx(active.mean(), rel=1e-4)


def test_encode_decode_and_reconstruct_are_the_formulas(x: np.ndarray) -> None:
    """Brief: A3."""
    coder = learn(x[:200], SMALL, iterations=5, dtype=np.float64).autoencoder
    w = coder.weights
    h = coder.encode(x)
    assert h == pytest.approx(encode(x, w.w1, w.b1), rel=1e-12)
    y = decode(h, w.w2, w.b2, "sigmoid")
    assert coder.decode(h) == pytest.approx(y, rel=1e-12)
    assert coder.reconstruct(x) == pytest.approx(y, rel=1e-12)
    cost, _ = autoencoder_cost(x.astype(np.float64), w, "sigmoid", 0.05, 1e-4, 1.0)
    assert coder.error(x) == pytest.approx(cost.error, rel=1e-6)


def test_a_feature_sees_every_cell_where_a_feature_map_sees_one_patch() -> None:
    """Brief: A5, D17. A vector of features against a matrix per feature."""
    rng = np.random.default_rng(0)
    w = Weights(rng.normal(size=(3, 64)), np.zeros(3), rng.normal(size=(64, 3)), np.zeros(64))
    coder = SparseAutoencoder(w, Settings(hidden=3))
    kernels = rng.normal(size=(3, 1, 3, 3))
    picture = rng.uniform(size=(8, 8))
    moved = np.array([picture, picture])
    moved[1, 0, 0] += 0.5
    vectors = coder.encode(moved.reshape(2, 64))
    maps = conv_forward(moved[:, None], kernels, np.zeros(3))
    assert vectors.shape == (2, 3)
    assert maps.shape == (2, 3, 6, 6)
    assert (vectors[0] != vectors[1]).all()
    assert (maps[0] != maps[1]).sum() == 3


def test_the_seed_decides_and_threads_do_not(x: np.ndarray) -> None:
    one, same, other = (
        learn(x, SMALL, iterations=8, seed=seed, threads=threads).autoencoder.weights.w1
        for seed, threads in ((1, 1), (1, 3), (2, 1))
    )
    assert one.tobytes() == same.tobytes()
    assert not np.array_equal(one, other)


def test_a_search_may_start_from_weights_that_are_there(x: np.ndarray) -> None:
    first = learn(x, SMALL, iterations=30)
    more = learn(x, SMALL, iterations=1, start=first.autoencoder.weights)
    assert more.history[0].cost < first.history[-1].cost
    with pytest.raises(DataError, match="do not read examples of 63 cells"):
        learn(x[:, :63], SMALL, iterations=1, start=first.autoencoder.weights)
    with pytest.raises(ModelError, match="make no autoencoder of 9 units"):
        learn(x, Settings(9), iterations=1, start=first.autoencoder.weights)


def test_single_precision_follows_double(x: np.ndarray) -> None:
    costs = [learn(x, SMALL, iterations=20, dtype=t).history for t in (np.float32, np.float64)]
    for single, double in zip(*costs, strict=True):
        assert single.cost == pytest.approx(double.cost, rel=1e-3)


def test_a_search_is_gone_on_with_bit_for_bit(x: np.ndarray, tmp_path: Path) -> None:
    told = {"seed": 3, "leg": 10}
    whole = learn(x, SMALL, iterations=25, **told).autoencoder.weights
    path = tmp_path / "search.safetensors"
    learn(x, SMALL, iterations=15, **told, path=path)
    resumed = learn(x, SMALL, iterations=25, **told, path=path, resume=True)
    for a, b in zip(whole, resumed.autoencoder.weights, strict=True):
        assert a.tobytes() == b.tobytes()
    assert len(resumed.history) == 25
    with pytest.raises(ModelError, match="its crc32 is"):
        learn(x + 0.01, SMALL, iterations=25, **told, path=path, resume=True)
    with pytest.raises(ModelError, match=r"its rho is 0\.05, and 0\.1 was asked for"):
        learn(x, Settings(16, rho=0.1, beta=1.0), iterations=25, **told, path=path, resume=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_saved_autoencoder_is_the_same_again(x: np.ndarray, tmp_path: Path, dtype: type) -> None:
    coder = learn(x[:100], SMALL, iterations=2, dtype=dtype).autoencoder
    coder.save(tmp_path / "coder.safetensors")
    again = load_autoencoder(tmp_path / "coder.safetensors")
    assert again.settings == coder.settings
    assert again.encode(x).tobytes() == coder.encode(x).tobytes()
    assert again.weights.w2.dtype == dtype
    coder.save(tmp_path / "twice.safetensors")
    assert (tmp_path / "twice.safetensors").read_bytes() == (
        tmp_path / "coder.safetensors"
    ).read_bytes()


def test_other_files_are_refused(tmp_path: Path) -> None:
    from simplecell.features.autoencoder import AUTOENCODER
    from simplecell.features.softmax import SoftmaxRegression
    from simplecell.train.checkpoint import write_arrays

    path = tmp_path / "file.safetensors"
    with pytest.raises(ModelError, match="there is no file"):
        load_autoencoder(path)
    SoftmaxRegression(np.ones((2, 2)), np.ones(2)).save(path)
    with pytest.raises(ModelError, match=r"is a simplecell\.softmax file"):
        load_autoencoder(path)
    write_arrays(path, AUTOENCODER, {"w1": np.ones((2, 3))}, {"settings": {"hidden": 2}})
    with pytest.raises(ModelError, match="is damaged"):
        load_autoencoder(path)
    arrays = {name: np.ones((2, 2)) for name in Weights._fields}
    write_arrays(path, AUTOENCODER, arrays, {"settings": {"hidden": 2}})
    with pytest.raises(ModelError, match="make no autoencoder of 2 units"):
        load_autoencoder(path)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda x: x * 3, r"sigmoid decoder gives 0 to 1"),
        (lambda x: np.where(x == x.max(), np.nan, x), r"cells are NaN or infinite"),
        (lambda x: x.reshape(-1, 8, 8), r"give rows"),
        (lambda x: x[:0], r"give rows"),
    ],
)
def test_examples_that_cannot_be_learnt_from_are_refused(
    x: np.ndarray, spoil: object, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        learn(spoil(x), SMALL, iterations=1)  # type: ignore[operator]


def test_fewer_patches_than_pixels_can_be_learnt_from(x: np.ndarray) -> None:
    """An autoencoder needs no more examples than cells, as whitening does."""
    assert learn(x[:10], SMALL, iterations=3).history[-1].cost > 0


def test_examples_of_another_size_are_refused(x: np.ndarray) -> None:
    coder = learn(x[:50], SMALL, iterations=1).autoencoder
    with pytest.raises(DataError, match="rows of 63 cells; 64 are read here"):
        coder.encode(x[:, :63])
    with pytest.raises(DataError, match="rows of 64 cells; 16 are read here"):
        coder.decode(x)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"hidden": 0}, "0 hidden units"),
        ({"hidden": 2, "rho": 1.5}, "rho is 1.5"),
        ({"hidden": 2, "decay": -1}, "decay is -1"),
        ({"hidden": 2, "beta": float("nan")}, "beta nan"),
    ],
)
def test_settings_that_cannot_be_are_refused(told: dict[str, float], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Settings(**told)  # type: ignore[arg-type]
