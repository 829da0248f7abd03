"""The table of a sweep: each setting over its seeds, and each against the best, seed by seed."""

import csv
import io
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from simplecell.errors import WorkError
from simplecell.sweeps.grid import Setting
from simplecell.train.atomic import write_file


@dataclass(frozen=True)
class Row:
    """A setting: validation errors by seed, and what is made of them.

    `difference` is the mean over seeds of its error less the best setting's with the same seed,
    `difference_sd` its standard deviation, `t` it over its own standard error; None for the best,
    and where fewer than two seeds have both. `until` is after how many epochs it was left.
    """

    name: str
    told: Mapping[str, Any]
    epochs: int
    until: int | None
    errors: Mapping[int, float]
    diverged: int
    parameters: int
    mean: float | None
    sd: float | None
    difference: float | None
    difference_sd: float | None
    t: float | None
    seconds: float
    curves: Mapping[int, Sequence[float]]


Results = Mapping[int, Mapping[str, Any]]


def rows_of(
    found: Mapping[str, tuple[Setting, int | None, Results]], seconds: Mapping[str, float]
) -> list[Row]:
    """Make the table of (setting, epochs it had, results by seed): the best first.

    Those that had fewer epochs come after those that had more; among equals the lowest mean
    error is best, and what diverged with a seed is last.
    """
    rows = [_row(*one, seconds.get(name, 0.0)) for name, one in found.items()]
    rows.sort(key=lambda row: (-(row.until or math.inf), row.diverged > 0, _high(row.mean)))
    return [_against(rows[0], row) for row in rows]


def _high(value: float | None) -> float:
    return math.inf if value is None else value


def _row(setting: Setting, until: int | None, results: Results, seconds: float) -> Row:
    errors = {s: float(r["error"]) for s, r in results.items() if r.get("error") is not None}
    values = list(errors.values())
    curves = {seed: r["errors"] for seed, r in results.items() if "errors" in r}
    return Row(
        name=setting.name,
        told=setting.told,
        epochs=max((len(curve) for curve in curves.values()), default=0),
        until=until,
        errors=errors,
        diverged=sum("diverged" in r for r in results.values()),
        parameters=next((int(r["parameters"]) for r in results.values()), 0),
        mean=statistics.fmean(values) if values else None,
        sd=statistics.stdev(values) if len(values) > 1 else None,
        difference=None,
        difference_sd=None,
        t=None,
        seconds=seconds,
        curves=curves,
    )


def _against(best: Row, row: Row) -> Row:
    both = sorted(best.errors.keys() & row.errors.keys())
    if row is best or len(both) < 2:
        return row
    away = [row.errors[seed] - best.errors[seed] for seed in both]
    mean, sd = statistics.fmean(away), statistics.stdev(away)
    t = mean / (sd / math.sqrt(len(both))) if sd else None
    return Row(**{**vars(row), "difference": mean, "difference_sd": sd, "t": t})


COLUMNS = (
    *("setting", "network", "recipe", "rate", "parameters", "seeds", "epochs", "mean", "sd"),
    *("difference", "difference_sd", "t", "diverged", "seconds"),
)


def records(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give the table as plain values, a dictionary a row."""
    return [
        {
            "setting": row.name,
            "network": told if isinstance(told := row.told["network"], str) else told["name"],
            "recipe": row.told["recipe"],
            "rate": row.told["rate"],
            "parameters": row.parameters,
            "seeds": len(row.errors) + row.diverged,
            **{k: getattr(row, k) for k in COLUMNS[6:]},
        }
        for row in rows
    ]


def runs(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give every run as plain values: its setting, seed and error."""
    return [
        {"setting": row.name, "seed": seed, "epochs": row.epochs, "error": error}
        for row in rows
        for seed, error in sorted(row.errors.items())
    ]


def write_tables(folder: Path, rows: Sequence[Row]) -> list[Path]:
    """Write the table and the runs as CSV, and as Parquet where pyarrow is installed."""
    written = []
    for name, table in (("sweep", records(rows)), ("runs", runs(rows))):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(table[0]) if table else [name], lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
        written.append(folder / f"{name}.csv")
        write_file(written[-1], text.getvalue().encode())
        try:
            arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        except ImportError:
            continue
        if table:
            held = io.BytesIO()
            parquet.write_table(arrow.Table.from_pylist(table), held)
            written.append(folder / f"{name}.parquet")
            write_file(written[-1], held.getvalue())
    return written


def check_rows(rows: Sequence[Row]) -> None:
    """Refuse a table in which nothing has a validation error.

    Raises
        WorkError   every run diverged, or a recipe keeps no pictures aside
    """
    if rows and all(row.mean is None and row.diverged == 0 for row in rows):
        raise WorkError(
            "no run has a validation error: the recipes keep no pictures aside to judge by."
        )
