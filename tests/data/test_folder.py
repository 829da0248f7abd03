import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simplecell.data.folder import read_folder, read_pair
from simplecell.errors import DataError

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def unpack(folder: Path, *, rename: Callable[[str], str] = str) -> None:
    for path in list(folder.iterdir()):
        name = rename(path.name.removesuffix(".gz"))
        path.with_name(name).write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()


def test_four_packed_files_are_two_parts(four_files: Path, pictures) -> None:
    opened = read_folder(four_files)
    train, test = opened.train, opened.test
    assert test is not None
    np.testing.assert_array_equal(train.pixels, pictures(12)[:, None])
    assert train.labels.tolist() == [0, 1, 2] * 4
    assert len(test) == 6


def test_unpacked_files_and_a_dot_before_idx_are_read_too(four_files: Path) -> None:
    unpack(four_files, rename=lambda name: name.replace("-idx", ".idx"))
    opened = read_folder(four_files)
    train, test = opened.train, opened.test
    assert test is not None
    assert (len(train), len(test)) == (12, 6)


def test_a_folder_without_a_test_part_has_none(four_files: Path) -> None:
    for path in four_files.glob("t10k*"):
        path.unlink()
    assert read_folder(four_files).test is None


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"the folder {tmp_path} is empty; missing: train-images"):
        read_folder(tmp_path)


def test_a_folder_of_other_things_is_named_with_what_it_holds(tmp_path: Path) -> None:
    for name in "abcdef":
        (tmp_path / f"{name}.png").touch()
    with pytest.raises(
        DataError, match=r"holds a.png, b.png, c.png, d.png, e.png \.\.\.; missing"
    ):
        read_folder(tmp_path)


@pytest.mark.parametrize("gone", [IMAGES, LABELS, "t10k-images-idx3-ubyte"])
def test_a_missing_file_is_named(gone: str, four_files: Path) -> None:
    (four_files / f"{gone}.gz").unlink()
    with pytest.raises(DataError, match=f"; missing: {gone}."):
        read_folder(four_files)


def test_fewer_labels_than_pictures_are_refused_by_both_names(four_files: Path, idx_bytes) -> None:
    labels = four_files / f"{LABELS}.gz"
    labels.write_bytes(idx_bytes(np.zeros(11, np.uint8)))
    with pytest.raises(DataError, match=f"{labels} holds 11 labels, and .*images.* holds 12 pic"):
        read_folder(four_files)


def test_labels_are_found_beside_pictures_packed_or_not(four_files: Path) -> None:
    assert len(read_pair(four_files / f"{IMAGES}.gz")) == 12
    unpack(four_files)
    assert len(read_pair(four_files / IMAGES)) == 12
    (four_files / f"{LABELS}.gz").write_bytes((four_files / LABELS).read_bytes())
    (four_files / LABELS).unlink()
    assert len(read_pair(four_files / IMAGES)) == 12


def test_labels_that_are_not_found_are_asked_for(four_files: Path, tmp_path: Path) -> None:
    (four_files / f"{LABELS}.gz").unlink()
    with pytest.raises(DataError, match=f"{LABELS} is not beside it.\n.*pictures,labels"):
        read_pair(four_files / f"{IMAGES}.gz")
    alone = tmp_path / "some.idx"
    shutil.copy(four_files / f"{IMAGES}.gz", alone)
    with pytest.raises(DataError, match=r"some.idx: no file of labels was found.\n.*pictures,lab"):
        read_pair(alone)


def test_pictures_and_labels_the_wrong_way_round_are_named(four_files: Path) -> None:
    images, labels = four_files / f"{IMAGES}.gz", four_files / f"{LABELS}.gz"
    with pytest.raises(
        DataError, match=r"byte 3: the rank is 1; a file of pictures.*\n.*way round"
    ):
        read_pair(labels, images)
    with pytest.raises(DataError, match="byte 3: the rank is 3; a file of labels has one axis"):
        read_pair(images, images)


def test_colour_pictures_are_read_from_four_axes(tmp_path: Path, idx_bytes) -> None:
    values = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    (tmp_path / "p").write_bytes(idx_bytes(values))
    (tmp_path / "l").write_bytes(idx_bytes(np.array([1, 0], np.uint8)))
    np.testing.assert_array_equal(read_pair(tmp_path / "p", tmp_path / "l").pixels, values)
