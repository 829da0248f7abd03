"""Claims: who computes a unit, so that the same line on several machines does not do it twice.

A claim is a file made exclusively, with host, process and a random number in it. Its holder
touches it; one that nobody touched for STALE seconds, by the clock of the disk, is taken away,
and so is one of a process of this host that is gone. Those who find one void take it away one
after the other, by the system's lock on `.lock`, and look again before they do: or the second
would take away the claim that the first has made by then. Whoever is wrong about a holder has
computed a unit twice: both write the same bytes.
"""

import json
import os
import secrets
import socket
import threading
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from simplecell.document import read_json
from simplecell.train.atomic import make_folder, refusal, runs

FOLDER, LOCK = "claims", ".lock"
PATIENCE = 10.0
"""Seconds to wait for those who take a void claim away; then the unit is left to them."""
STALE, BEAT = 300.0, 20.0
"""Seconds without a sign of life after which a claim is void, and between two signs."""


class Claims:
    """The claims that this process holds in a folder."""

    def __init__(self, folder: Path, stale: float = STALE) -> None:
        self.folder, self.stale = folder / FOLDER, stale
        self.me = {"host": host(), "process": os.getpid(), "mark": secrets.token_hex(8)}
        self.held: set[str] = set()
        self.over = threading.Event()
        self.thread: threading.Thread | None = None
        self.taken: dict[str, str] = {}
        """What became of claims that were void, by unit: for people."""

    def take(self, name: str) -> bool:
        """Claim a unit; say whether it is ours now.

        Raises
            ModelError   no room, no permission
        """
        make_folder(self.folder)
        path = self.folder / name
        for _ in range(2):
            if self._make(path):
                self.held.add(name)
                self._beat()
                return True
            why = self._void(path)
            if why is None:
                return False
            self._clear(path)
        return False

    def _clear(self, path: Path) -> None:
        """Take a void claim away, unless another driver has, and holds a new one."""
        with suppress(OSError, Timeout), FileLock(self.folder / LOCK, timeout=PATIENCE):
            if (why := self._void(path)) is not None:
                path.unlink()
                self.taken[path.name] = why

    def release(self, name: str) -> None:
        """Give a unit free, if its claim is still ours."""
        self.held.discard(name)
        path = self.folder / name
        if self._read(path).get("mark") == self.me["mark"]:
            with suppress(OSError):
                path.unlink()

    def holder(self, name: str) -> str:
        """Say who computes a unit."""
        told = self._read(self.folder / name)
        if not told:
            return "another process"
        return f"process {told.get('process')} on {str(told.get('host'))[:60]}"

    def close(self) -> None:
        """Give all free, and the folder away if nobody else uses it."""
        self.over.set()
        for name in list(self.held):
            self.release(name)
        with suppress(OSError):
            if [entry.name for entry in self.folder.iterdir()] == [LOCK]:
                (self.folder / LOCK).unlink()
            self.folder.rmdir()

    def _make(self, path: Path) -> bool:
        try:
            number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            return False
        except FileNotFoundError:
            # Another driver gave the empty folder away in this very moment.
            make_folder(self.folder)
            return False
        except OSError as problem:
            raise refusal(path, 0, problem) from None
        with os.fdopen(number, "wb") as file, suppress(OSError):
            # On a full disk an empty claim is a claim still; the unit's own file will say it.
            file.write(json.dumps(self.me).encode())
        return True

    def _void(self, path: Path) -> str | None:
        """Say why a claim holds no more; None while it does."""
        told = self._read(path)
        who = f"process {told.get('process')} on {str(told.get('host'))[:60]}"
        if told.get("host") == host() and not runs(str(told.get("process"))):
            return f"{who} is gone"
        try:
            age = self._now() - path.stat().st_mtime
        except OSError:
            return "it was given free"
        return f"{who} gave no sign for {age:.0f} s" if age > self.stale else None

    def _now(self) -> float:
        """Ask the disk for its time: clocks of several machines differ."""
        probe = self.folder / f".{self.me['mark']}.now"
        try:
            probe.touch()
            now = probe.stat().st_mtime
            probe.unlink()
        except OSError:
            return 0.0
        return now

    @staticmethod
    def _read(path: Path) -> dict[str, object]:
        with suppress(OSError, ValueError):
            told = read_json(path.read_bytes())
            if isinstance(told, dict):
                return told
        return {}

    def _beat(self) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=self._signs, name="claims", daemon=True)
            with suppress(RuntimeError):
                self.thread.start()

    def _signs(self) -> None:
        while not self.over.wait(min(BEAT, self.stale / 4)):
            for name in list(self.held):
                with suppress(OSError):
                    os.utime(self.folder / name)


def host() -> str:
    """Name this machine."""
    return socket.gethostname() or "host"
