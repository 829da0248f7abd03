"""`simplecell check NET`: formulas against finite differences, engines against formulas."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from simplecell.cli.options import Json, Threads
from simplecell.cli.screen import answer, people

if TYPE_CHECKING:
    from rich.console import Console

FORMULAS_LIMIT, ENGINE_LIMIT = 1e-6, 1e-4
"""float64 against differences; float32 against float64."""


def check(
    net: Annotated[
        str, typer.Argument(help="A network's name, or a file of its JSON.")
    ] = "lenet5",
    seed: Annotated[int, typer.Option(help="Draws the weights and the pictures.")] = 0,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Check the backward pass of NET, layer by layer; fail if a difference is too large.

    The JSON: `network`, `max_relative_error` (formulas against finite differences), `engines`
    (each engine's largest difference from the formulas), `layers` (both, layer by layer, and
    the array that is farthest off), `limits`, `passed`.
    """
    from simplecell.cli.progress import say_compiling
    from simplecell.engines.check import Check, check_engine, check_formulas
    from simplecell.engines.choose import available
    from simplecell.spec.zoo import load

    network = load(net)
    console = people(json)
    with console.status(f"checking {network.name}: formulas against finite differences"):
        checks: dict[str, Check] = {"formulas": check_formulas(network, seed)}
    for engine in available(threads):
        if engine.name != "reference":
            say_compiling(console, engine)
            with console.status(f"checking {network.name}: {engine.name} against the formulas"):
                checks[engine.name] = check_engine(engine, network, seed)
    layers = {
        layer.name: {
            name: _largest(found.layers.get(layer.name, {})) for name, found in checks.items()
        }
        for layer in network.layers
    }
    engines = {name: found.largest for name, found in checks.items() if name != "formulas"}
    # A NaN is not at most anything.
    passed = checks["formulas"].largest <= FORMULAS_LIMIT and all(
        largest <= ENGINE_LIMIT for largest in engines.values()
    )
    document = {
        "network": network.name,
        "max_relative_error": checks["formulas"].largest,
        "engines": engines,
        "layers": layers,
        "limits": {"formulas": FORMULAS_LIMIT, "engines": ENGINE_LIMIT},
        "passed": passed,
    }
    if json:
        answer(document)
    else:
        _show(console, document)
    if not passed:
        raise typer.Exit(1)


def _largest(differences: dict[str, float]) -> dict[str, Any]:
    """Give a layer's largest difference and the array it is in; NaN is the largest of all."""
    if not differences:
        return {"difference": 0.0, "array": ""}
    array = max(
        differences, key=lambda name: (differences[name] != differences[name], differences[name])
    )
    return {"difference": differences[array], "array": array}


def _show(console: "Console", document: dict[str, Any]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    table.add_column("layer")
    table.add_column("formulas, differences", justify="right")
    for name in document["engines"]:
        table.add_column(f"{name}, formulas", justify="right")
    for layer, found in document["layers"].items():
        cells = (f"{one['difference']:.1e} {one['array']:>4}" for one in found.values())
        table.add_row(layer, *cells)
    totals = [document["max_relative_error"], *document["engines"].values()]
    table.add_row("largest", *(f"{total:.1e}     " for total in totals), style="bold")
    limits = [FORMULAS_LIMIT, *[ENGINE_LIMIT] * len(document["engines"])]
    table.add_row("allowed", *(f"{limit:.0e}     " for limit in limits), style="dim")
    console.print(
        f"{document['network']}: the largest relative difference, and the array it is in"
    )
    console.print(table)
    console.print("passed" if document["passed"] else "FAILED: a difference is too large.")
