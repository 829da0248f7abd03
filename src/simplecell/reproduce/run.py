"""Run an experiment, unit by unit; what is finished is read, and never run again.

A unit is one task with one seed. Whoever stops a run loses the units under way and no other.
Who does them, and what becomes of workers that die, is the business of `units`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from simplecell.errors import ModelError, SpecError, UnknownName
from simplecell.reproduce.experiment import Experiment, Tell
from simplecell.reproduce.registry import NAMES
from simplecell.reproduce.task import measured
from simplecell.reproduce.unit import WORK, Unit, on_machine, read_unit, work_unit
from simplecell.train.model import version
from simplecell.units import unit as work
from simplecell.units.drive import Carriers, Plan, run_units
from simplecell.units.shard import Shard

Place = tuple[str, int]
"""A unit's task and seed."""


def silent(line: str) -> None:
    """Hear a line and say nothing."""


def run(
    experiment: Experiment,
    out: Path,
    *,
    seeds: int,
    quick: bool = False,
    threads: int | None = None,
    jobs: int = 1,
    executor: Carriers = None,
    on: str | None = None,
    shard: Shard | None = None,
    machine: Mapping[str, Any] | None = None,
    say: Tell = silent,
    tell: Tell = silent,
) -> list[Unit]:
    """Measure every task with the seeds 0 … seeds-1; give the units in the tasks' order.

    `jobs` processes do it, or an `executor`, or Dask `on` an address, or else this process;
    with a `shard` only those units that are its own are done, and those that are there given.

    `say` hears a line when a unit begins or is found finished, `tell` what goes on within one.
    `machine` is written beside each result.

    Raises
        SpecError    no seeds, no jobs, no threads
        ModelError   a folder with other results: another experiment's, or quick ones
        WorkError    units that killed their workers; a worker of another version
    """
    for what, number in (("seeds", seeds), ("jobs", jobs), ("threads", threads)):
        if number is not None and number < 1:
            raise SpecError(f"{what} is {number}; it takes a whole number, 1 or more.")
    places = [(task, seed) for seed in range(seeds) for task in experiment.tasks]
    units = finished(experiment, out, seeds, quick, say)
    plan = Plan(executor=executor, jobs=jobs, on=on, shard=shard, say=say, tell=tell)
    if not plan.here and experiment.name not in NAMES:  # who is elsewhere finds it by its name
        raise UnknownName("experiment", experiment.name, NAMES)
    each = threads if plan.here else threads or 1
    clock = Clock(units.values(), jobs)

    def begin(asked: work.Unit) -> None:
        place = (asked.told["task"], asked.told["seed"])
        waiting = [p for p in places if p not in units]
        say(
            f"{experiment.name}: {named(place)}, unit {len(units) + 1} of {len(places)}"
            f"{clock.left(waiting)}"
        )

    def keep(asked: work.Unit, done: work.Done) -> None:
        place = (asked.told["task"], asked.told["seed"])
        where = {**(machine or {}), **on_machine(done)} if done.fresh else on_machine(done)
        task, seed = place
        unit = Unit(
            experiment.name, task, seed, quick, version(), done.seconds, where, done.result
        )
        if place not in units:
            clock.add(unit)
        units[place] = unit

    sent = {"module": NAMES.get(experiment.name), "threads": each}
    asked = [work_unit(experiment.name, task, seed, quick, **sent) for task, seed in places]
    plan = replace(plan, threads=each, begin=begin, keep=keep)
    run_units(asked, _Store(out, machine or {}), plan, partial(_here, experiment))
    return [units[place] for place in sorted_places(experiment, units)]


def _here(
    experiment: Experiment, told: Mapping[str, Any], sent: Mapping[str, Any], tell: Tell
) -> Mapping[str, Any]:
    return measured(experiment, told, sent["threads"], tell)


class _Store(work.Store):
    """The units' files, with the machine beside each."""

    def __init__(self, folder: Path, machine: Mapping[str, Any]) -> None:
        super().__init__(folder, WORK)
        self.machine = machine

    def write(self, unit: work.Unit, done: work.Done) -> None:
        """Write a unit's files; the machine is the caller's, the host the worker's."""
        super().write(unit, replace(done, where={**self.machine, **done.where}))


def finished(
    experiment: Experiment, out: Path, seeds: int, quick: bool, say: Tell = silent
) -> dict[Place, Unit]:
    """Read the units that are there already and may stand in the table.

    Those of another version of simplecell are left out, and `say` hears of it.

    Raises
        ModelError   a folder with other results: another experiment's, or quick ones
    """
    found: dict[Place, Unit] = {}
    for task in experiment.tasks:
        for seed in range(seeds):
            unit = read_unit(out, experiment.name, task, seed)
            if unit is None:
                continue
            if unit.quick != quick:
                there, asked = (("a full", "a quick"), ("a quick", "a full"))[unit.quick]
                raise ModelError(
                    f"{out} holds {there} run of {experiment.name}, and {asked} one was asked"
                    " for.\n  Name another folder with --out."
                )
            if unit.simplecell != version():
                say(
                    f"{named((task, seed))} was measured by simplecell {unit.simplecell};"
                    f" this is {version()}, so it is measured again"
                )
                continue
            found[task, seed] = unit
    return found


def named(place: Place) -> str:
    """Say which unit is meant."""
    return f"{place[0]}, seed {place[1]}"


def sorted_places(experiment: Experiment, places: Iterable[Place]) -> list[Place]:
    """Put units in the order of the tasks, then of the seeds."""
    tasks = list(experiment.tasks)
    return sorted(places, key=lambda place: (tasks.index(place[0]), place[1]))


class Clock:
    """How long what is left will take, judged by what is done."""

    def __init__(self, units: Iterable[Unit], jobs: int) -> None:
        self.jobs = jobs
        self.seconds: dict[str, list[float]] = {}
        for unit in units:
            self.add(unit)

    def add(self, unit: Unit) -> None:
        """Learn how long a unit took."""
        self.seconds.setdefault(unit.task, []).append(unit.seconds)

    def left(self, places: Iterable[Place]) -> str:
        """Say how long these units will take; nothing, while no unit is finished."""
        means = {task: sum(took) / len(took) for task, took in self.seconds.items()}
        if not means:
            return ""
        otherwise = sum(means.values()) / len(means)
        total = sum(means.get(task, otherwise) for task, _ in places) / self.jobs
        minutes, seconds = divmod(round(total), 60)
        hours, minutes = divmod(minutes, 60)
        return f"; about {hours}:{minutes:02}:{seconds:02} left"
