"""A run's curves as TensorBoard reads them: one event file, a few hundred lines of scalars.

    file      records, one after the other
    record    length (8 bytes) | crc of length | event | crc of event, little-endian
    event     protobuf: 1 wall_time double, 2 step varint, 3 file_version string, 5 summary
    summary   1 value { 1 tag string, 2 simple_value float }
    crc       CRC-32C, turned right by 15 bits, plus a282ead8 (hexadecimal)

Four messages of protobuf do not need a package of 5 MB, nor the 200 MB that bring it; the format
has been the same since 2015, and old files are still read. A run that goes on adds a file; what
it tells of the epochs after is drawn on from there.

Source: TensorFlow, tensorflow/core/lib/io/record_writer.cc and core/util/event.proto.
"""

import os
import struct
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from simplecell.errors import ModelError
from simplecell.train.atomic import make_folder
from simplecell.train.callbacks import Callback
from simplecell.train.history import Epoch

POLYNOMIAL, MASK = 0x82F63B78, 0xA282EAD8
VERSION = b"brain.Event:2"


class EventFile(Callback):
    """Writes what each epoch came to; `folder` is what TensorBoard is pointed at."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.path: Path | None = None

    def begin(self, epochs: int, steps: int) -> None:
        """Start a file of its own, so that runs and their continuations do not mix."""
        make_folder(self.folder)
        now = time.time()
        # TensorBoard reads the files of a folder in the order of their names.
        name = f"events.out.tfevents.{int(now):010d}.simplecell.{os.getpid()}.{time.time_ns()}"
        self.path = self.folder / name
        self._append(_event(now, 0, _bytes(3, VERSION)))

    def epoch(self, row: Epoch) -> None:
        """Write an epoch's figures, those it has."""
        figures = {
            "loss/training": row.train_loss,
            "loss/validation": row.validation_loss,
            "error percent/validation": row.validation_error_percent,
            "rate": row.rate,
            "seconds": row.seconds,
        }
        values = b"".join(
            _bytes(1, _bytes(1, tag.encode()) + b"\x15" + struct.pack("<f", value))
            for tag, value in figures.items()
            if value is not None
        )
        self._append(_event(time.time(), row.epoch, _bytes(5, values)))

    def _append(self, event: bytes) -> None:
        if self.path is None:
            return
        try:
            with self.path.open("ab") as file:
                file.write(record(event))
        except OSError as problem:
            raise ModelError(f"{self.path} could not be written: {problem.strerror}.") from None


def record(data: bytes) -> bytes:
    """Frame an event with its length and both checksums."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data))


def masked(data: bytes) -> int:
    """Give the checksum as records hold it, so that one of a checksum is no trap."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """Give the Castagnoli checksum of some bytes.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'

    Source
        RFC 3720, B.4.
    """
    crc, table = 0xFFFFFFFF, _table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    def turned(byte: int) -> int:
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        return byte

    return tuple(turned(byte) for byte in range(256))


def _event(wall_time: float, step: int, what: bytes) -> bytes:
    return b"\x09" + struct.pack("<d", wall_time) + b"\x10" + bytes(_varint(step)) + what


def _bytes(field: int, content: bytes) -> bytes:
    """Write a protobuf field that holds bytes."""
    return bytes([field << 3 | 2, *_varint(len(content))]) + content


def _varint(number: int) -> Iterator[int]:
    """Write a whole number seven bits at a time, the lowest first."""
    while number > 0x7F:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number
