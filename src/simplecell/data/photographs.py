"""Photographs to take patches from: a folder of them, or the two bundled with scikit-learn.

A photograph is read when it is asked for, and not kept: a folder may hold more than fits in
memory.

Source: scikit-learn, `load_sample_images`: a temple and a flower, 427x640.
"""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from simplecell.data.picture import MODES, read_whole
from simplecell.errors import DataError

ENDINGS = frozenset(
    (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)
"""Which files of a folder are taken for photographs."""

BUNDLED = ("china.jpg", "flower.jpg")


class Photographs(Sequence[NDArray[np.uint8]]):
    """Files, each read as (C, H, W) at its own size whenever it is asked for.

    Asking for one that is damaged raises DataError; `take_patches` passes over such.
    """

    def __init__(self, paths: Sequence[Path], channels: int) -> None:
        if channels not in MODES:
            raise DataError(f"{channels} channels were asked for; a picture has 1 (grey) or 3.")
        self.paths, self.channels = tuple(paths), channels

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, at: int) -> NDArray[np.uint8]: ...
    @overload
    def __getitem__(self, at: slice) -> "Photographs": ...
    def __getitem__(self, at: int | slice) -> "NDArray[np.uint8] | Photographs":
        if isinstance(at, slice):
            return Photographs(self.paths[at], self.channels)
        return read_whole(self.paths[at], self.channels)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[k] for k in range(len(self)))


def read_photographs(folder: str | Path, channels: int = 1) -> Photographs:
    """Find the photographs in a folder, by name; those in folders below count too.

    Raises
        DataError   no such folder, or no photograph in it
    """
    where = Path(folder).expanduser()
    if not where.is_dir():
        raise DataError(f"{where} is no folder of photographs: there is no such folder.")
    paths = sorted(path for path in where.rglob("*") if path.suffix.lower() in ENDINGS)
    if not paths:
        kinds = ", ".join(sorted(ENDINGS))
        raise DataError(f"there is no photograph in {where}: no file ends in {kinds}.")
    return Photographs(paths, channels)


def bundled_photographs(channels: int = 1) -> Photographs:
    """Give the two photographs that come with scikit-learn, which is not imported.

    >>> [photograph.shape for photograph in bundled_photographs()]
    [(1, 427, 640), (1, 427, 640)]
    """
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise DataError("the photographs are bundled with scikit-learn: pip install scikit-learn.")
    folder = Path(package.origin).parent / "datasets" / "images"
    missing = [name for name in BUNDLED if not (folder / name).is_file()]
    if missing:
        raise DataError(
            f"scikit-learn's photographs are not in {folder}: {', '.join(missing)} is missing.\n"
            "  install scikit-learn again, or give a folder of photographs."
        )
    return Photographs([folder / name for name in BUNDLED], channels)
