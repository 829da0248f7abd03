"""How a search for features looks while it runs: a bar, and a line now and then."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

if TYPE_CHECKING:
    from simplecell.features.descent import Step

LINES = 8
"""How many lines a search leaves behind."""


class Iterations:
    """Watches one search after another, by the names of their stages."""

    def __init__(self, console: Console, rho: float | None = None) -> None:
        self.console, self.rho = console, rho
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:3.0f} %  {task.fields[figures]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.tasks: dict[str, TaskID] = {}

    def hear(self, stage: str, step: "Step") -> None:
        """Move the bar; leave a line for every eighth of the way, and for the last step."""
        figures = self._figures(step)
        if stage not in self.tasks:
            self.tasks[stage] = self.bar.add_task(stage, total=step.iterations, figures="")
        left = step.seconds / step.iteration * (step.iterations - step.iteration)
        minutes, seconds = divmod(round(left), 60)
        shown = f"{figures}, {minutes}:{seconds:02} left"
        self.bar.update(self.tasks[stage], completed=step.iteration, figures=shown)
        last = step.iteration == step.iterations
        if last or step.iteration % max(1, step.iterations // LINES) == 0:
            where = f"{stage} {step.iteration:4}/{step.iterations}"
            self.console.print(f"{where}   {figures}   {step.seconds:.1f} s", soft_wrap=True)
        if last:
            self.bar.update(self.tasks[stage], visible=False)

    def _figures(self, step: "Step") -> str:
        terms = step.terms
        if "surprise" in terms:
            return f"cost {step.cost:.4f}   right {terms['accuracy_percent']:.2f} %"
        against = "" if self.rho is None else f" (rho {self.rho:g})"
        return (
            f"cost {step.cost:.4f}   reconstruction error {terms['error']:.4f}"
            f"   mean activation {terms['activation']:.4f}{against}"
        )


@contextmanager
def iterations(console: Console, rho: float | None = None) -> Iterator[Iterations]:
    """Show searches while they run."""
    shown = Iterations(console, rho)
    with shown.bar:
        yield shown
