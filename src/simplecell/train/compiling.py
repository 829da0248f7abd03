"""Telling, while kernels are compiled, which are ready and which come next."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from simplecell.compile import Compilation, compilation

PAUSE = 0.25
"""Seconds between two looks."""


@contextmanager
def following(tell: Callable[[Compilation], None]) -> Iterator[None]:
    """Tell from a thread of its own how far compiling is, as long as it goes on."""
    ended = Event()

    def look() -> None:
        going_on = True
        while going_on:
            so_far = compilation()
            if so_far is not None and so_far.left:
                tell(so_far)
            going_on = not ended.wait(PAUSE)

    watcher = Thread(target=look, daemon=True)
    try:
        watcher.start()
    except RuntimeError:
        # The system gives no thread: then nobody is told, and compiling goes on.
        yield
        return
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def in_words(so_far: Compilation) -> str:
    """Say how many kernels are ready, which is next, and the seconds so far.

    >>> in_words(Compilation(("conv",), ("dense", "rbf", "train"), 7.2))
    '1 of 4 kernels, 7 s; now dense, rbf …'
    """
    some = ", ".join(so_far.left[:2]) + (" …" if so_far.left[2:] else "")
    count = len(so_far.done) + len(so_far.left)
    return f"{len(so_far.done)} of {count} kernels, {so_far.seconds:.0f} s; now {some}"
