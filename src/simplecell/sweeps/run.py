"""`sweep`: every setting of a grid with every seed, each run a unit; or half of them at a time.

Settings are compared by their validation errors; the test part is never looked at.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from simplecell.data.objects import is_held
from simplecell.data.part import Part
from simplecell.data.sources import Dataset
from simplecell.errors import DataError
from simplecell.repr import within
from simplecell.sweeps.grid import Grid, Setting, read_grid
from simplecell.sweeps.table import Row, check_rows, records, rows_of, write_tables
from simplecell.sweeps.task import WORK, fingerprint, train
from simplecell.train.atomic import make_folder, write_file
from simplecell.train.recipes import recipe
from simplecell.units import Done, Plan, Store, Unit, read_shard, run_units
from simplecell.units.carry import Tell, silent
from simplecell.units.drive import Carriers
from simplecell.units.shard import Shard
from simplecell.units.unit import json_bytes, plain


@dataclass(frozen=True, repr=False)
class Sweep:
    """What a sweep came to: `rows`, the best first, and where its files are.

    >>> import simplecell as sc
    >>> found = sc.sweep("digits", sc.Grid(["lenet5"], rates=[0.001, 0.002], seeds=2, epochs=1))
    >>> len(found.rows), found.best.name in ("lenet5-fast-0.001", "lenet5-fast-0.002")
    (2, True)
    """

    data: str
    rows: tuple[Row, ...]
    folder: Path | None
    runs: int
    asked: int

    @property
    def best(self) -> Row:
        """The setting of the lowest mean validation error, of those that had all epochs."""
        return self.rows[0]

    def records(self) -> list[dict[str, Any]]:
        """Give the table as a list of dictionaries, as pandas.DataFrame takes them."""
        return records(self.rows)

    def __repr__(self) -> str:
        """Show the best settings."""
        lines = [f"Sweep of {self.data}: {len(self.rows)} settings, {self.runs} runs"]
        for row in self.rows[:6]:
            mean = "diverged" if row.mean is None else f"{row.mean:.2f} %"
            lines.append(f"  {row.name}: validation error {mean} ({len(row.errors)} seeds)")
        return within("\n".join(lines))


def sweep(
    data: Any,
    grid: "Grid | str | Path | Mapping[str, Any]",
    *,
    out: str | Path | None = None,
    executor: Carriers = None,
    jobs: int | None = None,
    on: str | None = None,
    shard: str | Shard | None = None,
    threads: int | None = None,
    halving: bool = False,
    say: Tell = silent,
    tell: Tell = silent,
) -> Sweep:
    """Train every setting of a grid with every seed, and compare their validation errors.

    >>> import simplecell as sc
    >>> found = sc.sweep("digits", sc.Grid(rates=(1e-3, 2e-3), seeds=1, epochs=1))
    >>> len(found.rows)
    2

    `data` is the name or path of a data set; arrays (pictures, labels) are written into the
    folder first. `out` keeps each run as a file: the same call goes on where it stopped, on
    several machines with one folder too. `jobs` processes carry it, or an `executor`, or Dask
    `on` an address. With `shard` "3/16" only every 16th run is done.

    `halving` trains all settings for an epoch, the better half for two, the better half of those
    for four, and so on: `rows` has for each how far it came.

    Raises
        SpecError     a grid that cannot be
        WorkError     workers that cannot go on; no validation errors; `halving` with `shard`
        ModelError    a folder that holds the results of another sweep
    """
    found = grid if isinstance(grid, Grid) else _read(grid)
    part = read_shard(shard)
    if halving and part is not None:
        raise DataError("halving compares all settings after each stage: leave shard away.")
    plan = Plan(executor=executor, jobs=jobs, on=on, shard=part, say=say, tell=tell)
    plan = replace(plan, threads=threads if plan.here else threads or 1)
    if out is not None:
        return _Sweeping(data, found, Path(out), plan).run(halving)
    with TemporaryDirectory() as folder:
        return replace(_Sweeping(data, found, Path(folder), plan).run(halving), folder=None)


def _read(told: Any) -> Grid:
    return Grid(**told) if isinstance(told, Mapping) else read_grid(told)


class _Sweeping:
    """A sweep under way."""

    def __init__(self, data: Any, grid: Grid, folder: Path, plan: Plan) -> None:
        self.grid, self.folder, self.plan = grid, folder, plan
        make_folder(folder)
        self.path = _placed(data, folder)
        self.name = self.path if "/" not in self.path else Path(self.path).name
        self.settings = grid.settings()
        self.results: dict[str, tuple[Setting, int | None, dict[int, Any]]] = {}
        self.seconds: dict[str, float] = {}
        self.done = self.asked = 0
        self.fresh: list[float] = []
        self.begun = time.monotonic()

    def run(self, halving: bool) -> Sweep:
        """Finish all runs, and write the tables."""
        left = self.settings
        for until in self._stages() if halving else [None]:
            units = [self._unit(s, seed, until) for s in left for seed in self.grid.all_seeds]
            self._run(units, {s.name: s for s in left}, until)
            if until is not None:
                left = self._better(left)
        rows = tuple(rows_of(self.results, self.seconds))
        check_rows(rows)
        if rows:
            write_tables(self.folder, rows)
            told = {"data": self.name, "rows": records(rows)}
            write_file(self.folder / "sweep.json", json_bytes(plain(told)))
        return Sweep(self.name, rows, self.folder, self.done, self.asked)

    def _stages(self) -> list[int | None]:
        """Give after how many epochs settings are compared: 1, 2, 4 … and at the end of all."""
        whole = min(self.grid.epochs or recipe(told).epochs for told in self.grid.recipes)
        stages, at, count = [], 1, len(self.settings)
        while at < whole and count > 1:
            stages.append(at)
            at, count = 2 * at, -(-count // 2)
        return [*stages, None]

    def _better(self, settings: Sequence[Setting]) -> list[Setting]:
        names = {setting.name for setting in settings}
        rows = rows_of({n: r for n, r in self.results.items() if n in names}, self.seconds)
        kept = {row.name for row in rows[: -(-len(rows) // 2)]}
        self.plan.say(f"{len(kept)} of {len(settings)} settings go on")
        return [setting for setting in settings if setting.name in kept]

    def _unit(self, setting: Setting, seed: int, until: int | None) -> Unit:
        crc = fingerprint(json.dumps(setting.told["network"]), self.path)
        told = {**setting.told, "data": self.name, "crc32": crc, "seed": seed, "until": until}
        stage = "" if until is None else f"-e{until}"
        return Unit(f"{setting.name}{stage}-{seed}", told, {"data": self.path})

    def _run(self, units: list[Unit], named: Mapping[str, Setting], until: int | None) -> None:
        self.asked += len(units)
        owner = {
            self._unit(setting, seed, until).name: (setting, seed)
            for setting in named.values()
            for seed in self.grid.all_seeds
        }

        def begin(unit: Unit) -> None:
            self.plan.say(f"{unit.name}: run {self.done + 1} of {self.asked}{self._left()}")

        def keep(unit: Unit, done: Done) -> None:
            setting, seed = owner[unit.name]
            held = self.results.get(setting.name)
            if held is None or held[1] != until:
                held = self.results[setting.name] = (setting, until, {})
            held[2][seed] = done.result
            self.seconds[setting.name] = self.seconds.get(setting.name, 0.0) + done.seconds
            self.done += 1
            if done.fresh:
                self.fresh.append(done.seconds)

        plan = replace(self.plan, begin=begin, keep=keep)
        run_units(units, Store(self.folder, WORK), plan, train)

    def _left(self) -> str:
        """Say how long what is left will take, by the pace so far."""
        if not self.fresh:
            return ""
        each = (time.monotonic() - self.begun) / len(self.fresh)
        minutes, seconds = divmod(round(each * (self.asked - self.done)), 60)
        hours, minutes = divmod(minutes, 60)
        return f"; about {hours}:{minutes:02}:{seconds:02} left"


def _placed(data: Any, folder: Path) -> str:
    """Give a name or path under which every worker finds the data.

    Raises
        DataError   what cannot be written into a file
    """
    if isinstance(data, str | Path):
        path = Path(data)
        return str(path.resolve()) if path.exists() else str(data)
    part = data.train if isinstance(data, Dataset) else data
    if isinstance(part, Part):
        arrays: tuple[Any, Any] = (part.pixels, part.labels)
    elif isinstance(data, tuple | list) and len(data) == 2:
        arrays = (np.asarray(data[0]), np.asarray(data[1]))
    else:
        what = "it" if is_held(data) else type(data).__name__
        raise DataError(
            f"{what} cannot be swept over: give a name, a path, or (pictures, labels)."
        )
    file = folder / "data.npz"
    if not file.exists():
        np.savez(file, x=arrays[0], y=arrays[1])
    return str(file.resolve())
