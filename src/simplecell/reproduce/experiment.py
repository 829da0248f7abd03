"""What an experiment is: tasks that are measured over seeds, and what was published of them.

A unit of work is one task with one seed. It gives numbers by name, and whatever else a picture
may need: curves as lists, histograms as dictionaries. A task trains with `train.loop.fit`,
chooses by the validation part alone, and looks at the test part once, at its end.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from simplecell.errors import SpecError

Tell = Callable[[str], None]
Result = Mapping[str, Any]
Task = Callable[[int, bool, Tell], Result]
"""(seed, quick, tell) -> what was measured; the seed decides all of it.

`quick` asks for a few seconds' work on data that need no download, to see that all is well.
`tell` hears, line by line, what is under way.
"""
Results = Mapping[str, Mapping[int, Result]]
"""What was measured, by task and by seed."""


@dataclass(frozen=True)
class Measure:
    """One row of the table: a number that a task gives, and what was published of it.

    `key` is "<task>.<name>", or "<name>" where the experiment has one task. `at_least` is our
    own bound on the mean over the seeds. `published` is text where it is no single number.
    """

    key: str
    what: str
    published: str | float | None
    unit: str = "%"
    at_least: float | None = None
    lower_is_better: bool = True


@dataclass(frozen=True)
class Table:
    """A further table, made from what all tasks and seeds gave."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture to be drawn by the function of `plots` that `kind` names, from `data`."""

    name: str
    kind: str
    caption: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """What is measured, against what, and what had to be guessed.

    `tables` and `pictures` make more of what all tasks and seeds gave; both are also asked
    while some results are still missing, and then say what they can.
    """

    name: str
    title: str
    source: str
    tasks: Mapping[str, Task]
    measures: tuple[Measure, ...]
    guesses: tuple[str, ...] = ()
    seeds: int = 5
    notes: str = ""
    tables: Callable[[Results], Sequence[Table]] | None = None
    pictures: Callable[[Results], Sequence[Picture]] | None = None

    def __post_init__(self) -> None:
        for task in self.tasks:
            if not task.replace("-", "").replace("_", "").isalnum():
                raise SpecError(
                    f"experiment {self.name}: a task is called {task!r}; it becomes a file's"
                    " name, so use letters, digits, - and _."
                )
        for measure in self.measures:
            self.place(measure.key)

    def place(self, key: str) -> tuple[str, str]:
        """Split a measure's key into its task and the name of the number.

        Raises
            SpecError   the experiment has no such task
        """
        task, point, name = key.partition(".")
        if point and task in self.tasks:
            return task, name
        if len(self.tasks) == 1 and not point:
            return next(iter(self.tasks)), key
        raise SpecError(
            f"experiment {self.name}: the measure {key!r} names none of its tasks"
            f" ({', '.join(self.tasks)}); write task.number."
        )


_THREADS: ContextVar[int | None] = ContextVar("threads", default=None)


def threads() -> int | None:
    """Give how many threads a task's engine may take; None is all. No result depends on it."""
    return _THREADS.get()


@contextmanager
def with_threads(number: int | None) -> Iterator[None]:
    """Let tasks take so many threads."""
    before = _THREADS.set(number)
    try:
        yield
    finally:
        _THREADS.reset(before)
