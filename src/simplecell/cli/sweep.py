"""`simplecell sweep DATA --grid sweep.toml`: settings and seeds, one run each, side by side."""

from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import Data, Jobs, Json, Language, On, ShardOption, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.sweeps.run import Sweep


def sweep(
    data: Data,
    grid: Annotated[
        Path,
        typer.Option(
            metavar="TOML", help="networks, recipes, rates, seeds, epochs, batch: a line each."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where results go (sweeps/GRID).")
    ] = None,
    halving: Annotated[
        bool,
        typer.Option("--halving", help="All for an epoch, the better half for two, and so on."),
    ] = False,
    jobs: Jobs = None,
    on: On = None,
    shard: ShardOption = None,
    threads: Threads = None,
    lang: Language = None,
    json: Json = False,
) -> None:
    """Train every setting of a grid with every seed, and say which is best, and by how much.

    For example: simplecell sweep mnist --grid sweep.toml --jobs 2

    A run that is finished is kept; the same command goes on, on several machines with one folder
    too. The folder then holds sweep.csv, runs.csv, sweep.html and, where pyarrow is installed,
    Parquet. Settings are compared by validation errors; the test part is not looked at.

    The JSON: `data`, `runs`, `asked`, `rows`, the best first, each with `setting`, `mean`, `sd`,
    `difference` to the best, seed by seed, its `difference_sd` and `t`, `seconds`.
    """
    from simplecell.plots.sweep import sweep_page
    from simplecell.plots.words import check_language, language, wished
    from simplecell.sweeps.run import sweep as run
    from simplecell.train.atomic import write_file

    told = wished() if lang is None else check_language(lang)
    console = people(json)
    folder = out or Path("sweeps") / grid.stem
    status = console.status("")
    options: dict[str, Any] = {"jobs": jobs, "on": on, "shard": shard, "threads": threads}
    try:
        with status:
            found = run(
                data,
                grid,
                out=folder,
                halving=halving,
                say=lambda line: console.print(line, style="dim", markup=False, soft_wrap=True),
                tell=lambda line: status.update(line.replace("[", "\\[")),
                **options,
            )
    except KeyboardInterrupt as stopped:
        console.print(
            f"stopped: what is finished is kept in {folder}; the same command goes on.",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(128 + getattr(stopped, "signum", SIGINT)) from None
    if found.rows:
        with language(told):
            page = sweep_page(found.data, found.rows, found.runs)
        write_file(folder / "sweep.html", page.encode())
    if json:
        answer(
            {"data": found.data, "runs": found.runs, "asked": found.asked,
             "rows": found.records()}
        )  # fmt: skip
    else:
        _show(console, found)


def _show(console: "Console", found: "Sweep") -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    from simplecell.plots.sweep import WORDS, cells

    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    for place, name in enumerate(WORDS["en"]["head"]):
        table.add_column(name, justify="right" if place else "left", no_wrap=not place)
    for row in found.rows[:40]:
        table.add_row(*cells(row))
    console.print(table)
    if found.runs < found.asked:
        left = found.asked - found.runs
        console.print(f"{left} runs of {found.asked} are left to others", style="yellow")
    console.print(f"{found.folder}: sweep.csv, runs.csv, sweep.html", markup=False, soft_wrap=True)
