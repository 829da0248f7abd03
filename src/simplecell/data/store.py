"""Files within a file: what zip and tar archives hold, read one by one and never unpacked to disk.

Names are taken as they are and lead nowhere: nothing is written. A tar that is packed as a whole
is unpacked once, into a nameless file that goes with the program.
"""

import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import IO, Protocol
from weakref import finalize

from simplecell.data.packed import MOST_BYTES, unpacked
from simplecell.data.tree import shown
from simplecell.errors import DataError

MOST_MEMBERS = 4_000_000
LARGEST = 1 << 28
"""A picture's file has at most so many bytes, 256 MiB."""

_BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, KeyError, zlib.error, zipfile.BadZipFile,
    tarfile.TarError,
)  # fmt: skip


class Store(Protocol):
    """Where pictures are read from that are no files of the disk."""

    def names(self) -> list[str]:
        """Give the names of the files in it."""
        ...

    def read(self, name: str) -> bytes:
        """Give a file's bytes; threads may ask at the same time."""
        ...

    def start(self, name: str) -> bytes:
        """Give a file's first bytes."""
        ...

    def told(self) -> str:
        """Give what changes when the files do."""
        ...


class ZipStore:
    """A zip archive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.archive = zipfile.ZipFile(path)
        except _BROKEN as problem:
            raise _damaged(path, problem) from None
        finalize(self, self.archive.close)
        # A file without a name cannot be asked for.
        listed = (info for info in self.archive.infolist() if info.filename)
        infos = [info for info in listed if not info.is_dir()]
        _check_count(len(infos), path)
        self.infos = {_name(info): info for info in infos}

    def names(self) -> list[str]:
        """Give the names of the files in it."""
        return list(self.infos)

    def read(self, name: str) -> bytes:
        """Give a file's bytes.

        Raises
            DataError   damaged, locked by a password, or too large
        """
        return self._read(name, LARGEST)

    def start(self, name: str) -> bytes:
        """Give a file's first bytes."""
        try:
            return self._read(name, 16, whole=False)
        except DataError:
            return b""

    def _read(self, name: str, most: int, *, whole: bool = True) -> bytes:
        info = self.infos[name]
        if whole and info.file_size > most:
            raise DataError(_too_large(self.path, name, info.file_size))
        try:
            with self.archive.open(info) as file:
                # Not more than that, whatever the archive says of its length.
                found = file.read(most)
                if whole and file.read(1):
                    raise DataError(_too_large(self.path, name, most))
        except _BROKEN as problem:
            if "password" in str(problem):
                raise DataError(
                    f"{self.path} is locked by a password.\n  unpack it, and give the folder."
                ) from None
            raise _damaged(self.path, problem, name) from None
        return found

    def told(self) -> str:
        """Give what changes when the files do."""
        return _told(self.path)


class TarStore:
    """A tar archive, packed or not."""

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, Lock()
        self.file = _seekable(path)
        finalize(self, self.file.close)
        self.places: dict[str, tuple[int, int]] = {}
        try:
            with tarfile.open(fileobj=self.file, mode="r:") as archive:
                for member in archive:
                    if member.isreg() and not member.sparse:
                        name = _plain(member.name)
                        self.places[name] = (member.offset_data, member.size)
                    _check_count(len(self.places), path)
        except _BROKEN as problem:
            raise _damaged(path, problem) from None

    def names(self) -> list[str]:
        """Give the names of the files in it."""
        return list(self.places)

    def read(self, name: str) -> bytes:
        """Give a file's bytes.

        Raises
            DataError   too large, or cut off
        """
        at, size = self.places[name]
        if size > LARGEST:
            raise DataError(_too_large(self.path, name, size))
        with self.lock:
            self.file.seek(at)
            found = self.file.read(size)
        if len(found) < size:
            raise DataError(f"{self.path}, {shown(name)}: the archive ends within it.")
        return found

    def start(self, name: str) -> bytes:
        """Give a file's first bytes."""
        with self.lock:
            self.file.seek(self.places[name][0])
            return self.file.read(min(16, self.places[name][1]))

    def told(self) -> str:
        """Give what changes when the files do."""
        return _told(self.path)


class Stores:
    """Several archives as one; a name begins with the archive's number."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.stores = [open_store(path) for path in paths]

    def names(self) -> list[str]:
        """Give the names of the files in them."""
        return [f"{k}/{name}" for k, store in enumerate(self.stores) for name in store.names()]

    def _find(self, name: str) -> tuple[Store, str]:
        number, _, rest = name.partition("/")
        return self.stores[int(number)], rest

    def read(self, name: str) -> bytes:
        """Give a file's bytes."""
        store, rest = self._find(name)
        return store.read(rest)

    def start(self, name: str) -> bytes:
        """Give a file's first bytes."""
        store, rest = self._find(name)
        return store.start(rest)

    def told(self) -> str:
        """Give what changes when the files do."""
        return "\n".join(store.told() for store in self.stores)


def is_tar(path: Path) -> bool:
    """Tell whether a file, packed or not, begins as a tar archive does."""
    try:
        with unpacked(path) as file:
            start = file.read(512)
    except (DataError, OSError):
        return False
    return start[257:262] == b"ustar" or _has_old_header(start)


def _has_old_header(start: bytes) -> bool:
    """Tell by its checksum whether it is a header of tar's first form."""
    if len(start) < 512 or not start[0]:
        return False
    try:
        told = int(start[148:156].strip(b"\0 ") or b"-", 8)
    except ValueError:
        return False
    return sum(start[:148]) + 8 * 32 + sum(start[156:]) == told


def open_store(path: Path) -> Store:
    """Open a zip or tar archive.

    Raises
        DataError   damaged, or more files than any data set has
    """
    return _opened(path, _told(path))


@lru_cache(maxsize=4)
def _opened(path: Path, told: str) -> Store:
    """Open an archive once, as long as it stays as it is: one that is packed is long to unpack."""
    return ZipStore(path) if zipfile.is_zipfile(path) and not is_tar(path) else TarStore(path)


_nameless = tempfile.TemporaryFile
"""A file that is gone when it is closed."""


def _seekable(path: Path) -> IO[bytes]:
    """Give a file to seek in; a packed one is unpacked, up to a limit, into one without a name."""
    try:
        with unpacked(path) as stream:
            if not hasattr(stream, "raw") or not hasattr(stream.raw, "left"):
                return path.open("rb")
            file: IO[bytes] = _nameless()
            try:
                shutil.copyfileobj(stream, file, 1 << 20)
            except BaseException:
                file.close()
                raise
            file.seek(0)
            return file
    except OSError as problem:
        raise DataError(
            f"{path} cannot be unpacked: {problem.strerror or problem}; it may take up to"
            f" {MOST_BYTES >> 30} GiB in {tempfile.gettempdir()}."
        ) from None


def _name(info: zipfile.ZipInfo) -> str:
    """Give a member's name: without a mark of UTF-8, Chinese Windows writes it in GBK."""
    name = info.filename
    if not info.flag_bits & 0x800 and not name.isascii():
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                return _plain(raw.decode(encoding))
            except UnicodeDecodeError:
                continue
    return _plain(name)


def _plain(name: str) -> str:
    steps = name.replace("\\", "/").split("/")
    return "/".join(step for step in steps if step not in ("", ".", ".."))


def _told(path: Path) -> str:
    entry = os.stat(path)
    return f"{entry.st_size} {entry.st_mtime_ns}"


def _check_count(count: int, path: Path) -> None:
    if count > MOST_MEMBERS:
        raise DataError(f"{path} holds more than {MOST_MEMBERS:,} files, and is not read.")


def _too_large(path: Path, name: str, size: int) -> str:
    return (
        f"{path}, {shown(name)}: {size:,} bytes are too many for a picture; at most"
        f" {LARGEST >> 20} MiB are read."
    )


def _damaged(path: Path, problem: Exception, name: str = "") -> DataError:
    where = f"{path}, {shown(name)}" if name else str(path)
    return DataError(
        f"{where} is damaged, or no sound archive: {problem}.\n  fetch or copy it again."
    )
