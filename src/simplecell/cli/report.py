"""`simplecell report RUN [DATA] --out FILE`: a run as one page that can be mailed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import DataDir, EngineName, Json, Language, ModelPath, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.data.sources import Dataset
    from simplecell.engines.protocol import Engine
    from simplecell.plots.gallery import Subject


def report(
    run: ModelPath,
    data: Annotated[
        str | None,
        typer.Argument(metavar="[DATA]", help="Pictures; those it learned from, otherwise."),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The page to write, which ends in .html.")
    ] = Path("report.html"),
    row: Annotated[int, typer.Option(help="Which picture is followed through it.")] = 0,
    lang: Language = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Write a run's curves, confusion, kernels, mistakes and settings as one HTML file.

    For example: simplecell report runs/first mnist --out first.html

    The JSON: `file`, `bytes`, `network`, `data`, `examples`.
    """
    from simplecell.cli.subject import read_subject
    from simplecell.plots.words import check_language, language, wished

    check_page(out)
    _ = wished() if lang is None else check_language(lang)
    console = people(json)
    subject = read_subject(
        run,
        data,
        needs_data=True,
        data_dir=data_dir,
        engine=engine,
        threads=threads,
        console=console,
    )
    subject.row = row
    with language(lang):
        write_page(console, subject, out, run)
    document = {
        "file": out,
        "bytes": out.stat().st_size,
        "network": subject.model.network.name,
        "data": subject.data,
        "examples": len(subject.pictures),
    }
    if json:
        answer(document)
    else:
        console.print(f"{out}: {out.stat().st_size:,} bytes", markup=False, soft_wrap=True)


def check_page(file: Path | None) -> None:
    """Refuse a page that cannot be: no name for one, no folder, no matplotlib; None is no page.

    Raises
        UnknownName   a name that does not end in .html
        ModelError    no such folder
        PlotError     matplotlib is not installed
    """
    from simplecell.errors import ModelError, UnknownName
    from simplecell.plots.sheet import check_installed

    if file is None:
        return
    if file.suffix.lower() != ".html":
        raise UnknownName("kind of page", file.suffix or file.name, [".html"])
    if not file.parent.is_dir():
        raise ModelError(f"{file} could not be written: there is no folder {file.parent}.")
    check_installed()


def write_report(
    console: "Console", run: Path, data: "Dataset", engine: "Engine", file: Path
) -> None:
    """Write the page of a run that has just ended, on the data it was trained with."""
    from simplecell.cli.subject import read_subject

    subject = read_subject(run, None, needs_data=False)
    subject.data, subject.engine = data.name, engine
    subject.part = data.train if data.test is None else data.test
    subject.unseen = data.test is not None
    write_page(console, subject, file, run)
    console.print(f"report: {file}", markup=False, soft_wrap=True)


def write_page(console: "Console", subject: "Subject", file: Path, run: Path) -> None:
    """Write a run's page, with what its folder says of it if it is a folder."""
    from simplecell.plots.page import page
    from simplecell.train.atomic import write_file
    from simplecell.train.folder import RunFolder

    settings: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    if run.is_dir() and RunFolder(run).started:
        settings, result = RunFolder(run).settings(), RunFolder(run).result()
    with console.status("drawing") as status:
        text = page(subject, settings, result, lambda name: status.update(f"drawing {name}"))
    write_file(file, text.encode())
