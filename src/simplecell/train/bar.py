"""How training looks while it runs: a line for an epoch, and a bar with the time left."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from simplecell.engines.choose import must_compile
from simplecell.engines.protocol import Engine
from simplecell.train import callbacks
from simplecell.train.history import Epoch

LINES, SLOW = 10, 5.0
"""Of more epochs than LINES, each of less than SLOW seconds, about LINES are told."""

COMPILING = "Compiling kernels: once per machine, ten seconds or more …"


def say_compiling(console: Console, engine: Engine) -> None:
    """Say why the next thing takes its time, if it does."""
    if must_compile(engine):
        console.print(COMPILING)


def somebody_watches() -> bool:
    """Say whether a person sits at a terminal or in a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class Bar(callbacks.Callback):
    """A bar on a terminal; on anything else, lines alone."""

    def __init__(self, console: Console, title: str) -> None:
        self.console, self.title = console, title
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:3.0f} %  {task.fields[figures]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task: TaskID | None = None
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

    def planned(self, epochs: int, seconds: float) -> None:
        """Say how many epochs the time that was given comes to."""
        fit = f"{epochs:,} fit" if epochs > 1 else "there will be one"
        self.console.print(f"an epoch takes about {seconds:.2g} s here: {fit}")

    def parts(self, train: int, validation: int) -> None:
        """Keep how many pictures the validation error rests on, to be told with it."""
        self.rests_on = f" of {validation:,}" if validation else ""

    def begin(self, epochs: int, steps: int) -> None:
        """Say what is trained, and show an empty bar."""
        self.last = epochs
        self.every = 1 if epochs <= LINES + 2 else -(-epochs // LINES)
        self.console.print(self.title, markup=False, soft_wrap=True)
        self.task = self.bar.add_task(
            "training", total=epochs * steps, epoch=f"1/{epochs}", figures=""
        )

    def progress(self, progress: callbacks.Progress) -> None:
        """Move the bar."""
        if self.task is None:
            return
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        self.bar.update(
            self.task,
            completed=(progress.epoch - 1) * progress.steps + progress.step,
            epoch=f"{progress.epoch}/{progress.epochs}",
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
