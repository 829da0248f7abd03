"""`simplecell look DATA`: what is in a data set, before anything is learnt."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import Data, DataDir, Json, Language, Range, Root, Split
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console

    from simplecell.data.survey import Survey

SHOWN = 20
"""Classes that are listed on the terminal, and files; the page has all."""

LINES, COLUMNS, BESIDE = 8, 16, 4
"""Of a picture on the terminal; how many stand side by side."""

SHADES = " .:-=+*#%@"


def look(
    data: Data,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page, too, which ends in .html.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="List the pictures whose labels are in doubt, by a run of `train --folds`,"
            " or by a model.",
        ),
    ] = None,
    split: Split = None,
    values: Range = None,
    root: Root = None,
    size: Annotated[
        int | None, typer.Option(help="Pictures of your own are scaled to this square (32).")
    ] = None,
    lang: Language = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Show what was understood of DATA: its classes, parts, pictures, sizes, and what is in doubt.

    For example: simplecell look path/to/folder --out look.html

    Nothing is learnt. What training would refuse is refused here with the same sentence.

    With --model, networks that have learnt say which labels they doubt: best those of
    `simplecell train DATA --folds 5`, none of which has learnt from the pictures it judges.

    The JSON: `data`, `classes`, `learn`, `test`, `shape`, `sizes`, `objects`, `notes`, `doubts`,
    `skipped`, `page`; with --model `suspects`, a list of `picture`, `row`, `label`, `likely`,
    `given`, `found`, the last two probabilities.
    """
    from simplecell.cli.pictures import told_of
    from simplecell.cli.suspects import documents, judged, show
    from simplecell.data.survey import survey
    from simplecell.plots.contents import contents, document
    from simplecell.plots.suspects import section
    from simplecell.plots.words import check_language, language, wished
    from simplecell.train.atomic import write_file
    from simplecell.train.model import version

    _check_page(out)
    _ = wished() if lang is None else check_language(lang)
    console = people(json)
    name = told_of(data, split, values, root)
    with console.status(f"looking at {data}"):
        found = survey(name, size=size, data_dir=None if data_dir is None else str(data_dir))
    doubted = None if model is None else judged(console, name, found, model, data_dir)
    with language(lang):
        if not json:
            _show(console, found, data)
        if doubted is not None and not json:
            show(console, doubted)
        if out is not None:
            more = "" if doubted is None else section(doubted)
            write_file(out, contents(found, version(), more).encode())
            console.print(f"page: {out}", markup=False, soft_wrap=True)
        if json:
            told = {} if doubted is None else {"suspects": documents(doubted)}
            answer({**document(found), **told, "page": out})


def _check_page(file: Path | None) -> None:
    """Refuse a page of another ending, or in no folder."""
    from simplecell.errors import ModelError, UnknownName

    if file is None:
        return
    if file.suffix.lower() != ".html":
        raise UnknownName("kind of page", file.suffix or file.name, [".html"])
    if not file.parent.is_dir():
        raise ModelError(f"{file} could not be written: there is no folder {file.parent}.")


def _show(console: "Console", found: "Survey", name: str) -> None:
    from simplecell.plots.contents import of_colour, of_sizes, said, sentence, spell

    def say(text: str, **how: Any) -> None:
        console.print(text, markup=False, soft_wrap=True, **how)

    _, _, height, width = found.data.train.pixels.shape
    colour = of_colour(found)
    say(f"{found.data.name}: {sentence(found)}", style="bold")
    say(f"{said('read as')} {width}x{height}, {colour}; {said('files')}: {of_sizes(found)}")
    for note in found.data.notes:
        say(f"Note: {note}")
    _counts(console, found)
    for label, pictures in enumerate(found.examples[:SHOWN]):
        say(f"\n{found.data.classes[label]}")
        say("\n".join(text_of(pictures[:BESIDE])), style="dim")
        if found.cropped:
            say("\n" + "\n".join(text_of(found.cropped[label][:BESIDE])), style="dim")
    if found.cropped:
        say(f"\n{said('cropped')}")
    say(f"\n{said('doubts')}", style="bold")
    for doubt in found.doubts:
        say(f"  - {spell(doubt)}")
    if not found.doubts:
        say(f"  {said('no doubts')}")
    for one in found.data.skipped[:SHOWN]:
        say(f"    {one.path}: {one.reason}", style="dim")
    say(f"\n{said('nothing')} simplecell train {name}")


def _counts(console: "Console", found: "Survey") -> None:
    """List the classes with how many pictures each has."""
    from simplecell.plots.contents import said

    most = max(int(found.learnt.max()), 1)
    widest = max((len(name) for name in found.data.classes[:SHOWN]), default=5)
    console.print(f"{said('class'):{widest}}  {said('learn'):>14}  {said('test'):>13}",
                  style="dim", markup=False)  # fmt: skip
    for label, name in enumerate(found.data.classes[:SHOWN]):
        learn, test = int(found.learnt[label]), int(found.tested[label])
        bar = "#" * round(30 * learn / most)
        console.print(f"{name:{widest}}  {learn:14,}  {test:13,}  {bar}", markup=False,
                      soft_wrap=True)  # fmt: skip
    if found.data.classes[SHOWN:]:
        console.print(f"… {len(found.data.classes) - SHOWN:,}", style="dim")


def text_of(pictures: "NDArray[np.uint8]") -> list[str]:
    """Draw pictures side by side in letters: the farther from the ground's shade, the denser.

    Shapes
        pictures (n, C, H, W)

    >>> import numpy as np
    >>> picture = np.zeros((1, 1, 8, 16), np.uint8)
    >>> picture[..., 2:6, 4:8] = 255
    >>> [line.replace(" ", "_") for line in text_of(picture)[1:3]]
    ['________________', '____@@@@________']
    """
    import numpy as np

    lines = [""] * LINES
    for picture in pictures:
        grey = picture.mean(axis=0)
        ground = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
        ink = np.abs(grey - ground)
        rows = np.linspace(0, grey.shape[0] - 1, LINES).round().astype(int)
        columns = np.linspace(0, grey.shape[1] - 1, COLUMNS).round().astype(int)
        dense = ink[np.ix_(rows, columns)] / max(float(ink.max()), 1) * (len(SHADES) - 1)
        for k, row in enumerate(dense.astype(int).tolist()):
            lines[k] += ("  " if lines[k] else "") + "".join(SHADES[n] for n in row)
    return lines
