"""Pictures of a run: how its loss, its error and its rate went, epoch by epoch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simplecell.errors import PlotError
from simplecell.plots.sheet import (
    entitle,
    figure,
    number_logarithms,
    styled,
    tint,
)
from simplecell.plots.words import said

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simplecell.train.history import Epoch

DOTTED = 30
"""Epochs that are drawn with a dot each; of more, the line is enough."""


@styled
def learning(
    history: Sequence["Epoch"], title: str = "", test_error_percent: float | None = None
) -> "Figure":
    """Draw the loss, the validation error and the rate over the epochs of a run.

    Raises
        PlotError   no epoch has ended yet
    """
    from matplotlib.ticker import MaxNLocator

    if not history:
        raise PlotError("no epoch of this run has ended: there is nothing to draw yet.")
    judged = [row for row in history if row.validation_loss is not None]
    drawn = figure(6.2 if judged else 4.2)
    ratios = [3, 3, 1.4] if judged else [3, 1.4]
    panels = drawn.subplots(len(ratios), 1, sharex=True, height_ratios=ratios)
    epochs = [row.epoch for row in history]
    _line(panels[0], epochs, [row.train_loss for row in history], 0, said("as it went"))
    if judged:
        told = [row.epoch for row in judged]
        _line(
            panels[0], told, [row.validation_loss or 0.0 for row in judged], 1, said("validation")
        )
        errors = [row.validation_error_percent or 0.0 for row in judged]
        least = min(range(len(errors)), key=errors.__getitem__)
        words = said("least", epoch=told[least], error=errors[least])
        _line(panels[1], told, errors, 1, words)
        if test_error_percent is not None:
            panels[1].axhline(
                test_error_percent,
                color=tint(6),
                lw=1,
                ls="--",
                label=said("test", error=test_error_percent),
            )
        panels[1].set_ylabel(said("error"))
        panels[1].set_ylim(bottom=0)
        panels[1].legend()
    panels[0].set_ylabel(said("loss"))
    if min(line.get_ydata().min() for line in panels[0].get_lines()) > 0:
        panels[0].set_yscale("log")
        number_logarithms(panels[0])
    panels[0].legend()
    entitle(drawn, title or said("a run"))
    _line(panels[-1], epochs, [row.rate for row in history], 2, "")
    panels[-1].set(xlabel=said("epoch"), ylabel=said("rate"), ylim=(0, None))
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    drawn.align_ylabels()
    return drawn


def _line(
    axes: "Axes", epochs: Sequence[int], values: Sequence[float], number: int, label: str
) -> None:
    dot = "o" if len(epochs) <= DOTTED else ""
    axes.plot(epochs, values, color=tint(number), lw=1.6, marker=dot, ms=3.5, label=label)
