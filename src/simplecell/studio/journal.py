"""What happened in a job, in order: in memory to be asked for, and on disk beside its run.

An event is a JSON object with its number `n`, counted from 0, and its `kind`. Who asks for those
after a number hears of all that is new and of nothing twice.
"""

import json
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from simplecell.train.history import read_lines

MOST = 1000
"""Events that one answer may hold."""

FILE = "events.jsonl"
LARGEST = 64 << 20
"""A journal on disk that is larger is read from its end."""

Event = dict[str, Any]


class Journal:
    """The events of one job; `run` is its folder, which may not be there yet."""

    def __init__(self, run: Path, studio: Path) -> None:
        self.run, self.file = run, studio / FILE
        self._alone = Lock()
        self._events: list[Event] = []
        self._written = 0
        for event in self._read():
            self._events.append({**event, "n": len(self._events)})
        self._written = len(self._events)
        # A studio that was killed may have left half a line.
        self._broken = self.file.is_file() and self.file.read_bytes()[-1:] not in (b"", b"\n")

    def add(self, event: Event) -> None:
        """Note an event; it is written down as soon as the run has its folder."""
        with self._alone:
            self._events.append({**event, "n": len(self._events)})
            if not (self.run / "studio").is_dir():
                return
            begin, self._broken = "\n" if self._broken else "", False
            lines = [json.dumps(one) for one in self._events[self._written :]]
            with suppress(OSError), self.file.open("a", encoding="utf-8") as file:
                file.write(begin + "".join(f"{line}\n" for line in lines))
            self._written = len(self._events)

    def after(self, number: int) -> tuple[list[Event], int]:
        """Give the events from a number on, and the number to ask for next."""
        with self._alone:
            found = self._events[number : number + MOST]
            return found, min(number, len(self._events)) + len(found)

    def last(self, kind: str) -> Event | None:
        """Give the last event of a kind."""
        with self._alone:
            return next((one for one in reversed(self._events) if one["kind"] == kind), None)

    def _read(self) -> list[Event]:
        """Read what an earlier studio wrote; or, of a run it did not see, its epochs."""
        with suppress(OSError, ValueError):
            with self.file.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - LARGEST))
                lines = file.read().splitlines()[1 if size > LARGEST else 0 :]
            # The last line of a studio that was killed may be half a line.
            found = [_event(line) for line in lines]
            return [event for event in found if event is not None]
        with suppress(Exception):
            rows = read_lines((self.run / "history.jsonl").read_text("utf-8"))
            return [{"kind": "epoch", **vars(row), "snapshot": None} for row in rows]
        return []


def _event(line: bytes) -> Event | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "kind" in found else None
