"""A thousand changed files of each format: read, or refused in one of our messages.

`python tests/fuzz/long.py` reads ten times as many, and measures time and memory.
"""

import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
from formats import Format, formats
from long import GROUPS, case
from strangers import NEEDS

CASES = 1000


@cache
def sound() -> tuple[dict[str, Format], Path]:
    home = Path(mkdtemp())
    return formats(home), home


@pytest.mark.parametrize("name", GROUPS)
def test_a_changed_file_is_read_or_refused_in_words_of_ours(name: str) -> None:
    found: Counter[str] = Counter()
    forms, home = sound()
    if name not in forms:
        pytest.skip("a package is missing without which the format is not read")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        for number in range(CASES):
            end = case(forms[name], home, f"{name} 0 {number}")
            found["read" if end is None else end or "refused"] += 1
    # A fuzzer whose files are all refused at the door tries nothing behind it.
    assert found.pop("read") and found.pop("refused")
    assert not found


def test_a_sound_file_of_every_format_is_read() -> None:
    """What is changed was sound before; so was what goes on with it."""
    forms, _ = sound()
    assert set(GROUPS) - set(forms) <= set(NEEDS)
