"""Unlabelled pictures come from photographs, folders and data sets; bad ones are named."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simplecell.data.sources import load
from simplecell.errors import DataError, UnknownName
from simplecell.features.source import is_photographs, take


def picture(path: Path, side: int = 30, flat: bool = False, seed: int = 0) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)
    Image.fromarray(np.zeros_like(pixels) if flat else pixels).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k in range(3):
        picture(tmp_path / f"{k}.png", seed=k)
    return tmp_path


def test_the_two_bundled_photographs_have_a_name():
    taken = take("photographs", 30, seed=3)
    assert taken.pixels.shape == (30, 1, 8, 8)
    assert take("photographs", 4, size=5, channels=3).pixels.shape == (4, 3, 5, 5)
    assert (taken.name, taken.whole) == ("photographs", False)
    assert take("photographs", 30, seed=3).pixels.tobytes() == taken.pixels.tobytes()
    assert take("photographs", 30, seed=4).pixels.tobytes() != taken.pixels.tobytes()


def test_a_data_set_gives_whole_pictures_or_patches_of_them():
    taken = take("digits", 50)
    assert taken.whole
    every = {p.tobytes() for p in load("digits").train.pixels}
    assert {p.tobytes() for p in taken.pixels} <= every
    patches = take("digits", 50, size=3)
    assert (patches.whole, patches.pixels.shape) == (False, (50, 1, 3, 3))


def test_a_folder_goes_by_its_last_name(folder: Path):
    """No path of this machine goes into a file."""
    assert take(str(folder), 5).name == folder.name


def test_one_broken_file_is_passed_over_and_named(folder: Path):
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nonsense")
    taken = take(str(folder), 40)
    assert len(taken.pixels) == 40
    assert [note for note in taken.notes if "broken.png is passed over" in note]


def test_constant_pictures_are_counted(folder: Path, tmp_path: Path):
    picture(folder / "flat.png", flat=True)
    taken = take(str(folder), 40)
    assert taken.skipped > 0
    assert any("flat.png is passed over" in note for note in taken.notes)
    pixels = np.zeros((4, 6, 6), np.uint8)
    pixels[1:3, 2, 2] = 9
    np.savez(tmp_path / "some.npz", x=pixels, y=np.zeros(4, int))
    whole = take(str(tmp_path / "some.npz"), 10)
    assert (len(whole.pixels), whole.skipped) == (2, 2)
    assert "2 pictures in which nothing varies are passed over." in whole.notes


def test_nothing_but_constant_pictures_is_refused(tmp_path: Path):
    np.savez(tmp_path / "flat.npz", x=np.zeros((4, 6, 6)), y=np.zeros(4, int))
    with pytest.raises(DataError, match="nothing varies in any of its 4 pictures"):
        take(str(tmp_path / "flat.npz"), 10)


def test_a_patch_larger_than_every_picture_is_refused(folder: Path):
    with pytest.raises(DataError, match=r"none of the 3 pictures can be used.*40x40"):
        take(str(folder), 5, size=40)


def test_nan_is_refused_with_its_place(tmp_path: Path):
    pixels = np.random.default_rng(0).random((5, 6, 6))
    pixels[3, 2, 1] = np.nan
    np.savez(tmp_path / "n.npz", x=pixels, y=np.zeros(5, int))
    with pytest.raises(DataError, match=r"NaN or infinite.*\(3, 0, 2, 1\)"):
        take(str(tmp_path / "n.npz"), 5)


def test_a_folder_without_photographs_says_so(tmp_path: Path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="there is no photograph in"):
        take(str(tmp_path), 5)


def test_an_idx_folder_is_a_data_set(tmp_path: Path):
    assert is_photographs(str(tmp_path))
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"")
    assert not is_photographs(str(tmp_path))


def test_unknown_names_and_counts_are_refused():
    with pytest.raises(UnknownName, match="did you mean 'digits'"):
        take("digit", 5)
    with pytest.raises(DataError, match="0 pictures were asked for"):
        take("digits", 0)
