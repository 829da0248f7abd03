"""How training looks while it runs: a line for an epoch, and a bar with the time left."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from simplecell.compile import Compilation
from simplecell.engines.choose import must_compile
from simplecell.engines.protocol import Engine
from simplecell.train import callbacks
from simplecell.train.compiling import following, in_words
from simplecell.train.history import Epoch

LINES, SLOW = 10, 5.0
"""Of more epochs than LINES, each of less than SLOW seconds, about LINES are told."""

OFTEN = 5.0
"""Seconds between two lines about compiling, where there is no terminal."""

COMPILING = "Compiling kernels: once per machine, ten seconds or more …"


@contextmanager
def compiling(console: Console, engine: Engine, otherwise: str = "") -> Iterator[None]:
    """Say why what is done inside takes its time, if it does, and how far it is.

    Where nothing is to be compiled, `otherwise` is shown meanwhile.
    """
    if not must_compile(engine):
        with console.status(otherwise) if otherwise else nullcontext():
            yield
        return
    with Bar(console, "") as bar:
        bar.compiling()
        with following(bar.kernels):
            yield
        bar.compiled()


def somebody_watches() -> bool:
    """Say whether a person sits at a terminal or in a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class Bar(callbacks.Callback):
    """A bar on a terminal; on anything else, lines alone."""

    def __init__(self, console: Console, title: str) -> None:
        self.console, self.title = console, title
        self.bar = Progress(
            TextColumn("{task.fields[epoch]}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:3.0f} %  {task.fields[figures]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task: TaskID | None = None
        self.warming: TaskID | None = None
        self.begun = self.told = 0.0
        self.error = ""
        self.every = self.last = 1
        self.rests_on = ""

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def compiling(self) -> None:
        """Say why nothing seems to happen."""
        self.console.print(COMPILING)
        self.begun = self.told = time.perf_counter()
        self.warming = self.bar.add_task("compiling", total=None, epoch="compiling", figures="")

    def kernels(self, so_far: Compilation) -> None:
        """Show how many kernels are ready and which come next; in a file, now and then."""
        words, now = in_words(so_far), time.perf_counter()
        if self.warming is not None:
            done, count = len(so_far.done), len(so_far.done) + len(so_far.left)
            self.bar.update(self.warming, completed=done, total=count, figures=words)
        if not self.console.is_terminal and now - self.told >= OFTEN:
            self.told = now
            self.console.print(f"  {words}", markup=False)

    def compiled(self) -> None:
        """Take the bar of compiling away, and say how long it took."""
        if self.warming is not None:
            self.bar.remove_task(self.warming)
            self.warming = None
            seconds = time.perf_counter() - self.begun
            self.console.print(f"Compiled in {seconds:.1f} s.")

    def planned(self, epochs: int, seconds: float) -> None:
        """Say how many epochs the time that was given comes to."""
        fit = f"{epochs:,} fit" if epochs > 1 else "there will be one"
        self.console.print(f"an epoch takes about {seconds:.2g} s here: {fit}")

    def decided(self, sentence: str) -> None:
        """Say what was decided of the pictures before the run."""
        self.console.print(sentence, markup=False, soft_wrap=True)

    def warned(self, sentence: str) -> None:
        """Say what the figures warn of."""
        self.console.print(sentence, markup=False, soft_wrap=True)

    def parts(self, train: int, validation: int) -> None:
        """Keep how many pictures the validation error rests on, to be told with it."""
        self.rests_on = f" of {validation:,}" if validation else ""

    def begin(self, epochs: int, steps: int) -> None:
        """Say what is trained, and show an empty bar."""
        self.last = epochs
        self.every = 1 if epochs <= LINES + 2 else -(-epochs // LINES)
        self.console.print(self.title, markup=False, soft_wrap=True)
        self.task = self.bar.add_task(
            "training", total=epochs * steps, epoch=f"epoch 1/{epochs}", figures=""
        )

    def progress(self, progress: callbacks.Progress) -> None:
        """Move the bar."""
        self.compiled()
        if self.task is None:
            return
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        self.bar.update(
            self.task,
            completed=(progress.epoch - 1) * progress.steps + progress.step,
            epoch=f"epoch {progress.epoch}/{progress.epochs}",
            figures=f"loss {progress.loss:.4f}{self.error}, {minutes}:{seconds:02} left",
        )

    def epoch(self, row: Epoch) -> None:
        """Say what an epoch came to."""
        judged = ""
        if row.validation_error_percent is not None:
            error = f"validation error {row.validation_error_percent:.2f} %{self.rests_on}"
            self.error = f", {error}"
            judged = f"   validation loss {row.validation_loss:.4f}   {error}"
        if row.seconds < SLOW and row.epoch not in (1, self.last) and row.epoch % self.every:
            return
        self.console.print(
            f"epoch {row.epoch:2}   loss {row.train_loss:.4f}{judged}   {row.seconds:.2f} s",
            soft_wrap=True,
        )


@contextmanager
def watching(progress: bool | None, title: str) -> Iterator[Sequence[callbacks.Callback]]:
    """Show a bar while training, if it is asked for or, unless told, if somebody watches."""
    if progress is False or (progress is None and not somebody_watches()):
        yield ()
        return
    with Bar(Console(stderr=True, highlight=False), title) as bar:
        yield (bar,)
