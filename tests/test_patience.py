"""No test hangs on how busy the machine is: long work is waited for, and only a hang is ended.

Seconds are measured by `benchmarks/`. A limit in a test is there for what would never end: ten
minutes, which a machine ten times slower keeps as well.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
HANGS = 600
"""Seconds after which a test may say that something hangs."""

LIMITS = (
    r"\btimeout ?= ?(\d[\d_.]*)",
    r"\bseconds: float ?= ?(\d[\d_.]*)",
    r"\.(?:wait|join|get|result|acquire)\((\d[\d_.]*)\)",
    r"\b(?:monotonic|perf_counter|time)\(\) \+ (\d[\d_.]*)",
    r"\b(?:monotonic|perf_counter|time)\(\) - \w+ <=? (\d[\d_.]*)",
    r"\b(?:seconds|took|elapsed)\b[^\n#]* <=? (\d[\d_.]*)$",
)
"""Where a number of seconds would end a test: waits, deadlines, comparisons with the clock."""

AT_ONCE = {"result(0)"}
"""Asked for without waiting."""


def limits(text: str) -> list[str]:
    """Find the limits that a busy machine could pass."""
    return [
        found[0]
        for pattern in LIMITS
        for found in re.finditer(pattern, text, re.MULTILINE)
        if float(found[1]) < HANGS and found[0].removeprefix(".") not in AT_ONCE
    ]


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("*.py")), ids=lambda p: p.relative_to(TESTS).as_posix()
)
def test_only_what_hangs_is_ended_by_the_clock(path: Path) -> None:
    if path != Path(__file__) and path.name != "long.py":
        assert limits(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "process.communicate(timeout=60)",
        "meeting = threading.Barrier(3, timeout = 20)",
        "assert ended.wait(20)",
        "end = time.monotonic() + 120",
        "assert time.monotonic() - begun < 5",
        "    assert seconds < 0.5",
        "    assert 0 <= so_far.seconds < 60",
        "def waited(job, seconds: float = 120):",
    ],
)
def test_a_limit_that_a_busy_machine_passes_is_found(line: str) -> None:
    assert limits(f"{line}\n")
    assert not limits(re.sub(r"\b[\d.]+(?=\)*:?$)", "600", line) + "\n")
