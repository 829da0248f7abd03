"""What a training run tells those who watch it, and how it is asked to stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Protocol

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
    """Ctrl-C, after the steps under way were finished and saved."""


class Stop:
    """A wish to stop, made by Ctrl-C or by anybody who sets it."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Turn the first Ctrl-C into a wish that is read between steps; the second one interrupts.

    Only the main thread hears signals, and a process put in the background may be told to
    ignore them: then this gives a wish that nobody makes.
    """
    stop = Stop()
    before = signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()
    if not main or before in (signal.SIG_IGN, None):
        yield stop
        return

    def hear(signum: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    signal.signal(signal.SIGINT, hear)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
