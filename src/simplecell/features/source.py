"""Where unlabelled pictures come from: photographs, a folder of them, or a data set's pictures.

    photographs      the two that scikit-learn bundles
    IMAGES.mat       UFLDL's pictures, or any MATLAB file of them without labels
    a/folder         of photographs; those that are damaged are passed over, and named
    digits, mnist …  a data set by name or path: its training pictures, without their labels

>>> taken = take("digits", 100)
>>> taken.pixels.shape, taken.whole
((100, 1, 8, 8), True)
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import check_seed, shuffle
from simplecell.data.folder import STEMS
from simplecell.data.matlab import holds_labels, read_unlabelled
from simplecell.data.patches import take_patches
from simplecell.data.photographs import Photographs, bundled_photographs, read_photographs
from simplecell.data.sources import load
from simplecell.errors import DataError

PHOTOGRAPHS = "photographs"
SIDE = 8
"""A patch of a photograph, unless another size is asked for: the tutorial's."""

_CHOICE = 4


@dataclass(frozen=True, eq=False)
class Taken:
    """Pictures to learn from, their source's name, and what a person should know of them.

    `whole` says that they are whole pictures of a data set, not patches cut out of larger ones.
    `skipped` counts those that were passed over because nothing varies in them.

    Shapes
        pixels (N, C, h, w)
    """

    name: str
    pixels: NDArray[Any]
    whole: bool
    skipped: int
    notes: tuple[str, ...] = ()


def take(
    source: str,
    count: int,
    *,
    size: int | tuple[int, int] | None = None,
    channels: int = 1,
    seed: int = 0,
    data_dir: str | Path | None = None,
) -> Taken:
    """Take `count` pictures of a source, or patches of `size` out of its pictures.

    Photographs always give patches. A data set gives whole pictures, so many that the seed
    draws, or all of them if it has no more; patches of them if a size is asked for.

    Raises
        UnknownName   a name that nobody knows and that is no path
        DataError     nothing usable: broken, constant, smaller than a patch, NaN
        FetchError    files that could not be brought
    """
    if count < 1:
        raise DataError(f"{count} pictures were asked for; give 1 or more.")
    photographs = photographs_of(source, channels)
    no_notes: tuple[str, ...] = ()
    unlabelled = _unlabelled(source) if photographs is None else None
    pictures: Any = photographs
    if photographs is not None or unlabelled is not None:
        pictures = photographs if unlabelled is None else unlabelled
        name, notes = _name(source), no_notes
    else:
        data = load(source, data_dir=data_dir)
        pictures, name, notes = data.train.pixels, data.name, data.notes
    if photographs is None and unlabelled is None and size is None:
        return _whole(name, pictures, count, check_seed(seed), notes)
    cut = take_patches(pictures, count, SIDE if size is None else size, seed)
    return Taken(name, cut.pixels, False, cut.skipped, (*notes, *cut.notes))


def is_photographs(source: str) -> bool:
    """Say whether a source is photographs, and not a data set."""
    path = Path(source).expanduser()
    if path.is_dir():
        return not any(_holds(path, stem) for stem in STEMS)
    return source == PHOTOGRAPHS and not path.exists()


def photographs_of(source: str, channels: int) -> Photographs | None:
    """Give the photographs of a source, or None if it is a data set."""
    if not is_photographs(source):
        return None
    path = Path(source).expanduser()
    return read_photographs(path, channels) if path.is_dir() else bundled_photographs(channels)


def _unlabelled(source: str) -> list[NDArray[Any]] | None:
    """Give the pictures of a MATLAB file that has no labels, as UFLDL's IMAGES."""
    path = Path(source).expanduser()
    if path.suffix != ".mat" or not path.is_file() or holds_labels(path):
        return None
    return read_unlabelled(path)


def _holds(folder: Path, stem: str) -> bool:
    """Say whether one of MNIST's files is in a folder, by either of its spellings."""
    return any(any(folder.glob(f"{name}*")) for name in (stem, stem.replace("-idx", ".idx")))


def _name(source: str) -> str:
    """Name a folder by its last part: no path of this machine goes into a file."""
    path = Path(source).expanduser()
    return path.resolve().name if path.exists() else source


def _whole(
    name: str, pictures: NDArray[np.uint8], count: int, seed: int, notes: tuple[str, ...]
) -> Taken:
    cells = pictures.reshape(len(pictures), -1)
    varied = np.flatnonzero((cells != cells[:, :1]).any(axis=1))
    skipped = len(pictures) - len(varied)
    if len(varied) == 0:
        raise DataError(
            f"{name}: nothing varies in any of its {len(pictures)} pictures; there is nothing to"
            " learn from."
        )
    some = varied[np.sort(shuffle(len(varied), _CHOICE, seed)[:count])]
    if skipped:
        notes = (*notes, f"{skipped} pictures in which nothing varies are passed over.")
    if len(some) < count:
        notes = (*notes, f"{name} has {len(some):,} such pictures: all are taken.")
    return Taken(name, pictures[some], True, skipped, notes)
