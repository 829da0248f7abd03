"""IDX files, the format of MNIST: a short header, then bytes.

    byte 0, 1   zero
    byte 2      type of the values: 8 is the unsigned byte
    byte 3      rank, the number of axes
    then        the size of each axis, 4 bytes, highest first
    then        the values, the last axis fastest

A file may be packed with gzip; its first two bytes say so, whatever its name.

Source: the file format note of LeCun, Cortes, Burges, The MNIST database.
"""

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simplecell.data.packed import TIGHTEST, UNASKED
from simplecell.errors import DataError

TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
"""The type of the values, by its code: of several bytes, the highest stands first."""
MOST_AXES = 8
GZIP_MAGIC = b"\x1f\x8b"
GZIP_LIMIT = 1032
"""Deflate packs at most 1032 bytes into one.   Source: zlib's technical details."""
MAPPED = 1 << 24
"""From so many bytes on, 16 MiB, an array that lies in a file as it is is mapped and not read."""
_CHUNK = 1 << 20


class Head(NamedTuple):
    """What the header of an IDX file promises."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def idx_head(path: Path) -> Head | None:
    """Read the header of an IDX file, packed or not; None if it is no such file."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP_MAGIC
            file.seek(0)
            if not packed:
                return _header(file, str(path))
            with gzip.GzipFile(fileobj=file) as stream:
                return _header(stream, str(path))
    except (OSError, EOFError, zlib.error, DataError):
        return None


def read_idx(path: str | Path) -> NDArray[Any]:
    """Read an IDX file, packed or not, of any type and any rank up to 8.

    One that is not packed and has MAPPED bytes or more is mapped: what is not looked at takes no
    memory, and what is written into the array never reaches the file.

    Raises
        DataError   missing, not IDX, an unknown type, too short, too long, or damaged; the
                    message names the file, the byte, what was found there, and what to do
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP_MAGIC
            file.seek(0)
            size = os.fstat(file.fileno()).st_size
            if not packed:
                return _read(file, path, size, size)
            with gzip.GzipFile(fileobj=file) as stream:
                return _read(stream, path, size, None)
    except EOFError:
        raise DataError(
            f"{path}, byte {size}: the file is truncated: its gzip data go on after its end."
            "\n  fetch or copy it again."
        ) from None
    except (zlib.error, gzip.BadGzipFile) as problem:
        raise DataError(
            f"{path}: its gzip data are damaged: {problem}.\n  fetch or copy it again."
        ) from None
    except MemoryError:
        raise DataError(f"{path}: its header asks for more memory than there is.") from None
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None


def _read(
    stream: IO[bytes] | gzip.GzipFile, path: Path, size: int, whole: int | None
) -> NDArray[Any]:
    at = f"{path}, byte" if whole is not None else f"{path}, unpacked byte"
    shape, dtype = _header(stream, at)
    start, count = 4 + 4 * len(shape), math.prod(shape) * dtype.itemsize
    most = GZIP_LIMIT * size if whole is None else whole - start
    if count > most:
        # Checked before anything is allocated: a damaged header may ask for terabytes.
        raise DataError(_short(at, shape, start, most // dtype.itemsize, packed=whole is None))
    if whole is None and count > UNASKED and count > TIGHTEST * size:
        raise DataError(
            f"{at} 4: the header promises {count:,} values from {size:,} packed bytes; from"
            f" {UNASKED:,} on, at most {TIGHTEST} of each packed byte are read."
            "\n  unpack it first: gunzip."
        )
    if whole == start + count and count >= MAPPED:
        return np.memmap(path, dtype, "c", start, shape)
    values = np.empty(count, np.uint8)
    done = 0
    while done < count:
        chunk = stream.read(min(_CHUNK, count - done))
        if not chunk:
            raise DataError(_short(at, shape, start, done // dtype.itemsize))
        values[done : done + len(chunk)] = np.frombuffer(chunk, np.uint8)
        done += len(chunk)
    # Reading on also makes gzip compare its checksum.
    if stream.read(1):
        raise DataError(
            f"{at} {start + count}: data follow where the file should end."
            f"\n  its header promises {_by(shape)} values after {start} bytes:"
            " another file's header, or two files run together? fetch it again."
        )
    return values.view(dtype).reshape(shape)


def _short(
    at: str, shape: tuple[int, ...], start: int, found: int, *, packed: bool = False
) -> str:
    most = "at most " if packed else ""
    return (
        f"{at} 4: the header promises {_by(shape)} = {math.prod(shape)} values,"
        f" and {most}{found} follow byte {start}: the file is truncated, or its header damaged."
        "\n  fetch or copy it again."
    )


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape)


def _header(stream: IO[bytes] | gzip.GzipFile, at: str) -> Head:
    magic = stream.read(4)
    if len(magic) < 4:
        raise DataError(
            f"{at} {len(magic)}: the file ends inside the header of an IDX file."
            "\n  fetch or copy it again."
        )
    if magic[:2] != b"\0\0" or magic[2] not in TYPES:
        raise DataError(
            f"{at} 0: wrong magic number: found {magic.hex(' ')}; an IDX file of pictures begins"
            " 00 00 08 03, of labels 00 00 08 01.\n  data sets are read from IDX files, .npz"
            " archives and folders."
        )
    rank = magic[3]
    if not 1 <= rank <= MOST_AXES:
        raise DataError(f"{at} 3: the rank is {rank}; it takes 1 to {MOST_AXES} axes.")
    sizes = stream.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise DataError(
            f"{at} {4 + len(sizes)}: the file ends inside its header of {4 + 4 * rank}"
            " bytes: it is truncated.\n  fetch or copy it again."
        )
    shape = tuple(int.from_bytes(sizes[4 * k : 4 * k + 4], "big") for k in range(rank))
    if 0 in shape:
        raise DataError(
            f"{at} {4 + 4 * shape.index(0)}: an axis of {_by(shape)} is 0: the file is empty."
        )
    return Head(shape, TYPES[magic[2]])
