"""STL-10: 96x96 colour pictures of ten classes, and 100,000 more without labels.

    train_X.bin  test_X.bin  unlabeled_X.bin    the pictures, 27,648 bytes each
    train_y.bin  test_y.bin                     their classes, 1 to 10, a byte each

A picture is its red, its green, its blue; each of them column by column, from the left. The files
come in one archive of 2.6 GB, which is unpacked once, file by file; the pictures without labels
are never all in memory: each is read when it is asked for.

    SIMPLECELL_DATA, --data-dir   a folder with the five files, or with the archive, in it, in
                                  stl10/ or in stl10_binary/; used instead of the network
    SIMPLECELL_CACHE              where the archive is fetched to, and where it is unpacked

Source: Coates, Ng, Lee 2011; https://cs.stanford.edu/~acoates/stl10.   Brief: A
"""

import hashlib
import os
import secrets
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, overload

import numpy as np
from numpy.typing import NDArray

from simplecell.data.fetch import cache_folder, fetch
from simplecell.data.part import Part
from simplecell.errors import DataError, FetchError

NAME = "stl10"
SIDE = 96
PICTURE = 3 * SIDE * SIDE
CLASSES = (*("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"),)
FOLDER = "stl10_binary"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Archive:
    """Where the archive is published, its sha256, and the md5 of each file in it."""

    url: str
    file: str
    sha256: str
    md5: Mapping[str, str]


# The sha256 is TensorFlow Datasets' (url_checksums/stl10.txt), of 2,640,397,119 bytes; the md5 of
# the files are torchvision's (datasets/stl10.py). Both agree with what others print.
STL10 = Archive(
    "http://ai.stanford.edu/~acoates/stl10/",
    "stl10_binary.tar.gz",
    "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866",
    {
        "train_X.bin": "918c2871b30a85fa023e0c44e0bee87f",
        "train_y.bin": "5a34089d4802c674881badbb80307741",
        "test_X.bin": "7f263ba9f9e0b06b93213547f721ac82",
        "test_y.bin": "36f9794fa4beb8a2c72628de14fa638e",
        "unlabeled_X.bin": "5242ba1fed5e4be9e1e742405eb56ca4",
    },
)


class Unlabelled(Sequence[NDArray[np.uint8]]):
    """Pictures in a file, each read as (3, 96, 96) when it is asked for, and not kept."""

    def __init__(self, path: Path, places: range) -> None:
        self.path, self.places = path, places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> NDArray[np.uint8]: ...
    @overload
    def __getitem__(self, at: slice) -> "Unlabelled": ...
    def __getitem__(self, at: int | slice) -> "NDArray[np.uint8] | Unlabelled":
        if isinstance(at, slice):
            return Unlabelled(self.path, self.places[at])
        offset = self.places[at] * PICTURE
        values = np.fromfile(self.path, np.uint8, PICTURE, offset=offset)
        picture: NDArray[np.uint8] = pictures(values, self.path)[0]
        return picture

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[k] for k in range(len(self)))


def read_stl10(data_dir: str | Path | None = None) -> tuple[Part, Part]:
    """Give the training part, 5,000 pictures, and the test part, 8,000.

    Raises
        FetchError   a folder was named and lacks the files; or they could not be fetched
        DataError    a file that is not the published one
    """
    folder = stl10_folder(data_dir)
    train, test = (_part(folder, part) for part in ("train", "test"))
    return train, test


def unlabelled_stl10(data_dir: str | Path | None = None) -> Unlabelled:
    """Give the 100,000 pictures without labels, each to be read when it is asked for.

    Raises
        FetchError, DataError   as `read_stl10`
    """
    path = _verified(stl10_folder(data_dir) / "unlabeled_X.bin")
    return Unlabelled(path, range(path.stat().st_size // PICTURE))


def pictures(values: NDArray[np.uint8], source: object) -> NDArray[np.uint8]:
    """Make pictures of the bytes of a file, which run down the columns.

    Shapes
        values (N * 27648,)      gives (N, 3, 96, 96)

    Raises
        DataError   bytes that make no whole number of pictures
    """
    if values.size == 0 or values.size % PICTURE:
        raise DataError(
            f"{source}: {values.size:,} bytes are no whole number of pictures of {PICTURE:,} bytes"
            " (3 x 96 x 96): is the file truncated?"
        )
    by_column = values.reshape(-1, 3, SIDE, SIDE)
    return np.ascontiguousarray(by_column.transpose(0, 1, 3, 2))


def two_thirds(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make pictures two thirds as large, 96x96 to 64x64: each new pixel is the mean of its area.

        y[2k] = 2/3 x[3k] + 1/3 x[3k+1]        y[2k+1] = 1/3 x[3k+1] + 2/3 x[3k+2]

    Shapes
        pixels (N, C, 3h, 3w)      gives (N, C, 2h, 2w)

    >>> two_thirds(np.array([[[[0, 90, 90]] * 3]], np.uint8))[0, 0]
    array([[30, 90],
           [30, 90]], dtype=uint8)
    """
    reduced = np.empty(
        (*pixels.shape[:2], *(2 * side // 3 for side in pixels.shape[2:])), np.uint8
    )
    for k, picture in enumerate(pixels):
        x = picture.astype(np.float32)
        for axis in (1, 2):
            first, middle, last = (np.take(x, range(n, x.shape[axis], 3), axis) for n in range(3))
            pair = [(2 * first + middle) / 3, (middle + 2 * last) / 3]
            shape = list(x.shape)
            shape[axis] = 2 * shape[axis] // 3
            x = np.stack(pair, axis + 1).reshape(shape)
        reduced[k] = np.rint(x)
    return reduced


def _part(folder: Path, name: str) -> Part:
    shown, told = (_verified(folder / f"{name}_{kind}.bin") for kind in "Xy")
    pixels, labels = pictures(np.fromfile(shown, np.uint8), shown), np.fromfile(told, np.uint8)
    outside = np.flatnonzero((labels < 1) | (labels > len(CLASSES)))
    if len(outside):
        at = int(outside[0])
        raise DataError(f"{told}: label {at} is {labels[at]}; classes are 1 to {len(CLASSES)}.")
    return Part(pixels, labels.astype(np.int64) - 1, str(told))


def stl10_folder(data_dir: str | Path | None = None) -> Path:
    """Give the folder that holds the five files, which may have to be fetched and unpacked.

    Raises
        FetchError   a folder was named and lacks the files; or they could not be fetched
        DataError    an archive in the named folder that is not the published one
    """
    named = data_dir or os.environ.get("SIMPLECELL_DATA")
    unpacked = cache_folder(NAME) / FOLDER
    if named:
        places = _places(Path(os.path.expanduser(named)))
        for place in places:
            if _complete(place):
                return place
        archive = next((p / STL10.file for p in places if (p / STL10.file).is_file()), None)
        if archive is None:
            raise _nowhere(Path(named), places)
        return unpacked if _complete(unpacked) else _unpack(_genuine(archive), unpacked)
    if not _complete(unpacked):
        return _unpack(fetch(NAME, STL10.url, STL10.file, STL10.sha256, [STL10.file]), unpacked)
    return unpacked


def _places(named: Path) -> list[Path]:
    return [named / NAME / FOLDER, named / NAME, named / FOLDER, named]


def _complete(folder: Path) -> bool:
    return all((folder / file).is_file() for file in STL10.md5)


def _nowhere(named: Path, places: Sequence[Path]) -> FetchError:
    return FetchError(
        f"{NAME} was looked for in {', '.join(map(str, places))}; neither {STL10.file} nor its"
        f" five files are there: {', '.join(STL10.md5)}."
        f"\n  --data-dir or SIMPLECELL_DATA names {named}, so nothing is fetched. Put the archive"
        f" there from\n  {STL10.url}{STL10.file} (2.6 GB)\n  or leave the folder out to have it"
        " fetched."
    )


def _genuine(archive: Path) -> Path:
    """Compare an archive that a person put there with the published one."""
    found = _digest(archive, "sha256")
    if found == STL10.sha256:
        return archive
    raise DataError(
        f"{archive} is not the published {NAME} archive."
        f"\n  its sha256    {found}\n  published     {STL10.sha256}\n  copy it again from"
        f" {STL10.url}{STL10.file}."
    )


def _verified(path: Path) -> Path:
    """Compare one of the five files with the published one."""
    found, wanted = _digest(path, "md5"), STL10.md5[path.name]
    if found == wanted:
        return path
    raise DataError(
        f"{path} is not the published {NAME} file."
        f"\n  its md5       {found}\n  published     {wanted}\n  delete it, and it is unpacked"
        f" again from {STL10.file}."
    )


def _digest(path: Path, kind: str) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(
                stream, lambda: hashlib.new(kind, usedforsecurity=False)
            ).hexdigest()
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror}.") from None


def _unpack(archive: Path, folder: Path) -> Path:
    """Write the five files out, each whole or not at all; nothing else of the archive is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive, "r|gz") as stream:
            for member in stream:
                name = PurePosixPath(member.name).name
                content = stream.extractfile(member) if name in STL10.md5 else None
                if content is not None:
                    _write(content, folder / name)
    except (tarfile.TarError, EOFError, zlib.error) as problem:
        raise DataError(f"{archive} is damaged: {problem}. Copy it again.") from None
    except OSError as problem:
        raise FetchError(
            f"{NAME}: {archive} could not be unpacked into {folder}: {problem.strerror}."
            "\n  make room (3.1 GB), or name another folder by SIMPLECELL_CACHE."
        ) from None
    if not _complete(folder):
        missing = [file for file in STL10.md5 if not (folder / file).is_file()]
        raise DataError(f"{archive} does not hold {', '.join(missing)}.")
    return folder


def _write(content: IO[bytes], path: Path) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("wb") as file:
            while chunk := content.read(_CHUNK):
                file.write(chunk)
        os.replace(beside, path)
    finally:
        with suppress(OSError):
            beside.unlink()
