"""`simplecell features learn SOURCE --out FILE`: features of pictures without labels."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.features.sources import PATCHES, Seed, Source, say_taken
from simplecell.cli.options import DataDir, Json, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

    from simplecell.features.autoencoder import Learnt
    from simplecell.features.bank import Bank
    from simplecell.features.presets import Preset
    from simplecell.features.source import Taken


def learn(
    source: Source,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The features, a .safetensors file.")],
    hidden: Annotated[
        int | None, typer.Option(help="How many features (25 of patches, 196 of whole pictures).")
    ] = None,
    rho: Annotated[
        float | None, typer.Option(help="How active a feature is to be, on average (.01; .1).")
    ] = None,
    decay: Annotated[float | None, typer.Option(help="Weight decay (1e-4; 3e-3).")] = None,
    beta: Annotated[float | None, typer.Option(help="Weight of the sparsity term (3).")] = None,
    decoder: Annotated[str | None, typer.Option(help="sigmoid, tanh or linear.")] = None,
    patch: Annotated[
        int | None, typer.Option(help="Side of a patch (8); of a data set, whole pictures.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many patches or pictures.")] = PATCHES,
    colour: Annotated[bool, typer.Option("--colour", help="Read photographs in colour.")] = False,
    whiten: Annotated[
        float | None, typer.Option(metavar="EPSILON", help="Whiten by ZCA, e.g. 0.1.")
    ] = None,
    iterations: Annotated[int, typer.Option(help="Of L-BFGS, at the most.")] = 400,
    tolerance: Annotated[
        float, typer.Option(help="Stop early when ten iterations lower the cost by less.")
    ] = 0.0,
    seed: Seed = 0,
    threads: Threads = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Learn features of SOURCE by a sparse autoencoder, and keep them in FILE.

    For example: simplecell features learn photographs --hidden 100 --out edges.safetensors

    What is not said follows the tutorial: its settings for grey patches, colour patches, digits.
    Ctrl-C keeps the last whole hundred of iterations; the same command with --resume goes on, and
    ends with the same bytes. How long it took stands in FILE.clock.json.

    The JSON: `out`, `source`, `examples`, `cells`, `skipped`, `notes`, `hidden`, `decoder`, `rho`,
    `activation`, `reconstruction_error`, `cost`, `iterations`, `ended`, `seconds`, `seed`.
    """
    from simplecell.cli.iterations import iterations as watched
    from simplecell.features.bank import learn_bank, load_bank
    from simplecell.features.source import take
    from simplecell.train.callbacks import Interrupted

    search = out.with_name(f"{out.name}.search")
    _check_places(out, search, resume)
    console = people(json)
    if resume and out.exists():
        console.print(f"{out} is finished. Its result:", markup=False)
        document = _learnt_document(out, load_bank(out))
        # It may have been killed after its last file and before this.
        search.unlink(missing_ok=True)
    else:
        taken = take(
            source, count, size=patch, channels=3 if colour else 1, seed=seed, data_dir=data_dir
        )
        say_taken(console, taken)
        _enough(console, taken)
        chosen = _preset(taken, hidden, rho, decay, beta, decoder, whiten)
        settings = chosen.settings
        origin = {"source": taken.name, "examples": len(taken.pixels), "seed": seed}
        origin |= {"skipped": taken.skipped, "notes": list(taken.notes)}
        try:
            with watched(console, settings.rho) as shown:
                bank, learnt = learn_bank(
                    taken.pixels, settings, centred=chosen.centred, epsilon=chosen.epsilon,
                    squeezed=chosen.squeezed, origin=origin, iterations=iterations, seed=seed,
                    tolerance=tolerance, threads=threads, path=search,
                    resume=resume, watch=lambda step: shown.hear("iteration", step),
                )  # fmt: skip
        except Interrupted as stopped:
            advice = "\nGo on with the same command and --resume." if search.exists() else ""
            console.print(f"{stopped}{advice}", markup=False, soft_wrap=True)
            raise typer.Exit(128 + stopped.signum) from None
        bank = _with_end(bank, learnt)
        _save_clock(out, learnt)
        bank.save(out)
        search.unlink(missing_ok=True)
        document = _learnt_document(out, bank)
    if json:
        answer(document)
    else:
        _say_learnt(console, document)


def check_place(out: Path, overwrite: bool = False) -> None:
    """Refuse, before any work, a file that could not be written at the end.

    Raises
        ModelError   no such folder, or something stands there
    """
    from simplecell.errors import ModelError

    if not out.parent.is_dir():
        raise ModelError(f"{out} cannot be written: there is no folder {out.parent}.")
    if out.is_dir():
        raise ModelError(f"{out} is a folder; name a file, e.g. {out / 'features.safetensors'}.")
    if out.exists() and not overwrite:
        raise ModelError(f"{out} is there already; name another file.")


def _check_places(out: Path, search: Path, resume: bool) -> None:
    """Refuse what is taken, or, to be resumed, not there."""
    from simplecell.errors import ModelError

    if resume and not out.exists() and not search.exists():
        raise ModelError(
            f"there is nothing to go on with: neither {out} nor {search} is there.\n"
            "  A search is saved every hundred iterations; start again without --resume."
        )
    if resume and out.is_file():
        return
    if not resume and search.exists():
        raise ModelError(
            f"{search} is a search that is not finished.\n  Go on with it: the same command with"
            " --resume. Or name another --out."
        )
    check_place(out)


def _preset(
    taken: "Taken",
    hidden: int | None,
    rho: float | None,
    decay: float | None,
    beta: float | None,
    decoder: str | None,
    whiten: float | None,
) -> "Preset":
    """Take the tutorial's settings for such pictures, and what was said instead."""
    from dataclasses import replace

    from simplecell.features.presets import preset

    base = preset(taken.whole, taken.pixels.shape[1])
    said: dict[str, Any] = {
        "hidden": hidden,
        "rho": rho,
        "decay": decay,
        "beta": beta,
        "decoder": decoder,
    }
    settings = replace(base.settings, **{k: v for k, v in said.items() if v is not None})
    epsilon = base.epsilon if whiten is None else whiten
    # Whitened or centred values lie on both sides of 0, where no sigmoid reaches.
    squeezed = settings.decoder != "linear" and (base.centred or epsilon is not None)
    return replace(base, settings=settings, epsilon=epsilon, squeezed=squeezed)


def _enough(console: "Console", taken: "Taken") -> None:
    """Warn of features that will be of these very pictures, and not of such in general."""
    if len(taken.pixels) <= taken.pixels[0].size:
        console.print(
            f"Note: {len(taken.pixels)} examples of {taken.pixels[0].size} pixels each: with no"
            " more examples than pixels, features will be of these, not of such pictures in"
            " general.",
            markup=False,
            soft_wrap=True,
        )


def _with_end(bank: "Bank", learnt: "Learnt") -> "Bank":
    from dataclasses import replace

    return replace(bank, origin={**bank.origin, "ended": learnt.ended})


def clock_of(out: Path) -> Path:
    """Name the file of what a clock said: equal runs give equal features, and not equal times."""
    return out.with_name(f"{out.name}.clock.json")


def _save_clock(out: Path, learnt: "Learnt") -> None:
    from json import dumps

    from simplecell.train.atomic import write_file

    write_file(clock_of(out), f"{dumps({'seconds': round(learnt.seconds, 3)})}\n".encode())


def _seconds(out: Path, origin: Mapping[str, Any]) -> float | None:
    """Read how long it took; features of before have it in their own file."""
    from json import loads

    with suppress(OSError, ValueError, KeyError, TypeError):
        return float(loads(clock_of(out).read_text("utf-8"))["seconds"])
    told = origin.get("seconds")
    return told if isinstance(told, int | float) else None


def _learnt_document(out: Path, bank: "Bank") -> dict[str, Any]:
    origin, settings = dict(bank.origin), bank.autoencoder.settings
    document = {
        "out": out,
        "source": origin.get("source"),
        "examples": origin.get("examples"),
        "cells": bank.autoencoder.inputs,
        "hidden": settings.hidden,
        "decoder": settings.decoder,
        "rho": settings.rho,
        "reconstruction_error": origin.get("error"),
    }
    names = ("skipped", "notes", "activation", "cost", "iterations", "ended", "seed")
    document |= {name: origin.get(name) for name in names}
    return document | {"seconds": _seconds(out, origin)}


def _say_learnt(console: "Console", document: dict[str, Any]) -> None:
    if document["ended"]:
        console.print(f"Ended early: {document['ended']}.", markup=False)
    seconds = document["seconds"]
    took = "" if seconds is None else f" in {seconds:.1f} s"
    console.print(
        f"{document['hidden']} features of {document['cells']} cells{took};"
        f" reconstruction error {document['reconstruction_error']:.4f},"
        f" mean activation {document['activation']:.4f} (rho {document['rho']:g})",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    console.print(f"See them: simplecell features show {document['out']} --out features.png")
