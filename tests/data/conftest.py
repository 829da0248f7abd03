"""Small files to read: IDX bytes, a folder in MNIST's way, and the real MNIST if it is here."""

import gzip
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

SETTINGS = ("SIMPLECELL_DATA", "SIMPLECELL_CACHE", "SIMPLECELL_MIRROR")
NAMED = os.environ.get("SIMPLECELL_DATA")


def _idx(values: NDArray[np.uint8]) -> bytes:
    sizes = b"".join(n.to_bytes(4, "big") for n in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes()


@pytest.fixture
def idx_bytes() -> Callable[[NDArray[np.uint8]], bytes]:
    return _idx


@pytest.fixture
def pictures() -> Callable[..., NDArray[np.uint8]]:
    """Make n pictures, no two lines of them alike."""

    def make(n: int, height: int = 5, width: int = 4) -> NDArray[np.uint8]:
        count = math.prod((n, height, width))
        return (np.arange(count) % 251).astype(np.uint8).reshape(n, height, width)

    return make


@pytest.fixture
def x() -> NDArray[np.uint8]:
    """Forty pictures of 28x28, light strokes on black, no two alike and none its own transpose."""
    drawn = np.zeros((40, 28, 28), np.uint8)
    for k, picture in enumerate(drawn):
        picture[3 + k % 9 : 6 + k % 9, 4:24] = 255
        picture[5:25, 6 + k // 9 : 8 + k // 9] = 200
        picture[20, 20] = k + 1
    return drawn


@pytest.fixture
def y() -> NDArray[np.int64]:
    """Their labels, 0 to 9, the first a 5."""
    return (np.arange(40) * 3 + 5) % 10


@pytest.fixture
def four_files(tmp_path: Path, pictures: Callable[..., NDArray[np.uint8]]) -> Path:
    """A folder of 12 training and 6 test pictures, 5x4, of three classes."""
    folder = tmp_path / "shapes"
    folder.mkdir()
    for part, n in (("train", 12), ("t10k", 6)):
        labels = (np.arange(n) % 3).astype(np.uint8)
        for stem, values in (("images-idx3", pictures(n)), ("labels-idx1", labels)):
            packed = gzip.compress(_idx(values), mtime=0)
            (folder / f"{part}-{stem}-ubyte.gz").write_bytes(packed)
    return folder


@pytest.fixture
def data_dir() -> Path:
    """The folder around the real mnist/, where the person who runs the tests named one."""
    if not NAMED or not (Path(NAMED) / "mnist").is_dir():
        pytest.skip("the real MNIST is not here: SIMPLECELL_DATA names no folder with mnist/")
    return Path(NAMED)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test says for itself where data are."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
