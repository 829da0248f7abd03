"""Every command line that the pages show is one that simplecell understands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from simplecell.cli.main import application

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
APPLICATION = typer.main.get_command(application([]))


def shown() -> Iterator[tuple[str, str]]:
    """Give each page's command lines; English and Chinese pages show the same, but once."""
    told: set[str] = set()
    for page in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), re.S | re.M):
            for line in re.findall(r"^simplecell (.*)$", block.replace("\\\n", " "), re.M):
                if line not in told:
                    told.add(line)
                    yield page.relative_to(ROOT).as_posix(), line


COMMANDS = list(shown())


def test_pages_show_commands() -> None:
    pages = {page for page, _ in COMMANDS}
    assert {"README.md", "docs/start.md", "docs/own-pictures.md", "docs/export.md"} <= pages


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[line for _, line in COMMANDS])
def test_a_command_on_a_page_has_options_and_arguments_that_are_there(
    page: str, line: str
) -> None:
    words = shlex.split(line.split("&&")[0], comments=True)
    command: Any = APPLICATION
    while hasattr(command, "commands") and words:
        command = command.commands[words.pop(0)]
    # This reads the line, runs nothing, and raises where an option or an argument is wrong.
    assert command.make_context(command.name, words).command is command, page
