"""Convolved features: sliding gives what patch by patch gives, and pooling loses no place."""

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.patches import take_patches
from simplecell.data.photographs import bundled_photographs, read_photographs
from simplecell.errors import DataError, UnknownName
from simplecell.features import convolved
from simplecell.features.autoencoder import Settings, SparseAutoencoder
from simplecell.features.convolved import KINDS, ConvolvedFeatures
from simplecell.features.dictionary import SQUASHES, Dictionary, fold
from simplecell.features.windows import regions
from simplecell.formulas.autoencoder import initial_weights
from simplecell.formulas.examples import standardise
from simplecell.formulas.pool import pool_forward
from simplecell.formulas.whitening import principal_axes, whiten, zca_whitening

RNG = np.random.default_rng(0)
FLOOR = 0.01


def autoencoder(cells: int, hidden: int = 20) -> SparseAutoencoder:
    weights = initial_weights(cells, hidden, np.random.default_rng(1))
    weights = weights._replace(b1=np.linspace(-1, 1, hidden))
    return SparseAutoencoder(weights, Settings(hidden, "linear"))


def dictionary(shape: tuple[int, int, int], **told: Any) -> Dictionary:
    weights = autoencoder(int(np.prod(shape))).weights
    return fold(weights.w1, weights.b1, shape, **told)


@pytest.mark.parametrize("floor", [None, FLOOR], ids=["as it is", "standardised"])
@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_sliding_is_patch_by_patch_to_1e_9_at_a_thousand_places(
    channels: int, floor: float | None
) -> None:
    """Brief: C4; issue 5. The oracle takes the steps one by one and folds nothing."""
    picture = bundled_photographs(channels)[0][:, :240, :300]
    patches = take_patches([picture], 2000, 8, seed=3).rows.astype(np.float64)
    seen = patches if floor is None else standardise(patches, floor)
    axes = principal_axes(seen)
    zca = zca_whitening(axes, 0.1)
    shape = (channels, 8, 8)
    slid = dictionary(shape, mean=axes.mean, whitening=zca, floor=floor)
    maps = ConvolvedFeatures(slid, dtype=np.float64).maps(picture)
    assert maps.shape == (20, 240 - 8 + 1, 300 - 8 + 1)
    places = np.random.default_rng(4).integers(0, maps.shape[1:], (1000, 2))
    cut = np.stack([picture[:, i : i + 8, j : j + 8] for i, j in places])
    x = cut.reshape(1000, -1) / 255
    x = x if floor is None else standardise(x, floor)
    wanted = autoencoder(x.shape[1]).encode(whiten(x, axes.mean, zca))
    assert np.abs(maps[:, places[:, 0], places[:, 1]].T - wanted).max() < 1e-9


@pytest.mark.parametrize("squash", SQUASHES)
@pytest.mark.parametrize("kind", KINDS)
def test_pooling_is_the_mean_or_the_largest_of_each_region_of_the_maps(
    kind: str, squash: str
) -> None:
    """Neither side of the map, 18 x 20, is divided by the grid's."""
    features = replace(dictionary((2, 5, 4), floor=FLOOR), squash=squash)
    slid = ConvolvedFeatures(features, (4, 3), kind, np.float64)
    pictures = RNG.random((3, 2, 22, 23))
    maps = np.stack([slid.maps(picture) for picture in pictures])
    pooled = [
        [getattr(maps[:, :, rows, columns], kind)(axis=(2, 3)) for columns in regions(20, 3)]
        for rows in regions(18, 4)
    ]
    wanted = np.moveaxis(np.array(pooled), (0, 1), (2, 3)).reshape(3, -1)
    np.testing.assert_allclose(slid.encode(pictures), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_regions_that_divide_the_map_are_the_pooling_of_the_formulas(kind: str) -> None:
    slid = ConvolvedFeatures(dictionary((1, 3, 3)), (3, 3), kind, np.float64)
    picture = RNG.random((1, 14, 14))
    wanted = pool_forward(slid.maps(picture)[None], (4, 4), kind)
    np.testing.assert_allclose(slid.encode(picture[None]), wanted.reshape(1, -1), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_threads_nor_blocks_nor_company_change_what_a_picture_gives(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slid = ConvolvedFeatures(dictionary((1, 5, 5), floor=FLOOR), (3, 2), kind, np.float64)
    pictures = RNG.integers(0, 256, (150, 1, 16, 17), np.uint8)
    z = slid.encode(pictures, threads=1)
    np.testing.assert_array_equal(slid.encode(pictures, threads=3), z)
    np.testing.assert_allclose(slid.encode(pictures[7:8]), z[7:8], rtol=1e-12)
    np.testing.assert_allclose(slid.encode(list(pictures[:, 0])), z, rtol=1e-12)
    monkeypatch.setattr(convolved, "BLOCK", 100)
    np.testing.assert_allclose(slid.encode(pictures), z, rtol=1e-12)
    parts = list(slid.blocks(pictures, rows=40))
    assert [block.start for block, _ in parts] == [0, 40, 80, 120]
    np.testing.assert_allclose(np.concatenate([part for _, part in parts]), z, rtol=1e-12)


def test_float32_is_close_to_float64() -> None:
    features = dictionary((3, 6, 6), floor=1e-3)
    picture = bundled_photographs(3)[1][None, :, :60, :60]
    fast, exact = (ConvolvedFeatures(features, dtype=d) for d in (np.float32, np.float64))
    z = fast.encode(picture)
    assert z.dtype == np.float32
    assert np.abs(z - exact.encode(picture)).max() < 1e-5


def test_pictures_may_differ_in_size() -> None:
    slid = ConvolvedFeatures(dictionary((1, 4, 4)), (2, 2))
    small, large = RNG.random((10, 12)), RNG.random((1, 30, 9))
    z = slid.encode([small, large])
    assert z.shape == (2, slid.count) == (2, 80)
    np.testing.assert_allclose(z[1:], slid.encode(large[None]), rtol=1e-5)


class Many(Sequence[np.ndarray]):
    """Pictures that exist only while they are looked at."""

    def __len__(self) -> int:
        return 270

    def __getitem__(self, at: Any) -> Any:
        return np.full((128, 128), at % 256, np.uint8)

    def __iter__(self) -> Iterator[np.ndarray]:
        raise AssertionError("pictures are asked for one by one")


def test_memory_is_bounded_whatever_the_number_of_pictures(tmp_path: Path) -> None:
    """The maps of one picture are 1 MB, of all of them 316 MB; what is kept may lie on disk."""
    slid = ConvolvedFeatures(dictionary((1, 8, 8)), (2, 2))
    out = np.memmap(tmp_path / "z", np.float32, "w+", shape=(270, slid.count))
    pictures = Many()
    tracemalloc.start()
    try:
        found = slid.encode(pictures, threads=2, out=out)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found is out
    assert peak < 30_000_000
    assert np.ptp(np.asarray(out[:256]), axis=0).max() > 0.01
    np.testing.assert_array_equal(out[3], out[259])


def test_patches_without_variance_are_no_numbers_out_of_line() -> None:
    """Background of one shade is what most of a digit's picture is."""
    slid = ConvolvedFeatures(dictionary((1, 5, 5), floor=FLOOR), (1, 1), "max", np.float64)
    blank = slid.encode(np.zeros((1, 9, 9)))
    np.testing.assert_allclose(slid.encode(np.ones((1, 9, 9))), blank, rtol=1e-9)
    assert np.isfinite(blank).all()


NAN = np.zeros((70, 1, 12, 12))
NAN[66, 0, 3, 4] = np.nan


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (np.zeros((2, 1, 4, 9)), "a patch of 5x5 does not fit in a picture of 4x9"),
        (np.zeros((2, 1, 6, 9)), "a map of 2 places to a side cannot be pooled in 3 regions"),
        (NAN, r"picture 66: NaN .* = \(0, 3, 4\)"),
        (list(NAN), r"picture 66: NaN .* = \(0, 3, 4\)"),
        (np.zeros((2, 3, 12, 12)), "picture 0 has 3 channels; these features see 1"),
        ([np.zeros((12, 12)), np.zeros((3, 12, 12))], "picture 1 has 3 channels"),
        (np.zeros((2, 1, 12, 12), int), "picture 0 is of type int64; give uint8 or floats"),
        (np.zeros((2, 12)), r"pictures have shape \(2, 12\)"),
        ([np.zeros(5)], r"picture 0 has shape \(5,\)"),
        (np.zeros((0, 1, 12, 12)), "there are no pictures"),
    ],
)
def test_pictures_that_cannot_be_seen_are_refused_by_number(pictures: Any, words: str) -> None:
    slid = ConvolvedFeatures(dictionary((1, 5, 5)))
    with pytest.raises(DataError, match=words):
        slid.encode(pictures)


def test_a_number_is_that_of_the_whole_not_of_its_block() -> None:
    slid = ConvolvedFeatures(dictionary((1, 5, 5)))
    with pytest.raises(DataError, match="picture 66: NaN"):
        list(slid.blocks(NAN, rows=30))


def test_a_broken_photograph_is_named_not_passed_over(tmp_path: Path) -> None:
    """A row of features must stay with its label: nothing may be left out in silence."""
    for name in "ac":
        Image.fromarray(RNG.integers(0, 256, (20, 20), np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:90])
    slid = ConvolvedFeatures(dictionary((1, 5, 5)))
    with pytest.raises(DataError, match=r"b\.png is a damaged picture"):
        slid.encode(read_photographs(tmp_path))


def test_what_was_asked_wrongly_is_refused() -> None:
    features = dictionary((1, 5, 5))
    with pytest.raises(UnknownName, match="no pooling is called 'maximum'"):
        ConvolvedFeatures(features, kind="maximum")
    with pytest.raises(DataError, match=r"the grid is \(0, 3\)"):
        ConvolvedFeatures(features, (0, 3))
    with pytest.raises(DataError, match="with gaps or turned round"):
        gaps = np.empty((180, 2), np.float32).T
        ConvolvedFeatures(features).encode(np.zeros((2, 1, 12, 12)), out=gaps)
    with pytest.raises(DataError, match=r"float32 of shape \(2, 180\), .* `out` is float64"):
        ConvolvedFeatures(features).encode(np.zeros((2, 1, 12, 12)), out=np.empty((2, 180)))
