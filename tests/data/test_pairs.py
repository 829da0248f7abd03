"""Pictures and labels in files of their own, by the names and in the folders they come in."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simplecell.data.sources import load
from simplecell.errors import DataError

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path, idx_bytes: Callable[..., bytes]) -> Put:
    """Write an IDX file, packed if its name says so: put("root/raw/x.gz", values)."""

    def write(name: str, values: NDArray[Any]) -> Path:
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if values.dtype == np.uint8:
            raw = idx_bytes(values)
        else:
            sizes = b"".join(n.to_bytes(4, "big") for n in values.shape)
            raw = bytes((0, 0, 12, values.ndim)) + sizes + values.astype(">i4").tobytes()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return tmp_path / "set"

    return write


def four(put: Put, stem: str, x: Any, y: Any, *, ending: str = ".gz", test: str = "t10k") -> Path:
    for part, rows in (("train", slice(30)), (test, slice(30, 40))):
        put(stem.format(part=part, what="images-idx3") + ending, x[rows])
        folder = put(stem.format(part=part, what="labels-idx1") + ending, y[rows])
    return folder


MNIST = "{part}-{what}-ubyte"


@pytest.mark.parametrize("place", ["MNIST/raw/", "archive/MNIST/raw/", "FashionMNIST/raw/", "a/"])
def test_a_torchvision_root_and_nested_folders_are_read(
    place: str, put: Put, x: Any, y: Any
) -> None:
    data = load(four(put, place + MNIST, x, y.astype(np.uint8)))
    np.testing.assert_array_equal(data.train.pixels[:, 0], x[:30])
    assert data.train.labels[0] == 5
    assert data.test is not None
    assert len(data.test) == 10
    assert data.notes == (f"the files lie in {place.rstrip('/')}.",)


def test_a_file_and_its_packed_copy_are_one(put: Put, x: Any, y: Any) -> None:
    four(put, "MNIST/raw/" + MNIST, x, y.astype(np.uint8))
    data = load(four(put, "MNIST/raw/" + MNIST, x, y.astype(np.uint8), ending=""))
    assert len(data.train) == 30


def letters(put: Put, x: Any, y: Any, split: str = "letters") -> Path:
    stem = f"emnist-{split}-{{part}}-{{what}}-ubyte"
    return four(put, stem, x.transpose(0, 2, 1).copy(), (y + 1).astype(np.uint8), test="test")


def test_emnist_is_put_upright_and_counted_from_1(put: Put, x: Any, y: Any) -> None:
    data = load(letters(put, x, y))
    np.testing.assert_array_equal(data.train.pixels[:, 0], x[:30])
    assert data.classes == tuple(map(str, range(1, 11)))
    assert data.classes[data.train.labels[0]] == "6"
    assert "EMNIST's pictures lie on their sides: they are put upright." in data.notes


def test_emnists_letters_are_called_as_its_mapping_says(put: Put, x: Any, y: Any) -> None:
    folder = letters(put, x, y)
    lines = [f"{k + 1} {65 + k} {97 + k}" for k in range(26)]
    (folder / "emnist-letters-mapping.txt").write_text("\n".join(lines))
    data = load(folder)
    assert data.classes == tuple("ABCDEFGHIJ")
    assert data.classes[data.train.labels[0]] == "F"


def test_emnists_splits_are_asked_for_and_chosen(put: Put, x: Any, y: Any) -> None:
    letters(put, x, y)
    folder = letters(put, x[::-1], y[::-1], "digits")
    words = r"holds 2 data sets: emnist-digits, emnist-letters.\n.*say it by --split, as in --s"
    with pytest.raises(DataError, match=words):
        load(folder)
    np.testing.assert_array_equal(load(folder, split="letters").train.pixels[:, 0], x[:30])
    np.testing.assert_array_equal(load(folder, split="digits").train.pixels[0, 0], x[-1])
    with pytest.raises(DataError, match="no data set called 'byclass' for certain"):
        load(folder, split="byclass")


def test_the_published_sets_of_a_torchvision_root_are_asked_for(put: Put, x: Any, y: Any) -> None:
    four(put, "MNIST/raw/" + MNIST, x, y.astype(np.uint8))
    folder = four(put, "KMNIST/raw/" + MNIST, x[::-1].copy(), y.astype(np.uint8))
    with pytest.raises(DataError, match=r"holds 2 data sets: KMNIST/raw, MNIST/raw"):
        load(folder)
    np.testing.assert_array_equal(load(folder, split="MNIST").train.pixels[:, 0], x[:30])


def test_qmnists_labels_of_eight_columns_are_read(put: Put, x: Any, y: Any) -> None:
    for part, rows in (("train", slice(30)), ("test", slice(30, 40))):
        put(f"qmnist-{part}-images-idx3-ubyte.gz", x[rows])
        columns = np.stack([y[rows], *[np.arange(len(y[rows])) * 9] * 7], axis=1)
        folder = put(f"qmnist-{part}-labels-idx2-int.gz", columns)
    data = load(folder)
    np.testing.assert_array_equal(data.train.labels, y[:30])
    assert data.test is not None
    np.testing.assert_array_equal(data.test.labels, y[30:])
    assert "labels have 8 columns, as QMNIST's: the first is the class." in data.notes


@pytest.mark.parametrize("names", [("pictures.idx", "classes.idx"), ("a", "b"), ("1.gz", "2.gz")])
def test_two_files_alone_in_a_folder_belong_together(
    names: tuple[str, str], put: Put, x: Any, y: Any
) -> None:
    put(names[0], x)
    folder = put(names[1], y.astype(np.uint8))
    for name in (folder, folder / names[0]):
        data = load(name)
        np.testing.assert_array_equal(data.train.pixels[:, 0], x)
        assert data.train.labels[0] == 5


def test_pictures_without_labels_are_refused(put: Put, x: Any) -> None:
    with pytest.raises(DataError, match=r"no file of labels was found for it.*\n.*pictures,lab"):
        load(put("nested/pictures.idx", x))


def test_several_files_of_one_part_are_asked_about(put: Put, x: Any, y: Any) -> None:
    put("image.idx", x)
    put("images.idx", x)
    folder = put("labels.idx", y.astype(np.uint8))
    with pytest.raises(DataError, match=r"several files of the part train.*\n.*pictures,labels"):
        load(folder)
