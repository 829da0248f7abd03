"""Run an experiment, unit by unit; what is finished is read, and never run again.

A unit is one task with one seed. Whoever stops a run loses the unit under way and no other.
With `jobs`, so many units run side by side, each in a process and on a thread of its own.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from simplecell.errors import ModelError, SpecError
from simplecell.reproduce.experiment import Experiment, Tell, with_threads
from simplecell.reproduce.unit import Unit, plain, read_unit, write_unit
from simplecell.reproduce.worker import Workers
from simplecell.train.model import version

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
    machine: Mapping[str, Any] | None = None,
    say: Tell = silent,
    tell: Tell = silent,
) -> list[Unit]:
    """Measure every task with the seeds 0 … seeds-1; give the units in the tasks' order.

    `say` hears a line when a unit begins or is found finished, `tell` what goes on within one.
    `machine` is written beside each result.

    Raises
        SpecError    no seeds, no jobs, no threads
        ModelError   a folder with other results: another experiment's, or quick ones
    """
    for what, number in (("seeds", seeds), ("jobs", jobs), ("threads", threads)):
        if number is not None and number < 1:
            raise SpecError(f"{what} is {number}; it takes a whole number, 1 or more.")
    places = [(task, seed) for seed in range(seeds) for task in experiment.tasks]
    units = finished(experiment, out, seeds, quick, say)
    left = [place for place in places if place not in units]
    clock = Clock(units.values(), jobs)

    def keep(place: Place, result: Mapping[str, Any], seconds: float) -> None:
        unit = Unit(
            experiment.name, *place, quick, version(), seconds, machine or {}, plain(result)
        )
        write_unit(out, unit)
        units[place] = unit
        clock.add(unit)

    def begin(place: Place) -> None:
        done = len(units)
        waiting = [p for p in left if p not in units]
        say(
            f"{experiment.name}: {named(place)}, unit {done + 1} of {len(places)}"
            f"{clock.left(waiting)}"
        )

    if jobs == 1:
        _one_by_one(experiment, left, quick, threads, begin, tell, keep)
    else:
        _side_by_side(experiment, left, quick, threads or 1, jobs, begin, tell, keep)
    return [units[place] for place in sorted_places(experiment, units)]


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


Begin = Callable[[Place], None]
Keep = Callable[[Place, Mapping[str, Any], float], None]


def _one_by_one(
    experiment: Experiment,
    places: Iterable[Place],
    quick: bool,
    threads: int | None,
    begin: Begin,
    tell: Tell,
    keep: Keep,
) -> None:
    for place in places:
        begin(place)
        task, seed = place
        started = time.perf_counter()
        with with_threads(threads):
            result = experiment.tasks[task](seed, quick, tell)
        keep(place, result, time.perf_counter() - started)


def _side_by_side(
    experiment: Experiment,
    places: Iterable[Place],
    quick: bool,
    threads: int,
    jobs: int,
    begin: Begin,
    tell: Tell,
    keep: Keep,
) -> None:
    workers = Workers(experiment.name, quick, threads)

    def measure(place: Place) -> tuple[Mapping[str, Any], float]:
        begin(place)
        return workers.measure(*place, lambda line: tell(f"{named(place)}: {line}"))

    with ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(measure, place): place for place in places}
        try:
            for done in as_completed(waiting):
                keep(waiting[done], *done.result())
        except BaseException:
            for future in waiting:
                future.cancel()
            workers.stop()
            raise
