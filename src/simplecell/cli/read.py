"""`simplecell read MODEL IMAGE…`: the digits written in a row, and the answer at every place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import EngineName, Json, ModelPath, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.data.line import Line
    from simplecell.train.model import Model
    from simplecell.train.rows import Reading


def read(
    model: ModelPath,
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", help="Pictures of one row of digits each.")
    ],
    explain: Annotated[
        bool, typer.Option("--explain", help="Print the answer at every place of the row.")
    ] = False,
    dark: Annotated[
        bool | None,
        typer.Option("--dark/--light", help="How the ink is; found out unless it is said."),
    ] = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Read rows of digits: the network is slid over each, and the best path says what is there.

    For example: simplecell read runs/rows row.png --explain

    MODEL has learnt what lies between digits too: train mnist-rows --net lenet5_rows.

    The JSON: `model`, `network`, `readings`, a list of `image`, `text`, `digits` (a list of
    `digit`, `column`, `probability`); with --explain also `places`, a list of `column`, `answer`,
    `probability`, `runner_up`, `runner_up_probability`.
    """
    from simplecell.data.line import read_line
    from simplecell.engines.choose import engine as choose
    from simplecell.export.suffix import read_model
    from simplecell.train.bar import compiling
    from simplecell.train.rows import check_reads_rows, read_rows

    loaded = read_model(model)
    check_reads_rows(loaded)
    lines = [read_line(image, dark_ink=dark) for image in images]
    chosen = choose(engine, threads)
    console = people(json)
    with compiling(console, chosen):
        read_all = [read_rows(loaded, line.pixels[None], engine=chosen)[0] for line in lines]
    found = []
    for image, line, reading in zip(images, lines, read_all, strict=True):
        one = {"image": image, "text": reading.text, "digits": _digits(loaded, line, reading)}
        if explain:
            one["places"] = _places(loaded, line, reading)
        found.append(one)
    if json:
        answer({"model": model, "network": loaded.network.name, "readings": found})
        return
    for one in found:
        _show(console, one)


def _digits(model: "Model", line: "Line", reading: "Reading") -> list[dict[str, Any]]:
    return [
        {
            "digit": model.classes[one.label],
            "column": line.column(int(reading.columns[one.place])),
            "probability": float(reading.answers[one.place, one.label]),
        }
        for one in reading.digits
    ]


def _places(model: "Model", line: "Line", reading: "Reading") -> list[dict[str, Any]]:
    places = []
    for column, shares in zip(reading.columns.tolist(), reading.answers, strict=True):
        first, second = shares.argsort()[::-1][:2].tolist()
        places.append(
            {
                "column": line.column(column),
                "answer": model.classes[first],
                "probability": float(shares[first]),
                "runner_up": model.classes[second],
                "runner_up_probability": float(shares[second]),
            }
        )
    return places


def _show(console: "Console", one: dict[str, Any]) -> None:
    text = one["text"] or "no digit"
    sure = min((digit["probability"] for digit in one["digits"]), default=0.0)
    least = f"   (least sure of one: {100 * sure:.1f} %)" if one["digits"] else ""
    console.print(f"{one['image']}: {text}{least}", markup=False, soft_wrap=True)
    for place in one.get("places", ()):
        console.print(
            f"{place['column']:6d}  {place['answer']:4s} {100 * place['probability']:5.1f} %"
            f"   (then {place['runner_up']}, {100 * place['runner_up_probability']:.1f} %)",
            markup=False,
            soft_wrap=True,
        )
