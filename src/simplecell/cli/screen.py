"""Where a command writes: for people with rich, for programs one line of JSON.

With `--json` standard output holds that one line and nothing else, so that it can be piped;
what people may still want to watch goes to standard error.
"""

import json
import math
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from rich.console import Console


def people(json: bool) -> Console:
    """Give the console for people: standard output, or standard error under `--json`."""
    stream = sys.stderr if json else sys.stdout
    if isinstance(stream, TextIOWrapper):  # a name in Chinese may not fit the terminal's alphabet
        stream.reconfigure(errors="backslashreplace")
    return Console(stderr=json, highlight=False)


def answer(document: Mapping[str, Any]) -> None:
    """Print one JSON object on one line of standard output; NaN and infinity become null."""
    sys.stdout.write(json.dumps(_plain(document), allow_nan=False) + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    """Turn paths, NumPy's numbers and arrays, and what is not finite into what JSON has."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def size(pair: tuple[int, int]) -> str:
    """Write a height and a width.

    >>> size((28, 20))
    '28x20'
    """
    return f"{pair[0]}x{pair[1]}"


def figures(number: int) -> str:
    """Write a whole number and, from ten thousand up, its power of ten to three figures.

    >>> figures(100), figures(10**12)
    ('100', '1,000,000,000,000 = 10^12')
    >>> figures(10_100), figures(982_081)
    ('10,100 = 1.01 x 10^4', '982,081 ~ 9.82 x 10^5')
    """
    return f"{number:,}" if number < 10_000 else f"{number:,} {power_of_ten(number)}"


def power_of_ten(number: int) -> str:
    """Write a whole number as a power of ten to three figures, and whether that is exact.

    >>> power_of_ten(60_000), power_of_ten(999_999)
    ('= 6 x 10^4', '~ 10^6')
    """
    exponent = len(str(number)) - 1
    hundredths, rest = divmod(number * 100, 10**exponent)
    sign = "~" if rest else "="
    hundredths += 2 * rest >= 10**exponent
    if hundredths == 1000:
        hundredths, exponent = 100, exponent + 1
    mantissa = "" if hundredths == 100 else f"{hundredths / 100:g} x "
    return f"{sign} {mantissa}10^{exponent}"
