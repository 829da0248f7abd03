"""Data sets by name or by path, and the validation part.

    digits                          bundled, 8x8
    mnist, fashion-mnist, kmnist    fetched and verified, 28x28
    a/folder                        four IDX files with MNIST's names
    pictures, or pictures,labels    an IDX file and its labels
    some.npz                        x, y, and x_test, y_test if it has a test part

>>> digits = load("digits", size=32)
>>> digits.train.pixels.shape, digits.test.pixels.shape
((1438, 1, 32, 32), (359, 1, 32, 32))
"""

from dataclasses import dataclass, replace
from os.path import expanduser
from pathlib import Path

import numpy as np

from simplecell.data.digits import DIGITS, read_digits
from simplecell.data.fetch import PUBLISHED, published_folder
from simplecell.data.folder import read_folder, read_pair
from simplecell.data.normalise import Size, pad
from simplecell.data.npz import read_npz
from simplecell.data.part import Part, split
from simplecell.errors import DataError, UnknownName

__all__ = ["NAMES", "Dataset", "Part", "check_classes", "load", "split"]

NAMES = ("digits", *PUBLISHED)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures to learn from, pictures to be tested on, and what the classes are called.

    `test` is None where the source has none. `notes` says what a person should know. `frame` is
    (height, width) of a picture within the background that `size` added: what `read_picture`
    takes as `inside`.
    """

    name: str
    classes: tuple[str, ...]
    train: Part
    test: Part | None
    notes: tuple[str, ...] = ()
    frame: tuple[int, int] | None = None


def load(
    name: str | Path, *, size: Size | None = None, data_dir: str | Path | None = None
) -> Dataset:
    """Load a data set as uint8; with `size`, padded with background to (height, width).

    `data_dir`, or else SIMPLECELL_DATA, names a folder that holds the published files: mnist/,
    or the four files themselves. It is used instead of the network.

    Raises
        UnknownName   a name that nobody knows and that is no path
        DataError     a file that is not what it says; pictures larger than `size`
        FetchError    files that could not be brought
    """
    try:
        return _load(str(name), size, data_dir)
    except OSError as problem:
        # What no reader expected, such as a folder that may not be entered.
        raise DataError(f"{name} cannot be read: {problem.strerror or problem}.") from None


def _load(name: str, size: Size | None, data_dir: str | Path | None) -> Dataset:
    if name.lower() in NAMES and not Path(name).exists():
        name = name.lower()
    if name == "digits":
        return _dataset(name, *read_digits(size), DIGITS, size)
    if name in PUBLISHED:
        parts = read_folder(published_folder(name, data_dir))
        return _dataset(name, *parts, PUBLISHED[name].classes, size)
    train, test = _read_path(name)
    classes = tuple(str(label) for label in range(int(train.labels.max()) + 1))
    return _dataset(_short_name(name), train, test, classes, size)


def _read_path(name: str) -> tuple[Part, Part | None]:
    path = Path(expanduser(name))
    if path.is_dir():
        return read_folder(path)
    if path.suffix == ".npz" and path.exists():
        return read_npz(path)
    if path.exists():
        return read_pair(path), None
    if "," in name:
        images, labels = (Path(expanduser(part.strip())) for part in name.split(",", 1))
        return read_pair(images, labels), None
    if set(name) & set("/\\.~") or not name:
        raise DataError(
            f"there is no file or folder '{name}'.\n  give an .npz, an IDX file, pictures,labels,"
            f" a folder of IDX files, or a name: {', '.join(NAMES)}."
        )
    raise UnknownName("data set", name, NAMES)


def _short_name(name: str) -> str:
    """Name a data set by its last folder or file: no path of this machine goes into a model."""
    return Path(expanduser(name.split(",")[0])).resolve().name


def _dataset(
    name: str, train: Part, test: Part | None, classes: tuple[str, ...], size: Size | None
) -> Dataset:
    """Put the parts together: check that they match, say what is odd, pad."""
    height, width = train.pixels.shape[2:]
    if test is not None:
        _check_test(train, test, len(classes))
        test = _padded(test, size)
    notes = _notes(train, len(classes))
    return Dataset(name, classes, _padded(train, size), test, notes, (height, width))


def _padded(part: Part, size: Size | None) -> Part:
    return part if size is None else replace(part, pixels=pad(part.pixels, size))


def _notes(train: Part, classes: int) -> tuple[str, ...]:
    absent = np.flatnonzero(np.bincount(train.labels, minlength=classes) == 0).tolist()
    if not absent:
        return ()
    named = ", ".join(map(str, absent[:10])) + (" ..." if absent[10:] else "")
    return (
        f"of the classes 0 to {classes - 1}, {len(absent)} have no training example: {named}.",
    )


def _check_test(train: Part, test: Part, classes: int) -> None:
    if test.pixels.shape[1:] != train.pixels.shape[1:]:
        raise DataError(
            f"{test.source}: test pictures are {_by(test)}, training pictures {_by(train)};"
            " both parts take one shape."
        )
    _check_labels(test, classes, "the training part has", "let it have examples of them")


def _by(part: Part) -> str:
    return "x".join(str(n) for n in part.pixels.shape[1:])


def _check_labels(part: Part, classes: int, who: str, advice: str) -> None:
    outside = np.flatnonzero(part.labels >= classes)
    if len(outside):
        at = int(outside[0])
        raise DataError(
            f"{part.source}: labels[{at}] is {part.labels[at]}, out of range: {who} {classes}"
            f" classes, 0 to {classes - 1}.\n  {len(outside)} of {len(part)} labels are out of"
            f" range: correct them, or {advice}."
        )


def check_classes(data: Dataset, outputs: int, network: str) -> None:
    """Refuse labels that a network has no output for.

    Raises
        DataError   the first such label: its file, its place, what it is
    """
    advice = f"give {network} an output for each of {len(data.classes)} classes"
    for part in (data.train, data.test):
        if part is not None:
            _check_labels(part, outputs, f"{network} tells", advice)
