"""`simplecell reproduce NAME`: run a published experiment again; published and ours, side by side.

What is finished is never run again: the same command goes on where it stopped.
"""

from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import Jobs, Json, On, ShardOption, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from simplecell.reproduce.experiment import Experiment
    from simplecell.reproduce.unit import Unit

RESULTS = Path("reproduce")
QUICK_SEEDS = 2
NO_PICTURES = "no pictures: matplotlib is not installed (pip install 'simplecell[plots]')."


def reproduce(
    name: Annotated[
        str | None, typer.Argument(help="The experiment; without it, all are listed.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="How many seeds; most take 5.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A few seconds on bundled data, not to be quoted.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where results go (reproduce/NAME).")
    ] = None,
    publish: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write the page, its JSON and pictures here too."),
    ] = None,
    threads: Threads = None,
    jobs: Jobs = None,
    on: On = None,
    shard: ShardOption = None,
    json: Json = False,
) -> None:
    """Run a published experiment over seeds: published, ours, difference, guesses.

    For example: simplecell reproduce lenet1998 --quick

    A unit, one task with one seed, that is finished is kept; the same command goes on, on
    several machines with one folder too. The folder then holds NAME.md, NAME.json and, where
    matplotlib is installed, pictures.

    The JSON: `rows`, each with `key`, `published`, `mean`, `sd`, `values`, `difference`, `kept`;
    the mean of every measure again by its key; `seconds` a seed; `tables`, `guesses`, `results`
    by task and seed, `machine`; without NAME, `experiments`.
    """
    from simplecell.reproduce.registry import find
    from simplecell.reproduce.run import finished, run, sorted_places
    from simplecell.reproduce.table import document
    from simplecell.units.shard import read_shard

    console = people(json)
    if name is None:
        _list(console, json)
        return
    experiment = find(name)
    folder = out or RESULTS / (f"{name}-quick" if quick else name)
    usual = min(QUICK_SEEDS, experiment.seeds) if quick else experiment.seeds
    count = usual if seeds is None else seeds
    console.print(f"{experiment.title}; results in {folder}", markup=False, soft_wrap=True)
    status = console.status("")
    try:
        with status:
            units = run(
                experiment,
                folder,
                seeds=count,
                quick=quick,
                threads=threads,
                jobs=jobs or 1,
                on=on,
                shard=read_shard(shard),
                machine=_machine(threads, jobs or 1),
                say=lambda line: console.print(line, style="dim", markup=False, soft_wrap=True),
                tell=lambda line: status.update(line.replace("[", "\\[")),
            )
    except KeyboardInterrupt as stopped:
        there = finished(experiment, folder, count, quick)
        kept = [there[place] for place in sorted_places(experiment, there)]
        console.print(
            f"stopped: {len(kept)} of {count * len(experiment.tasks)} units are kept in {folder};"
            " the same command goes on from there.",
            markup=False,
            soft_wrap=True,
        )
        if kept:
            _write(console, experiment, kept, quick, [folder])
        raise typer.Exit(128 + getattr(stopped, "signum", SIGINT)) from None
    _write(console, experiment, units, quick, [folder] + ([publish] if publish else []))
    gathered = document(experiment, units, quick)
    if json:
        answer(gathered)
    else:
        _show(console, gathered, folder)


def _list(console: "Console", json: bool) -> None:
    from simplecell.reproduce.registry import NAMES, find

    titles = {name: find(name).title for name in NAMES}
    if json:
        answer({"experiments": titles})
    else:
        rows = list(titles.items())
        _print(console, ("experiment", "what it repeats"), rows, [""] * len(rows))
        console.print()


def _machine(threads: int | None, jobs: int) -> dict[str, Any]:
    from simplecell.bench.machine import describe

    described = describe(0)
    each = threads or (1 if jobs > 1 else None)
    return {**described, "threads": each, "jobs": jobs}


def _write(
    console: "Console",
    experiment: "Experiment",
    units: "Sequence[Unit]",
    quick: bool,
    folders: "Sequence[Path]",
) -> None:
    """Write the page, its JSON and its pictures into each folder."""
    from simplecell.reproduce.table import document, markdown
    from simplecell.reproduce.unit import json_bytes
    from simplecell.train.atomic import make_folder, write_file

    gathered = document(experiment, units, quick)
    for folder in folders:
        make_folder(folder)
        pictures = _draw(console, experiment, units, folder)
        page = markdown(gathered, pictures)
        write_file(folder / f"{experiment.name}.json", json_bytes(gathered))
        write_file(folder / f"{experiment.name}.md", page.encode())


def _draw(
    console: "Console", experiment: "Experiment", units: "Sequence[Unit]", folder: Path
) -> list[tuple[str, str]]:
    """Draw what the experiment has to show; give (file, caption)."""
    from simplecell.reproduce.table import results

    if experiment.pictures is None:
        return []
    if find_spec("matplotlib") is None:
        console.print(NO_PICTURES, markup=False)
        return []
    from simplecell.plots import draw

    drawn = []
    for picture in experiment.pictures(results(units)):
        file = f"{experiment.name}-{picture.name}.png"
        draw(picture.kind, picture.data, folder / file)
        drawn.append((file, picture.caption))
    return drawn


def _show(console: "Console", gathered: dict[str, Any], folder: Path) -> None:
    from simplecell.reproduce.table import HEAD, QUICK, cells

    rows = [cells(row, seeds=False) for row in gathered["rows"]]
    kept = [{True: "green", False: "red", None: ""}[row["kept"]] for row in gathered["rows"]]
    _print(console, HEAD, rows, kept)
    for further in gathered["tables"]:
        console.print(f"\n{further['title']}", style="bold", markup=False)
        _print(console, further["head"], further["rows"], [""] * len(further["rows"]))
    console.print()
    if gathered["quick"]:
        console.print(QUICK.strip("*"), style="yellow")
    console.print(
        f"seeds: {len(gathered['seeds'])}, {gathered['seconds']:.1f} s each;"
        f" {folder / gathered['experiment']}.md has the guesses and the conditions",
        markup=False,
        soft_wrap=True,
    )


def _print(
    console: "Console",
    head: "Sequence[str]",
    rows: "Sequence[Sequence[str]]",
    styles: "Sequence[str]",
) -> None:
    """Print a table, without the columns that have nothing in them."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    used = [place for place in range(len(head)) if any(row[place].strip("–") for row in rows)]
    for place in used:
        words = place == 0 or len(head) == 2
        table.add_column(head[place], justify="left" if words else "right", no_wrap=not words)
    for row, style in zip(rows, styles, strict=True):
        table.add_row(*(Text(row[place]) for place in used), style=style)
    console.print(table)
