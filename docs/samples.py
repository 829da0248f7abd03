"""Small data in every layout of docs/layouts.py, each written into the working folder.

Forty pictures of 28x28, of ten classes; `load` is given what each function gives back.
"""

import bz2
import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.io import savemat

COUNT, LEARNT = 40, 30
Y = (np.arange(COUNT) * 3 + 5) % 10
X = np.zeros((COUNT, 28, 28), np.uint8)
for _k, _picture in enumerate(X):
    _picture[3 + _k % 9 : 6 + _k % 9, 4:24] = 255
    _picture[5:25, 6 + _k // 9 : 8 + _k // 9] = 200
    _picture[27, 27] = _k + 1
PARTS = (("train", slice(LEARNT)), ("test", slice(LEARNT, COUNT)))

Make = Callable[[], Any]


def rows(x: Any) -> Any:
    """Fold each picture into a row."""
    return x.reshape(len(x), -1)


def last(x: Any) -> Any:
    """Put the channel last."""
    return x[..., None]


def signed(x: Any) -> Any:
    """Let black be -1 and white 1."""
    return x / 127.5 - 1


def odd(x: Any) -> Any:
    """Give numbers of which nobody knows black and white."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 30, x.shape) + np.arange(len(x))[:, None, None]


def colour_rows(x: Any) -> Any:
    """Give rows as long as those of colour."""
    return np.zeros((len(x), 3072), np.uint8)


def column(y: Any) -> Any:
    """Give labels as a column."""
    return y[:, None]


def one_of_c(y: Any) -> Any:
    """Give rows with a 1 in the class's column."""
    return np.eye(10, dtype=np.uint8)[y]


def words(y: Any) -> Any:
    """Give words."""
    return np.array([f"kind {k}" for k in range(10)])[y]


def several(y: Any) -> Any:
    """Give several labels for a picture."""
    return np.ones((len(y), 14), np.uint8)


def objects(y: Any) -> Any:
    """Give labels that NumPy can only pickle."""
    return np.array([{"label": int(label)} for label in y], object)


def _same(values: Any) -> Any:
    return values


def tree(*heaps: str, ending: str = "png") -> Make:
    """Make folders of pictures: "train/a 9" puts nine into train/a."""

    def make() -> str:
        for heap in heaps:
            place, count = heap.rsplit(" ", 1)
            folder = Path("set") / place
            folder.mkdir(parents=True, exist_ok=True)
            for k in range(int(count)):
                Image.fromarray(X[k]).save(folder / f"{k}.{ending}", "png")
        return "set"

    return make


def listed(head: str, line: str, encoding: str = "utf-8") -> Make:
    """Make a list of twenty pictures."""

    def make() -> str:
        Path("data").mkdir()
        lines = [head] if head else []
        for k in range(20):
            Image.fromarray(X[k]).save(Path("data") / f"{k}.png")
            label = "ab"[k % 2]
            lines.append(line.format(k=k, label=label, some=label if k > 2 else ""))
        Path("list.csv").write_bytes("\n".join(lines).encode(encoding))
        return "list.csv"

    return make


def npz(names: str, x: Callable[[Any], Any] = _same, y: Callable[[Any], Any] = _same) -> Make:
    """Make an archive of NumPy's arrays by these names."""

    def make() -> str:
        parts = PARTS if len(names.split()) > 2 else ((("train", slice(None))),)
        values = [change(v[part]) for _, part in parts for v, change in ((X, x), (Y, y))]
        np.savez("set.npz", **dict(zip(names.split(), values, strict=True)))
        return "set.npz"

    return make


def two_npz() -> str:
    """Make two archives of one array each."""
    np.savez("k49-train-imgs.npz", X)
    np.savez("k49-train-labels.npz", Y)
    return "k49-train-imgs.npz"


def _idx(path: str, values: Any) -> None:
    code = 8 if values.dtype == np.uint8 else 12
    raw = struct.pack(f">HBB{values.ndim}I", 0, code, values.ndim, *values.shape)
    raw += values.tobytes() if code == 8 else values.astype(">i4").tobytes()
    place = Path("set") / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(gzip.compress(raw) if path.endswith(".gz") else raw)


def idx(names: str, test: str = "t10k") -> Make:
    """Make IDX files by these names; EMNIST's lie on their sides and count from 1."""

    def make() -> str:
        for part, some in PARTS:
            called = part if part == "train" else test
            emnist = "emnist" in names
            x = X[some].transpose(0, 2, 1).copy() if emnist else X[some]
            _idx(names.format(part=called, what="images-idx3"), x)
            _idx(
                names.format(part=called, what="labels-idx1"), (Y[some] + emnist).astype(np.uint8)
            )
        return "set"

    return make


def emnist_all() -> str:
    """Make two of EMNIST's splits."""
    for split in ("letters", "digits"):
        idx(f"emnist-{split}-{{part}}-{{what}}-ubyte", "test")()
    return "set"


def qmnist() -> str:
    """Make QMNIST's files: a label has eight columns."""
    for part, some in PARTS:
        _idx(f"qmnist-{part}-images-idx3-ubyte.gz", X[some])
        columns = np.stack([Y[some], *[np.arange(len(Y[some])) * 9] * 7], axis=1)
        _idx(f"qmnist-{part}-labels-idx2-int.gz", columns)
    return "set"


def idx_pair() -> str:
    """Make two files by any names."""
    _idx("pictures", X)
    _idx("classes", Y.astype(np.uint8))
    return "set"


def idx_alone() -> str:
    """Make pictures alone."""
    _idx("pictures", X)
    return "set"


def _colour() -> Any:
    padded = np.pad(X, ((0, 0), (2, 2), (2, 2)))
    return np.stack([padded, padded // 2, padded // 3], axis=3)


def svhn() -> str:
    """Make SVHN's file."""
    ten = np.where(Y == 0, 10, Y)[:, None]
    savemat("svhn.mat", {"X": _colour().transpose(1, 2, 3, 0), "y": ten})
    return "svhn.mat"


def emnist_matlab() -> str:
    """Make EMNIST's structure."""
    mapping = np.array([[k + 1, 65 + k, 97 + k] for k in range(26)])
    parts = {
        part: {"images": rows(X[some].transpose(0, 2, 1)), "labels": Y[some, None] + 1}
        for part, some in PARTS
    }
    savemat("emnist-letters.mat", {"dataset": {**parts, "mapping": mapping}})
    return "emnist-letters.mat"


def ufldl() -> str:
    """Make UFLDL's pictures, which have no labels."""
    savemat("IMAGES.mat", {"IMAGES": np.zeros((64, 64, 10))})
    return "IMAGES.mat"


def mat73() -> str:
    """Make the beginning of a file of version 7.3."""
    Path("set.mat").write_bytes(b"MATLAB 7.3 MAT-file" + bytes(200))
    return "set.mat"


def pixels(label: str | None) -> Make:
    """Make a table of pixels, with a line of names unless `label` is None."""

    def make() -> str:
        lines = []
        if label is not None:
            lines.append(",".join([*filter(None, [label]), *(f"pixel{k}" for k in range(784))]))
        for picture, number in zip(X, Y, strict=True):
            cells = [str(number)] if label or label is None else []
            lines.append(",".join([*cells, *map(str, picture.ravel())]))
        Path("train.csv").write_text("\n".join(lines))
        return "train.csv"

    return make


def libsvm() -> str:
    """Make LIBSVM's text, packed."""
    lines = []
    for row, label in zip(rows(X), Y, strict=True):
        pairs = [f"{at + 1}:{row[at]}" for at in np.flatnonzero(row)]
        lines.append(" ".join([str(label), *pairs]))
    Path("mnist.bz2").write_bytes(bz2.compress("\n".join(lines).encode()))
    return "mnist.bz2"


def _png(picture: Any) -> bytes:
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "png")
    return held.getvalue()


def _files() -> dict[str, bytes]:
    return {
        f"birds/{part}/{'ab'[k % 2]}/{k}.png": _png(X[k])
        for part, some in PARTS
        for k in range(COUNT)[some]
    }


def zipped() -> str:
    """Make a zip of a folder."""
    with zipfile.ZipFile("birds.zip", "w") as archive:
        for name, held in _files().items():
            archive.writestr(name, held)
    return "birds.zip"


def _tar(path: str, files: dict[str, bytes]) -> str:
    with tarfile.open(path, "w:gz" if path.endswith("gz") else "w:") as archive:
        for name, held in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(held)
            archive.addfile(info, io.BytesIO(held))
    return path


def tarred() -> str:
    """Make a tar of a folder, packed."""
    return _tar("birds.tar.gz", _files())


def shards() -> str:
    """Make WebDataset's shards."""
    for part, some in PARTS:
        files = {}
        for k in range(COUNT)[some]:
            files[f"{k:06}.png"], files[f"{k:06}.cls"] = _png(X[k]), str(Y[k]).encode()
        Path("set").mkdir(exist_ok=True)
        _tar(f"set/{part}-000.tar", files)
    return "set"


def cifar() -> str:
    """Make CIFAR-10's binary files."""
    planes = np.moveaxis(_colour(), 3, 1).reshape(COUNT, -1)
    records = np.hstack([Y[:, None].astype(np.uint8), planes])
    Path("set").mkdir()
    for name, (_, some) in zip(("data_batch_1", "test_batch"), PARTS, strict=True):
        Path(f"set/{name}.bin").write_bytes(records[some].tobytes())
    return "set"


def pickled() -> str:
    """Make a pickle, which is not opened."""
    Path("cifar-10-batches-py").mkdir()
    Path("cifar-10-batches-py/data_batch_1").write_bytes(pickle.dumps({"data": rows(X)}))
    return "cifar-10-batches-py"


def parquet() -> str:
    """Make a table as Hugging Face writes it."""
    arrow, tables = import_module("pyarrow"), import_module("pyarrow.parquet")
    Path("set").mkdir()
    for part, some in PARTS:
        images = [{"bytes": _png(picture), "path": None} for picture in X[some]]
        table = arrow.table({"image": images, "label": Y[some]})
        tables.write_table(table, f"set/{part}-00000-of-00001.parquet")
    return "set"


def hdf5() -> str:
    """Make the beginning of an HDF5 file."""
    Path("set.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    return "set.h5"


def bunch() -> Any:
    """Give scikit-learn's digits."""
    return import_module("sklearn.datasets").load_digits()


def arrays() -> Any:
    """Give two pairs of arrays, as Keras does."""
    return tuple((X[some], Y[some]) for _, some in PARTS)


class Items:
    """What PyTorch asks of a Dataset."""

    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, at: int) -> tuple[Any, int]:
        return X[at, None] / 255, int(Y[at])


def dataset() -> Any:
    """Give a Dataset."""
    return Items()
