"""`--help` at 80 columns: no paragraph is broken twice, and values are completed."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer

import simplecell
from simplecell.cli.main import application

WIDE = 80
SOURCE = Path(simplecell.__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": str(WIDE)}


def names() -> list[str]:
    """Every command that does something, by its full name, as in "features learn"."""
    found = []
    for name, command in typer.main.get_command(application([])).commands.items():
        inner = getattr(command, "commands", {})
        found += [f"{name} {word}" for word in inner] or [name]
    return found


def run(arguments: list[str], folder: Path | None = None, **environment: str) -> str:
    command = [sys.executable, "-m", "simplecell", *arguments]
    whole = {**ENVIRONMENT, **environment}
    answer = subprocess.run(
        command, env=whole, cwd=folder, text=True, capture_output=True, check=True
    )
    return answer.stdout


def helped(name: str) -> list[str]:
    return run([*name.split(), "--help"]).splitlines()


def paragraphs(lines: list[str]) -> list[list[str]]:
    """The paragraphs outside of boxes."""
    found: list[list[str]] = [[]]
    for line in lines:
        text = "" if line.startswith(("╭", "│", "╰")) else line.strip()
        if text:
            found[-1].append(text)
        elif found[-1]:
            found.append([])
    return [part for part in found if part]


@pytest.mark.parametrize("name", names())
def test_help_reads_well_at_80_columns(name: str) -> None:
    lines = helped(name)
    assert max(map(len, lines)) <= WIDE
    for part in paragraphs(lines):
        for line, following in pairwise(part):
            # The next word would not have fitted: no line was broken before it had to be.
            assert len(line) + 1 + len(following.split()[0]) > WIDE - 2, part
    last = paragraphs(lines)[-1]
    assert last[0].startswith("The JSON"), "the JSON keys come last"


def test_many_options_come_in_groups() -> None:
    heads = [line.strip("╭╮─ ") for line in helped("train") if line.startswith("╭")]
    assert {"What is trained", "How long", "Pictures of your own", "Machine"} <= set(heads)
    assert [line for line in helped("evaluate") if line.startswith("╭")][2:] == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("train fash", ["fashion-mnist"]),
        ("train digits --recipe lenet1998-", ["lenet1998-distortions"]),
        ("train digits --net lenet5_t", ["lenet5_tutorial"]),
        ("train digits --engine ref", ["reference"]),
        ("train digits --depart max", ["max-pool"]),
        ("plot conf", ["confusion"]),
        ("plot confusion runs/", ["runs/first/"]),
        ("predict runs/first on", ["one.png"]),
        ("reproduce lenet", ["lenet1998"]),
        ("evaluate ", ["runs/first/", "runs/"]),
    ],
)
def test_a_shell_completes_values(typed: str, offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "runs" / "first").mkdir(parents=True)
    (tmp_path / "one.png").touch()
    words = f"simplecell {typed}"
    told = {"_SIMPLECELL_COMPLETE": "complete_bash", "COMP_WORDS": words}
    answer = run([], tmp_path, **told, COMP_CWORD=str(len(words.split(" ")) - 1))
    assert answer.split("\n")[: len(offered)] == offered
