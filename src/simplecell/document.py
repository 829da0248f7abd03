"""JSON that a stranger may have written: read within limits, or refused as a ValueError.

Importable from anywhere; needs the standard library only.
"""

import json
import re
from typing import Any

DEEPEST = 100
"""Lists and objects inside each other; ours have ten."""
LONGEST = 1 << 28
"""Characters of a document; the largest of ours, a network's with its tables, has millions."""

_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""Texts, so that brackets in them do not count, and brackets. What a text has taken it keeps (++):
else the way back takes a hundred bytes for each of its characters.
"""

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""One of the two halves in which JSON may write a character; alone, it is none."""


def read_json(text: str | bytes) -> Any:
    r"""Read JSON in UTF-8, with a mark of its byte order or without.

    >>> read_json(b'\xef\xbb\xbf{"a": [1]}')
    {'a': [1]}

    Raises
        ValueError   no JSON in UTF-8; deeper than `DEEPEST`, longer than `LONGEST`; a number of
                     more digits than Python reads; half a character
    """
    if not isinstance(text, str | bytes):
        raise ValueError("it is no text")
    if len(text) > LONGEST:
        raise ValueError(f"it has {len(text):,} characters; up to {LONGEST:,} are read")
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        raise ValueError(f"it is no text in UTF-8: byte {problem.start}") from None
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        first = bracket[0][0]
        depth += (first in "[{") - (first in "]}")
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} deep")
    try:
        found = json.loads(text)
        if _HALF.search(text):
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError(f"it is nested more than {DEEPEST} deep") from None
    except UnicodeEncodeError:
        raise ValueError("it has half of a character, which no file can hold") from None
    return found
