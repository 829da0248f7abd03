"""A job's own process: `python -m simplecell.studio.worker`, started by `job` and by nobody else.

The first line of standard input is the task, the others are commands; standard output has the
events. what a task is, `training` and `dictionary` say.
"""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from simplecell.errors import SimplecellError
from simplecell.studio.pipe import Pipe

Work = Callable[[dict[str, Any], Pipe], None]


def work_of(kind: str) -> Work:
    """Give what a kind of task does."""
    if kind == "features":
        from simplecell.studio.dictionary import learn_features

        return learn_features
    from simplecell.studio.training import teach

    return teach


def main() -> None:
    """Do one task, and tell how it goes; a fault of ours is told too, and leaves a traceback."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # What libraries print must not come between the events.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    pipe = Pipe(sys.stdin, own)
    task = pipe.first()
    pipe.listen()
    try:
        work_of(task["kind"])(task, pipe)
    except SimplecellError as problem:
        pipe.say("state", state="failed", error=type(problem).__name__, message=str(problem))
    except MemoryError:
        pipe.say("state", state="failed", error="MemoryError", message="there is no more memory.")
    except Exception as problem:
        traceback.print_exc()
        pipe.say("state", state="failed", error=type(problem).__name__, message=str(problem))
    # A thread still waits for commands at standard input; nothing is left to be done for it.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
