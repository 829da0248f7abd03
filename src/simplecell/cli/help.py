"""How a command explains itself: whole paragraphs, options in groups, the JSON last.

A docstring's lines are broken for who reads the code; a terminal breaks them again, at its own
width. What a file says of its JSON may stand in its docstring or in the command's.
"""

import inspect
import sys
from collections.abc import Callable
from copy import copy
from typing import Annotated, Any

import typer
from typer.models import ArgumentInfo, OptionInfo

from simplecell.cli.completion import VALUES

Command = Callable[..., Any]

PANELS = {
    "What is trained": ("net", "recipe", "depart", "batch", "rate", "seed", "guard"),
    "How long": ("epochs", "until_error", "minutes"),
    "Pictures of your own": ("size", "colour", "insist", "split", "values", "root"),
    "Files and folders": ("out", "resume", "report", "tensorboard"),
    "Machine": ("engine", "threads", "data_dir"),
}
"""Groups of options, by their names in the commands' functions. Few options need no groups."""

MANY, FEW = 12, 3
"""From so many options on there are groups, each of so many or more."""


def register(app: typer.Typer, name: str, command: Command) -> None:
    """Add a command to an application, with its help and what its values complete to."""
    text, end = _parts(command)
    app.command(name, help=text, epilog=end)(_prepared(command))


def _parts(command: Command) -> tuple[str, str | None]:
    """Give a command's help, a paragraph a line, and what it says of its JSON."""
    said = _paragraphs(command.__doc__)
    of_file = _paragraphs(sys.modules[command.__module__].__doc__)
    json = [part for part in (*said, *of_file) if "JSON" in part and "`" in part]
    text = [part for part in said if part not in json]
    return "\n\n".join(text), json[0] if json else None


def _paragraphs(text: str | None) -> list[str]:
    whole = inspect.cleandoc(text or "")
    return [" ".join(part.split()) for part in whole.split("\n\n") if part.strip()]


def _prepared(command: Command) -> Command:
    """Say how values complete and, of many options, in which group each is shown."""
    infos = _infos(command)
    panels = _panels([name for name, info in infos.items() if isinstance(info, OptionInfo)])
    for name, info in infos.items():
        told = copy(info)  # commands share some
        if name in VALUES and (isinstance(info, ArgumentInfo) or name != "name"):
            told.autocompletion = VALUES[name]
        told.rich_help_panel = panels.get(name)
        kind = command.__annotations__[name].__origin__
        command.__annotations__[name] = Annotated[kind, told]
    return command


def _panels(options: list[str]) -> dict[str, str]:
    """Give each option its group; few options have none, and neither have groups of one or two."""
    found = {
        option: panel
        for panel, members in PANELS.items()
        if len(there := [option for option in options if option in members]) >= FEW
        for option in there
    }
    return found if len(options) >= MANY else {}


def _infos(command: Command) -> dict[str, ArgumentInfo | OptionInfo]:
    """Give what typer is told of each parameter."""
    return {
        name: told
        for name, hint in command.__annotations__.items()
        for told in getattr(hint, "__metadata__", ())
        if isinstance(told, ArgumentInfo | OptionInfo)
    }
