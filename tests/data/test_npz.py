import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simplecell.data.npz import read_npz
from simplecell.errors import DataError

X = np.arange(36, dtype=np.uint8).reshape(4, 3, 3)
Y = np.array([0, 1, 2, 1])


def saved(path: Path, **arrays) -> Path:
    np.savez_compressed(path, **arrays)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as refused:
        read_npz(path)
    assert str(path) in str(refused.value)
    return str(refused.value)


def test_x_and_y_are_a_training_part(tmp_path: Path) -> None:
    opened = read_npz(saved(tmp_path / "d.npz", x=X, y=Y, about="something else"))
    train, test = opened.train, opened.test
    np.testing.assert_array_equal(train.pixels, X[:, None])
    np.testing.assert_array_equal(train.labels, Y)
    assert test is None


def test_x_test_and_y_test_are_a_test_part(tmp_path: Path) -> None:
    path = saved(tmp_path / "d.npz", x=X, y=Y, x_test=X[:2] / 255, y_test=Y[:2])
    test = read_npz(path).test
    assert test is not None
    np.testing.assert_array_equal(test.pixels, X[:2, None])


def test_a_missing_array_is_named_with_what_is_there(tmp_path: Path) -> None:
    message = refusal(saved(tmp_path / "d.npz", scans=X, more=X, y=Y))
    assert "no arrays of pictures and labels by a name that is known" in message
    assert "it holds scans 4x3x3, more 4x3x3, y 4" in message
    assert "savez_compressed" in message


def test_half_a_test_part_is_refused(tmp_path: Path) -> None:
    message = refusal(saved(tmp_path / "d.npz", x=X, y=Y, x_test=X))
    assert "has x_test and no labels for it; a test part takes both" in message
    message = refusal(saved(tmp_path / "e.npz", x=X, y=Y, y_test=Y))
    assert "has y_test and no pictures for it" in message


def test_fewer_labels_than_pictures_are_refused(tmp_path: Path) -> None:
    message = refusal(saved(tmp_path / "d.npz", x=X, y=Y[:3]))
    assert "d.npz, array y: 3 labels for 4 pictures in" in message


def test_nan_and_bad_labels_are_refused_by_file_and_array(tmp_path: Path) -> None:
    nan = np.where(X == 20, np.nan, X)
    assert "d.npz, array x: 1 of 36 pixels are NaN" in refusal(
        saved(tmp_path / "d.npz", x=nan, y=Y)
    )
    assert "d.npz, array y: labels[3] is -1, out of range" in refusal(
        saved(tmp_path / "d.npz", x=X, y=[0, 1, 2, -1])
    )


class Trap:
    """Pickled, it would make a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    """Neither as an array in the archive nor as the file itself."""
    sprung = tmp_path / "sprung"
    objects = np.array([Trap(sprung)] * 4, dtype=object)
    assert "pickled objects" in refusal(saved(tmp_path / "a.npz", x=X, y=objects))
    bare = tmp_path / "b.npz"
    bare.write_bytes(pickle.dumps(Trap(sprung), protocol=4))
    assert "byte 0: found 80 04" in refusal(bare)
    assert not sprung.exists()


def test_another_kind_of_file_is_refused_by_how_it_begins(tmp_path: Path) -> None:
    with (tmp_path / "d.npz").open("wb") as file:
        np.save(file, X)
    assert "byte 0: found 93 4e; an .npz archive begins 50 4b" in refusal(tmp_path / "d.npz")


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "d.npz", x=X, y=Y)
    path.write_bytes(path.read_bytes()[:-30])
    assert "is no sound file of NumPy's arrays" in refusal(path)


def test_an_empty_file_and_an_empty_archive_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    path.write_bytes(b"")
    assert "byte 0: found nothing" in refusal(path)
    zipfile.ZipFile(path, "w").close()
    assert "it holds nothing" in refusal(path)


def test_a_header_that_asks_for_an_exabyte_is_refused(tmp_path: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "|u1", "fortran_order": False, "shape": (2**60, 1, 1)}
    )
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("x.npy", head.getvalue())
        archive.writestr("y.npy", head.getvalue())
    assert "d.npz, array x: its header promises 1152921504606846976 x 1 x 1 values" in refusal(
        tmp_path / "d.npz"
    )


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), packed=st.booleans())
def test_no_damage_is_ever_a_traceback(at: int, byte: int, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    (np.savez_compressed if packed else np.savez)(path, x=X, y=Y)
    damaged = bytearray(path.read_bytes())
    damaged[at % len(damaged)] = byte
    path.write_bytes(bytes(damaged))
    try:
        train = read_npz(path).train
    except DataError as refused:
        assert str(path) in str(refused)
    else:
        assert len(train) == len(train.pixels)
