"""Pictures of one's own as a training and a test part: a folder of class folders, or a CSV."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simplecell.data.address import Asked
from simplecell.data.formats import album_of, path_of
from simplecell.data.imagefolder import ImageFolder
from simplecell.data.normalise import Size, pair
from simplecell.data.part import Part, split
from simplecell.data.picture import fit, strict
from simplecell.data.thumbnails import read_thumbnails
from simplecell.data.tree import Skipped
from simplecell.errors import DataError

SIZE = 32
"""What pictures of one's own are brought to, unless a size is asked for: LeNet-5's."""

TEST_SHARE, TEST_SEED = 0.2, 1998
"""Where no split is given: always the same fifth of every class is the test part."""

PROBED, PROBE_SIDE, GREY_LIKE = 100, 16, 8.0
"""Where red, green and blue of PROBED pictures, made small, differ by less than GREY_LIKE of 255
in the mean, the pictures are taken to be grey."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Two parts, the classes' names, the files that were left out, and what one should know."""

    train: Part
    test: Part | None
    classes: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]


def are_coloured(name: str | Path) -> bool:
    """Say whether pictures by class have colour, by a hundred of them.

    Raises
        DataError   no class folders, one class alone
    """
    album = album_of(name)
    few = np.unique(np.linspace(0, len(album.paths) - 1, PROBED).astype(int))
    apart = []
    for at in few:
        with suppress(DataError), strict():
            pixels = fit(album.open(int(at)), (3, PROBE_SIDE, PROBE_SIDE))
            apart.append(float(np.ptp(pixels.astype(np.int16), axis=0).mean()))
    return bool(apart) and float(np.mean(apart)) >= GREY_LIKE


def read_pictures(
    name: str | Path,
    size: Size | None,
    channels: int | None,
    asked: Asked | None = None,
    crop: bool = False,
) -> Pictures:
    """Read pictures by class, each at one size, grey (1) unless three channels are asked for.

    With `crop`, each is brought to its object, where it has one.

    Raises
        DataError   no class folders, one class alone, no picture that can be read
    """
    album, path = album_of(name, asked), path_of(name)
    found = read_thumbnails(album, (channels or 1, *pair(size or SIZE)), crop)
    rows = np.flatnonzero(found.sound)
    skipped = (*album.skipped, *found.skipped)
    present = np.bincount(album.labels[rows], minlength=len(album.classes)) > 0
    if present.sum() < 2:
        first = f": {skipped[0].path}, {skipped[0].reason}" if skipped else ""
        raise DataError(
            f"{path}: of {len(album.paths)} pictures {len(rows)} can be read, of"
            f" {int(present.sum())} classes; two classes or more are needed.\n"
            f"  {_left_out(len(skipped))}{first}."
        )
    # A class of which no picture can be read is left out, so that no output waits for it.
    numbers = np.cumsum(present) - 1
    files = tuple(album.paths[row] for row in rows.tolist())
    whole = Part(found.pixels[rows], numbers[album.labels[rows]], str(path), files)
    classes = tuple(n for n, there in zip(album.classes, present, strict=True) if there)
    train, test = _parts(whole, None if album.tests is None else album.tests[rows])
    notes = _notes(album, found.notes, len(skipped), present, test)
    return Pictures(train, test, classes, skipped, notes)


def _left_out(files: int) -> str:
    return "1 file was left out" if files == 1 else f"{files:,} files were left out"


def _parts(whole: Part, tests: NDArray[np.bool_] | None) -> tuple[Part, Part | None]:
    if tests is not None:
        test = whole.rows(np.flatnonzero(tests))
        return whole.rows(np.flatnonzero(~tests)), test if len(test) else None
    most = len(whole) - len(np.unique(whole.labels))
    train, test = split(whole, min(round(TEST_SHARE * len(whole)), most), TEST_SEED)
    return train, test if len(test) else None


def _notes(
    album: ImageFolder,
    decoded: tuple[str, ...],
    skipped: int,
    present: NDArray[np.bool_],
    test: Part | None,
) -> tuple[str, ...]:
    notes = [*album.notes]
    gone = [n for n, there in zip(album.classes, present, strict=True) if not there]
    if gone:
        notes.append(f"no picture of {', '.join(gone[:5])} can be read: the class is left out.")
    notes += decoded
    if skipped:
        notes.append(f"{_left_out(skipped)}.")
    if test is None:
        notes.append("there are too few pictures to put some aside for a test.")
    return tuple(notes)
