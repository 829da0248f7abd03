"""A table of text as people save it: CSV with any of the usual separators and encodings.

UTF-8 with a mark or without, UTF-16, and GBK, as Chinese Windows saves text; comma, semicolon,
tab, bar, or blanks; values in quotes or not.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from simplecell.data.packed import unpacked
from simplecell.errors import DataError

SEPARATORS = (",", "\t", ";", "|")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GBK = "gb18030"
PROBED_BYTES, PROBED_ROWS = 1 << 18, 60
"""So much of a file is looked at to find out how it is written."""

LONGEST_CELL = 1 << 24
"""A longer value is no table's: a quote that nobody closed."""


class Row(NamedTuple):
    """A line's number in the file and its values."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """Where a table is, how it is written, and what a person should know of that."""

    path: Path
    encoding: str
    separator: str
    notes: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Give the lines that are not empty, one by one.

        Raises
            DataError   text in another encoding further down, quotes that do not match
        """
        csv.field_size_limit(LONGEST_CELL)
        try:
            with self.text() as file:
                if self.separator == " ":
                    yield from _by_blanks(file)
                    return
                reader = csv.reader(file, delimiter=self.separator, strict=True)
                for cells in reader:
                    if cells:
                        yield Row(reader.line_num, cells)
        except UnicodeDecodeError:
            raise DataError(_no_text(self.path)) from None
        except (csv.Error, OSError) as problem:
            raise DataError(f"{self.path} cannot be read: {problem}.") from None

    def lines(self) -> Iterator[str]:
        """Give the lines that are not empty, as they are.

        Raises
            DataError   text in another encoding further down
        """
        try:
            with self.text() as file:
                for line in file:
                    if line.strip():
                        yield line.rstrip("\r\n")
        except UnicodeDecodeError:
            raise DataError(_no_text(self.path)) from None
        except OSError as problem:
            raise DataError(f"{self.path} cannot be read: {problem}.") from None

    def text(self) -> IO[str]:
        """Open the text, which may be packed."""
        return io.TextIOWrapper(unpacked(self.path), self.encoding, newline="")


def read_table(path: Path) -> Table:
    """Find out how a table is written.

    Raises
        DataError   no text, or text in an encoding that cannot be told
    """
    try:
        with unpacked(path) as file:
            start = file.read(PROBED_BYTES)
            whole = not file.read(1)
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    encoding = _encoding(start, whole, path)
    text = start.decode(encoding, "ignore")
    lines = text.splitlines() if whole else text.splitlines()[:-1]
    separator = _separator([line for line in lines if line.strip()][:PROBED_ROWS])
    notes = ("the list is read as GBK, the encoding of Chinese Windows.",)
    return Table(path, encoding, separator, notes if encoding == GBK else ())


def _encoding(start: bytes, whole: bool, path: Path) -> str:
    for mark, name in MARKS:
        if start.startswith(mark):
            return name
    # Text in UTF-16 without a mark has a zero in every other byte.
    for name, at in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(start) > 3 and start[at:60:2].count(0) > 0.8 * len(start[at:60:2]):
            return name
    if b"\0" in start:
        raise DataError(f"{path} is no text: byte {start.index(0)} is zero.")
    if _decodes(start, "utf-8", whole):
        return "utf-8"
    if _decodes(start, GBK, whole) and _is_chinese(start):
        return GBK
    raise DataError(_no_text(path))


def _decodes(start: bytes, encoding: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(start, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(start: bytes) -> bool:
    """Tell whether what is not ASCII is Chinese in GB 2312, and no accents of another encoding.

    Accents are single bytes, or pairs in the middle of a word, or pairs that GB 2312 has for rare
    characters: the common ones begin with B0 to D7.
    """
    runs = _HIGH.findall(start)
    odd = sum(not _PAIRS.fullmatch(run) for _, run, _ in runs)
    within = sum(before.isalpha() and after.isalpha() for before, _, after in runs)
    leads = [byte for _, run, _ in runs for byte in run[::2]]
    common = sum(0xA1 <= byte <= 0xD7 for byte in leads)
    return 10 * odd <= len(runs) and 2 * within < len(runs) and 2 * common >= len(leads)


_HIGH = re.compile(rb"(?<![\x80-\xff])([\x00-\x7f]?)([\x80-\xff]+)(?=([\x00-\x7f]?))")
_PAIRS = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe])+")


def _no_text(path: Path) -> str:
    return (
        f"{path} is no text in UTF-8, UTF-16 or GBK for certain; save it as UTF-8 (in a"
        ' spreadsheet: "CSV UTF-8").'
    )


def _separator(lines: list[str]) -> str:
    """Find the sign that cuts most lines into the same number of values, two or more."""
    best, most = " ", 0.0
    for sign in SEPARATORS:
        try:
            widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=sign) if cells)
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        share = count / sum(widths.values())
        if width > 1 and share > most:
            best, most = sign, share
    if most == 0 and not all(len(line.split()) > 1 for line in lines[1:] or lines):
        return ","
    return best


def _by_blanks(file: IO[str]) -> Iterator[Row]:
    """Cut each line at its last blank: a path, which may have blanks in it, and a label."""
    for number, line in enumerate(file, 1):
        cells = line.strip().rsplit(None, 1)
        if cells:
            yield Row(number, cells)
