"""MATLAB files as SVHN, EMNIST, UFLDL and others are handed round in them."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from simplecell.data.sources import load
from simplecell.errors import DataError
from simplecell.features.source import take


def colour(x: Any) -> Any:
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2)))
    return np.stack([padded, padded // 2, padded // 3], axis=3)


def svhn(path: Path, x: Any, y: Any) -> Path:
    ten = np.where(y == 0, 10, y)[:, None].astype(np.uint8)
    savemat(path, {"X": colour(x).transpose(1, 2, 3, 0), "y": ten})
    return path


def test_svhn_is_in_colour_and_its_ten_is_0(x: Any, y: Any, tmp_path: Path) -> None:
    data = load(svhn(tmp_path / "svhn.mat", x, y))
    np.testing.assert_array_equal(data.train.pixels, np.moveaxis(colour(x), 3, 1))
    assert data.classes == tuple("0123456789")
    np.testing.assert_array_equal(data.train.labels, y)
    assert "the label 10 means 0, as in SVHN's files." in data.notes


def test_svhns_test_part_is_found_beside_it(x: Any, y: Any, tmp_path: Path) -> None:
    svhn(tmp_path / "test_32x32.mat", x[30:], y[30:])
    data = load(svhn(tmp_path / "train_32x32.mat", x[:30], y[:30]))
    assert data.test is not None
    np.testing.assert_array_equal(data.test.labels, y[30:])


def test_a_folder_of_svhns_files_is_one_data_set(x: Any, y: Any, tmp_path: Path) -> None:
    (tmp_path / "svhn").mkdir()
    svhn(tmp_path / "svhn" / "train_32x32.mat", x[:30], y[:30])
    svhn(tmp_path / "svhn" / "test_32x32.mat", x[30:], y[30:])
    svhn(tmp_path / "svhn" / "extra_32x32.mat", x, y)
    data = load(tmp_path / "svhn")
    assert data.test is not None
    assert (len(data.train), len(data.test)) == (30, 10)
    assert data.notes[0] == "train_32x32.mat is what is read."


def emnist(path: Path, x: Any, y: Any, **fields: Any) -> Path:
    rows = x.transpose(0, 2, 1).reshape(len(x), -1)
    part = {"images": rows, "labels": (y + 1)[:, None], "writers": np.zeros((len(y), 1))}
    mapping = np.array([[k + 1, 65 + k, 97 + k] for k in range(26)])
    savemat(path, {"dataset": {"train": part, "test": part, "mapping": mapping, **fields}})
    return path


def test_emnist_is_upright_and_its_letters_have_their_names(
    x: Any, y: Any, tmp_path: Path
) -> None:
    data = load(emnist(tmp_path / "emnist-letters.mat", x, y))
    np.testing.assert_array_equal(data.train.pixels[:, 0], x)
    assert data.classes == tuple("ABCDEFGHIJ")
    assert data.classes[data.train.labels[0]] == "F"


def test_another_structure_is_refused(x: Any, y: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has a structure `dataset` that is not EMNIST's"):
        load(emnist(tmp_path / "d.mat", x, y, train={"pictures": x}))


def test_rows_with_a_ten_for_0_go_down_the_columns(x: Any, y: Any, tmp_path: Path) -> None:
    ten = np.where(y == 0, 10, y)[:, None]
    rows = x.transpose(0, 2, 1).reshape(len(x), -1) / 255
    savemat(tmp_path / "ex3data1.mat", {"X": rows, "y": ten})
    data = load(tmp_path / "ex3data1.mat")
    np.testing.assert_array_equal(data.train.pixels[:, 0], x)
    np.testing.assert_array_equal(data.train.labels, y)


def test_arrays_by_the_usual_names_are_read(x: Any, y: Any, tmp_path: Path) -> None:
    rows = x.reshape(len(x), -1)
    one_of_c = np.eye(10, dtype=np.uint8)[y]
    savemat(
        tmp_path / "mnist_uint8.mat",
        {"train_x": rows[:30], "train_y": one_of_c[:30], "test_x": rows[30:],
         "test_y": one_of_c[30:]},
    )  # fmt: skip
    data = load(tmp_path / "mnist_uint8.mat")
    np.testing.assert_array_equal(data.train.pixels[:, 0], x[:30])
    np.testing.assert_array_equal(data.train.labels, y[:30])
    assert "rows of pixels are read line by line" in data.notes[0]


def test_pictures_alone_are_for_features_and_not_for_classes(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).normal(size=(40, 40, 5))
    savemat(tmp_path / "IMAGES.mat", {"IMAGES": pictures})
    with pytest.raises(DataError, match=r"without labels .IMAGES 40x40x5.*\n.*features learn"):
        load(tmp_path / "IMAGES.mat")
    taken = take(str(tmp_path / "IMAGES.mat"), 100, size=8)
    assert taken.pixels.shape == (100, 1, 8, 8)
    assert taken.name == "IMAGES.mat"


def test_what_is_no_sound_file_is_refused(x: Any, y: Any, tmp_path: Path) -> None:
    path = svhn(tmp_path / "svhn.mat", x, y)
    whole = path.read_bytes()
    for kept in (len(whole) // 3, len(whole) - 40, 130, 3):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match=r"svhn\.mat (is no sound MATLAB file|has no arrays)"):
            load(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file" + bytes(200))
    with pytest.raises(DataError, match=r"version 7\.3, which is HDF5.*\n.*-v7"):
        load(path)
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(whole)
        for at in rng.integers(0, 400, 4):
            broken[at] = rng.integers(0, 256)
        path.write_bytes(bytes(broken))
        try:
            load(path)
        except DataError as refused:
            assert str(path) in str(refused)


def test_an_array_packed_better_than_pictures_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.mat"
    arrays = {"x": np.zeros((1000, 28, 28), np.uint8), "y": np.arange(1000) % 2}
    savemat(path, arrays, do_compression=True)
    assert len(load(path).train) == 1000
    monkeypatch.setattr("simplecell.data.packed.UNASKED", 1000)
    with pytest.raises(DataError, match=r"'?x'?: it unpacks to 784,000 bytes from a file of"):
        load(path)


def with_kind(content: bytes, kind: int, where: int) -> bytes:
    """Change the kind of the element that holds the numbers of the first array."""
    return content[:where] + kind.to_bytes(4, "little") + content[where + 4 :]


@pytest.mark.parametrize("kind", [0, 8, 10, 11, 14, 15, 19, 20, 255, 65535])
@pytest.mark.parametrize("packed", [False, True])
def test_kinds_of_numbers_that_do_not_exist_are_refused_before_scipy_meets_them(
    x: Any, y: Any, tmp_path: Path, kind: int, packed: bool
) -> None:
    """SciPy looks them up in a table, and the process ends."""
    path = tmp_path / "d.mat"
    savemat(path, {"train_x": x, "train_y": y[:, None]})
    content = path.read_bytes()
    # Head, array, flags, shape of three axes in 24 bytes, the name in 16.
    where = 128 + 8 + 16 + 24 + 16
    assert content[where : where + 4] == (2).to_bytes(4, "little")
    broken = with_kind(content, kind, where)
    if packed:
        length = int.from_bytes(content[132:136], "little")
        array = zlib.compress(broken[128 : 136 + length])
        rest = broken[136 + length :]
        head = (15).to_bytes(4, "little") + len(array).to_bytes(4, "little")
        broken = broken[:128] + head + array + rest
    path.write_bytes(broken)
    with pytest.raises(DataError, match="is no sound MATLAB file: an element of kind"):
        load(path)


def test_arrays_in_arrays_without_end_are_refused(tmp_path: Path) -> None:
    deep: Any = np.zeros(1)
    for _ in range(40):
        cell = np.empty((1,), object)
        cell[0] = deep
        deep = cell
    savemat(tmp_path / "d.mat", {"train_x": deep})
    with pytest.raises(DataError, match="more than 32 deep"):
        load(tmp_path / "d.mat")


def test_packed_arrays_with_an_imaginary_part_or_in_structs_are_looked_at_whole(
    x: Any, y: Any, tmp_path: Path
) -> None:
    data = {"train_x": x, "train_y": y[:, None], "extra": x[:20] + 1j, "more": {"a": x, "b": [x]}}
    savemat(tmp_path / "d.mat", data, do_compression=True)
    found = load(tmp_path / "d.mat")
    assert len(found.train) + len(found.test or ()) == len(x)
