"""Files that are whole or absent: a write that fails leaves what was there before."""

import errno
import glob
import os
import re
import secrets
import socket
from contextlib import suppress
from pathlib import Path

from simplecell.errors import ModelError

OURS = {".lock", ".holder.json"}
"""What a claim leaves in a folder: see `claim`."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What the system says when a disk, a quota or a file-size limit is used up."""


def temporary(path: Path) -> Path:
    """Name the file that is written before it takes the place of `path`: nobody else's name.

    It says host and process, so that what a process left behind can be told from what one that
    runs is writing.
    """
    return path.with_name(f".{path.name}.{_host()}.{os.getpid()}.{secrets.token_hex(4)}.tmp")


def clear(folder: Path, name: str | None = None) -> None:
    """Remove what writers that were killed left behind, and nothing of those that run here.

    Of all files of a folder that is claimed, so that no other host writes there; or of the one
    file that is called `name`, which another host may be writing.
    """
    for left in folder.glob(".*.tmp" if name is None else f".{glob.escape(name)}.*.tmp"):
        *_, host, process, _, _ = ("", "", "", *left.name.split("."))
        gone = not runs(process) if host == _host() else name is None
        if gone:
            with suppress(OSError):
                left.unlink()


def strangers(folder: Path) -> list[str]:
    """Name what is in a folder besides our locks and what writers that were killed left there."""
    names = sorted(entry.name for entry in folder.iterdir())
    return [name for name in names if name not in OURS and not re.fullmatch(r"\..+\.tmp", name)]


def _host() -> str:
    return re.sub(r"[^\w-]+", "-", socket.gethostname())[:40] or "host"


def runs(process: str) -> bool:
    """Say whether a process of this number runs on this machine."""
    if not process.isdigit():
        return False
    if os.name == "nt":
        return True  # asking there ends it
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def write_file(path: Path, content: bytes, *, forced: bool = True) -> None:
    """Write a whole file beside its place, force it to the disk, then put it in its place.

    What writers of it that were killed left beside it is removed. What may be lost when the power
    fails, as one of many snapshots, need not be `forced`, and nothing is looked for beside it.

    Raises
        ModelError   no room, or no permission; a file that was there before is untouched
    """
    try:
        beside = temporary(path)
    except ValueError:
        raise ModelError(f"'{path}' is no name of a file: give one to write.") from None
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            if forced:
                os.fsync(file.fileno())
        os.replace(beside, path)
        if forced:
            clear(path.parent, path.name)
    except OSError as problem:
        raise refusal(path, len(content), problem) from None
    finally:
        with suppress(OSError):
            beside.unlink()


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises
        ModelError   no room, no permission, or a file stands there
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ModelError(f"{path} cannot be a folder: a file stands there.") from None
    except OSError as problem:
        raise refusal(path, 0, problem) from None


def refusal(path: Path, size: int, problem: OSError) -> ModelError:
    """Say what could not be written, why, and what became of what was there before."""
    kept = (
        "what was there before is untouched" if os.path.exists(path) else "nothing was left behind"
    )
    if problem.errno in FULL:
        return ModelError(
            f"{path} could not be written: no space is left for its {size:,} bytes"
            f" ({problem.strerror}); {kept}.\n  Free some space, or name a folder elsewhere."
        )
    if isinstance(problem, FileNotFoundError):
        return ModelError(f"{path} could not be written: there is no folder {path.parent}.")
    return ModelError(
        f"{path} could not be written ({problem.strerror}); {kept}.\n"
        "  Name a folder you may write to."
    )
