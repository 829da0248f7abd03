"""How a value is shown where Python prints it: its fields in 1 to 10 lines of 100 columns.

Fields that are as they are unless told are left out, arrays are their type and shape, and long
values are cut off, so that a network's 60,000 weights do not fill the screen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from itertools import islice
from textwrap import wrap
from typing import Any, TypeVar

MOST_LINES, MOST_COLUMNS = 10, 100
MOST_ITEMS, LONGEST_TEXT = 4, 60

Kind = TypeVar("Kind", bound=type)


def brief(kind: Kind) -> Kind:
    """Show the values of a dataclass in a few lines; written above it, as a decorator.

    >>> from dataclasses import dataclass
    >>> @brief
    ... @dataclass
    ... class Point:
    ...     x: float
    ...     y: float = 0.0
    ...     names: tuple[str, ...] = ()
    >>> Point(0.1 + 0.2), Point(1.0, names=tuple("abcdefgh"))
    (Point(x=0.3), Point(x=1, names=('a', 'b', 'c', ... 8 in all)))
    """
    kind.__repr__ = _fields  # type: ignore[assignment]
    return kind


def within(text: str) -> str:
    """Wrap lines that are too long, and leave out those that are too many."""
    lines = [piece for line in text.splitlines() for piece in _wrapped(line)]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"  ... {len(lines) - MOST_LINES + 1} lines more"]
    return "\n".join(lines)


def _wrapped(line: str) -> list[str]:
    words = line.lstrip()
    start = line[: len(line) - len(words)]
    return wrap(
        words, MOST_COLUMNS - 2, initial_indent=start, subsequent_indent=f"{start[:8]}    ",
        max_lines=MOST_LINES - 2, placeholder=" ...",
    )  # fmt: skip


def _fields(self: Any) -> str:
    said = [
        f"{field.name}={_value(getattr(self, field.name))}"
        for field in fields(self)
        if field.repr and _is_told(self, field)
    ]
    return within(f"{type(self).__name__}({', '.join(said)})")


def _is_told(owner: Any, field: Field[Any]) -> bool:
    """Say whether a field differs from what it is unless told."""
    value = getattr(owner, field.name)
    if field.default is not MISSING:
        return not (type(value) is type(field.default) and value == field.default)
    empty = field.default_factory is not MISSING and isinstance(value, Mapping | Sequence)
    return not (empty and not len(value))


def _value(value: Any) -> str:
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{value.dtype} {'x'.join(map(str, value.shape)) or 'number'}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return repr(_cut(value))
    if isinstance(value, Mapping):
        items = [f"{_cut(str(name))}: {_value(value[name])}" for name in _first(value)]
        return "{" + _some(items, len(value)) + "}"
    if isinstance(value, list | tuple):
        inside = _some([_value(one) for one in _first(value)], len(value))
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"({inside}{comma})" if isinstance(value, tuple) else f"[{inside}]"
    shown: Any = type(value).__repr__
    lines = repr(value).splitlines()
    # Others are shown by their first line, which says what they are.
    return " ".join(map(str.strip, lines)) if shown == _fields else _cut(lines[0])


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 4]} ..."


def _first(values: Iterable[Any]) -> list[Any]:
    return list(islice(values, MOST_ITEMS))


def _some(items: Sequence[str], count: int) -> str:
    if count <= MOST_ITEMS:
        return ", ".join(items)
    return f"{', '.join(items[: MOST_ITEMS - 1])}, ... {count} in all"
