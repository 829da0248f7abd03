"""Packs: pictures decoded once, uint8, in one file that is mapped and never read as a whole.

    byte 0      "SCPACK", 0, and the version, 1
    byte 8      where the index begins, 8 bytes, lowest first; its length, 8; its CRC-32, 4
    byte 4096   the pictures, (N, C, H, W), those to learn from first, then those to test with
    then        their classes, N numbers of 2 bytes, lowest first
    then        the index, JSON: shape, learn, test, classes, rows of a block, the CRC-32 of each
                block and of the classes, what was packed, what was left out

The pictures of each part stand in a seeded random order. So any stretch of them is a fair sample:
the last ones are kept aside for validation without a copy, and an epoch that shuffles within
windows of WINDOW bytes is shuffled well. `bulk/pack.py` writes packs.
"""

import json
import math
import mmap
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simplecell.data.batches import shuffle
from simplecell.data.part import Part
from simplecell.document import read_json
from simplecell.errors import DataError

MAGIC = b"SCPACK\0\1"
HEAD = Struct("<8sQQI")
START = 4096
BLOCK, WINDOW = 1 << 20, 1 << 26
"""Bytes of a block, whose rows are read together, and of a window, within which an epoch is
shuffled: memory holds two windows at most, 128 MiB, beside what training itself takes."""

FORGOTTEN = 64
"""After so many blocks that were read or written, the memory they were shown in is given back."""

_BLOCKS, _ROWS = 6, 7


@dataclass(frozen=True, eq=False)
class Pack:
    """An open pack: its index, and its pictures and classes as they lie in the file."""

    path: Path
    index: Mapping[str, Any]
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def parts(self) -> tuple[Part, Part | None]:
        """Give what is to learn from and to test with: views of the file."""
        learn = self.index["learn"]
        crc = zlib.crc32(json.dumps([self.index[k] for k in ("crc32", "labels_crc32")]).encode())
        parts = [
            Part(self.pixels[rows], self.labels[rows], str(self.path), mapped=crc)
            for rows in (slice(0, learn), slice(learn, None))
        ]
        return parts[0], parts[1] if len(parts[1]) else None


def is_pack(path: Path) -> bool:
    """Tell whether a file begins as a pack does."""
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(6) == MAGIC[:6]
    return False


def open_pack(path: Path) -> Pack:
    """Map a pack.

    Raises
        DataError   cut off, damaged in its index or its classes, or of a newer simplecell
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD.size)
            magic, at, length, crc = HEAD.unpack(head.ljust(HEAD.size, b"\0"))
            if magic != MAGIC:
                raise DataError(
                    f"{path} is a pack of another version: install a newer simplecell."
                )
            if at + length != size:
                raise _damaged(path, f"it has {size:,} bytes and should have {at + length:,}")
            file.seek(at)
            told = file.read(length)
            if zlib.crc32(told) != crc:
                raise _damaged(path, "the checksum of its index does not fit")
            index = read_json(told)
            shape = _check_index(index)
            file.seek(at - 2 * shape[0])
            classes = file.read(2 * shape[0])
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    except (ValueError, KeyError, TypeError, IndexError):
        raise _damaged(path, "its index is none") from None
    if zlib.crc32(classes) != index["labels_crc32"]:
        raise _damaged(path, "the checksum of its classes does not fit")
    labels = np.frombuffer(classes, "<u2").astype(np.int64)
    if START + math.prod(shape) + 2 * shape[0] != at or len(labels) != shape[0]:
        raise _damaged(path, "its pictures are not as many as its index says")
    if len(labels) and labels.max() >= len(index["classes"]):
        raise _damaged(path, "it has classes without a name")
    return Pack(path, index, np.memmap(path, np.uint8, "r", START, shape), labels)


def _check_index(index: Any) -> tuple[int, int, int, int]:
    """Refuse an index of which a part is missing or of another kind; give the pictures' shape.

    Raises
        ValueError, KeyError, TypeError   what is no index
    """
    numbers = [*index["shape"], index["learn"], index["skipped"], index["labels_crc32"]]
    numbers += [index["rows"], *index["crc32"]]
    if any(type(number) is not int or not 0 <= number < 1 << 48 for number in numbers):
        raise ValueError
    count, channels, height, width = index["shape"]
    if channels not in (1, 3) or not height * width or index["learn"] > count:
        raise ValueError
    if not index["rows"] or len(index["crc32"]) != -(-count // index["rows"]):
        raise ValueError
    if not all(isinstance(name, str) for name in index["classes"]):
        raise ValueError
    said = index["said"]
    if not isinstance(said, list) or any(len(row) != 2 for row in said):
        raise ValueError
    return count, channels, height, width


def check_pack(path: Path) -> int:
    """Read a whole pack and hold every block against its checksum; give the number of pictures.

    Raises
        DataError   the first block that does not fit
    """
    pack = open_pack(path)
    rows = pack.index["rows"]
    for number, crc in enumerate(pack.index["crc32"]):
        if number % FORGOTTEN == 0:
            forget(pack.pixels)
        block = pack.pixels[number * rows : (number + 1) * rows]
        if zlib.crc32(np.ascontiguousarray(block).data) != crc:
            raise _damaged(path, f"the checksum of block {number} does not fit")
    return len(pack.labels)


def write_head(index: Mapping[str, Any], at: int) -> tuple[bytes, bytes]:
    """Give the head and the index of a pack whose index begins at a byte."""
    told = json.dumps(index, ensure_ascii=False).encode()
    return HEAD.pack(MAGIC, at, len(told), zlib.crc32(told)), told


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"{path} is damaged: {what}.\n  copy it again, or pack its pictures again.")


def rows_of(shape: tuple[int, ...], most: int = BLOCK) -> int:
    """Count the rows of a block: pictures of that shape in so many bytes, at least one."""
    return max(1, most // max(1, int(np.prod(shape))))


def windows(n: int, block: int, blocks: int, seed: int, epoch: int) -> Iterator[NDArray[np.int64]]:
    """Give the order in which an epoch reads n rows that are mapped, a window at a time.

    The blocks are shuffled; each window is some of them, one after the other, and within it the
    rows are shuffled. It follows from (seed, epoch) alone.

    >>> parts = list(windows(10, block=2, blocks=2, seed=0, epoch=0))
    >>> [len(part) for part in parts], sorted(int(row) for part in parts for row in part)
    ([4, 4, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    order = shuffle(-(-n // block), _BLOCKS, seed, epoch)
    for number, start in enumerate(range(0, len(order), blocks)):
        some = np.sort(order[start : start + blocks])
        rows = (some[:, None] * block + np.arange(block)).ravel()
        rows = rows[rows < n]
        yield rows[shuffle(len(rows), _ROWS, seed, epoch, number)]


def window_order(pixels: NDArray[np.uint8], seed: int, epoch: int) -> NDArray[np.int64]:
    """Give the order of an epoch over pictures that are mapped from a pack.

    Shapes
        pixels (N, C, H, W)      gives (N,)
    """
    parts = list(windows(len(pixels), *_cut(pixels), seed, epoch))
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def by_window(
    rows: NDArray[np.int64], pixels: NDArray[np.uint8], seed: int, epoch: int
) -> NDArray[np.int64]:
    """Say in which order to take rows that were drawn, so that they too come window by window.

    The windows are those of `window_order`, and within each the rows keep their order.

    Shapes
        rows (M,), pixels (N, C, H, W)      gives places in `rows`, (M,)
    """
    block, blocks = _cut(pixels)
    order = shuffle(-(-len(pixels) // block), _BLOCKS, seed, epoch)
    window = np.empty(len(order), np.int64)
    window[order] = np.arange(len(order)) // blocks
    return np.argsort(window[rows // block], kind="stable")


def _cut(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """Give the rows of a block, and the blocks of a window."""
    block = rows_of(pixels.shape[1:], BLOCK)
    return block, max(1, WINDOW // (block * int(np.prod(pixels.shape[1:]))))


def forget(pixels: NDArray[np.uint8]) -> None:
    """Let the system take back the memory in which it showed us some of a mapped file."""
    held: Any = pixels
    while held is not None and not isinstance(held, mmap.mmap):
        held = getattr(held, "_mmap", None) or getattr(held, "base", None)
    if held is not None and hasattr(held, "madvise"):
        with suppress(OSError, ValueError):
            held.madvise(mmap.MADV_DONTNEED)
