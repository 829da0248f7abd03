"""`simplecell check NET`: formulas against finite differences, engines against formulas."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import Json, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from simplecell.engines.check import Check
    from simplecell.spec.network import Network

FORMULAS_LIMIT, ENGINE_LIMIT = 1e-6, 1e-4
"""float64 against differences; float32 against float64."""


def check(
    net: Annotated[
        str,
        typer.Argument(
            metavar="[NET]", help="A network's name, its text, a file of its JSON, or a run."
        ),
    ] = "lenet5",
    seed: Annotated[int, typer.Option(help="Draws the weights and the pictures.")] = 0,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Check the gradients and the curvature of NET; fail if a difference is too large.

    For example: simplecell check lenet5 --seed 1

    The JSON: `network`, `max_relative_error` (formulas against finite differences), `engines`
    (each engine's largest difference from the formulas), `layers` (both, layer by layer: the
    largest `difference`, the `array` it is in, and all `arrays`), `losses` (both, loss by loss),
    `curvature` (of second derivatives `max_relative_error`, `engines`, `layers`; null with batch
    normalisation, which leaves it undefined), `limits`, `passed`.
    """
    from simplecell.cli.subject import network_of

    network = network_of(net)
    console = people(json)
    gradients, curvature = _run(console, network, seed, threads)
    document = {
        "network": network.name,
        **_part(network, gradients),
        "losses": {
            loss: {name: found.losses[loss] for name, found in gradients.items()}
            for loss in gradients["formulas"].losses
        },
        "curvature": _part(network, curvature) if curvature else None,
        "limits": {"formulas": FORMULAS_LIMIT, "engines": ENGINE_LIMIT},
    }
    parts = [part for part in (document, document["curvature"]) if part]
    document["passed"] = all(map(_passed, parts))
    if json:
        answer(document)
    else:
        _show(console, document)
    if not document["passed"]:
        raise typer.Exit(1)


def _run(
    console: "Console", network: "Network", seed: int, threads: int | None
) -> tuple[dict[str, "Check"], dict[str, "Check"]]:
    """Check gradients and curvature: first the formulas, then each engine there is."""
    from simplecell.engines import check
    from simplecell.engines.choose import available
    from simplecell.train.bar import compiling

    with console.status(f"checking {network.name}: formulas against finite differences"):
        gradients = {"formulas": check.check_formulas(network, seed)}
        curved = not any(layer.ties_examples for layer in network.layers)
        curvature = {"formulas": check.check_curvature(network, seed)} if curved else {}
    for engine in available(threads):
        if engine.name != "reference":
            told = f"checking {network.name}: {engine.name} against the formulas"
            with compiling(console, engine, told):
                gradients[engine.name] = check.check_engine(engine, network, seed)
                if curved and not getattr(engine, "borrows_curvature", False):
                    curvature[engine.name] = check.check_engine_curvature(engine, network, seed)
    return gradients, curvature


def _part(network: "Network", checks: dict[str, "Check"]) -> dict[str, Any]:
    """Give the largest difference of each check, and what it found layer by layer."""
    return {
        "max_relative_error": checks["formulas"].largest,
        "engines": {name: found.largest for name, found in checks.items() if name != "formulas"},
        "layers": {
            layer.name: {
                name: _largest(found.layers.get(layer.name, {})) for name, found in checks.items()
            }
            for layer in network.layers
        },
    }


def _passed(part: dict[str, Any]) -> bool:
    # A NaN is not at most anything.
    return part["max_relative_error"] <= FORMULAS_LIMIT and all(
        largest <= ENGINE_LIMIT for largest in part["engines"].values()
    )


def _largest(differences: dict[str, float]) -> dict[str, Any]:
    """Find a layer's largest difference and the array it is in; NaN is the largest of all."""
    if not differences:
        return {"difference": 0.0, "array": "", "arrays": {}}
    array = max(
        differences, key=lambda name: (differences[name] != differences[name], differences[name])
    )
    return {"difference": differences[array], "array": array, "arrays": differences}


def _show(console: "Console", document: dict[str, Any]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    table.add_column("")
    table.add_column("formulas, differences", justify="right")
    for name in document["engines"]:
        table.add_column(f"{name}, formulas", justify="right")
    _add(table, _layer_rows("gradient", document, list(document["engines"])))
    _add(table, _loss_rows(document))
    # An engine that borrows the reference's curvature has none to compare.
    if document["curvature"]:
        _add(table, _layer_rows("curvature", document["curvature"], list(document["engines"])))
    limits = [FORMULAS_LIMIT, *[ENGINE_LIMIT] * len(document["engines"])]
    table.add_row("allowed", *(_figure(limit, f"{limit:.0e}") for limit in limits), style="dim")
    console.print(
        f"{document['network']}: the largest relative difference, and the array it is in"
    )
    console.print(table)
    if not document["curvature"]:
        console.print(
            "Curvature is not checked: batch normalisation ties the examples of a batch together."
        )
    console.print("passed" if document["passed"] else "FAILED: a difference is too large.")


Row = tuple[str, list[str]]


def _add(table: "Table", rows: Iterator[Row]) -> None:
    for name, cells in rows:
        table.add_row(name, *cells)
    table.add_section()


def _layer_rows(what: str, part: dict[str, Any], engines: list[str]) -> Iterator[Row]:
    names = ["formulas", *engines]
    for layer, found in part["layers"].items():
        cells = [
            f"{found[name]['difference']:.1e} {found[name]['array']:>7}"
            if name in found
            else _figure(0.0, "–")
            for name in names
        ]
        yield f"{layer} {what}", cells
        for array in found["formulas"]["arrays"]:
            if array.endswith("choice"):  # of learned combinations
                each = [one["arrays"].get(array, math.nan) for one in found.values()]
                yield f"{layer} {array}", [_figure(difference) for difference in each]
    totals = [part["engines"].get(name) for name in engines]
    first = _figure(part["max_relative_error"])
    yield (
        f"largest {what}",
        [first, *(_figure(0.0, "–") if total is None else _figure(total) for total in totals)],
    )


def _loss_rows(document: dict[str, Any]) -> Iterator[Row]:
    for loss, found in document["losses"].items():
        yield f"loss {loss}", [_figure(difference) for difference in found.values()]


def _figure(number: float, text: str = "") -> str:
    return f"{text or f'{number:.1e}'}{' ' * 8}"
