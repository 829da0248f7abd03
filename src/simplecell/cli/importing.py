"""`simplecell import MODEL.onnx`: a network of PyTorch's or Keras's as a model of simplecell's."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import Json
from simplecell.cli.screen import answer, people
from simplecell.errors import SpecError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from simplecell.importer import Imported


def importing(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL.onnx", help="A file of torch.onnx, Keras or tf2onnx.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to keep the model: .safetensors.")
    ] = None,
    input_scale: Annotated[
        float | None,
        typer.Option(help="What a pixel of 0 to 255 is multiplied by (1/255, unless seen)."),
    ] = None,
    mean: Annotated[
        str | None, typer.Option(help="Taken off after that: one number, or one a channel.")
    ] = None,
    std: Annotated[
        str | None, typer.Option(help="Divided by after that: one number, or one a channel.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Names, as cat,dog; or a file with a name a line.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="nchw or nhwc, where the file does not show it.")
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(help="Channels,height,width of pictures, where the file leaves them open."),
    ] = None,
    fold: Annotated[
        bool, typer.Option("--fold", help="Turn batch normalisation into weights.")
    ] = False,
    name: Annotated[
        str | None, typer.Option(help="What to call the network; as the file, otherwise.")
    ] = None,
    json: Json = False,
) -> None:
    """Bring in a network from an ONNX file, and say node by node what became what.

    For example: simplecell import mnist_cnn.onnx --mean 0.1307 --std 0.3081 --out mine.safetensors

    Without --out nothing is written. What was brought in can then be looked at, trained on,
    checked and exported as any other model.

    The JSON: `file` (what was written, or null), `network`, `input`, `parameters`, `classes`,
    `scale` and `shift` (x = scale * pixel + shift), `notes` (what was taken to be so), `steps`, a
    list of `node`, `operator`, `name`, `became` (a layer's name, `input`, or empty), `how`.
    """
    from simplecell.importer import from_onnx
    from simplecell.spec.accounting import count_network

    if out is not None and out.suffix != ".safetensors":
        raise SpecError(
            f"--out is {out}: a model that was brought in is kept as .safetensors.\n"
            "  For other kinds of file, simplecell export that one."
        )
    found = from_onnx(
        model,
        input_scale=input_scale,
        mean=_numbers(mean, "--mean"),
        std=_numbers(std, "--std"),
        classes=classes,
        layout=layout,
        shape=_shape(shape),
        fold=fold,
        name=name,
    )
    if out is not None:
        found.save(out)
    parameters = count_network(found.network).total.parameters
    if json:
        answer(
            {
                "file": out,
                "network": found.network.name,
                "input": found.network.input,
                "parameters": parameters,
                "classes": found.classes,
                "scale": found.normalisation.scale,
                "shift": found.normalisation.shift,
                "notes": found.notes,
                "steps": found.metadata["import"]["steps"],
            }
        )
        return
    _show(people(json), found, parameters, model, out)


def _numbers(text: str | None, option: str) -> list[float] | None:
    """Read "0.13" or "0.49,0.48,0.45"."""
    try:
        return None if text is None else [float(part) for part in text.split(",")]
    except ValueError:
        raise SpecError(
            f"{option} is {text!r}: give one number, or one for each channel, as 0.49,0.48,0.45."
        ) from None


def _shape(text: str | None) -> tuple[int, int, int] | None:
    """Read "3,32,32"."""
    if text is None:
        return None
    sides = [part.strip() for part in text.split(",")]
    if len(sides) != 3 or not all(side.isdecimal() and int(side) for side in sides):
        raise SpecError(f"--shape is {text!r}: give channels,height,width, as 3,32,32.")
    channels, height, width = map(int, sides)
    return channels, height, width


def _show(
    console: "Console", found: "Imported", parameters: int, source: Path, out: Path | None
) -> None:
    def say(line: str = "") -> None:
        console.print(line, markup=False, soft_wrap=True)

    sides = "x".join(map(str, found.network.input))
    say(f"{found.network.name} reads {sides} pictures, {parameters:,} parameters")
    say()
    constants = sum(step.how == "a constant" for step in found.steps)
    console.print(_table(found))
    if constants:
        say(f"{constants} more nodes only work out constants.")
    scale, shift = found.normalisation.scale, found.normalisation.shift
    say(f"x = {scale:.6g} * pixel {'+' if shift >= 0 else '-'} {abs(shift):.6g}")
    named = ", ".join(found.classes[:12]) + (" …" if len(found.classes) > 12 else "")
    say(f"classes: {named}")
    for note in found.notes:
        say(f"note: {note}")
    say()
    if out is None:
        say(f"Nothing was written. Keep it: simplecell import {source} --out {source.stem}"
            ".safetensors")  # fmt: skip
    else:
        say(f"{out}: {out.stat().st_size:,} bytes")


def _table(found: "Imported") -> "Table":
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    table.add_column("node", justify="right")
    for heading in ("operator", "became", "how"):
        table.add_column(heading)
    for step in found.steps:
        if step.how != "a constant":
            cells: list[Any] = [str(step.node), step.operator, step.became or "-", step.how]
            table.add_row(*map(Text, cells))
    return table
