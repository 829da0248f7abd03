"""Random patches: where they come from, what is passed over, and how much memory they take."""

import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simplecell.data.patches import rows, take_patches
from simplecell.data.photographs import bundled_photographs, read_photographs
from simplecell.errors import DataError

RNG = np.random.default_rng(0)


def numbered(pictures: int = 3, height: int = 20, width: int = 30) -> np.ndarray:
    """Number every pixel, so that a patch says where it was cut out."""
    return np.arange(pictures * height * width, dtype=np.float32).reshape(-1, height, width)


def test_each_patch_is_a_window_of_one_picture() -> None:
    pictures = numbered()
    patches = take_patches(pictures, 500, (4, 5), seed=1)
    assert patches.pixels.shape == (500, 1, 4, 5)
    for patch in patches.pixels[:, 0]:
        k, i, j = np.unravel_index(int(patch[0, 0]), pictures.shape)
        np.testing.assert_array_equal(patch, pictures[k, i : i + 4, j : j + 5])


def test_all_pictures_and_all_places_are_as_likely() -> None:
    pictures = numbered(3, 8, 9)
    corners = take_patches(pictures, 6000, 6).pixels[:, 0, 0, 0].astype(int)
    k, i, j = np.unravel_index(corners, pictures.shape)
    counts = np.zeros((3, 3, 4))
    np.add.at(counts, (k, i, j), 1)
    assert counts.sum() == 6000
    # 36 places, 166.7 expected of each, standard deviation 12.7.
    assert np.abs(counts - 6000 / 36).max() < 5 * 12.7


def test_pictures_are_mixed_in_what_comes_out() -> None:
    from_first = take_patches(numbered(2), 1000, 4).pixels[:, 0, 0, 0] < 600
    assert 400 < from_first.sum() < 600
    assert np.count_nonzero(np.diff(from_first)) > 100


def test_the_seed_decides_for_ever() -> None:
    pictures = numbered()
    one, two = (take_patches(pictures, 50, 4, seed=7).pixels for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, take_patches(pictures, 50, 4, seed=8).pixels)
    # A result that was learnt from patches can only be repeated on the same patches.
    assert one[:4, 0, 0, 0].tolist() == [1680.0, 773.0, 1075.0, 1069.0]


def test_colour_keeps_its_channels_and_bytes_stay_bytes() -> None:
    colour = RNG.integers(0, 256, (2, 3, 16, 16), np.uint8)
    patches = take_patches(colour, 40, 8)
    assert patches.pixels.dtype == np.uint8
    assert patches.pixels.shape == (40, 3, 8, 8)
    assert patches.rows.shape == (40, 192)
    assert patches.rows.dtype == np.float32
    assert patches.rows.max() <= 1
    np.testing.assert_array_equal(patches.rows[3].reshape(3, 8, 8) * 255, patches.pixels[3])


def test_rows_of_floats_are_left_at_their_scale() -> None:
    assert rows(np.full((2, 1, 2, 2), -3.5)).tolist() == [[-3.5] * 4] * 2


def test_constant_patches_are_counted_and_drawn_again() -> None:
    half = np.zeros((40, 40), np.uint8)
    half[:, 20:] = RNG.integers(0, 256, (40, 20))
    patches = take_patches([half], 300, 6)
    assert len(patches) == 300
    assert (patches.pixels.reshape(300, -1).std(axis=1) > 0).all()
    # 15 of the 35 columns of places lie wholly in the dark: 225 draws in vain are expected.
    assert 150 < patches.skipped < 300
    assert patches.notes == (
        f"{patches.skipped} patches in which nothing varies were drawn again.",
    )


def test_one_flat_colour_is_constant_too() -> None:
    red = np.zeros((3, 10, 10), np.uint8)
    red[0] = 255
    with pytest.raises(DataError, match=r"none of the 1 pictures .* 0 show anything"):
        take_patches([red], 5, 4)


def test_pictures_too_small_or_empty_are_passed_over_and_named() -> None:
    pictures = [np.zeros((30, 30)), numbered(1)[0], np.ones((5, 30)) * np.arange(30)]
    patches = take_patches(pictures, 100, 8)
    assert len(patches) == 100
    assert any(
        "picture 2 is passed over: a patch of 8x8 does not fit in its 5x30" in note
        for note in patches.notes
    )
    assert any("picture 0 is passed over" in note for note in patches.notes)


def test_a_patch_larger_than_every_picture_is_refused() -> None:
    with pytest.raises(DataError, match=r"a patch of 21x8 does not fit in its 20x30 pixels"):
        take_patches(numbered(), 10, (21, 8))


def test_a_patch_may_be_the_whole_picture() -> None:
    assert take_patches(numbered(1, 8, 8), 3, 8).pixels[:, 0, 0, 0].tolist() == [0, 0, 0]


def test_one_broken_file_among_photographs_is_a_counted_reported_skip(tmp_path: Path) -> None:
    for name in ("a.png", "c.png"):
        Image.fromarray(RNG.integers(0, 256, (20, 20), np.uint8)).save(tmp_path / name)
    (tmp_path / "b.png").write_bytes(b"\x89PNG and nothing else")
    patches = take_patches(read_photographs(tmp_path), 60, 8)
    assert len(patches) == 60
    assert len(patches.notes) == 1
    assert patches.notes[0].startswith("b.png is passed over: ")


def test_a_nan_is_refused_with_its_place() -> None:
    pictures = numbered()
    pictures[1, 2, 3] = np.nan
    with pytest.raises(DataError, match=r"picture 1: 1 of 600 pixels .* = \(0, 2, 3\)"):
        take_patches(pictures, 100, 4)


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        ([], "there are no pictures"),
        ([np.zeros((4, 4), int)], "type int64; give uint8 or floats"),
        ([np.zeros(4)], r"shape \(4,\); give \(height, width\)"),
        ([numbered(1)[0], np.zeros((3, 20, 30))], "picture 1 has 3 channels .* others have 1"),
        ([numbered(1)[0], np.zeros((20, 30), np.uint8)], "of uint8, others have 1 of float32"),
    ],
)
def test_what_are_no_pictures_of_one_kind_is_refused(pictures: list[Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        take_patches(pictures, 100, 4)


@pytest.mark.parametrize("count", [0, -5])
def test_no_patches_cannot_be_asked_for(count: int) -> None:
    with pytest.raises(DataError, match="give 1 or more"):
        take_patches(numbered(), count, 4)


class Large(Sequence[np.ndarray]):
    """Pictures of 4 MB that exist only while they are looked at."""

    def __len__(self) -> int:
        return 20

    def __getitem__(self, at: Any) -> Any:
        return np.arange(4_000_000, dtype=np.uint32).astype(np.uint8).reshape(2000, 2000)

    def __iter__(self) -> Iterator[np.ndarray]:
        raise AssertionError("pictures are asked for one by one")


def test_patches_of_large_pictures_take_the_memory_of_the_patches() -> None:
    """A million of 8x8 is 64 MB; here a hundred thousand, of 80 MB of pictures."""
    tracemalloc.start()
    try:
        patches = take_patches(Large(), 100_000, 8)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    one_picture = 5 * 4_000_000
    assert peak < 2.2 * patches.pixels.nbytes + one_picture
    assert peak < 0.5 * 20 * 4_000_000


def test_natural_patches_come_from_the_bundled_photographs() -> None:
    patches = take_patches(bundled_photographs(), 1000, 8)
    assert patches.pixels.shape == (1000, 1, 8, 8)
    # Neighbours in a photograph are alike; that is what an autoencoder finds.
    x = patches.rows.reshape(-1, 8, 8)
    assert np.corrcoef(x[:, :, :-1].ravel(), x[:, :, 1:].ravel())[0, 1] > 0.9
