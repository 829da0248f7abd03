"""`simplecell train DATA --folds 5`: how far the error can be trusted, by cross-validation."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from simplecell.cli.screen import answer

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.data.sources import Dataset
    from simplecell.engines.protocol import Engine
    from simplecell.spec.network import Network
    from simplecell.train.folds import Folds
    from simplecell.train.recipes import Recipe


def refuse_company(folds: int | None, **others: object) -> None:
    """Refuse options that say nothing where there are several runs.

    Raises
        SpecError   the first of them
    """
    from simplecell.errors import SpecError

    given = [name for name, value in others.items() if value is not None]
    if folds is not None and given:
        option = given[0].replace("_", "-")
        raise SpecError(
            f"--folds makes {folds} runs, and --{option} is for one.\n  leave one of them out."
        )


def in_folds(
    console: "Console",
    network: "Network",
    dataset: "Dataset",
    recipe: "Recipe",
    *,
    folds: int,
    seed: int,
    engine: "Engine",
    out: Path,
    resume: bool,
    data: str,
    json: bool,
) -> None:
    """Cross-validate, keep it in a folder, and say the error, its interval and its spread."""
    from simplecell.train.bar import Bar
    from simplecell.train.callbacks import Interrupted
    from simplecell.train.folds import cross_validate

    title = (
        f"{network.name} learns {dataset.name} {folds} times, each time without a fold that it is"
        f" judged by: recipe {recipe.name}, epochs {recipe.epochs}; run folder {out}"
    )
    try:
        with Bar(console, title) as bar:
            found = cross_validate(
                network,
                dataset,
                folds=folds,
                recipe=recipe,
                seed=seed,
                engine=engine,
                out=out,
                resume=resume,
                callbacks=[bar],
                begun=lambda number: console.print(f"fold {number} of {folds}", style="dim"),
            )
    except Interrupted as stopped:
        again = ["simplecell", "train", data, "--folds", str(folds)]
        again += ["--out", str(out), "--resume"]
        console.print(f"{stopped}\nGo on with: {shlex.join(again)}", markup=False, soft_wrap=True)
        raise typer.Exit(128 + stopped.signum) from None
    if json:
        told = {"network": network.name, "recipe": recipe.name, "seed": seed, "run": out}
        answer({**found.to_document(), "data": dataset.name, **told, "engine": engine.name})
    else:
        _show(console, found, data)


def _show(console: "Console", found: "Folds", data: str) -> None:
    low, high = found.interval_percent
    for number, percent in enumerate(found.error_percents, 1):
        console.print(f"fold {number}: {percent:6.2f} % wrong")
    console.print(
        f"error {found.error_percent:.2f} %   ({found.errors:,} of {found.examples:,});"
        f" 95 % interval {low:.2f} to {high:.2f} %",
        style="bold",
    )
    console.print(
        f"over folds: mean {found.mean_percent:.2f} %, deviation {found.deviation_percent:.2f} %"
    )
    console.print(
        f"labels to look at: simplecell look {data} --model {found.folder}",
        markup=False,
        soft_wrap=True,
    )
