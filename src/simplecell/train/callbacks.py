"""What a training run tells those who watch it, and how it is asked to stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from simplecell.compile import Compilation
from simplecell.repr import brief
from simplecell.train.history import Epoch

if TYPE_CHECKING:
    from simplecell.data.normalise import Normalisation
    from simplecell.spec.network import Network
    from simplecell.train.checkpoint import Checkpoint
    from simplecell.train.recipes import Recipe


@brief
@dataclass(frozen=True)
class Progress:
    """Where a run is after some steps. Epochs count from 1; `loss` is this epoch's so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    seconds: float
    seconds_left: float


SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Ctrl-C, and what a system sends that shuts down, or takes a machine back."""


class Watched(Protocol):
    """What may be looked at of a run under way; `at` is where it is, `steps` those of an epoch."""

    network: "Network"
    recipe: "Recipe"
    normalisation: "Normalisation"
    steps: int
    at: "Checkpoint"


class Callback:
    """Somebody who watches. Every method does nothing until it is overridden."""

    def compiling(self) -> None:
        """Hear that kernels are being compiled, which happens once per machine."""

    def kernels(self, so_far: Compilation) -> None:
        """Hear how far compiling is, a few times a second, from a thread of its own."""

    def planned(self, epochs: int, seconds: float) -> None:
        """Hear how many epochs, of so many seconds each, fit into the time that was given."""

    def decided(self, sentence: str) -> None:
        """Hear what was decided of pictures of one's own before the run, and why."""

    def warned(self, sentence: str) -> None:
        """Hear, after the last epoch, what its figures warn of."""

    def parts(self, train: int, validation: int) -> None:
        """Hear how many pictures are learnt, and how many the validation error rests on."""

    def opened(self, training: "Watched") -> None:
        """Hear which run it is, before its first step: to be looked at, and never changed."""

    def begin(self, epochs: int, steps: int) -> None:
        """Hear that the first step is about to be taken."""

    def progress(self, progress: Progress) -> None:
        """Hear how far the run is, a few times a second."""

    def epoch(self, row: Epoch) -> None:
        """Hear what an epoch came to."""

    def saved(self, path: Path) -> None:
        """Hear that a checkpoint was written."""

    def interrupts(self) -> bool:
        """Say, between steps, whether the run is to be saved and left, as Ctrl-C asks for."""
        return False

    def enough(self) -> bool:
        """Say, after an epoch, whether training may end with it."""
        return False


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or the wish to end of a system that shuts down, after what was learnt is saved."""

    def __init__(self, message: str, signum: int = signal.SIGINT) -> None:
        super().__init__(message)
        self.signum = signum


class Halted(KeyboardInterrupt):
    """Work that was given up half done; whoever asked for it puts back what was there before."""


class Stop:
    """A wish to stop, made by a signal or by anybody who sets it."""

    def __init__(self) -> None:
        self.asked = False
        self.signum: int = signal.SIGINT
        self._gives_up = False

    @contextmanager
    def giving_up(self) -> Iterator[None]:
        """Within, a wish does not wait for the work to end: it raises Halted there and then."""
        if self.asked:
            raise Halted
        self._gives_up = True
        try:
            yield
        finally:
            self._gives_up = False

    def hear(self, signum: int, frame: FrameType | None) -> None:
        """Take a signal as the wish; the second one interrupts wherever the process is."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked, self.signum = True, signum
        if self._gives_up:
            raise Halted


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Turn the first Ctrl-C or SIGTERM into a wish, which is read between steps and within them.

    Only the main thread hears signals, and a process put in the background may be told to
    ignore them: then this gives a wish that nobody makes. A process that SIGTERM ends does end
    by it, once what was learnt is saved.
    """
    stop = Stop()
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {signum: signal.getsignal(signum) for signum in SIGNALS}
    before = {n: hear for n, hear in before.items() if hear not in (signal.SIG_IGN, None)}
    for signum in before:
        signal.signal(signum, stop.hear)
    try:
        yield stop
    except Interrupted as stopped:
        if before.get(stopped.signum) is signal.SIG_DFL:
            signal.signal(stopped.signum, signal.SIG_DFL)
            signal.raise_signal(stopped.signum)
        raise
    finally:
        for signum, hear in before.items():
            signal.signal(signum, hear)
