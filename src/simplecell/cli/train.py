"""`simplecell train DATA`: train a network, keep it in a run folder, say its test error."""

import shlex
from dataclasses import replace
from json import dumps
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import Data, DataDir, Device, Json, Range, Root, Split, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.data.sources import Dataset
    from simplecell.engines.protocol import Engine
    from simplecell.spec.network import Network
    from simplecell.train.callbacks import Callback
    from simplecell.train.folder import RunFolder
    from simplecell.train.recipes import Recipe

RUNS = Path("runs")


def train(
    data: Data,
    net: Annotated[
        str | None,
        typer.Option(
            help="A network's name (lenet5), its text as 32c3p-2m-128d-10, or a file of its JSON."
        ),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Go on from the weights of a model, its file or run folder, with a new last layer"
            " where DATA has other classes.",
        ),
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
    epochs: Annotated[
        int | None,
        typer.Option(
            help="Passes over the training part (8; of your own pictures, those that fit in 25 s)."
        ),
    ] = None,
    until_error: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", help="End when the validation error is this, or less."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="As many epochs as fit into so many minutes, trials and guard included."
        ),
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Examples per step.")] = None,
    rate: Annotated[float | None, typer.Option(help="The (highest) learning rate.")] = None,
    class_weights: Annotated[
        str | None,
        typer.Option(
            metavar="balanced",
            help="Read each class as often as any other, however few pictures it has.",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(help="Cross-validate: so many runs, each judged by pictures it never saw."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draws weights, order, validation part (0).")
    ] = None,
    threads: Threads = None,
    engine: Annotated[
        str | None,
        typer.Option(help="auto, lanes, reference or torch (auto: lanes, which is compiled)."),
    ] = None,
    device: Device = None,
    out: Annotated[
        Path | None, typer.Option(metavar="RUN", help="The run folder (a new one in runs/).")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    size: Annotated[
        int | None, typer.Option(help="Pictures of your own are scaled to this square (32).")
    ] = None,
    colour: Annotated[
        bool | None,
        typer.Option(
            "--colour/--grey",
            help="Read pictures of your own in colour, or in grey (a short trial decides).",
        ),
    ] = None,
    crop: Annotated[
        bool | None,
        typer.Option(
            "--crop/--whole",
            help="Bring each picture of your own to its one object, or read it whole (a short"
            " trial decides).",
        ),
    ] = None,
    mirror: Annotated[
        bool,
        typer.Option(
            "--mirror", help="What is seen in a mirror is of the same class: learn it so, too."
        ),
    ] = False,
    insist: Annotated[
        bool,
        typer.Option("--insist", help="Learn even from what looks like no data set."),
    ] = False,
    split: Split = None,
    values: Range = None,
    root: Root = None,
    guard: Annotated[
        bool, typer.Option(help="Learn what is none of the classes, too, after the training.")
    ] = True,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the run as one HTML file, too.")
    ] = None,
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write TensorBoard's event files there.")
    ] = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Train a network on DATA and say its test error.

    For instance: simplecell train mnist; or, with a folder of pictures for each class,
    simplecell train path/to/folder. Then the network is made for those classes, unless named.

    --until-error 1.0 ends as soon as 1 % of the pictures kept aside are read wrong. --minutes 2
    takes as many epochs as fit, by the speed of the first steps, so that rates come down in time.
    Of your own pictures, it is the time of all: loading, trials, training and the guard.

    --from model.safetensors trains a model further, one that was imported for instance.

    The test part is looked at once, at the end. Ctrl-C saves; --resume goes on, bit for bit.

    --folds 5 divides the pictures to learn from into five, learns five times from four of them,
    and judges each picture once: the error comes with its 95 % interval. No test part is read.

    The JSON: `test_error_percent`, `test_errors`, `test_examples`, `validation_error_percent`,
    `train_seconds`, `compile_seconds`, `epochs`, `seconds_per_epoch`, `parameters`, `network`,
    `data`, `recipe`, `batch`, `rate`, `until_error_percent`, `reached`, `seed`, `engine`,
    `threads`, `run`, `model`; `guard_seconds` is what teaching the guard took after training,
    null where none was tried. With --folds: `error_percent`, `interval_percent`,
    `fold_error_percents`, `mean_percent`, `deviation_percent`, `errors`, `examples`.
    """
    from simplecell.cli.folds import in_folds
    from simplecell.cli.pictures import add_guard, decide_reading, load_examples, told_of
    from simplecell.cli.report import write_report
    from simplecell.cli.start import as_before, start_model
    from simplecell.engines.choose import engine as choose
    from simplecell.train.bar import Bar
    from simplecell.train.callbacks import Interrupted
    from simplecell.train.departures import depart as departed
    from simplecell.train.folder import RunFolder, free_folder
    from simplecell.train.loop import fit
    from simplecell.train.outcome import outcome
    from simplecell.train.recipes import adjusted, mirrored
    from simplecell.train.weighing import read_class_weights

    started = perf_counter()
    _check(folds, report, minutes, epochs, until_error=until_error, tensorboard=tensorboard,
           **{"from": start})  # fmt: skip
    span: tuple[int, int] | None = None
    data = told_of(data, split, values, root)
    there = _there(out, resume, folds)
    model = start_model(start, out if there else None, net=net, depart=depart, crop=crop)
    # A run that is gone on with has departed already.
    named = model.network if model else _network(net, {} if depart else there, data)
    console = people(json)
    dataset = load_examples(console, data, named, data_dir, size, colour, insist)
    chosen = choose(engine or there.get("engine", "auto"), threads, device)
    crop = crop if model is None else as_before(model, dataset)
    asked: dict[str, Any] = {"crop": crop, "minutes": minutes, "seed": seed or 0, "engine": chosen}
    network, dataset, _, pace = decide_reading(console, dataset, data, named, there=there, **asked)
    how = _recipe(recipe, {} if depart else there, dataset)
    if not there and epochs is None:
        minutes, span = _time(recipe, dataset, minutes, started, guard, pace, how)
    network, how = departed(network, how, depart or ())
    how = _until(adjusted(how, epochs=epochs, batch=batch, rate=rate), until_error)
    how = mirrored(how) if mirror else how
    if folds is not None:
        where = out or free_folder(RUNS, f"{dataset.name}-{network.name}-folds")
        how = replace(how, class_weights=read_class_weights(class_weights))
        return in_folds(console, network, dataset, how, folds=folds, seed=seed or 0,
                        engine=chosen, out=where, resume=resume, data=data, json=json)  # fmt: skip
    folder = RunFolder(out or free_folder(RUNS, f"{dataset.name}-{network.name}"))
    finished = resume and folder.finished
    try:
        with Bar(console, _title(network, dataset, how, chosen, folder, minutes)) as bar:
            run = fit(
                model or network, dataset, recipe=how, engine=chosen, class_weights=class_weights,
                seed=there.get("seed", 0) if seed is None else seed,
                out=folder.path, resume=resume,
                epochs=None if minutes is None else epochs, minutes=minutes, span=span,
                callbacks=[bar, *_watching(folder, dataset, data, data_dir, tensorboard)],
            )  # fmt: skip
        taught = add_guard(console, run, dataset, chosen, folder) if guard else None
    except Interrupted as stopped:
        console.print(_stopped(stopped, data, folder, data_dir), markup=False, soft_wrap=True)
        raise typer.Exit(128 + stopped.signum) from None
    document = _document(console, folder) if finished else None
    document = document or outcome(run, dataset, chosen, folder, taught)
    _show(console, document) if not json else answer(document)
    if report is not None:
        write_report(console, folder.path, dataset, chosen, report)


def _check(
    folds: int | None,
    report: Path | None,
    minutes: float | None,
    epochs: int | None,
    **one_run: object,
) -> None:
    """Refuse what cannot be meant before anything is loaded."""
    from simplecell.cli.folds import refuse_company
    from simplecell.cli.report import check_page
    from simplecell.train.timing import check_minutes

    check_page(report)
    refuse_company(folds, minutes=minutes, report=report, **one_run)
    check_minutes(minutes, epochs)


def _document(console: "Console", folder: "RunFolder") -> dict[str, Any] | None:
    """Give the result of a run that is finished, and say that it was."""
    console.print(f"{folder.path} holds a finished run. Its result:", markup=False)
    return folder.result()


def _time(
    recipe: str | None,
    dataset: "Dataset",
    minutes: float | None,
    started: float,
    guard: bool,
    pace: float | None,
    how: "Recipe",
) -> tuple[float | None, tuple[int, int] | None]:
    """Give the minutes that are left to train for, with the fewest and the most epochs.

    Of pictures of one's own, what went before counts, and so does the guard that comes after.
    """
    from simplecell.train.plan import guard_seconds, is_own, remaining, time_for

    told = None if minutes is not None else time_for(recipe, dataset)
    minutes, span = (minutes, None) if told is None else told
    if minutes is None or not is_own(dataset):
        return minutes, span
    reserved = guard_seconds(dataset, how.validation, pace, 60 * minutes) if guard else 0.0
    return remaining(60 * minutes, perf_counter() - started, reserved) / 60, span


def _there(out: Path | None, resume: bool, folds: int | None) -> dict[str, Any]:
    """Give what a run that is gone on with was told, and refuse to begin where something is."""
    from simplecell.errors import ModelError
    from simplecell.train.folder import RunFolder

    if resume and out is None:
        raise ModelError("--resume goes on with a run: name its folder with --out RUN.")
    if out is None or folds is not None:
        return {}
    if resume:
        return RunFolder(out).settings()
    RunFolder(out).refuse_second_start()
    return {}


def _until(recipe: "Recipe", error: float | None) -> "Recipe":
    """Give a recipe the error it is to end with, if there is one."""
    return recipe if error is None else replace(recipe, until_error=error)


def _watching(
    folder: "RunFolder",
    dataset: "Dataset",
    data: str,
    data_dir: Path | None,
    tensorboard: Path | None,
) -> list["Callback"]:
    """Give those who watch besides the bar; one writes down where the pictures are."""
    from simplecell.train.origin import Origin
    from simplecell.train.tensorboard import EventFile

    files = [] if tensorboard is None else [EventFile(tensorboard)]
    return [Origin(folder, dataset, data, data_dir), *files]


def _stopped(why: object, data: str, folder: "RunFolder", data_dir: Path | None) -> str:
    """Say why a run has stopped, and write the command that goes on with it."""
    again = ["simplecell", "train", data, "--out", str(folder.path), "--resume"]
    again += [] if data_dir is None else ["--data-dir", str(data_dir)]
    return f"{why}\nGo on with: {shlex.join(again)}"


def _network(name: str | None, there: dict[str, Any], data: str) -> "Network | None":
    """Give the network that was named; None if it is to be chosen for `data`."""
    from simplecell.data.formats import is_ours
    from simplecell.spec.network import Network
    from simplecell.spec.zoo import load

    if name is None and there:
        return Network.from_json(dumps(there["network"]))
    if name is None and not is_ours(data):
        return None
    return load(name or "lenet5")


def _recipe(name: str | None, there: dict[str, Any], dataset: "Dataset") -> "Recipe":
    from simplecell.train.plan import own_recipe
    from simplecell.train.recipes import Recipe

    if name is None and there:
        return Recipe.from_document(there["recipe"])
    return own_recipe(name, dataset)


def _title(
    network: "Network",
    dataset: "Dataset",
    recipe: "Recipe",
    engine: "Engine",
    folder: "RunFolder",
    minutes: float | None,
) -> str:
    from simplecell.spec.accounting import count_network

    return (
        f"{network.name}, {count_network(network).total.parameters:,} parameters, learns"
        f" {dataset.name}: recipe {recipe.name}, {_length(recipe, minutes)}; engine {engine.name},"
        f" {engine.threads} thread{'s' if engine.threads > 1 else ''}; run folder {folder.path}"
    )


def _length(recipe: "Recipe", minutes: float | None) -> str:
    """Say how long training is to last."""
    told = (
        f"epochs {recipe.epochs}"
        if minutes is None
        else f"{minutes:.3g} minute{'s' * (minutes != 1)}"
    )
    goal = recipe.until_error
    return told if goal is None else f"{told} or until {goal:g} % validation error"


def _show(console: "Console", result: dict[str, Any]) -> None:
    goal = result.get("until_error_percent")
    if goal is not None:
        came = "reached" if result["reached"] else "NOT reached"
        console.print(f"{goal:g} % validation error: {came} in {result['epochs']} epochs")
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
