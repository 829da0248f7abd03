"""What a person sees of pictures of their own before they are learnt: classes, files left out."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from simplecell.data.sources import Dataset
    from simplecell.engines.protocol import Engine
    from simplecell.spec.network import Network
    from simplecell.train.folder import RunFolder
    from simplecell.train.guarding import Watch
    from simplecell.train.loop import Run
    from simplecell.train.plan import Decision

SHOWN = 20
"""How many classes are listed, and the same for files: of more, the first."""

FEW = 10
"""Pictures of a class below which it is said that they are few."""


def told_of(
    data: str, split: str | None, values: tuple[float, float] | None, root: Path | None
) -> str:
    """Put the name of data and what options say of it into one, which a run can remember."""
    import os

    from simplecell.data.address import Asked, address, parse
    from simplecell.data.formats import path_of

    name, before = parse(data)
    where = before.root
    if root is not None:
        beside = path_of(name).resolve().parent
        where = os.path.relpath(root, beside) if root.is_dir() else str(root)
    return address(name, Asked(split or before.split, values or before.values, where))


def load_examples(
    console: Console,
    name: str,
    network: "Network | None",
    data_dir: Path | None,
    size: int | None = None,
    colour: bool | None = None,
    insist: bool = True,
) -> "Dataset":
    """Load a data set as the network reads it; without one, at the size that is asked for.

    Pictures of one's own are in colour or in grey, as `colour` says or, unless it does, as a
    trial finds.
    """
    from simplecell.data.formats import is_pictures
    from simplecell.data.picture import FITTED
    from simplecell.data.sources import load
    from simplecell.errors import SpecError

    asked = size is not None or colour is not None
    if asked and (network is not None or not is_pictures(name)):
        raise SpecError(
            "--size, --colour and --grey are for a folder of pictures and no --net: a network"
            f" that is named reads what it reads, and '{name}' has its own pictures."
            "\n  leave them out."
        )
    if not insist:
        _ask_first(console, name)
    told: dict[str, Any] = {}
    if is_pictures(name):
        told = {"size": size, "channels": 3 if colour else 1}
    if network is not None:
        told = {"size": network.input[1:], "channels": network.input[0]}
    elif colour is None and is_pictures(name) and _in_colour(console, name, told, data_dir):
        told["channels"] = 3
    with console.status(f"loading {name}"):
        dataset = load(name, data_dir=data_dir, **told)
    if network is None and dataset.reading not in FITTED:
        dataset = _framed(dataset)
    say_notes(console, dataset)
    if dataset.reading in FITTED:
        _show_skipped(console, dataset)
        _show_balance(console, dataset)
    return dataset


def _ask_first(console: Console, name: str) -> None:
    """Ask, of a folder that looks like no data set, or refuse it where nobody can be asked."""
    from simplecell.data.formats import album_of, is_pictures
    from simplecell.data.inspection import doubt
    from simplecell.errors import DataError

    if not is_pictures(name):
        return
    found = doubt(album_of(name))
    if found is None:
        return
    if console.is_terminal and sys.stdin.isatty():
        console.print(f"{found}.", markup=False, soft_wrap=True)
        if typer.confirm("Learn from it?", err=console.stderr):
            return
    raise DataError(
        f"{found}.\n  Name the folder in which the class folders lie; --insist learns from this"
        " one all the same."
    )


def _in_colour(console: Console, name: str, told: dict[str, Any], data_dir: Path | None) -> bool:
    """Find out whether colour tells the classes apart, and say so."""
    from simplecell.data.pictures import are_coloured
    from simplecell.data.sources import load
    from simplecell.train.colour import try_colour

    if not are_coloured(name):
        return False
    with console.status("trying whether colour tells the classes apart"):
        trial = try_colour(load(name, data_dir=data_dir, **{**told, "channels": 3}))
    kept, other = ("in colour", "--grey") if trial.helps else ("in grey", "--colour")
    console.print(
        f"Pictures are read {kept}: a trial on {trial.pictures:,} of them had"
        f" {trial.colour_percent:.1f} % errors in colour and {trial.grey_percent:.1f} % in grey"
        f" ({other} decides otherwise).",
        soft_wrap=True,
    )
    return trial.helps


def say_notes(console: Console, dataset: "Dataset") -> None:
    """Say what a person should know of a data set."""
    for note in dataset.notes:
        console.print(f"Note: {note}", markup=False, soft_wrap=True)


def decide_reading(
    console: Console,
    dataset: "Dataset",
    name: str,
    named: "Network | None",
    *,
    crop: bool | None,
    minutes: float | None,
    seed: int,
    engine: "Engine",
    there: dict[str, Any],
) -> "Decision":
    """Decide whether pictures of one's own are cropped, and which network learns them; say it.

    A run that is gone on with reads them as it did.
    """
    from simplecell.data.sources import load
    from simplecell.errors import SpecError
    from simplecell.train.plan import decide, is_own

    if there:
        crop = there["data"].get("cropped", False)
    elif crop is not None and not is_own(dataset):
        raise SpecError(
            f"--crop and --whole are for pictures of your own, and {name} has its own pictures."
            "\n  leave them out."
        )
    network = named or network_for(dataset)
    if crop:
        channels, height, width = dataset.train.pixels.shape[1:]
        dataset = load(name, size=(height, width), channels=channels, crop=True)
    with console.status("trying whether it helps to crop pictures to their object"):
        found = decide(
            network, dataset, name, crop=crop, larger=named is None, minutes=minutes, seed=seed,
            engine=engine, told=bool(there),
        )  # fmt: skip
    for sentence in found.said:
        console.print(sentence, markup=False, soft_wrap=True)
    return found


def network_for(dataset: "Dataset") -> "Network":
    """Give a network: the published one where arrays fit it, or one made for the data."""
    from simplecell.data.picture import FITTED
    from simplecell.spec.preset import preset
    from simplecell.spec.zoo import load

    channels, height, width = dataset.train.pixels.shape[1:]
    lenet5 = load("lenet5")
    if dataset.reading not in FITTED and _reads(lenet5, dataset):
        return lenet5
    return preset(len(dataset.classes), (channels, height, width))


def _reads(network: "Network", dataset: "Dataset") -> bool:
    """Tell whether a network has an output for each class and room for the pictures."""
    channels, height, width = dataset.train.pixels.shape[1:]
    most = network.input
    return (
        len(dataset.classes) <= network.classes
        and channels == most[0]
        and (height <= most[1] and width <= most[2])
    )


def _framed(dataset: "Dataset") -> "Dataset":
    """Put background around arrays that the published network reads, up to its input."""
    from simplecell.data.sources import padded
    from simplecell.spec.zoo import load

    lenet5 = load("lenet5")
    return padded(dataset, lenet5.input[1:]) if _reads(lenet5, dataset) else dataset


def _show_skipped(console: Console, dataset: "Dataset") -> None:
    for path, reason in dataset.skipped[:SHOWN]:
        console.print(f"  {path}: {reason}", style="dim", markup=False, soft_wrap=True)
    if dataset.skipped[SHOWN:]:
        rest = len(dataset.skipped) - SHOWN
        console.print(
            f"  and {rest:,} more; skipped.csv in the run folder lists all.", style="dim"
        )


def _show_balance(console: Console, dataset: "Dataset") -> None:
    """List how many pictures each class has, and say so if it is few, or far from the others."""
    import numpy as np

    count = len(dataset.classes)
    learnt = np.bincount(dataset.train.labels, minlength=count)
    test = np.zeros(count, np.int64)
    if dataset.test is not None:
        test = np.bincount(dataset.test.labels, minlength=count)
    console.print(
        f"{len(dataset.train):,} pictures to learn from, {int(test.sum()):,} to test with,"
        f" {count} classes:"
    )
    wide = max(len(name) for name in dataset.classes[:SHOWN])
    bar = 30 / max(1, int(learnt.max()))
    for name, first, second in list(zip(dataset.classes, learnt, test, strict=True))[:SHOWN]:
        line = f"  {name:{wide}} {first:8,} {second:7,}  {'#' * max(1, round(bar * int(first)))}"
        console.print(line, markup=False)
    if count > SHOWN:
        console.print(f"  and {count - SHOWN} more, of {learnt.min():,} to {learnt.max():,} each.")
    small = [n for n, k in zip(dataset.classes, learnt, strict=True) if k < FEW]
    if small:
        named = ", ".join(small[:5]) + (" …" if small[5:] else "")
        console.print(f"Note: fewer than {FEW} pictures to learn from: {named}.", markup=False)
    elif learnt.max() > 10 * learnt.min():
        most, least = dataset.classes[int(learnt.argmax())], dataset.classes[int(learnt.argmin())]
        console.print(
            f"Note: {most} has {learnt.max() / learnt.min():.0f} times the pictures of {least}:"
            " a network may take the one for the other.",
            markup=False,
        )


def add_guard(
    console: Console, run: "Run", dataset: "Dataset", engine: "Engine", folder: "RunFolder"
) -> float | None:
    """Teach a guard, where there are pictures enough, and keep it with the model.

    Give the seconds that it took; None where there is none to teach.
    """
    from simplecell.train.guard import is_taught, is_taught_own

    digits = is_taught(dataset)
    if run.model.guard is not None or not (digits or is_taught_own(dataset)):
        return None
    started = time.perf_counter()
    if digits:
        # It takes SciPy, a third of a second that other runs do not have.
        from simplecell.train.rejection import with_rejection

        with console.status("learning what is no digit"):
            model = with_rejection(run.model, dataset, engine=engine, seed=run.seed)
        words = "learnt what is no digit, too, for predict"
    else:
        from simplecell.train.guarding import with_guard

        with console.status("learning what is none of these"):
            found = with_guard(run.model, dataset, engine=engine, seed=run.seed)
        if found is None:
            console.print(_no_guard(), style="dim", soft_wrap=True)
            return time.perf_counter() - started
        model, words = found.model, _watching(found)
    if model.guard is None:
        return None
    folder.save_model(model)
    seconds = time.perf_counter() - started
    console.print(f"{words}: {seconds:.1f} s", style="dim", soft_wrap=True)
    return seconds


def _watching(found: "Watch") -> str:
    """Say what a guard turns away: of right pictures, and of strangers."""
    words = "learnt what is none of these, too, for predict"
    if found.turned_away is not None:
        words += (
            f": it turns away {100 * found.turned_away:.1f} % of {found.right:,} validation"
            " pictures read right, which did not set its threshold,"
        )
        words += f" and {100 * found.strangers:.0f} % of made-up strangers"
    return f"{words} (--no-guard leaves it out)"


def _no_guard() -> str:
    return (
        "no guard: what is none of these could not be told from them, so predict will always name"
        " one of the classes."
    )
