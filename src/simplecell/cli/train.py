"""`simplecell train DATA`: train a network, keep it in a run folder, say its test error."""

import shlex
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import Data, DataDir, Json, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.data.sources import Dataset
    from simplecell.engines.protocol import Engine
    from simplecell.spec.network import Network
    from simplecell.train.folder import RunFolder
    from simplecell.train.loop import Run
    from simplecell.train.recipes import Recipe

RUNS = Path("runs")


def train(
    data: Data,
    net: Annotated[
        str | None, typer.Option(help="A network's name, or a file of its JSON (lenet5).")
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="A recipe's name (fast).")] = None,
    depart: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Depart from the published network or recipe in one thing, as relu, max-pool,"
            " softmax, adam; once for each.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training part.")] = None,
    batch: Annotated[int | None, typer.Option(help="Examples per step.")] = None,
    rate: Annotated[float | None, typer.Option(help="The (highest) learning rate.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draws weights, order, validation part (0).")
    ] = None,
    threads: Threads = None,
    engine: Annotated[
        str | None,
        typer.Option(help="auto, lanes, reference or torch (auto: lanes, which is compiled)."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="RUN", help="The run folder (a new one in runs/).")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    size: Annotated[
        int | None, typer.Option(help="Pictures of your own are scaled to this square (32).")
    ] = None,
    colour: Annotated[
        bool, typer.Option("--colour", help="Read pictures of your own in colour.")
    ] = False,
    guard: Annotated[
        bool, typer.Option(help="On mnist: learn what is no digit, too, after the training.")
    ] = True,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Train a network on DATA and say its test error.

    For instance: simplecell train mnist; or, with a folder of pictures for each class,
    simplecell train path/to/folder. Then the network is made for those classes, unless named.

    The test part is looked at once, at the end. Ctrl-C saves; --resume goes on, bit for bit.

    The JSON: `test_error_percent`, `test_errors`, `test_examples`, `validation_error_percent`,
    `train_seconds`, `compile_seconds`, `epochs`, `seconds_per_epoch`, `parameters`, `network`,
    `data`, `recipe`, `batch`, `rate`, `seed`, `engine`, `threads`, `run`, `model`.
    """
    from simplecell.cli.pictures import SkippedList, add_guard, load_examples, network_for
    from simplecell.cli.progress import Bar
    from simplecell.engines.choose import engine as choose
    from simplecell.errors import ModelError
    from simplecell.train.callbacks import Interrupted
    from simplecell.train.departures import depart as departed
    from simplecell.train.folder import RunFolder, free_folder
    from simplecell.train.loop import fit
    from simplecell.train.recipes import adjusted

    if resume and out is None:
        raise ModelError("--resume goes on with a run: name its folder with --out RUN.")
    if out is not None and not resume:
        RunFolder(out).refuse_second_start()
    there = RunFolder(out).settings() if resume and out is not None else {}
    # A run that is gone on with has departed already.
    named = _network(net, {} if depart else there, data)
    console = people(json)
    dataset = load_examples(console, data, named, data_dir, size, colour)
    network = named or network_for(dataset)
    how = _recipe(recipe, {} if depart else there)
    network, how = departed(network, how, depart or ())
    how = adjusted(how, epochs=epochs, batch=batch, rate=rate)
    chosen = choose(engine or there.get("engine", "auto"), threads)
    folder = RunFolder(out or free_folder(RUNS, f"{dataset.name}-{network.name}"))
    finished = resume and folder.finished
    try:
        with Bar(console, _title(network, dataset, how, chosen, folder)) as bar:
            run = fit(
                network,
                dataset,
                recipe=how,
                seed=there.get("seed", 0) if seed is None else seed,
                engine=chosen,
                out=folder.path,
                resume=resume,
                callbacks=[bar, SkippedList(folder, dataset)],
            )
        if guard:
            add_guard(console, run, dataset, chosen, folder)
    except Interrupted as stopped:
        again = ["simplecell", "train", data, "--out", str(folder.path), "--resume"]
        again += [] if data_dir is None else ["--data-dir", str(data_dir)]
        console.print(f"{stopped}\nGo on with: {shlex.join(again)}", markup=False, soft_wrap=True)
        raise typer.Exit(130) from None
    document = folder.result() if finished else None
    if finished:
        console.print(f"{folder.path} holds a finished run. Its result:", markup=False)
    if document is None:
        document = _result(run, dataset, chosen, folder)
        folder.save_result(document)
    if json:
        answer(document)
    else:
        _show(console, document)


def _network(name: str | None, there: dict[str, Any], data: str) -> "Network | None":
    """Give the network that was named; None if it is to be made for the pictures in `data`."""
    from simplecell.data.pictures import is_pictures
    from simplecell.spec.network import Network
    from simplecell.spec.zoo import load

    if name is None and there:
        return Network.from_json(dumps(there["network"]))
    if name is None and is_pictures(data):
        return None
    return load(name or "lenet5")


def _recipe(name: str | None, there: dict[str, Any]) -> "Recipe":
    from simplecell.train.recipes import Recipe
    from simplecell.train.recipes import recipe as find

    if name is None and there:
        return Recipe.from_document(there["recipe"])
    return find(name or "fast")


def _title(
    network: "Network",
    dataset: "Dataset",
    recipe: "Recipe",
    engine: "Engine",
    folder: "RunFolder",
) -> str:
    from simplecell.spec.accounting import count_network

    return (
        f"{network.name}, {count_network(network).total.parameters:,} parameters, learns"
        f" {dataset.name}: recipe {recipe.name}, epochs {recipe.epochs}; engine {engine.name},"
        f" {engine.threads} thread{'s' if engine.threads > 1 else ''}; run folder {folder.path}"
    )


def _result(
    run: "Run", dataset: "Dataset", engine: "Engine", folder: "RunFolder"
) -> dict[str, Any]:
    from simplecell.spec.accounting import count_network
    from simplecell.train.evaluation import evaluate

    test = None if dataset.test is None else evaluate(run.model, dataset.test, engine=engine)
    return {
        "test_error_percent": test and test.error_percent,
        "test_errors": test and test.errors,
        "test_examples": test and test.examples,
        "validation_error_percent": run.history[-1].validation_error_percent,
        "train_seconds": run.train_seconds,
        "compile_seconds": run.compile_seconds,
        "epochs": len(run.history),
        "seconds_per_epoch": run.train_seconds / len(run.history),
        "parameters": count_network(run.network).total.parameters,
        "network": run.network.name,
        "data": dataset.name,
        "recipe": run.recipe.name,
        "batch": run.recipe.batch,
        "rate": run.recipe.schedule.rate,
        "seed": run.seed,
        "engine": run.engine,
        "threads": run.threads,
        "run": str(folder.path),
        "model": str(folder.model_file),
    }


def _show(console: "Console", result: dict[str, Any]) -> None:
    error = result["test_error_percent"]
    if error is None:
        console.print("no test part: the validation error is all there is to go by.")
    else:
        console.print(
            f"test error {error:.2f} %   ({result['test_errors']:,} of"
            f" {result['test_examples']:,})",
            style="bold",
        )
    console.print(
        f"trained in {result['train_seconds']:.1f} s,"
        f" {result['seconds_per_epoch']:.2f} s per epoch; model: {result['model']}",
        markup=False,
        soft_wrap=True,
    )
