"""`simplecell look DATA --model RUN`: the labels that networks doubt, as text and in JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.data.survey import Survey
    from simplecell.plots.suspects import Doubted

SHOWN = 20
"""Suspects that are listed on the terminal; the page and the JSON have all."""


def judged(
    console: "Console", name: str, survey: "Survey", run: Path, data_dir: Path | None
) -> "Doubted":
    """Load the data as the networks of a run read them, and let them judge."""
    from simplecell.data.formats import is_pictures
    from simplecell.data.sources import load
    from simplecell.engines.choose import engine
    from simplecell.plots.suspects import Doubted
    from simplecell.train.folds import is_folds
    from simplecell.train.model import load_model
    from simplecell.train.suspects import suspects

    network = load_model(run / "fold-1" if is_folds(run) else run).network
    channels, *sides = network.input
    told: dict[str, Any] = {"size": (sides[0], sides[1]), "data_dir": data_dir}
    if is_pictures(name):
        told["channels"] = channels
    with console.status("asking which labels are in doubt"):
        found, data = suspects(run, load(name, **told), engine("auto"))
    return Doubted(found, data)


def show(console: "Console", doubted: "Doubted") -> None:
    """List the first suspects."""
    from simplecell.plots.suspects import said, summary, words

    def say(text: str, **how: Any) -> None:
        console.print(text, markup=False, soft_wrap=True, **how)

    say(f"\n{said('title')}", style="bold")
    say(f"  {summary(doubted)}")
    for one in doubted.found.listed[:SHOWN]:
        say(f"  - {words(doubted, one)}")
    if doubted.found.listed[SHOWN:]:
        say(f"  {said('more', count=len(doubted.found.listed) - SHOWN)}", style="dim")


def documents(doubted: "Doubted") -> list[dict[str, Any]]:
    """Give the suspects as plain values."""
    names = doubted.data.classes
    return [
        {
            "picture": one.name or None,
            "row": one.row,
            "label": names[one.label],
            "likely": names[one.likely],
            "given": one.given,
            "found": one.found,
        }
        for one in doubted.found.listed
    ]
