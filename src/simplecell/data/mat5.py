"""The tags of a MATLAB 5 file, looked at before SciPy reads it.

A file is a row of elements, each with a tag that says its kind and its length; an array is an
element of elements. SciPy 1.17 looks a kind up in a table, and where the kind does not exist the
whole process ends: no file with such a kind may reach it.

Source
    MathWorks, MAT-File Format, version 5
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simplecell.data.packed import most_bytes
from simplecell.errors import DataError

HEADER = 128
"""Bytes of the file's own head."""
PIECE, START = 65536, 4096
"""Packed bytes of an array that are unpacked first, and how far: nearly always there are no tags
behind."""
ARRAY, PACKED = 14, 15
NUMBERS = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18})
"""Kinds of element: an array, a packed one, and numbers or text of every width."""
OF_NUMBERS = range(4, 16)
"""Kinds of array that hold numbers or text themselves; the others hold arrays."""
COMPLEX = 0x0800
BEFORE_DATA = 3
"""An array's flags, shape and name."""
DEEPEST = 32


class Element(NamedTuple):
    """What a tag says, and what follows it, as far as it is there."""

    kind: int
    data: memoryview


def check_tags(path: Path) -> None:
    """Refuse a file with an element of a kind that does not exist.

    Raises
        DataError   such a kind, arrays in arrays past DEEPEST, a packed array that is damaged
    """
    try:
        # Of a large file only the places with tags are read.
        content = np.memmap(path, np.uint8, "r").data
        order = ">" if bytes(content[126:HEADER]) == b"MI" else "<"
        for element in _elements(content[HEADER:], order):
            if element.kind == PACKED:
                _check_packed(element.data, order, most_bytes(len(content)))
            elif element.kind == ARRAY:
                _check_array(element, order, 0)
    except (ValueError, zlib.error) as problem:
        raise DataError(
            f"{path} is no sound MATLAB file: {problem}.\n  fetch or copy it again."
        ) from None


def _elements(content: memoryview, order: str) -> Iterator[Element]:
    at = 0
    while at + 8 <= len(content):
        kind, length = struct.unpack_from(order + "II", content, at)
        start, end = at + 8, at + 8 + length
        if kind >> 16:
            # A short element: its length and its data are in the tag itself.
            kind, length = kind & 0xFFFF, kind >> 16
            start, end = at + 4, at + 4 + min(length, 4)
            at += 8
        else:
            at = end if kind == PACKED else end + -length % 8
        yield Element(kind, content[start:end])


def _check_packed(data: memoryview, order: str, most: int) -> None:
    """Unpack the beginning of an array, and all of it only where there may be more tags."""
    begun = zlib.decompressobj().decompress(data[:PIECE], START)
    for element in _elements(memoryview(begun), order):
        if element.kind != ARRAY or not _is_plain(element, order):
            for all_of in _elements(
                memoryview(zlib.decompressobj().decompress(data, most)), order
            ):
                _check_array(all_of, order, 0)
            return
        _check_array(element, order, 0)


def _is_plain(array: Element, order: str) -> bool:
    """Say whether it holds real numbers, and the tag before them is there."""
    parts = [part for part, _ in zip(_elements(array.data, order), range(4), strict=False)]
    if len(parts) <= BEFORE_DATA or len(parts[0].data) < 4:
        return False
    (flags,) = struct.unpack_from(order + "I", parts[0].data)
    return flags & 0xFF in OF_NUMBERS and not flags & COMPLEX


def _check_array(array: Element, order: str, depth: int) -> None:
    if array.kind != ARRAY:
        raise ValueError(f"an element of kind {array.kind} stands where an array must")
    if depth > DEEPEST:
        raise ValueError(f"arrays lie in arrays, more than {DEEPEST} deep")
    numbers = False
    for place, part in enumerate(_elements(array.data, order)):
        if place == 0 and len(part.data) >= 4:
            (flags,) = struct.unpack_from(order + "I", part.data)
            numbers = flags & 0xFF in OF_NUMBERS
        if part.kind == ARRAY and not numbers and place >= BEFORE_DATA:
            _check_array(part, order, depth + 1)
        elif part.kind not in NUMBERS:
            raise ValueError(f"an element of kind {part.kind} stands where numbers must")
