"""Data sets by name or by path, and the validation part.

    digits                          bundled, 8x8
    mnist, fashion-mnist, kmnist    fetched and verified, 28x28
    mnist-rows, digits-rows         windows of rows of those digits, 32x32, and a class "none"
    stl10                           fetched (2.6 GB), verified and unpacked, 96x96 in colour
    a/folder                        four IDX files with MNIST's names; or pictures, in a folder
                                    for each class
    some.csv                        a list of pictures: path,label or path,label,split
    pictures, or pictures,labels    an IDX file and its labels
    some.npz                        x, y, and x_test, y_test if it has a test part
    some.pack                       pictures decoded once by `simplecell pack`, mapped

>>> digits = load("digits", size=32)
>>> digits.train.pixels.shape, digits.test.pixels.shape
((2438, 1, 32, 32), (359, 1, 32, 32))
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from simplecell.data.address import NOTHING, Asked, parse
from simplecell.data.arrays import Opened
from simplecell.data.digits import DIGITS, DRAWN, read_digits, read_taught
from simplecell.data.fetch import PUBLISHED, published_folder
from simplecell.data.folder import read_folder
from simplecell.data.formats import is_pictures, open_arrays, open_two, path_of
from simplecell.data.levels import Values
from simplecell.data.normalise import Size, pad, pair
from simplecell.data.objects import is_held, open_held
from simplecell.data.pack import is_pack, open_pack
from simplecell.data.part import Part, split
from simplecell.data.pen import FRAME
from simplecell.data.picture import FITTED
from simplecell.data.pictures import read_pictures
from simplecell.data.rows import NONE, windows
from simplecell.data.stl10 import CLASSES as STL10_CLASSES
from simplecell.data.stl10 import NAME as STL10
from simplecell.data.stl10 import read_stl10
from simplecell.data.tree import Skipped
from simplecell.errors import DataError, UnknownName
from simplecell.repr import within

__all__ = ["NAMES", "Dataset", "Part", "check_classes", "load", "split"]

ROWS = {"mnist-rows": "mnist", "digits-rows": "digits"}
"""Rows of digits, by the digits they are written with."""

NAMES = ("digits", *PUBLISHED, STL10, *ROWS)


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Pictures to learn from, pictures to be tested on, and what the classes are called.

    >>> import simplecell as sc
    >>> digits = sc.load("digits", size=32)
    >>> len(digits.train), len(digits.test), digits.classes[:3]
    (2438, 359, ('0', '1', '2'))

    `test` is None where the source has none. `notes` says what a person should know. `frame` is
    (height, width) of a picture within the background that `size` added: what `read_picture`
    takes as `inside`. `reading` says how a stranger's picture is brought to a network that has
    learnt these (`picture.READINGS`). `skipped` lists the files that were left out, and why.
    """

    name: str
    classes: tuple[str, ...]
    train: Part
    test: Part | None
    notes: tuple[str, ...] = ()
    frame: tuple[int, int] | None = None
    reading: str = "plain"
    skipped: tuple[Skipped, ...] = ()

    def __repr__(self) -> str:
        """Say how many pictures there are, of which classes, and what is to be known."""
        some = ", ".join(self.classes[:8]) + (", ..." if self.classes[8:] else "")
        test = "none" if self.test is None else f"{len(self.test):,} pictures"
        lines = [
            f"Dataset {self.name}: {len(self.classes)} classes ({shorten(some, 70)})",
            f"  train: {len(self.train):,} pictures, {_by(self.train)}",
            f"  test: {test}",
        ]
        lines += [f"  note: {shorten(note, 88)}" for note in self.notes[:3]]
        if self.skipped:
            lines.append(f"  {len(self.skipped):,} files were left out: see .skipped")
        return within("\n".join(lines))


def load(
    name: Any,
    *,
    size: Size | None = None,
    data_dir: str | Path | None = None,
    channels: int | None = None,
    split: str | None = None,
    values: Values | None = None,
    root: str | Path | None = None,
    crop: bool = False,
) -> Dataset:
    """Load a data set as uint8; with `size`, padded with background to (height, width).

    >>> import simplecell as sc
    >>> sc.load("digits", size=32).train.pixels.shape
    (2438, 1, 32, 32)

    It is given by its name or path; or it is what a program holds already: a Bunch of
    scikit-learn, arrays (pictures, labels), a Dataset of PyTorch.

    Pictures of one's own, in class folders or listed in a CSV, are scaled to `size` instead, or
    to 32x32; they are grey, or in colour with `channels` 3.

    `split` chooses among several data sets in one place, as EMNIST's "letters". `values` says
    which numbers are black and white, as (-1, 1). `root` is the folder from which the paths in a
    list of pictures count. `crop` brings each picture of one's own to its one object, where it
    has one on a calm ground: `data/crop.py`.

    `data_dir`, or else SIMPLECELL_DATA, names a folder that holds the published files: mnist/,
    or the files themselves. It is used instead of the network.

    Raises
        UnknownName   a name that nobody knows and that is no path
        DataError     a file that is not what it says; pictures larger than `size`
        FetchError    files that could not be brought
    """
    try:
        if is_held(name):
            opened = open_held(name, values)
            data = _dataset("arrays", opened.train, opened.test, opened.classes, size)
            return replace(data, notes=(*opened.notes, *data.notes))
        name, told = parse(str(name))
        asked = Asked(split or told.split, values or told.values, str(root) if root else told.root)
        data = _load(name, size, data_dir, channels, asked, crop)
        if data.name in NAMES and data.reading not in FITTED and is_pictures(name):
            data = replace(data, notes=(_namesake(data.name), *data.notes))
        return data
    except OSError as problem:
        # What no reader expected, such as a folder that may not be entered.
        raise DataError(f"{name} cannot be read: {problem.strerror or problem}.") from None


def _load(
    name: str,
    size: Size | None,
    data_dir: str | Path | None,
    channels: int | None = None,
    asked: Asked = NOTHING,
    crop: bool = False,
) -> Dataset:
    if not name.strip():
        # An empty path would be the folder one stands in.
        raise UnknownName("data set", name, NAMES)
    if name.lower() in NAMES and not Path(name).exists():
        name = name.lower()
    if name == "digits":
        return _digits(_dataset(name, *read_taught(size), DIGITS, size))
    if name in ROWS:
        return _rows(name, _hands(ROWS[name], data_dir), size)
    if name == STL10:
        return _dataset(name, *read_stl10(data_dir), STL10_CLASSES, size)
    if name in PUBLISHED:
        opened = read_folder(published_folder(name, data_dir))
        data = _dataset(name, opened.train, opened.test, PUBLISHED[name].classes, size)
        return replace(data, reading="ink") if name == "mnist" else data
    if is_pack(path_of(name)):
        return _packed(path_of(name), size, channels)
    if is_pictures(name):
        own = read_pictures(name, size, channels, asked, crop)
        data = _dataset(_short_name(name), own.train, own.test, own.classes, None)
        notes = (*own.notes, *data.notes)
        reading = "cropped" if crop else "fitted"
        return replace(data, notes=notes, reading=reading, skipped=own.skipped)
    if crop:
        raise DataError(
            f"{name} has arrays, and only pictures in files are cropped to their object.\n"
            "  give the pictures themselves, in class folders or in a list."
        )
    opened = _read_path(name, asked)
    data = _dataset(_short_name(name), opened.train, opened.test, opened.classes, size)
    return replace(data, notes=(*opened.notes, *data.notes))


def _packed(path: Path, size: Size | None, channels: int | None) -> Dataset:
    """Map a pack; its pictures are of the size that they were packed at."""
    pack = open_pack(path)
    shape = pack.pixels.shape[1:]
    wanted = (channels or shape[0], *(shape[1:] if size is None else pair(size)))
    if wanted != shape:
        there, asked = ("x".join(map(str, s)) for s in (shape, wanted))
        raise DataError(
            f"{path} has pictures of {there}, and {asked} were asked for.\n"
            f"  pack them again: simplecell pack SOURCE OUT --size {wanted[1]}"
            f"{' --colour' * (wanted[0] == 3)}; or choose a network that reads {there}."
        )
    train, test = pack.parts()
    classes = tuple(str(name) for name in pack.index["classes"])
    left = pack.index["skipped"]
    notes = (f"{left:,} files were left out when it was packed.",) if left else ()
    return Dataset(_short_name(str(path)), classes, train, test, notes, shape[1:], "fitted")


def _digits(data: Dataset) -> Dataset:
    """Say how a stranger's digit is brought in, and what is learnt beside the digits."""
    if data.frame != (FRAME, FRAME):
        return data
    note = (
        f"{DRAWN:,} of the digits to learn from are drawn with a pen, and some others bent, so"
        " that print is read too; of a stranger's handwriting, two digits in ten are misread:"
        " learn mnist for that."
    )
    return replace(data, reading="ink", notes=(note, *data.notes))


def _hands(name: str, data_dir: str | Path | None) -> Dataset:
    """Load digits that people wrote, and no others."""
    if name == "digits":
        return _dataset(name, *read_digits(FRAME), DIGITS, None)
    return _load(name, FRAME, data_dir)


def _namesake(name: str) -> str:
    return f"{name} is the data set of that name; the folder of pictures here is ./{name}."


def _rows(name: str, digits: Dataset, size: Size | None) -> Dataset:
    """Cut windows from rows written with digits: those of the test part with test digits."""
    none = len(digits.classes)
    train = windows(digits.train, none, len(digits.train))
    test = None if digits.test is None else windows(digits.test, none, len(digits.test) // 5)
    return _dataset(name, train, test, (*digits.classes, NONE), size)


def _read_path(name: str, asked: Asked) -> Opened:
    path = path_of(name)
    if path.exists():
        return open_arrays(path, asked)
    if "," in name:
        images, labels = (path_of(part.strip()) for part in name.split(",", 1))
        return open_two(images, labels, asked)
    if set(name) & set("/\\.~") or not name:
        raise DataError(
            f"there is no file or folder '{name}'.\n  give an .npz, an IDX file, pictures,labels,"
            f" a folder of IDX files or of class folders, or a name: {', '.join(NAMES)}."
        )
    raise UnknownName("data set, file or folder", name, NAMES)


def _short_name(name: str) -> str:
    """Name a data set by its last folder or file: no path of this machine goes into a model."""
    return path_of(name.split(",")[0]).resolve().name


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


def padded(data: Dataset, size: Size) -> Dataset:
    """Put background around the pictures of a data set.

    Raises
        DataError   pictures larger than `size`
    """
    test = None if data.test is None else _padded(data.test, size)
    return replace(data, train=_padded(data.train, size), test=test)


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


def by_names(data: Dataset, classes: Sequence[str]) -> Dataset:
    """Give a data set whose classes are numbered as a model's are, by their names.

    Classes that are numbers from 0 are the model's by their places, whatever it calls them.

    Raises
        DataError   a class that the model has not
    """
    known = tuple(classes)
    counted = data.classes == tuple(map(str, range(len(data.classes))))
    if data.classes == known[: len(data.classes)] or (counted and data.reading not in FITTED):
        return data
    strange = [name for name in data.classes if name not in known]
    numbers = known == tuple(map(str, range(len(known))))
    if not strange:
        places = [known.index(name) for name in data.classes]
    elif numbers and all(name.isdigit() for name in data.classes) and data.reading not in FITTED:
        places = [int(name) for name in data.classes]  # which `check_classes` looks at
    else:
        missing = [name for name in classes if name not in data.classes]
        raise DataError(
            f"{data.name} has the classes {_named(data.classes)}; the model knows"
            f" {_named(classes)}.\n  not in the model: {_named(strange)}; not in the pictures:"
            f" {_named(missing)}.\n  give the same class folders as it was trained with."
        )
    to = np.array(places, np.int64)
    test = None if data.test is None else replace(data.test, labels=to[data.test.labels])
    train = replace(data.train, labels=to[data.train.labels])
    return replace(data, train=train, test=test, classes=known)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (" …" if names[8:] else "") if names else "none"
