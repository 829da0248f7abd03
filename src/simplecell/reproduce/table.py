"""The table of an experiment: published | ours, mean +- s.d. | difference | bound, kept or not.

`document` gathers it as plain values, which is what JSON holds; `markdown` writes a page of it.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from simplecell.reproduce.experiment import Experiment, Measure, Results, Table
from simplecell.reproduce.unit import Unit, plain
from simplecell.train.model import version

FORMAT = "simplecell.reproduce"
VERSION = 1

QUICK = (
    "**A quick look, made to see that all runs: on data that need no download, for a few"
    " seconds. Its figures say nothing about the published ones.**"
)


def results(units: Iterable[Unit]) -> Results:
    """Sort results by task and seed; each has its `seconds`, unless the task gave its own."""
    found: dict[str, dict[int, Mapping[str, Any]]] = {}
    for unit in units:
        found.setdefault(unit.task, {})[unit.seed] = {"seconds": unit.seconds, **unit.result}
    return found


def document(experiment: Experiment, units: Sequence[Unit], quick: bool) -> dict[str, Any]:
    """Gather all that is to be said of an experiment as plain values.

    Besides the table's `rows`, the mean of every measure stands at the top, by its key;
    `seconds` is the mean time of all tasks for one seed.
    """
    found = results(units)
    rows = [_row(experiment, measure, found, quick) for measure in experiment.measures]
    means = {row["key"]: row["mean"] for row in rows}
    took = {task: _mean([float(r["seconds"]) for r in by.values()]) for task, by in found.items()}
    further = experiment.tables(found) if experiment.tables and found else ()
    gathered = {
        "format": FORMAT,
        "version": VERSION,
        "experiment": experiment.name,
        "title": experiment.title,
        "source": experiment.source,
        "quick": quick,
        "simplecell": version(),
        **means,
        "seconds": means.get("seconds", sum(took.values())),
        "rows": rows,
        "tables": [asdict(table) for table in further],
        "guesses": experiment.guesses,
        "notes": experiment.notes,
        "seeds": sorted({unit.seed for unit in units}),
        "seconds_by_task": took,
        "machine": units[-1].machine if units else {},
        "missing": [
            f"{task}, seed {seed}"
            for task in experiment.tasks
            for seed in sorted({unit.seed for unit in units})
            if seed not in found.get(task, {})
        ],
        "results": {task: {str(s): r for s, r in by.items()} for task, by in found.items()},
    }
    return dict(plain(gathered))


def _row(experiment: Experiment, measure: Measure, found: Results, quick: bool) -> dict[str, Any]:
    task, name = experiment.place(measure.key)
    values = [
        float(value)
        for _, result in sorted(found.get(task, {}).items())
        if isinstance(value := result.get(name), int | float)
    ]
    mean = _mean(values) if values else None
    published = measure.published
    row: dict[str, Any] = {
        **asdict(measure),
        "values": values,
        "mean": mean,
        "sd": statistics.stdev(values) if len(values) > 1 else None,
        "difference": None,
        "kept": None,
    }
    if mean is None or quick:  # a quick look is held against nothing
        return row
    if isinstance(published, int | float):
        row["difference"] = mean - published
    if measure.at_least is not None:
        sign = 1 if measure.lower_is_better else -1
        row["kept"] = sign * mean <= sign * measure.at_least
    return row


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def shown(value: float | None, unit: str) -> str:
    """Write a number as its unit is usually written.

    >>> shown(0.953, "%"), shown(12.34, "s"), shown(0.000123, ""), shown(None, "%")
    ('0.95 %', '12.3 s', '0.000123', '')
    """
    if value is None:
        return ""
    text = {"%": f"{value:.2f}", "s": f"{value:.1f}"}.get(unit, f"{value:.3g}")
    return f"{text} {unit}".rstrip()


def cells(row: Mapping[str, Any], seeds: bool = True) -> tuple[str, ...]:
    """Write a row of the table: what, published, ours, difference, bound, kept or not.

    With `seeds`, ours says over how many it is.
    """
    unit, published, bound = row["unit"], row["published"], row["at_least"]
    ours = shown(row["mean"], unit)
    if row["sd"] is not None:
        ours = f"{shown(row['mean'], unit).removesuffix(unit).rstrip()} ± {shown(row['sd'], unit)}"
    if ours and seeds:
        ours += f" ({len(row['values'])} seed{'s' * (len(row['values']) > 1)})"
    difference = row["difference"]
    sign = "" if bound is None else ("≤ " if row["lower_is_better"] else "≥ ")
    return (
        row["what"],
        published if isinstance(published, str) else shown(published, unit) or "–",
        ours or "not measured",
        "" if difference is None else f"{'+' * (difference > 0)}{shown(difference, unit)}",
        sign + shown(bound, unit),
        {True: "kept", False: "not kept", None: ""}[row["kept"]],
    )


HEAD = ("measure", "published", "ours, mean ± s.d.", "difference", "at least", "kept")


def markdown(gathered: Mapping[str, Any], pictures: Sequence[tuple[str, str]] = ()) -> str:
    """Write the page: the table, further tables, pictures (file, caption), guesses, conditions."""
    parts = [f"# {gathered['title']}", f"`simplecell reproduce {gathered['experiment']}`"]
    parts[-1] += f" · {gathered['source']}"
    if gathered["quick"]:
        parts.append(QUICK)
    if gathered["missing"]:
        parts.append(f"**Not finished: {'; '.join(gathered['missing'])} still to be measured.**")
    parts.append(grid(HEAD, [cells(row) for row in gathered["rows"]]))
    if gathered["notes"]:
        parts.append(gathered["notes"])
    for table in (Table(**entry) for entry in gathered["tables"]):
        parts += [f"## {table.title}", grid(table.head, table.rows)]
        parts += [table.note] if table.note else []
    parts += [f"![{caption}]({file})\n\n{caption}" for file, caption in pictures]
    if gathered["guesses"]:
        parts += ["## Guesses", "\n".join(f"- {guess}" for guess in gathered["guesses"])]
    parts += ["## Conditions", _conditions(gathered)]
    return "\n\n".join(parts) + "\n"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; a bar within a cell is escaped.

    >>> print(grid(("a", "b"), [("1", "2")]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    lines += [f"| {' | '.join(row)} |" for row in escaped]
    return "\n".join(lines)


def _conditions(gathered: Mapping[str, Any]) -> str:
    seeds = ", ".join(map(str, gathered["seeds"]))
    machine = gathered["machine"]
    lines = [
        f"- seeds {seeds}; each draws the first weights, the order and the validation part",
        "- seconds a seed: "
        + ", ".join(f"{task} {took:.1f}" for task, took in gathered["seconds_by_task"].items()),
        f"- simplecell {gathered['simplecell']}",
    ]
    if machine:
        packages = ", ".join(
            f"{name} {found}"
            for name, found in machine.get("versions", {}).items()
            if found and name in ("numpy", "numba")
        )
        lines.append(
            f"- {machine.get('cpu', 'unknown')}, {machine.get('cores', '?')} cores,"
            f" threads: {machine.get('threads') or 'all'}, units at a time:"
            f" {machine.get('jobs', 1)};"
            f" {machine.get('system', '')}, Python {machine.get('python', '?')}; {packages}"
        )
    return "\n".join(lines)
