"""Units of an experiment on disk: one task with one seed, as `units/unit.py` writes them.

A file is whole or absent. It says under which settings it was measured, so that results of
another version, or of a quick look, never slip into a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simplecell.errors import ModelError
from simplecell.reproduce.experiment import Result
from simplecell.units import unit as work
from simplecell.units.unit import (
    CLOCK,
    UNITS,
    damaged,
    json_bytes,
    plain,
    read_document,
    with_clock,
)

__all__ = ["Unit", "json_bytes", "plain", "read_unit", "unit_file", "work_unit", "write_unit"]

WORK = "simplecell.reproduce.task:measure"


@dataclass(frozen=True)
class Unit:
    """What one task gave with one seed, in how many seconds, on which machine."""

    experiment: str
    task: str
    seed: int
    quick: bool
    simplecell: str
    seconds: float
    machine: Mapping[str, Any]
    result: Result


def unit_file(out: Path, task: str, seed: int) -> Path:
    """Name the file of a unit."""
    return out / UNITS / f"{task}-{seed}.json"


def work_unit(experiment: str, task: str, seed: int, quick: bool, **sent: Any) -> work.Unit:
    """Say what is to be done, as a unit of work."""
    told = {"experiment": experiment, "task": task, "seed": seed, "quick": quick}
    return work.Unit(f"{task}-{seed}", told, sent)


def write_unit(out: Path, unit: Unit) -> Path:
    """Write a unit's files, each whole or not at all."""
    asked = work_unit(unit.experiment, unit.task, unit.seed, unit.quick)
    work.Store(out, WORK).write(asked, work.Done(unit.result, unit.seconds, unit.machine))
    return unit_file(out, unit.task, unit.seed)


def on_machine(done: work.Done) -> dict[str, Any]:
    """Say on what a unit was measured; which host and process it was is no matter of tables."""
    return {key: told for key, told in done.where.items() if key not in ("host", "process")}


def read_unit(out: Path, experiment: str, task: str, seed: int) -> Unit | None:
    """Read a unit's file; None if it is not there.

    Raises
        ModelError   a damaged file, or one of another experiment
    """
    path = unit_file(out, task, seed)
    document = read_document(path)
    if document is None:
        return None
    told = document["told"]
    done = with_clock(document["result"], out / CLOCK / path.name)
    try:
        where = (told["experiment"], told["task"], told["seed"], told["quick"])
        machine = on_machine(done)
        unit = Unit(*where, document["simplecell"], done.seconds, machine, done.result)
    except (KeyError, TypeError):
        raise damaged(path) from None
    if (unit.task, unit.seed) != (task, seed):
        raise damaged(path)
    if unit.experiment != experiment:
        raise ModelError(
            f"{out} holds results of the experiment {unit.experiment}, and {experiment} was"
            " asked for.\n  Name another folder with --out."
        )
    return unit
