"""Files that are not read, known by how they begin: why not, and where the same data are safe.

A pickle is a program. Whoever opens one runs what its author wrote into it.
"""

import os
import zipfile
from contextlib import suppress
from pathlib import Path

from simplecell.data.packed import unpacked
from simplecell.data.tree import begins_as_picture
from simplecell.errors import DataError

PICKLES = tuple(bytes((0x80, version)) for version in range(2, 6))
OLD_PICKLES = (b"(dp", b"(lp", b"ccopy_reg", b"cnumpy")

CIFAR = "www.cs.toronto.edu/~kriz/cifar.html"
SAFE = {
    "cifar-100": f"the binary version, cifar-100-binary.tar.gz, of {CIFAR}",
    "cifar": f"the binary version, cifar-10-binary.tar.gz, of {CIFAR}",
    "mnist": "`mnist`, which simplecell fetches and verifies",
}
"""Where well-known data that go round as pickles are to be had without."""

OTHERS = {
    b"\x89HDF\r\n\x1a\n": ("HDF5", "save its arrays as .npz: np.savez(path, x=…, y=…)"),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", "unpack it, and give the folder"),
    b"Rar!\x1a\x07": ("a RAR archive", "unpack it, and give the folder"),
    b"%PDF": ("a PDF", "save the pictures in it as PNG, in a folder for each class"),
    b"SQLite format 3": ("a database", "save its pictures into a folder for each class"),
    b"\xd0\xcf\x11\xe0": ("an office document", "save the table in it as CSV in UTF-8"),
    b"\x1aE\xdf\xa3": ("a film", "save its frames as pictures"),
}
"""How files of other kinds begin, what they are, and what to do."""

MOST_FILES = 64


def refuse_foreign(path: Path) -> None:
    """Refuse a file of a kind that is not read; say nothing of others.

    Raises
        DataError   a pickle, PyTorch's file, HDF5, an archive of another kind, a single picture
    """
    start = _start(path)
    packed = b""
    with suppress(DataError, OSError), unpacked(path) as file:
        packed = file.read(16)
    if is_pickle(start) or is_pickle(packed):
        raise DataError(pickle_words(path))
    if start.startswith(b"PK"):
        _refuse_zip(path)
    for magic, (kind, advice) in OTHERS.items():
        if start.startswith(magic):
            raise DataError(f"{path} is {kind}, which is not read.\n  {advice}.")
    if begins_as_picture(start) and not start.startswith(b"P"):
        raise DataError(
            f"{path} is one picture; a data set has many, of two classes or more.\n  give the"
            " folder in which the class folders lie."
        )


def is_pickle(start: bytes) -> bool:
    """Tell by its first bytes whether a file is a pickle."""
    return start.startswith(PICKLES) or start.startswith(OLD_PICKLES)


def pickles_in(folder: Path) -> list[Path]:
    """Give the pickles of a folder, if it has few files."""
    files = [Path(entry.path) for entry in os.scandir(folder) if entry.is_file()]
    if len(files) > MOST_FILES:
        return []
    return [path for path in sorted(files) if is_pickle(_start(path))]


def pickle_words(path: Path) -> str:
    """Say why a pickle is not opened, and what to do."""
    whole = str(path.resolve()).lower()
    known = next((safe for name, safe in SAFE.items() if name in whole), None)
    advice = f"take {known}" if known else "save the arrays as .npz: np.savez(path, x=…, y=…)"
    return (
        f"{path} is a pickle: opening it would run whatever its author wrote into it, and it is"
        f" not unpickled.\n  {advice}."
    )


def _refuse_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, RuntimeError) as problem:
        raise DataError(
            f"{path} is a damaged archive: {problem}.\n  fetch or copy it again."
        ) from None
    if any(name.endswith("data.pkl") for name in names):
        raise DataError(pickle_words(path).replace("is a pickle", "is PyTorch's file, a pickle"))
    if "[Content_Types].xml" in names:
        raise DataError(
            f"{path} is an office document, which is not read.\n  save the table in it as CSV in"
            " UTF-8."
        )


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
