"""Files packed by gzip, bzip2 or xz, read as if they were not: by how they begin.

No more is unpacked than MOST_BYTES, and from UNASKED bytes on no more than TIGHTEST of each packed
one: a few kilobytes can be made to unpack to terabytes.
"""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from simplecell.errors import DataError

MOST_BYTES = 1 << 34
"""16 GiB: more than any set of small pictures takes."""
UNASKED, TIGHTEST = 1 << 29, 100
"""Up to so many bytes, 512 MiB, a file may be packed as well as it can be; a larger one, so many
bytes into one: pictures come to ten, all of one shade to a thousand."""

PACKERS: dict[bytes, Callable[[Path], IO[bytes]]] = {
    b"\x1f\x8b": lambda path: cast(IO[bytes], gzip.GzipFile(path)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
"""How packed files begin, and what reads them."""

BROKEN = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, OSError)
"""What the readers raise of damaged files."""


def most_bytes(packed: int) -> int:
    """Say how many bytes so many packed ones may unpack to."""
    return min(MOST_BYTES, max(UNASKED, TIGHTEST * packed))


def unpacked(path: Path) -> IO[bytes]:
    """Open a file, packed or not, as the bytes in it.

    Raises
        DataError   it cannot be opened; while reading: damaged, or longer than `most_bytes`
    """
    try:
        with path.open("rb") as file:
            start = file.read(6)
            size = file.seek(0, io.SEEK_END)
        opener = next((kind for magic, kind in PACKERS.items() if start.startswith(magic)), None)
        if opener is None:
            return path.open("rb")
        stream = opener(path)
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    return io.BufferedReader(_Limited(stream, path, size), 1 << 20)


class _Limited(io.RawIOBase):
    """Bytes that stop at a limit, and say so; damage is said in words."""

    def __init__(self, stream: IO[bytes], path: Path, size: int) -> None:
        self.stream, self.path, self.size = stream, path, size
        self.left = most_bytes(size)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read some bytes.

        Raises
            DataError   damaged, or too long
        """
        try:
            chunk = self.stream.read(len(buffer))
        except BROKEN as problem:
            raise DataError(
                f"{self.path}: its packed data are damaged, or end too early: {problem}.\n  fetch"
                " or copy it again."
            ) from None
        self.left -= len(chunk)
        if self.left < 0:
            raise DataError(
                f"{self.path} unpacks to more than {most_bytes(self.size):,} bytes, and is not"
                f" read; it is packed in {self.size:,}, and from {UNASKED:,} on at most {TIGHTEST}"
                " of each packed byte are read.\n  unpack it first."
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Close the file, too."""
        self.stream.close()
        super().close()
