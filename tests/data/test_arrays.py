"""Arrays as well-known data sets are handed round, each made small: the right pictures, labels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simplecell.data.sources import Dataset, load
from simplecell.errors import DataError

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]


def same(data: Dataset, x: Bytes, names: list[str], *, close: int = 0) -> None:
    """Say that these are the pictures, in this order, and their classes by name."""
    got = data.train.pixels.astype(int)
    assert got.shape == (len(x), 1, 28, 28)
    assert np.abs(got[:, 0] - x).max() <= close
    assert [data.classes[label] for label in data.train.labels] == names


def saved(folder: Path, **arrays: Any) -> Path:
    np.savez_compressed(folder / "d.npz", **arrays)
    return folder / "d.npz"


NAMES = {
    "x, y": ("x", "y", "x_test", "y_test"),
    "Keras": ("x_train", "y_train", "x_test", "y_test"),
    "capitals": ("X_train", "Y_train", "X_test", "Y_test"),
    "MedMNIST": ("train_images", "train_labels", "test_images", "test_labels"),
    "the other way round": ("images_train", "labels_train", "images_test", "labels_test"),
    "in one word": ("trainX", "trainY", "testX", "testY"),
    "data and target": ("data", "target", "test_data", "test_target"),
}


@pytest.mark.parametrize("name", NAMES)
def test_arrays_are_known_by_any_usual_name(name: str, x: Bytes, y: Whole, tmp_path: Path) -> None:
    arrays = dict(zip(NAMES[name], (x[:30], y[:30], x[30:], y[30:]), strict=True))
    data = load(saved(tmp_path, **arrays))
    same(data, x[:30], [str(label) for label in y[:30]])
    assert data.test is not None
    np.testing.assert_array_equal(data.test.pixels[:, 0], x[30:])
    np.testing.assert_array_equal(data.test.labels, y[30:])
    assert data.notes == ()


def test_medmnists_part_for_validation_is_left_out_and_said(
    x: Bytes, y: Whole, tmp_path: Path
) -> None:
    parts = {
        f"{part}_{what}": values[rows]
        for part, rows in (("train", slice(20)), ("val", slice(20, 30)), ("test", slice(30, 40)))
        for what, values in (("images", x), ("labels", y[:, None]))
    }
    data = load(saved(tmp_path, **parts))
    same(data, x[:20], [str(label) for label in y[:20]])
    assert data.test is not None
    assert len(data.test) == 10
    assert data.notes == (
        "the part for validation (10 pictures) is left out: recipes put their own aside.",
    )


def test_without_a_test_part_the_part_for_validation_is_tested_with(
    x: Bytes, y: Whole, tmp_path: Path
) -> None:
    data = load(saved(tmp_path, x_train=x[:30], y_train=y[:30], x_val=x[30:], y_val=y[30:]))
    assert data.test is not None
    assert len(data.test) == 10
    assert "the part for validation is tested with" in data.notes[0]


PICTURES = {
    "rows of 784": lambda x: x.reshape(len(x), -1),
    "channels last": lambda x: x[..., None],
    "channels first": lambda x: x[:, None],
    "the number of pictures last": lambda x: np.moveaxis(x, 0, 2),
    "whole numbers": lambda x: x.astype(np.int64),
    "fractions": lambda x: (x / 255).astype(np.float32),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_may_be_laid_out_in_any_usual_way(
    name: str, x: Bytes, y: Whole, tmp_path: Path
) -> None:
    data = load(saved(tmp_path, x=PICTURES[name](x), y=y))
    same(data, x, [str(label) for label in y])
    assert data.notes == ()


SPANS = {
    "-1 to 1": (lambda x: x / 127.5 - 1, "pixels from -1 to 1 are read as black to white."),
    "16-bit": (lambda x: x.astype(np.uint16) * 257, "16-bit pixels, 0 to 65535, are read as"),
    "16-bit holding 8": (lambda x: x.astype(np.uint16), "16-bit numbers hold 8-bit values"),
    "0 to 16": (lambda x: 16 * (x / 255), "pixels from 0 to 16 are read as black to white."),
    "standardised": (lambda x: (x / 255 - 0.1307) / 0.3081, "pixels from -0.424213 to 2.82149"),
}


@pytest.mark.parametrize("name", SPANS)
def test_a_range_that_is_plain_is_found_and_said(
    name: str, x: Bytes, y: Whole, tmp_path: Path
) -> None:
    change, words = SPANS[name]
    data = load(saved(tmp_path, x=change(x), y=y))
    same(data, x, [str(label) for label in y], close=1)
    assert words in data.notes[0]


def test_bits_are_black_and_white(y: Whole, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (40, 28, 28), dtype=np.uint8)
    data = load(saved(tmp_path, x=bits, y=y))
    same(data, 255 * bits, [str(label) for label in y])
    assert data.notes == ("pixels are 0 and 1: they are read as black and white.",)


def test_a_range_that_is_not_plain_is_asked_for_and_can_be_said(y: Whole, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 30, (40, 28, 28)) + np.arange(40)[:, None, None]
    path = saved(tmp_path, x=levels, y=y)
    with pytest.raises(DataError, match=r"from 0 to 68, neither .*\n  say --range 0 100; in Py"):
        load(path)
    data = load(path, values=(0, 100))
    np.testing.assert_array_equal(data.train.pixels[:, 0], np.rint(levels * 2.55))
    with pytest.raises(DataError, match="from 0 to 68, and the range 0 to 50 was given"):
        load(path, values=(0, 50))


LABELS = {
    "a column": (lambda y: y[:, None], "0123456789"),
    "a row": (lambda y: y[None], "0123456789"),
    "one-of-c": (lambda y: np.eye(10)[y], "0123456789"),
    "fractions": (lambda y: y.astype(float), "0123456789"),
    "words": (lambda y: np.array(list("abcdefghij"))[y], "abcdefghij"),
    "bytes": (lambda y: np.array(list("abcdefghij"), "S")[y], "abcdefghij"),
}  # fmt: skip


@pytest.mark.parametrize("name", LABELS)
def test_labels_may_be_of_any_usual_kind(name: str, x: Bytes, y: Whole, tmp_path: Path) -> None:
    change, names = LABELS[name]
    data = load(saved(tmp_path, x=x, y=change(y)))
    same(data, x, [names[label] for label in y])


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (range(1, 11), "the labels are the numbers 1 to 10: the 10 classes are called so."),
        (range(100, 1100, 100), "the labels are 100, 200, 300, 400, 500 …: the 10 classes"),
    ],
)
def test_labels_that_do_not_count_from_0_are_the_classes_names(
    numbers: range, words: str, x: Bytes, y: Whole, tmp_path: Path
) -> None:
    data = load(saved(tmp_path, x=x, y=np.array(numbers)[y]))
    same(data, x, [str(numbers[label]) for label in y])
    assert data.classes == tuple(map(str, numbers))
    (note,) = data.notes
    assert note.startswith(words)


def test_classes_are_called_as_the_file_says(x: Bytes, y: Whole, tmp_path: Path) -> None:
    words = np.array([f"kind {k}" for k in range(10)])
    data = load(saved(tmp_path, x=x, y=y, class_names=words))
    same(data, x, [f"kind {label}" for label in y])


WRONG = {
    "several labels for a picture": (
        {"y": np.ones((40, 14), int)}, "no one-of-c rows: row 0 is .1 1 1.*\n.*one class here"),
    "measurements": ({"x": np.ones((40, 13))}, "rows of 13 numbers are no square pictures"),
    "rows of colour": ({"x": np.ones((40, 3072))}, "be 32x32 in colour, by pixels or by planes"),
    "four channels": ({"x": np.ones((40, 9, 9, 4))}, r"four channels.*\n.*x\[\.\.\., :3\]"),
    "each label another one": ({"y": np.arange(40) * 7}, "each of the 40 labels is another one"),
    "labels in test alone": (
        {"y": np.array(["a", "b"] * 20), "x_test": np.ones((1, 28, 28)), "y_test": ["c"]},
        r"labels\[0\] is c, and the training part has no such class; it has a, b"),
    "not said": ({"y": np.array([-1, 0, 1, 2] * 10)}, r"labels\[0\] is -1, out of range"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_learnt_is_refused(name: str, x: Bytes, y: Whole, tmp_path: Path) -> None:
    changed, words = WRONG[name]
    with pytest.raises(DataError, match=words):
        load(saved(tmp_path, **{"x": x, "y": y, **changed}))


def test_arrays_without_names_are_told_by_what_they_look_like(
    x: Bytes, y: Whole, tmp_path: Path
) -> None:
    np.savez(tmp_path / "d.npz", x[:30], y[:30], x[30:], y[30:])
    data = load(tmp_path / "d.npz")
    same(data, x[:30], [str(label) for label in y[:30]])
    assert data.test is not None
    assert len(data.test) == 10
    assert data.notes[0] == (
        "arr_0 is taken for the pictures of the part train, arr_1 for their labels."
    )


def test_two_files_of_one_array_each_are_a_pair(x: Bytes, y: Whole, tmp_path: Path) -> None:
    for part, rows in (("train", slice(30)), ("test", slice(30, 40))):
        np.savez_compressed(tmp_path / f"k49-{part}-imgs.npz", x[rows])
        np.savez_compressed(tmp_path / f"k49-{part}-labels.npz", y[rows])
    names = [str(label) for label in y[:30]]
    folder = load(tmp_path)
    same(folder, x[:30], names)
    assert folder.test is not None
    assert len(folder.test) == 10
    same(load(tmp_path / "k49-train-imgs.npz"), x[:30], names)
    same(load(f"{tmp_path}/k49-train-imgs.npz,{tmp_path}/k49-train-labels.npz"), x[:30], names)


def test_two_npy_files_are_a_pair(x: Bytes, y: Whole, tmp_path: Path) -> None:
    np.save(tmp_path / "pictures.npy", x)
    np.save(tmp_path / "classes.npy", y)
    for name in (tmp_path, tmp_path / "pictures.npy"):
        same(load(name), x, [str(label) for label in y])


@pytest.mark.parametrize("place", ["", "inner/"])
def test_a_folder_with_one_archive_of_arrays_is_that(
    place: str, x: Bytes, y: Whole, tmp_path: Path
) -> None:
    (tmp_path / "set" / place).mkdir(parents=True)
    saved(tmp_path / "set" / place, x_train=x, y_train=y)
    data = load(tmp_path / "set")
    same(data, x, [str(label) for label in y])
    assert data.notes == (f"{place}d.npz is what is read.",)
