"""One process at a time works on a run: a lock of the system, which ends with who holds it."""

import errno
import sys
from pathlib import Path
from typing import IO

from simplecell.errors import StudioError
from simplecell.train.atomic import make_folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

HELD = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
"""What the system says of a lock that another process has; some file systems have no locks."""


def claim(studio: Path) -> IO[bytes]:
    """Claim the run of a folder `studio`, for as long as what is given stays open.

    Raises
        StudioError   another process has it
        ModelError    no room, or no permission
    """
    make_folder(studio)
    file = (studio / "lock").open("ab")
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in HELD:
            file.close()
            raise StudioError(
                f"another process works on {studio.parent}, perhaps of another studio.\n  Stop it"
                " there, or wait until it is finished.",
                409,
            ) from None
    return file
