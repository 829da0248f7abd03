"""A worker's line to the studio: events go out, one line of JSON each; commands come in.

When the line ends, because the studio has stopped or was killed, that is the command to stop: a
run is then saved as by Ctrl-C, and nothing is left running that nobody sees.
"""

import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, TextIO

from simplecell.studio.exchange import plain

STOP, PAUSE, GO_ON, REWIND = "stop", "pause", "continue", "rewind"
COMMANDS = (PAUSE, GO_ON, STOP, REWIND)


@dataclass(frozen=True)
class Command:
    """What the studio asks of a worker; `snapshot` is where to rewind to."""

    verb: str
    snapshot: int = 0
    paused: bool = False


class Pipe:
    """Both directions of the line. A thread hears commands, and keeps them until taken."""

    def __init__(self, commands: TextIO, events: TextIO) -> None:
        self._in, self._out = commands, events
        self._waiting: deque[Command] = deque()
        self._changed = threading.Condition()
        self._alone = threading.Lock()

    def first(self) -> dict[str, Any]:
        """Read the first line: the task."""
        task: dict[str, Any] = json.loads(self._in.readline())
        return task

    def listen(self) -> None:
        """Begin to hear commands."""
        threading.Thread(target=self._hear, daemon=True).start()

    def say(self, kind: str, **told: Any) -> None:
        """Tell the studio of an event; one that is gone hears nothing."""
        line = json.dumps(plain({"kind": kind, **told}), allow_nan=False)
        with self._alone:
            try:
                self._out.write(f"{line}\n")
                self._out.flush()
            except (OSError, ValueError):
                self._put(Command(STOP))

    def asked(self) -> bool:
        """Say whether a command waits."""
        return bool(self._waiting)

    def take(self) -> Command:
        """Take the next command; wait for it, if there is none."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            return self._waiting.popleft()

    def _put(self, command: Command) -> None:
        with self._changed:
            self._waiting.append(command)
            self._changed.notify()

    def _hear(self) -> None:
        try:
            for line in self._in:
                told = json.loads(line)
                verb, snapshot = str(told["do"]), int(told.get("snapshot", 0))
                self._put(Command(verb, snapshot, bool(told.get("paused", False))))
        finally:
            self._put(Command(STOP))
