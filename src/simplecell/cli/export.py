"""`simplecell export MODEL FILE`: a model for ONNX runtimes, C programs or PyTorch, or as a page.

The JSON: `file`, `format` (its suffix), `bytes`, `network`, `classes`; of a C header also `name`,
`numbers` (float or int8), `constant_bytes`, `scratch_bytes`, `multiply_adds`, `test` (the test
program, or null), `agree` and `pictures` (how often int8 answers as float does, or null); of a
page `samples` (how many pictures travel with it) and `missing` (why there are none, or null).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import DataDir, Json, Language, ModelPath
from simplecell.cli.screen import answer, people
from simplecell.errors import SimplecellError, SpecError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simplecell.data.sources import Dataset
    from simplecell.export.c.header import Header
    from simplecell.train.model import Model

MEASURED, COMPARED, TRIED = 500, 500, 10
"""Pictures on which outputs are measured, answers compared, and which the test program has."""


def export(
    model: ModelPath,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="What to write: .onnx, .h, .html, .pt, .safetensors."),
    ],
    int8: Annotated[
        bool, typer.Option("--int8", help="A C header in whole numbers of 8 bits.")
    ] = False,
    test: Annotated[
        bool, typer.Option("--test", help="A C program too, which tests the header.")
    ] = False,
    name: Annotated[
        str | None, typer.Option(help="What C functions begin with; as the file, otherwise.")
    ] = None,
    pixels: Annotated[
        str, typer.Option(help="What the ONNX graph reads: uint8 or float32, 0 to 255.")
    ] = "uint8",
    data: Annotated[
        str | None,
        typer.Option(
            help="Pictures for --test, --int8 and a page; those it learned from, otherwise."
        ),
    ] = None,
    like: Annotated[
        Path | None, typer.Option(help="A model of the same network, for a .pt of PyTorch's.")
    ] = None,
    data_dir: DataDir = None,
    lang: Language = None,
    json: Json = False,
) -> None:
    """Write a trained model as ONNX, as a C header, as PyTorch's state dict, or as a page.

    For example: simplecell export runs/first lenet5.onnx

    The page, lenet5.html, opens from a folder, without server or network: every cell, forward and
    backward, with its formula and its own numbers.
    """
    from simplecell.export import onnx
    from simplecell.export.preparation import preparation
    from simplecell.export.suffix import read_model, suffix_of, write_state

    suffix = suffix_of(file)
    _check_options(suffix, int8=int8, test=test, name=name, data=data, pixels=pixels)
    if like is not None and model.suffix != ".pt":
        raise SpecError(f"--like says what a .pt file is; {model} says that itself.")
    read = read_model(model, None if like is None else read_model(like))
    document: dict[str, Any] = {
        "file": file,
        "format": suffix.removeprefix("."),
        "network": read.network.name,
        "classes": read.classes,
    }
    match suffix:
        case ".onnx":
            document["bytes"] = onnx.write(read, file, pixels)
        case ".pt":
            document["bytes"] = write_state(read, file)
        case ".html":
            document |= _write_page(read, file, (model, data, data_dir), lang)
        case ".h":
            document |= _write_c(
                read, file, name or file.stem, int8, test, (model, data, data_dir)
            )
        case _:
            read.save(file)
            document["bytes"] = file.stat().st_size
    if json:
        answer(document)
        return
    console = people(json)
    for line in [*_lines(read, document, pixels), preparation(read)]:
        if line:
            console.print(line, markup=False, soft_wrap=True)


def _check_options(
    suffix: str, *, int8: bool, test: bool, name: str | None, data: str | None, pixels: str
) -> None:
    """Refuse what has no meaning for this kind of file."""
    from simplecell.export.onnx import PIXELS

    given = {"--int8": int8, "--test": test, "--name": name is not None,
             "--data": data is not None and suffix != ".html"}  # fmt: skip
    for option in [option for option, there in given.items() if there and suffix != ".h"]:
        raise SpecError(f"{option} is for C headers, and the file to write is a {suffix} file.")
    if pixels != PIXELS[0] and suffix != ".onnx":
        raise SpecError(f"--pixels is for .onnx, and the file to write is a {suffix} file.")


def _write_c(
    model: "Model",
    file: Path,
    name: str,
    int8: bool,
    test: bool,
    source: tuple[Path, str | None, Path | None],
) -> dict[str, Any]:
    """Write the header, and its test program if one is asked for."""
    from simplecell.export.c.header import write_header
    from simplecell.export.c.trial import write_trial
    from simplecell.export.c.whole import unbounded
    from simplecell.export.fold import folded
    from simplecell.train.atomic import write_file

    model = folded(model)
    needed = test or (int8 and bool(unbounded(model.network)))
    loaded = _load(model, *source) if needed or source[1] is not None else None
    measured = None if loaded is None else loaded.train.pixels[:MEASURED]
    header = write_header(model, name, int8=int8, pictures=measured)
    found: dict[str, Any] = {"test": None, "agree": None, "pictures": None}
    content = {file: header.text}
    if loaded is not None:
        shown = (loaded.train if loaded.test is None else loaded.test).pixels
        shown = shown[: COMPARED if int8 else TRIED]
        wanted, agree = _scores(model, header, shown)
        if int8:
            found |= {"agree": agree, "pictures": len(shown)}
        if test:
            found["test"] = file.with_name(f"{file.stem}_test.c")
            content[found["test"]] = write_trial(header, file.name, shown[:TRIED], wanted[:TRIED])
    for path, text in content.items():
        write_file(path, text.encode())
    return found | {
        "bytes": len(header.text.encode()),
        "name": header.name,
        "numbers": "int8" if int8 else "float",
        "constant_bytes": header.constant_bytes,
        "scratch_bytes": header.scratch_bytes,
        "multiply_adds": header.multiply_adds,
    }


def _write_page(
    model: "Model", file: Path, source: tuple[Path, str | None, Path | None], lang: str | None
) -> dict[str, Any]:
    """Write the page, with pictures of the test part, if they can be had."""
    from simplecell.plots.words import check_language, wished
    from simplecell.studio.page import SAMPLES, page
    from simplecell.train.atomic import write_file

    language = wished() if lang is None else check_language(lang)
    missing, loaded = None, None
    try:
        loaded = _load(model, *source)
    except SimplecellError as problem:
        # A page without pictures still shows what is drawn on it; named ones must be there.
        if source[1] is not None:
            raise
        missing = str(problem).splitlines()[0]
    part = None if loaded is None else loaded.test or loaded.train
    content = page(model, part, language=language).encode()
    write_file(file, content)
    samples = 0 if part is None else min(SAMPLES, len(part.labels))
    return {"bytes": len(content), "samples": samples, "missing": missing}


def _scores(
    model: "Model", header: "Header", pixels: "NDArray[np.uint8]"
) -> "tuple[NDArray[Any], int]":
    """Give the scores that the header must give, and how often they mean the model's answer."""
    from simplecell.engines.protocol import scores
    from simplecell.engines.reference import Reference
    from simplecell.export.c.header import answer as int8_scores

    program = Reference().program(model.network)
    exact = scores(model.network, program.forward(model.parameters, model.examples(pixels)))
    given = int8_scores(header, pixels) if header.wholes else exact
    return given, int((given.argmax(axis=1) == exact.argmax(axis=1)).sum())


def _load(model: "Model", run: Path, data: str | None, data_dir: Path | None) -> "Dataset":
    """Load the pictures that are named, or those that the model says it learned from."""
    from simplecell.cli.subject import pictures_of
    from simplecell.data.sources import by_names, load
    from simplecell.train.evaluation import check_fits

    if data is None:
        data, data_dir = pictures_of(model, run, data_dir, "name them with --data")
    check_fits(model, data)
    channels, *sides = model.network.input
    size, crop = (sides[0], sides[1]), model.reading == "cropped"
    loaded = load(data, size=size, data_dir=data_dir, channels=channels, crop=crop)
    loaded = by_names(loaded, model.classes)
    return loaded


def _lines(model: "Model", document: dict[str, Any], pixels: str) -> list[str]:
    """Say what was written, for people."""
    file = document["file"]
    first = f"{file}: {document['network']}, {document['bytes']:,} bytes"
    if document["format"] == "onnx":
        sides = ", ".join(str(side) for side in model.network.input)
        return [
            first,
            f"  reads  pixels (N, {sides}) {pixels}, from 0 to 255",
            f"  gives  label (N), probabilities and scores (N, {model.network.classes})",
        ]
    if document["format"] == "html":
        without = document["missing"]
        samples = (
            f"{document['samples']} pictures travel with it"
            if without is None
            else (f"without sample pictures: {without}")
        )
        return [first, f"  {samples}", "  open it in a browser; it needs no server and no network"]
    if document["format"] != "h":
        return [first]
    lines = [
        f"{first} of C99 in {document['numbers']}",
        f"  {document['constant_bytes']:,} bytes of constants,"
        f" {document['scratch_bytes']:,} bytes of scratch,"
        f" {document['multiply_adds']:,} multiply-adds for a picture",
        f"  int label = {document['name']}_predict(pixels, scores);",
    ]
    if document["agree"] is not None:
        lines.append(
            f"  int8 answers as float does on {document['agree']:,} of"
            f" {document['pictures']:,} pictures"
        )
    if document["test"] is not None:
        program = document["test"].with_suffix("")
        lines.append(
            f"  test it: cc -std=c99 -Wall -Wextra -Werror {document['test']} -o {program} -lm"
            f" && {program if program.is_absolute() else f'./{program}'}"
        )
    return lines
