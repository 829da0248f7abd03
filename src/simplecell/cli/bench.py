"""`simplecell bench`: side by side with the peers, and against the goals.

The JSON holds `machine`, `sgemm_gflops`, `training` and `inference`, each `{net: {batch: {system:
{microseconds_per_image, gflops, …}}}}`, `time_to_99_percent_seconds`, `cold_start_seconds`,
`warm_start_seconds`, `import_seconds`, `growth`, `goals`; `absent` says which systems are not
there and why, `refused` which gave another answer and were not timed. A part that was not asked
for has no key. `profile` has what one core can do, and each instruction of each plan.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simplecell.bench.contest import Pace
from simplecell.bench.drawing import draw
from simplecell.bench.goals import NEVER, Judged, judge, read_goals
from simplecell.bench.networks import NETS
from simplecell.bench.report import PARTS, Plan, run
from simplecell.bench.system import SYSTEMS
from simplecell.cli.options import Json
from simplecell.cli.profile import show_profile
from simplecell.cli.screen import answer, people
from simplecell.errors import SpecError
from simplecell.train.atomic import write_file

QUICK = Plan(
    parts=("training", "inference", "start"),
    nets=("lenet5",),
    batches=(1, 64),
    pace=Pace(repeats=3, seconds=0.05),
    pictures=512,
    starts=1,
    seeds=(0,),
)
"""Enough to see that all is well; too short to be quoted."""

HEADINGS = {
    "reference": "refer-\nence",
    "torch-compiled": "torch-\ncompiled",
    "onnxruntime": "onnx-\nruntime",
}
FOR_SCALE = ("reference", "mlp")
"""They do not win: one is the judge, the other another network."""
LEGEND = "microseconds an image, medians; below them GFLOP/s and share of sgemm"
NOISY = 5.0
"""Percent of the processors in other hands, from which on the figures carry a warning."""


def bench(
    only: Annotated[str | None, typer.Option(help=f"Parts of {', '.join(PARTS)}.")] = None,
    nets: Annotated[str | None, typer.Option(help=f"Some of {', '.join(NETS)}.")] = None,
    batches: Annotated[str | None, typer.Option(help="Batch sizes, as in 1,64.")] = None,
    systems: Annotated[str | None, typer.Option(help=f"Some of {', '.join(SYSTEMS)}.")] = None,
    repeats: Annotated[int | None, typer.Option(help="How often each is timed.")] = None,
    threads: Annotated[int, typer.Option(help="Threads for every system.")] = 2,
    quick: Annotated[
        bool, typer.Option("--quick", help="A short look, not to be quoted.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the growth into this SVG file.")] = None,
    json: Json = False,
) -> None:
    """Time training and inference beside PyTorch, JAX, ONNX Runtime; answers first.

    For example: simplecell bench --quick --nets lenet5 --batches 1,64
    """
    plan = QUICK if quick else Plan()
    plan = replace(
        plan,
        threads=threads,
        parts=_names(only, plan.parts),
        nets=_names(nets, plan.nets),
        batches=_numbers(batches, plan.batches),
        systems=_names(systems, plan.systems),
        pace=Pace(plan.pace.repeats if repeats is None else repeats, plan.pace.seconds),
    )
    if plot is not None and "growth" not in plan.parts:
        raise SpecError(
            f"--plot draws the growth, and only {', '.join(plan.parts)} would be measured:"
            " add --only growth, or leave it out."
        )
    console = people(json)
    document = run(plan, lambda line: console.print(line, style="dim", markup=False))
    if plot is not None:
        write_file(plot, draw(document["growth"]).encode())
    show(console, document)
    if json:
        answer(document)


def _names(text: str | None, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    return otherwise if text is None else tuple(name.strip() for name in text.split(","))


def _numbers(text: str | None, otherwise: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return tuple(int(name) for name in _names(text, tuple(map(str, otherwise))))
    except ValueError:
        raise SpecError(f"--batches is {text!r}; give whole numbers, as in 1,64.") from None


def show(console: Console, document: Mapping[str, Any]) -> None:
    """Print a bench's document for people."""
    _show_machine(console, document)
    for part in ("training", "inference"):
        if part in document:
            console.print(f"\n{part}: {LEGEND}\n", style="bold")
            console.print(_tasks(document[part], document["others_percent"][part]))
    for name, reason in document.get("absent", {}).items():
        console.print(f"{name} is absent: {reason}", style="yellow", markup=False)
    for case in document.get("refused", ()):
        where = f"{case['part']} {case['net']}, batch {case['batch']}"
        console.print(
            f"{case['system']} was not timed in {where}: {case['reason']}",
            style="red",
            markup=False,
        )
    if "profile" in document:
        show_profile(console, document["profile"])
    if "growth" in document:
        console.print("\ngrowth of LeNet-5's training", style="bold")
        console.print(_growth(document["growth"]))
    judged = judge(read_goals(), document)
    measured = [row for row in judged if row.measured is not None]
    if measured:
        console.print("\ngoals", style="bold")
        console.print(_goals(measured))
    if len(measured) < len(judged):
        console.print(f"goals not measured: {len(judged) - len(measured)} of {len(judged)}")


def _show_machine(console: Console, document: Mapping[str, Any]) -> None:
    machine = document["machine"]
    console.print(f"\n{machine['cpu']}, {machine['cores']} cores, {machine['threads']} threads")
    if document["sgemm_gflops"]:
        line = f"float32 matrix product: {document['sgemm_gflops']:.0f} GFLOP/s"
        if machine["environment"]:
            line += f"; {machine['sgemm_gflops_as_it_is']:.0f} as the environment is"
        console.print(line)
    percents = [
        percent
        for nets in document.get("others_percent", {}).values()
        for batches in nets.values()
        for percent in batches.values()
    ]
    if max(percents, default=0) > NOISY:
        console.print(
            f"* Others used up to {max(percents):.0f} % of the processors: figures are noisy,"
            " those of systems whose threads wait for each other most of all.",
            style="yellow",
        )


def _table(*headings: str) -> Table:
    table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("task", "goal") else "right")
    return table


def _tasks(results: Mapping[str, Any], noise: Mapping[str, Any]) -> Table:
    """Show each system's microseconds an image, the fastest bold; below, GFLOP/s and share."""
    tasks = {
        (net, batch): task for net, batches in results.items() for batch, task in batches.items()
    }
    seen = [name for name in SYSTEMS if any(name in task for task in tasks.values())]
    table = _table("task", *(HEADINGS.get(name, name) for name in seen))
    for (net, batch), task in tasks.items():
        times = {name: figures["microseconds_per_image"] for name, figures in task.items()}
        racing = {name: time for name, time in times.items() if name not in FOR_SCALE}
        best = min(racing, key=lambda name: racing[name], default="")
        cells = [_cell(task.get(name), bold=name == best) for name in seen]
        mark = " *" if noise[net][batch] > NOISY else ""
        table.add_row(Text(net).append(f"\nbatch {batch}{mark}", style="dim"), *cells)
    return table


def _cell(figures: Mapping[str, Any] | None, bold: bool) -> Text:
    if figures is None:
        return Text("")
    cell = Text(f"{figures['microseconds_per_image']:.4g}", style="bold green" if bold else "")
    below = f"\n{figures['gflops']:.3g} {figures['share_of_sgemm']:.0%}"
    return cell.append(below, style="not bold dim")


def _growth(grown: Mapping[str, Any]) -> Table:
    table = _table(
        "task", "from", "to", "time from", "to", "exponent", "MB from", "to", "exponent"
    )
    for name, axis in grown.items():
        times = axis.get("seconds") or axis["microseconds_per_image"]
        unit = "s" if "seconds" in axis else "µs"
        memory = [size / 1e6 for size in axis["peak_bytes"]]
        table.add_row(
            name,
            str(axis["values"][0]),
            str(axis["values"][-1]),
            f"{times[0]:.3g} {unit}",
            f"{times[-1]:.3g} {unit}",
            f"{axis['time_exponent']}",
            f"{memory[0]:.0f}",
            f"{memory[-1]:.0f}",
            f"{axis['memory_exponent']}",
        )
    return table


def _goals(judged: list[Judged]) -> Table:
    table = _table("goal", "at least", "aim", "measured", "of least", "verdict", "ahead")
    styles = {"aim": "green", "met": "green", "short": "red", "not measured": "dim"}
    for row in judged:
        goal = row.goal
        form = {"times": "{:.3g}×", "share": "{:.0%}", "seconds": "{:.3g} s"}[goal.kind]
        limit = ("≤ " if goal.kind == "seconds" else "") + form.format(goal.least)
        table.add_row(
            goal.title,
            limit,
            form.format(goal.aim),
            _measured(row, form),
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.verdict,
            row.winner,
            style=styles[row.verdict],
        )
    return table


def _measured(row: Judged, form: str) -> str:
    if row.measured is None:
        return ""
    return "never" if row.measured == NEVER else form.format(row.measured)
