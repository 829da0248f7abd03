"""Numbers, names and comments as C writes them.

What comes from a model file, class names and the network's name, is somebody's text: it is
written so that no character of it can end a string or a comment.
"""

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = 99
TYPES = {
    "float32": "float",
    "int8": "int8_t",
    "uint8": "uint8_t",
    "uint16": "uint16_t",
    "uint32": "uint32_t",
    "int32": "int32_t",
    "int64": "int64_t",
}
"""C's name for each kind of number."""


def number(value: float) -> str:
    """Write a float so that C reads back the very same one.

    >>> number(1 / 3), number(2)
    ('0.33333334f', '2.0f')
    """
    return f"{np.float32(value)!s}f"


def numbers(values: NDArray[Any]) -> list[str]:
    """Write the numbers of an array, row after row."""
    flat = np.ascontiguousarray(values).ravel()
    if flat.dtype == np.float32:
        return [f"{value!s}f" for value in flat]
    if flat.dtype == np.int64:
        return [f"INT64_C({value})" for value in flat.tolist()]
    return [str(value) for value in flat.tolist()]


def array(name: str, values: NDArray[Any]) -> str:
    """Write a constant array.

    >>> print(array("b", np.array([1, -2], np.int8)))
    static const int8_t b[2] = {
        1, -2
    };
    """
    kind = TYPES[str(values.dtype)]
    return f"static const {kind} {name}[{values.size}] = {{\n{listed(numbers(values))}\n}};"


def listed(items: Sequence[str]) -> str:
    """Write items between commas, in indented lines."""
    lines: list[str] = []
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line]).removesuffix(",")


def string(text: str) -> str:
    r"""Write text as a string of C, in UTF-8.

    Octal escapes have three figures at the most, so that what follows is not taken for a fourth;
    a question mark is escaped for the sake of trigraphs.

    >>> print(string('a"b?é'))
    "a\"b\077\303\251"
    """
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '\\"?' else f"\\{byte:03o}"
        for byte in text.encode()
    )
    return '"' + escaped.replace("\\042", '\\"').replace("\\134", "\\\\") + '"'


def plain(text: str) -> str:
    """Write somebody's text into a comment, with nothing in it that could end one.

    >>> plain("my */ net?")
    'my __ net_'
    """
    return re.sub(r"[^A-Za-z0-9 .,:;()+=-]", "_", text)


def comment(text: str) -> str:
    """Write sentences as a comment, in lines."""
    wide = textwrap.wrap(text, WIDTH - 6)
    return "/* " + "\n   ".join(wide) + " */"


def identifier(text: str) -> str:
    """Make a name in C of a file's name.

    >>> identifier("LeNet-5.int8"), identifier("5")
    ('lenet_5_int8', 'net_5')
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"net_{name}".rstrip("_")


def smallest(values: Sequence[int]) -> NDArray[Any]:
    """Keep whole numbers from 0 in the smallest type that holds them."""
    return np.array(values, np.min_scalar_type(max(values)))
