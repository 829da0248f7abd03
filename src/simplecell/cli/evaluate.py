"""`simplecell evaluate MODEL DATA`: how many answers a model gets wrong, and which."""

from typing import TYPE_CHECKING, Any

from simplecell.cli.options import (
    Data,
    DataDir,
    Device,
    EngineName,
    Json,
    ModelPath,
    Range,
    Root,
    Split,
    Threads,
)
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.train.evaluation import Evaluation
    from simplecell.train.model import Model

WORST = 5
"""How many kinds of mistake are listed."""


def evaluate(
    model: ModelPath,
    data: Data,
    engine: EngineName = "auto",
    device: Device = None,
    threads: Threads = None,
    split: Split = None,
    values: Range = None,
    root: Root = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Count a model's errors on the test part of DATA, or on all of it if it has no such part.

    For example: simplecell evaluate runs/first mnist

    The JSON: `error_percent`, `errors`, `examples`, `loss`, `part`, `data`, `network`, `classes`,
    `confusion` (rows the true class, columns the answer), `engine`, `threads`.
    """
    from simplecell.cli.pictures import say_notes, told_of
    from simplecell.data.sources import by_names, check_classes, load
    from simplecell.engines.choose import engine as choose
    from simplecell.export.suffix import read_model
    from simplecell.train.bar import compiling
    from simplecell.train.evaluation import check_fits
    from simplecell.train.evaluation import evaluate as measure

    data = told_of(data, split, values, root)
    read = read_model(model)
    check_fits(read, data)
    channels, *sides = read.network.input
    crop = read.reading == "cropped"
    examples = load(data, size=sides, data_dir=data_dir, channels=channels, crop=crop)
    examples = by_names(examples, read.classes)
    check_classes(examples, read.network.classes, read.network.name)
    part, name = (examples.train, "all") if examples.test is None else (examples.test, "test")
    chosen = choose(engine, threads, device)
    console = people(json)
    say_notes(console, examples)
    with compiling(console, chosen):
        found = measure(read, part, engine=chosen)
    document = {
        "error_percent": found.error_percent,
        "errors": found.errors,
        "examples": found.examples,
        "loss": found.loss,
        "part": name,
        "data": examples.name,
        "network": read.network.name,
        "classes": read.classes,
        "confusion": found.confusion,
        "engine": chosen.name,
        "threads": chosen.threads,
    }
    if json:
        answer(document)
    else:
        _show(console, read, found, document)


def _show(
    console: "Console", model: "Model", found: "Evaluation", document: dict[str, Any]
) -> None:
    part = "" if document["part"] == "all" else f", {document['part']} part"
    console.print(
        f"{document['network']} on {document['data']}{part}: {found.error_percent:.2f} % wrong,"
        f" {found.errors:,} of {found.examples:,}; loss {found.loss:.4f}",
        markup=False,
    )
    for count, true, guess in worst(found)[:WORST]:
        names = model.classes
        console.print(f"  {count:5,} x {names[true]} taken for {names[guess]}", markup=False)


def worst(found: "Evaluation") -> list[tuple[int, int, int]]:
    """List mistakes as (how often, true class, answer), the commonest first."""
    counts = found.confusion.tolist()
    mistakes = [
        (count, true, guess)
        for true, row in enumerate(counts)
        for guess, count in enumerate(row)
        if count and true != guess
    ]
    return sorted(mistakes, key=lambda mistake: (-mistake[0], *mistake[1:]))
