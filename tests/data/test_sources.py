import dataclasses
import gzip
from pathlib import Path

import numpy as np
import pytest

from simplecell.data.digits import DRAWN
from simplecell.data.sources import NAMES, Dataset, Part, check_classes, load
from simplecell.errors import DataError, UnknownName

MNIST_FILE = "train-images-idx3-ubyte.gz"


def test_the_names_are_those_of_the_issue() -> None:
    digits = ("digits", "mnist", "fashion-mnist", "kmnist", "stl10")
    assert (*digits, "mnist-rows", "digits-rows") == NAMES


@pytest.mark.parametrize(("size", "frame"), [(None, 8), (16, 8), (28, 28), (32, 28)])
def test_digits_are_bundled_and_take_any_size(size: int | None, frame: int) -> None:
    data = load("digits", size=size)
    side = size or 8
    assert data.test is not None
    learnt = 1438 if side < 28 else 1438 + DRAWN
    assert data.train.pixels.shape == (learnt, 1, side, side)
    assert data.test.pixels.shape == (359, 1, side, side)
    assert data.classes == tuple("0123456789")
    assert data.frame == (frame, frame)
    margin = (side - frame) // 2
    inner = data.train.pixels[..., margin : margin + frame, margin : margin + frame]
    assert inner.sum(dtype=int) == data.train.pixels.sum(dtype=int)


def test_digits_in_frames_are_read_as_a_reader_brings_a_strangers_digit() -> None:
    assert load("digits", size=32).reading == "ink"
    assert load("digits").reading == "plain"
    (note,) = load("digits", size=32).notes
    assert note.startswith("1,000 of the digits to learn from are drawn with a pen")
    assert "learn mnist" in note


def test_digits_cannot_be_cut() -> None:
    with pytest.raises(DataError, match="pictures of 8x8 do not fit 7x7"):
        load("digits", size=7)


def test_a_folder_is_a_data_set_under_its_own_name(four_files: Path, pictures) -> None:
    data = load(str(four_files), size=(7, 6))
    assert data.name == "shapes"
    assert data.classes == ("0", "1", "2")
    assert data.frame == (5, 4)
    assert data.test is not None
    assert data.test.pixels.shape == (6, 1, 7, 6)
    np.testing.assert_array_equal(data.train.pixels[:, :, 1:6, 1:5], pictures(12)[:, None])


def test_a_path_may_be_a_path_object(four_files: Path) -> None:
    assert load(four_files).name == "shapes"


def test_an_idx_file_is_a_data_set_with_the_labels_beside_it(four_files: Path) -> None:
    data = load(str(four_files / MNIST_FILE))
    assert data.name == MNIST_FILE
    assert len(data.train) == 12
    assert data.test is None


def test_two_idx_files_are_joined_by_a_comma(four_files: Path, tmp_path: Path) -> None:
    images, labels = tmp_path / "a.idx", tmp_path / "b.idx"
    images.write_bytes((four_files / MNIST_FILE).read_bytes())
    labels.write_bytes((four_files / "train-labels-idx1-ubyte.gz").read_bytes())
    assert len(load(f"{images},{labels}").train) == 12


def test_an_npz_is_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, x=np.zeros((2, 3, 3)), y=[0, 1], x_test=np.ones((1, 3, 3)), y_test=[1])
    data = load(str(path), size=5)
    assert (data.name, data.classes) == ("mine.npz", ("0", "1"))
    assert data.test is not None
    assert data.test.pixels[0, 0].tolist() == np.pad(np.full((3, 3), 255), 1).tolist()


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        UnknownName, match=r"no data set, file or folder is called 'mnits': did you mean 'mnist'"
    ):
        load("mnits")


def test_names_may_be_written_large() -> None:
    assert load("Digits").name == "digits"


@pytest.mark.parametrize("name", ["./no/where", "pictures.npz", "/no/where", "~/nothing-here"])
def test_a_path_that_leads_nowhere_is_called_a_path(name: str) -> None:
    with pytest.raises(DataError, match=f"there is no file or folder '{name}'"):
        load(name)


@pytest.mark.parametrize("name", ["", "no,where", "x" * 5000, "a\0b", "~no-such-user/x"])
def test_no_name_is_a_traceback(name: str) -> None:
    with pytest.raises((DataError, UnknownName)):
        load(name)


def test_any_other_file_is_refused_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match=r"photo\.png is one picture; a data set has many"):
        load(str(path))
    path.write_bytes(b"\x01\x02\x03\x04" * 9)
    with pytest.raises(DataError, match=r"photo\.png, byte 0: wrong magic number: found 01 02"):
        load(str(path))


def test_a_gap_in_the_classes_is_allowed_and_said(tmp_path: Path) -> None:
    path = tmp_path / "gaps.npz"
    np.savez(path, x=np.zeros((3, 2, 2)), y=[0, 2, 5])
    data = load(str(path))
    assert len(data.classes) == 6
    assert data.notes == ("of the classes 0 to 5, 3 have no training example: 1, 3, 4.",)
    assert load("digits").notes == ()


def test_a_test_part_of_other_pictures_or_classes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.npz"
    arrays = {"x": np.zeros((2, 3, 3)), "y": [0, 1]}
    np.savez(path, **arrays, x_test=np.zeros((1, 3, 4)), y_test=[0])
    with pytest.raises(DataError, match="test pictures are 1x3x4, training pictures 1x3x3"):
        load(str(path))
    np.savez(path, **arrays, x_test=np.zeros((2, 3, 3)), y_test=[0, 2])
    with pytest.raises(
        DataError, match=r"array y_test: labels.1. is 2, out of range: the training"
    ):
        load(str(path))


def test_a_label_without_an_output_is_named_by_file_and_place(four_files: Path, idx_bytes) -> None:
    labels = four_files / "train-labels-idx1-ubyte.gz"
    values = (np.arange(12) % 3).astype(np.uint8)
    values[7] = 200
    labels.write_bytes(gzip.compress(idx_bytes(values)))
    data = load(str(four_files))
    words = (
        rf"{labels}: labels.7. is 200, out of range: lenet5 tells 10 classes, 0 to 9.\n.*1 of 12"
    )
    with pytest.raises(DataError, match=words):
        check_classes(data, 10, "lenet5")
    check_classes(data, 201, "wide")


def test_a_data_set_and_its_parts_stay_as_they_are() -> None:
    data = load("digits")
    for value, name in ((data, "train"), (data.train, "pixels")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)
    assert isinstance(data, Dataset)
    assert isinstance(data.train, Part)


def test_mnist_is_whole_and_padded_in_bytes(data_dir: Path) -> None:
    data = load("mnist", size=32, data_dir=data_dir)
    assert data.test is not None
    assert data.train.pixels.shape == (60_000, 1, 32, 32)
    assert data.test.pixels.shape == (10_000, 1, 32, 32)
    assert data.train.pixels.dtype == np.uint8
    assert data.frame == (28, 28)
    # The first digits of either part, as everybody knows them.
    assert data.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert not data.train.pixels[:, :, :2].any()
    assert not data.train.pixels[:, :, :, 30:].any()
