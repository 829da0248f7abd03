"""`simplecell features pipeline DATA`: self-taught learning, its baseline beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.features.sources import Seed, say_taken
from simplecell.cli.options import Data, DataDir, Json, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

    from simplecell.data.part import Part
    from simplecell.data.sources import Dataset
    from simplecell.features.selftaught import SelfTaught


def pipeline(
    data: Data,
    unlabelled: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Where features are learnt: 'photographs', a folder of them, a data set. Without"
            " it, DATA's other classes.",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(help="The classes to tell apart, e.g. 0-4 or 1,7 (the lower half; all)."),
    ] = None,
    labelled: Annotated[
        int | None, typer.Option(help="Learn from so many labelled pictures only.")
    ] = None,
    hidden: Annotated[int, typer.Option(help="How many features.")] = 200,
    rho: Annotated[float, typer.Option(help="How active a feature is, on average.")] = 0.1,
    decay: Annotated[float, typer.Option(help="Weight decay of the features.")] = 3e-3,
    beta: Annotated[float, typer.Option(help="Weight of the sparsity term.")] = 3.0,
    iterations: Annotated[int, typer.Option(help="Of L-BFGS, on all unlabelled pictures.")] = 60,
    rehearsal: Annotated[
        int, typer.Option(help="Of L-BFGS before, on about 5,000 of them; 0 leaves it out.")
    ] = 100,
    count: Annotated[
        int | None, typer.Option(help="How many unlabelled pictures (all; photographs: 20,000).")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the features, as `learn` does.")
    ] = None,
    seed: Seed = 0,
    threads: Threads = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Learn features of unlabelled pictures, classify labelled ones by them, and by raw pixels.

    For example: simplecell features pipeline digits --hidden 30

    Without options, the tutorial's exercise: features of DATA's upper classes (5 to 9) help to
    tell the lower ones (0 to 4) apart. The test part is looked at once, at the end.

    The JSON: `accuracy_percent`, `baseline_percent`, `seconds`, `baseline_seconds`, `errors`,
    `baseline_errors`, `test_examples`, `labelled`, `unlabelled`, `unlabelled_source`, `classes`,
    `hidden`, `rho`, `activation`, `reconstruction_error`, `cost`, `iterations`, `seed`,
    `features`.
    """
    from simplecell.cli.features.learn import check_place
    from simplecell.cli.iterations import iterations as watched
    from simplecell.data.sources import load
    from simplecell.errors import DataError
    from simplecell.features.autoencoder import Settings
    from simplecell.features.selftaught import of_classes, self_taught

    settings = Settings(hidden=hidden, rho=rho, decay=decay, beta=beta)
    if save is not None:
        check_place(save)
    console = people(json)
    with console.status(f"loading {data}"):
        dataset = load(data, data_dir=data_dir)
    if dataset.test is None:
        raise DataError(f"{dataset.name} has no test part to measure on; give data that have one.")
    asked = _classes(dataset, classes, unlabelled is not None)
    train, test = (of_classes(part, asked) for part in (dataset.train, dataset.test))
    if labelled is not None:
        train = _some(train, labelled, seed)
    pixels, source = _unlabelled(console, dataset, asked, unlabelled, count, seed, data_dir)
    console.print(
        f"{len(pixels):,} unlabelled pictures of {source}; {len(train):,} labelled ones of"
        f" {dataset.name}, classes {', '.join(dataset.classes[k] for k in asked)}",
        markup=False,
        soft_wrap=True,
    )
    with watched(console, rho) as shown:
        found = self_taught(
            pixels, train, test, settings, iterations=iterations, rehearsal=rehearsal, seed=seed,
            threads=threads, watch=shown.hear,
        )  # fmt: skip
    if save is not None:
        _save(save, found, source, train, seed)
    document = {
        **_figures(found),
        "labelled": len(train),
        "unlabelled": len(pixels),
        "unlabelled_source": source,
        "classes": [dataset.classes[k] for k in asked],
        "hidden": hidden,
        "rho": rho,
        "seed": seed,
        "features": save,
    }
    if json:
        answer(document)
    else:
        _say(console, document)


def _classes(dataset: "Dataset", asked: str | None, all_of_them: bool) -> list[int]:
    """Read 0-4 or 1,7 as numbers of classes; without it, the lower half, or all."""
    from simplecell.errors import DataError

    count = len(dataset.classes)
    if asked is None:
        if count < 4 and not all_of_them:
            raise DataError(
                f"{dataset.name} has {count} classes: too few to learn from some and tell others"
                " apart.\n  Name what features are learnt of: --unlabelled SOURCE."
            )
        return list(range(count if all_of_them else count // 2))
    numbers: list[int] = []
    for part in asked.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdigit() or (dash and not high.isdigit()):
            raise DataError(f"--classes is '{asked}': give numbers, as in 0-4 or 1,7.")
        numbers += range(int(low), int(high or low) + 1)
    if not numbers or max(numbers) >= count:
        raise DataError(f"--classes is '{asked}': {dataset.name} has classes 0 to {count - 1}.")
    return numbers


def _some(train: "Part", labelled: int, seed: int) -> "Part":
    """Keep so many labelled pictures, of every class alike."""
    from simplecell.data.part import split
    from simplecell.errors import DataError

    if not 1 <= labelled < len(train):
        raise DataError(f"--labelled is {labelled}: there are {len(train)} labelled pictures.")
    return split(train, labelled, seed)[1]


def _unlabelled(
    console: "Console",
    dataset: "Dataset",
    asked: list[int],
    source: str | None,
    count: int | None,
    seed: int,
    data_dir: Path | None,
) -> tuple["NDArray[Any]", str]:
    """Give the pictures without labels, and what they are called."""
    import numpy as np

    from simplecell.errors import DataError
    from simplecell.features.source import is_photographs, take

    if source is None:
        rest = dataset.train.pixels[~np.isin(dataset.train.labels, asked)]
        if len(rest) == 0:
            raise DataError(
                f"every class of {dataset.name} is to be told apart: none is left to learn"
                " features of.\n  Name fewer --classes, or a source of pictures: --unlabelled"
                " SOURCE."
            )
        return (rest if count is None else rest[:count]), f"the other classes of {dataset.name}"
    channels, *side = dataset.train.pixels.shape[1:]
    patches = is_photographs(source)
    most = 20_000 if patches else 10**9
    taken = take(
        source,
        count or most,
        size=(side[0], side[1]) if patches else None,
        channels=channels,
        seed=seed,
        data_dir=data_dir,
    )
    say_taken(console, taken)
    return taken.pixels, taken.name


def _figures(found: "SelfTaught") -> dict[str, Any]:
    last = found.features.history[-1]
    return {
        "accuracy_percent": found.result.accuracy_percent,
        "baseline_percent": found.baseline_result.accuracy_percent,
        "seconds": found.seconds - found.baseline_seconds,
        "baseline_seconds": found.baseline_seconds,
        "errors": found.result.errors,
        "baseline_errors": found.baseline_result.errors,
        "test_examples": found.result.examples,
        "activation": last.terms["activation"],
        "reconstruction_error": last.terms["error"],
        "cost": last.cost,
        "iterations": last.iteration,
    }


def _save(file: Path, found: "SelfTaught", source: str, train: "Part", seed: int) -> None:
    from simplecell.features.bank import Bank
    from simplecell.features.preparation import Preparation

    shape = train.pixels.shape[1:]
    last = found.features.history[-1]
    origin = {"source": source, "seed": seed, "iterations": last.iteration, "cost": last.cost}
    origin |= last.terms
    Bank(Preparation(shape), found.features.autoencoder, origin).save(file)


def _say(console: "Console", document: dict[str, Any]) -> None:
    for what, name in (("features", "accuracy"), ("raw pixels", "baseline")):
        errors = document["errors" if name == "accuracy" else "baseline_errors"]
        console.print(
            f"{what:>10}: {document[f'{name}_percent']:.2f} % right   ({errors:,} of"
            f" {document['test_examples']:,} wrong)",
            style="bold",
        )
    console.print(
        f"in {document['seconds']:.1f} s, and {document['baseline_seconds']:.1f} s for raw pixels;"
        f" mean activation {document['activation']:.4f} (rho {document['rho']:g})"
    )
