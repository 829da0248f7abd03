"""`simplecell plot KIND RUN [DATA] --out FILE`: pictures of a trained model."""

from pathlib import Path
from typing import Annotated

import typer

from simplecell.cli.options import DataDir, EngineName, Json, Language, Threads
from simplecell.cli.screen import answer, people


def plot(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="Which picture; none lists them.")
    ] = None,
    run: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN]", help="A run folder, or a model of simplecell's."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Argument(metavar="[DATA]", help="Pictures; those it learned from, otherwise."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What to write: .png or .svg (KIND.png).")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Of kernels and table: which layer.")] = None,
    row: Annotated[
        int | None, typer.Option(help="Of maps and deltas: which picture of the test part (0).")
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Draw for a dark screen.")] = False,
    lang: Language = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Draw a picture of a trained model.

    For example: simplecell plot confusion runs/first mnist --out confusion.png

    The JSON: `kind`, `file`, `bytes`, `network`, `data`; without KIND `kinds`, what there is.
    """
    from simplecell.cli.subject import read_subject
    from simplecell.errors import SpecError
    from simplecell.plots.gallery import KINDS
    from simplecell.plots.gallery import kind as find
    from simplecell.plots.sheet import check_installed, check_suffix, look, write
    from simplecell.plots.words import check_language, language, wished

    console = people(json)
    if kind is None:
        if json:
            answer({"kinds": {name: one.what for name, one in KINDS.items()}})
            return
        for name, one in KINDS.items():
            console.print(f"{name:10} {one.what}", markup=False)
        console.print("\nsimplecell plot KIND RUN [DATA] --out FILE.png", markup=False)
        return
    found = find(kind)
    for option, value in (("--layer", layer), ("--row", row)):
        # What a kind draws names the options that it heeds.
        if value is not None and option not in found.what:
            raise SpecError(f"{option} has no meaning for {kind}, {found.what}: leave it out.")
    if run is None:
        raise SpecError(
            f"{kind} is drawn of a trained model: name one.\n"
            f"  simplecell plot {kind} runs/first --out {kind}.png"
        )
    file = out or Path(f"{kind}.png")
    check_suffix(file)
    check_installed()
    _ = wished() if lang is None else check_language(lang)
    subject = read_subject(
        run,
        data,
        needs_data=found.data,
        data_dir=data_dir,
        engine=engine,
        threads=threads,
        console=console,
    )
    subject.layer, subject.row = layer, row or 0
    with language(lang), look(dark=dark):
        write(found.draw(subject), file)
    document = {
        "kind": kind,
        "file": file,
        "bytes": file.stat().st_size,
        "network": subject.model.network.name,
        "data": subject.data or None,
    }
    if json:
        answer(document)
    else:
        console.print(f"{file}: {found.what}", markup=False, soft_wrap=True)
