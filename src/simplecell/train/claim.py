"""Who writes a run folder: one process at a time, and the others are told which.

The lock is the system's own, on the file `.lock`: it ends with the process that holds it, however
that ends, so no claim outlives its holder. `.holder.json` beside it says who that is, for people.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from simplecell.document import read_json
from simplecell.errors import ModelError
from simplecell.train.atomic import make_folder, refusal, write_file

LOCK, HOLDER = ".lock", ".holder.json"
"""Both are in `atomic.OURS`: neither makes a folder somebody else's."""


@contextmanager
def claim(folder: Path, new: bool) -> Iterator[None]:
    """Be the only one that writes a folder, which is made if it is to be a new one.

    Raises
        ModelError   another process, or another thread, writes it: which, and since when;
                     no room, no permission
    """
    if new:
        make_folder(folder)
    # Another thread of this process is another holder; which thread releases does not matter.
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise ModelError(_taken(folder)) from None
    except OSError as problem:
        raise refusal(folder / LOCK, 0, problem) from None
    try:
        write_file(folder / HOLDER, json.dumps(_myself()).encode())
        yield
    finally:
        with suppress(OSError):
            (folder / HOLDER).unlink()
        lock.release()


def _myself() -> dict[str, str | int]:
    now = datetime.now(UTC).astimezone()
    return {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": now.isoformat(" ", "seconds"),
    }


def _taken(folder: Path) -> str:
    """Say who holds it; who has only just come may not have written it down yet."""
    who = "another process"
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = read_json((folder / HOLDER).read_bytes())
        process, host, since = told["process"], told["host"], told["since"]
        who = f"process {int(process)} on {str(host)[:60]}, since {str(since)[:25]}"
    return (
        f"{folder} is being written by {who}.\n"
        "  Wait until that ends, or stop it; or name another folder with --out."
    )
