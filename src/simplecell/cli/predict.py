"""`simplecell predict MODEL IMAGE…`: what a model sees in pictures.

A model that learnt MNIST's digits looks for the digit: it finds out whether ink is dark or
light, takes the ground and ruled lines away, and puts the digit as MNIST's stand. A model that
learnt pictures of one's own reads a picture as it read those.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.answers import Picture, cells, documents, read_rows
from simplecell.cli.answers import table as csv_of
from simplecell.cli.options import (
    Device,
    EngineName,
    Jobs,
    Json,
    Language,
    ModelPath,
    On,
    ShardOption,
    Threads,
)
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.train.answer import Answer
    from simplecell.train.model import Model


def predict(
    model: ModelPath,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures to read.")],
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Find all the digits of each picture, in order.")
    ] = False,
    explain: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Draw each step from the photo to the answer."),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what was read beside the pictures, as .html."),
    ] = None,
    table: Annotated[
        bool, typer.Option("--csv", help="Print a line of CSV for each digit or picture.")
    ] = False,
    invert: Annotated[
        bool, typer.Option("--invert", help="Ink is dark: turn dark ink on white paper round.")
    ] = False,
    reading: Annotated[
        str | None,
        typer.Option(
            "--read", help="plain, fitted, cropped or ink (as the model's own pictures)."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Answer for a whole folder or list, in files put there."
        ),
    ] = None,
    form: Annotated[str, typer.Option(help="Of those files: csv, jsonl or parquet.")] = "csv",
    jobs: Jobs = None,
    on: On = None,
    shard: ShardOption = None,
    engine: EngineName = "auto",
    device: Device = None,
    threads: Threads = None,
    lang: Language = None,
    json: Json = False,
) -> None:
    """Say what a model takes pictures for: class, probability, and the class that came second.

    For instance: simplecell predict runs/mnist-lenet5-1 photo.jpg --explain steps.png

    With --out, IMAGE is one folder, or a list with a path in each line, of any length: answers
    come in files of some hundred, what cannot be read in unread.csv; the same command goes on
    where it stopped.

    The JSON: `model`, `network`, `reading`, `predictions`, a list of `image`, `class` (null where
    nothing is written), `probability`, `runner_up`, `runner_up_probability`, `sureness` (null for
    a model without a guard), `rejected`, `row`, `column`, `field` and `box` (on a searched
    picture; digits of one field are one number; top, left, bottom, right), `light_ground`.
    With --out: `pictures`, `unread`, `missing` parts, `seconds`.
    """
    from simplecell.engines.choose import engine as choose
    from simplecell.export.suffix import read_model
    from simplecell.plots.words import language
    from simplecell.train.answer import answers
    from simplecell.train.bar import compiling

    if out is not None:
        _many(model, images, out, form, json, jobs=jobs, on=on, shard=shard, threads=threads)
        return
    _check_forms(page, table, json)
    read = read_model(model)
    how = _reading(read, reading, sheet, explain)
    pictures = [_read(read, path, how, sheet, invert) for path in images]
    chosen = choose(engine, threads, device)
    console = people(json or table)
    with compiling(console, chosen):
        for picture in pictures:
            sides = read.network.input[1:]
            around = picture.writing.surroundings((sides[0], sides[1])) if picture.writing else ()
            picture.answers = answers(read, picture.pixels, chosen, around)
    if explain is not None:
        _draw(read, pictures, explain)
    found = [one for picture in pictures for one in documents(read, picture)]
    if page is not None:
        with language(lang):
            _write_page(console, read, pictures, page)
    if table:
        typer.echo(csv_of(found), nl=False)
    elif json:
        told = {"model": model, "network": read.network.name, "reading": how}
        answer({**told, "predictions": found})
    else:
        _show(console, read, pictures, sheet)


def _many(
    model: Path, images: Sequence[Path], out: Path, form: str, json: bool, **options: Any
) -> None:
    """Answer for very many pictures, and show how fast."""
    from simplecell.bulk.answers import predict_many
    from simplecell.errors import DataError

    console = people(json)
    if len(images) != 1:
        raise DataError("--out takes one folder, or one list with a path in each line.")
    with console.status("") as status:
        done = predict_many(
            model,
            images[0],
            out=out,
            form=form,
            say=lambda line: console.print(line, style="dim", markup=False, soft_wrap=True),
            tell=status.update,
            **options,
        )
    told = {"folder": out, "pictures": done.pictures, "unread": done.unread}
    if json:
        answer({**told, "missing": done.missing, "seconds": done.seconds})
        return
    speed = (done.pictures + done.unread) / max(done.seconds, 1e-9)
    line = f"{out}: {done.pictures:,} pictures, {done.unread:,} unread, {speed:,.0f} a second"
    left = f"; {done.missing} parts are left to others" if done.missing else ""
    console.print(line + left, markup=False, soft_wrap=True)


def _reading(model: "Model", named: str | None, sheet: bool, explain: Path | None) -> str:
    from simplecell.data.picture import READINGS
    from simplecell.errors import ModelError, UnknownName

    how = named or model.reading
    if how not in READINGS:
        raise UnknownName("way to read pictures", how, READINGS)
    if how == "ink" and (model.network.input[0] != 1 or min(model.network.input[1:]) < 28):
        sides = "x".join(map(str, model.network.input))
        raise ModelError(
            f"{model.network.name} reads {sides} images; digits that are looked for come grey, in"
            " 28x28 or larger.\n  train on mnist, or leave out --read ink."
        )
    if how != "ink" and (sheet or explain is not None):
        option = "--sheet" if sheet else "--explain"
        raise ModelError(
            f"{option} is for digits that are looked for on a page, and {model.network.name} has"
            f" learnt pictures as they are ({how}).\n  train on mnist, or add --read ink if its"
            " pictures are digits like MNIST's."
        )
    return how


def _read(model: "Model", path: Path, how: str, sheet: bool, invert: bool) -> Picture:
    from simplecell.data.picture import FITTED, read_fitted, read_picture
    from simplecell.data.writing import read_writing

    shape = model.network.input
    if how == "ink":
        writing = read_writing(path, dark_ink=True if invert else None, sheet=sheet)
        return Picture(path, writing.pixels((shape[1], shape[2])), writing)
    if how in FITTED:
        fitted = read_fitted(path, shape, crop=how == "cropped")[None]
        return Picture(path, 255 - fitted if invert else fitted)
    return Picture(path, read_picture(path, shape, inside=model.frame, invert=invert)[None])


def _words(model: "Model", one: "Answer") -> str:
    """Say the class, its probability, and the class that came second."""
    first = f"{model.classes[one.label]}   {100 * one.probability:.1f} %"
    second = ""
    if one.runner_up is not None:
        share = 100 * one.runner_up_probability
        second = f"   (then {model.classes[one.runner_up]}, {share:.1f} %)"
    if not one.rejected:
        return first + second
    sure = "" if one.sureness is None else f", sure to {100 * one.sureness:.0f} %"
    what = "no digit" if model.reading == "ink" else "none of the classes"
    return f"{what}{sure}; nearest {first}{second}"


def _show(console: "Console", model: "Model", pictures: Sequence[Picture], sheet: bool) -> None:
    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    for picture in pictures:
        if not picture.answers:
            say(f"{picture.path}: no digit: nothing is written on it")
        elif sheet and picture.writing is not None:
            _show_sheet(say, model, picture)
        else:
            say(f"{picture.path}: {_words(model, picture.answers[0])}")
        if picture.writing is not None and picture.writing.others:
            say(f"  {picture.writing.others} more on this page: --sheet reads them all.")
    found = [one for picture in pictures for one in documents(model, picture)]
    if any(one.get("light_ground") and model.reading == "plain" for one in found):
        console.print("Light ground: networks learn light ink on dark. Try --invert.", style="dim")


def _show_sheet(say: Any, model: "Model", picture: Picture) -> None:
    """Print the rows as they stand on the page, and then each digit by its number."""
    say(f"{picture.path}:")
    for row in read_rows(model, picture):
        say(f"  {row}")
    for number, one in enumerate(picture.answers, 1):
        say(f"  {number:3}: {_words(model, one)}")


def _check_forms(page: Path | None, table: bool, json: bool) -> None:
    """Refuse a page of another ending or in no folder, and two forms on one standard output."""
    from simplecell.errors import ModelError, SpecError, UnknownName

    if table and json:
        raise SpecError("--csv and --json both print what was read: give one of them.")
    if page is not None and page.suffix.lower() != ".html":
        raise UnknownName("kind of page", page.suffix or page.name, [".html"])
    if page is not None and not page.parent.is_dir():
        raise ModelError(f"{page} could not be written: there is no folder {page.parent}.")


def _write_page(
    console: "Console", model: "Model", pictures: Sequence[Picture], page: Path
) -> None:
    """Write what was read beside the pictures."""
    import numpy as np
    from PIL import Image

    from simplecell.data.picture import read_whole
    from simplecell.plots.answers import LARGEST, Seen, answers_page
    from simplecell.train.atomic import write_file
    from simplecell.train.model import version

    seen = []
    for picture in pictures:
        if picture.writing is not None:
            grey = picture.writing.page.grey
        else:
            grey = np.ascontiguousarray(np.moveaxis(read_whole(picture.path, 3), 0, 2))
        rows = cells(model, picture) if picture.writing is not None else []
        found = documents(model, picture)
        searched = picture.writing is not None
        shown = Image.fromarray(grey)
        shown.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
        seen.append(
            Seen(picture.path.name, np.asarray(shown), grey.shape[:2], picture.pixels, found, rows,
                 searched)
        )  # fmt: skip
    write_file(page, answers_page(model.network.name, seen, version()).encode())
    console.print(f"page: {page}", markup=False, soft_wrap=True)


def _draw(model: "Model", pictures: Sequence[Picture], path: Path) -> None:
    """Draw every picture's steps, one picture below the other."""
    from io import BytesIO

    from PIL import Image

    from simplecell.data.explanation import explain
    from simplecell.train.atomic import write_file

    drawn = []
    for picture in pictures:
        assert picture.writing is not None
        words = [
            "none"
            if one.rejected
            else f"{model.classes[one.label]}  {100 * one.probability:.0f} %"
            for one in picture.answers
        ]
        drawn.append(explain(picture.writing, picture.pixels, words))
    width, height = max(one.width for one in drawn), sum(one.height for one in drawn)
    canvas, top = Image.new("RGB", (width, height), "white"), 0
    for one in drawn:
        canvas.paste(one, (0, top))
        top += one.height
    held = BytesIO()
    canvas.save(held, "PNG")
    write_file(path, held.getvalue())
