"""CIFAR's binary files; and pickles, which are not opened."""

import gzip
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simplecell.data.sources import load
from simplecell.errors import DataError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (60, 3, 32, 32), dtype=np.uint8)
TEN = (np.arange(60, dtype=np.uint8) * 3 + 5) % 10
WORDS = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def ten(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for k in range(6):
        rows = slice(10 * k, 10 * k + 10)
        name = "test_batch" if k == 5 else f"data_batch_{k + 1}"
        records = np.hstack([TEN[rows, None], PIXELS[rows].reshape(10, -1)])
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    (folder / "batches.meta.txt").write_text("\n".join(WORDS) + "\n\n")
    return folder


@pytest.mark.parametrize("place", ["cifar-10-batches-bin", "root/cifar-10-batches-bin"])
def test_cifar_10_is_read_with_its_classes_names(place: str, tmp_path: Path) -> None:
    ten(tmp_path / place)
    data = load(tmp_path / place.split("/")[0])
    np.testing.assert_array_equal(data.train.pixels, PIXELS[:50])
    assert data.classes == tuple(WORDS)
    assert data.classes[data.train.labels[0]] == "dog"
    assert data.test is not None
    np.testing.assert_array_equal(data.test.labels, TEN[50:])


def test_one_batch_alone_is_read(tmp_path: Path) -> None:
    data = load(ten(tmp_path / "c") / "data_batch_2.bin")
    np.testing.assert_array_equal(data.train.pixels, PIXELS[10:20])


def test_cifar_100_is_learnt_by_its_fine_labels_unless_asked(tmp_path: Path) -> None:
    fine = np.arange(60, dtype=np.uint8) % 20 * 5
    for part, rows in (("train", slice(50)), ("test", slice(50, 60))):
        columns = np.stack([fine[rows] // 5, fine[rows]], axis=1)
        pixels = PIXELS[rows].reshape(len(columns), -1)
        (tmp_path / f"{part}.bin").write_bytes(np.hstack([columns, pixels]).tobytes())
    (tmp_path / "fine_label_names.txt").write_text("\n".join(f"fine{k}" for k in range(100)))
    data = load(tmp_path)
    assert data.classes[data.train.labels[1]] == "fine5"
    assert "the fine labels are learnt, 100 classes; --split tells otherwise." in data.notes
    assert load(tmp_path, split="coarse").train.labels[:3].tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="has no split 'letters': CIFAR-100 has fine and coarse"):
        load(tmp_path, split="letters")


class Trap:
    """Unpickled, it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("version", [0, 2, 4])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cifar-10-batches-py/data_batch_1",
         r"not unpickled.\n  take the binary version, cifar-10-"),
        ("cifar-100-python/train", r"not unpickled.\n  take the binary version, cifar-100-b"),
        ("mnist.pkl.gz", r"not unpickled.\n  take `mnist`, which simplecell fetches and verif"),
        ("mine.pkl", r"not unpickled.\n  save the arrays as .npz: np.savez"),
    ],
)  # fmt: skip
def test_pickles_are_not_opened_and_the_safe_way_is_said(
    name: str, words: str, version: int, tmp_path: Path
) -> None:
    sprung = tmp_path / "sprung"
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    held = pickle.dumps({"data": Trap(sprung)}, protocol=version)
    path.write_bytes(gzip.compress(held) if name.endswith(".gz") else held)
    for given in {path, path.parent if "/" in name else path}:
        with pytest.raises(DataError, match=words):
            load(given)
    assert not sprung.exists()


def test_pytorchs_files_are_pickles_too(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save((torch.zeros(3, 28, 28), torch.arange(3)), tmp_path / "training.pt")
    with pytest.raises(DataError, match="is PyTorch's file, a pickle: opening it would run"):
        load(tmp_path / "training.pt")


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"\x89HDF\r\n\x1a\n", r"is HDF5, which is not read.\n  save its arrays as .npz"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive, which is not read"),
        (b"Rar!\x1a\x07\0", "is a RAR archive"),
        (b"%PDF-1.7", "is a PDF, which is not read"),
        (b"\x89PNG\r\n\x1a\n", "is one picture; a data set has many"),
        (b"PK\x03\x04", "is a damaged archive"),
    ],
)
def test_files_of_other_kinds_are_refused_with_what_to_do(
    start: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "some.file").write_bytes(start + bytes(100))
    with pytest.raises(DataError, match=words):
        load(tmp_path / "some.file")
