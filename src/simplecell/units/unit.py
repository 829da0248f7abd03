"""A unit on disk: what it was told and what it gave; a file is whole or absent.

units/NAME.json     told, version, result: the same bytes, whoever computed it
clock/NAME.json     seconds, host, and what in the result a clock had measured
"""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simplecell.document import read_json
from simplecell.errors import ModelError
from simplecell.train.atomic import clear, make_folder, write_file
from simplecell.train.model import version

FORMAT, VERSION = "simplecell.unit", 1
UNITS, CLOCK = "units", "clock"
SECONDS = "seconds"
"""What a clock measured is called so, or ends so."""


@dataclass(frozen=True)
class Unit:
    """One piece of work: `name` is its file's, `told` decides all of what it gives.

    `sent` goes with it and changes nothing of the result: where files are on this machine.
    """

    name: str
    told: Mapping[str, Any]
    sent: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What a unit gave, in how many seconds, and where."""

    result: Mapping[str, Any]
    seconds: float = 0.0
    where: Mapping[str, Any] = field(default_factory=dict)
    fresh: bool = False


class Store:
    """The files of the units of one folder."""

    def __init__(self, folder: Path, work: str) -> None:
        self.folder, self.work = folder, work

    def file(self, name: str) -> Path:
        """Name the file of a unit."""
        return self.folder / UNITS / f"{name}.json"

    def clock(self, name: str) -> Path:
        """Name the file of what a clock measured of a unit."""
        return self.folder / CLOCK / f"{name}.json"

    def read(self, unit: Unit) -> Done | None:
        """Read what a unit gave; None where it is not finished, or another version finished it.

        Raises
            ModelError   a damaged file, or what was told something else
        """
        path = self.file(unit.name)
        document = read_document(path)
        if document is None:
            return None
        told = plain(unit.told)
        if document["work"] != self.work or document["told"] != told:
            there = document["told"] if isinstance(document["told"], Mapping) else {}
            odd = [k for k in {**told, **there} if told.get(k) != there.get(k)] or ["work"]
            raise ModelError(
                f"{path} is the result of other work: {odd[0]} is {there.get(odd[0])!r} there, and"
                f" {told.get(odd[0])!r} was asked for.\n  Name another folder with --out."
            )
        if document["simplecell"] != version():
            return None
        return with_clock(document["result"], self.clock(unit.name))

    def write(self, unit: Unit, done: Done) -> None:
        """Write a unit's two files, the one that counts last."""
        result, clock = without_clock(done.result)
        for folder in (UNITS, CLOCK):
            make_folder(self.folder / folder)
        told = {"seconds": done.seconds, "where": done.where, "measured": clock}
        write_file(self.clock(unit.name), json_bytes(plain(told)), forced=False)
        clear(self.folder / CLOCK, f"{unit.name}.json")
        document = {
            "format": FORMAT,
            "version": VERSION,
            "work": self.work,
            "simplecell": version(),
            "told": unit.told,
            "result": result,
        }
        write_file(self.file(unit.name), json_bytes(plain(document)))


def read_document(path: Path) -> dict[str, Any] | None:
    """Read a unit's file; None if it is not there.

    Raises
        ModelError   it cannot be read, or is damaged
    """
    try:
        document = read_json(path.read_bytes())
        known = (document["format"], document["version"]) == (FORMAT, VERSION)
        whole = known and isinstance(document["result"], dict)
        whole = whole and {"work", "simplecell", "told"} <= document.keys()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ModelError(f"{path} cannot be read: {problem.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise damaged(path)
    return dict(document)


def damaged(path: Path) -> ModelError:
    """Say that a unit's file is none."""
    return ModelError(
        f"{path} is damaged, or no result of this simplecell.\n"
        "  Delete it to measure that unit again, or name another folder with --out."
    )


def without_clock(result: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part a result into what follows from the unit, and what a clock measured."""
    clock = {key: value for key, value in result.items() if key.endswith(SECONDS)}
    return {key: value for key, value in result.items() if key not in clock}, clock


def with_clock(result: Mapping[str, Any], path: Path) -> Done:
    """Put together what was parted; a clock's file that is gone or odd is done without."""
    clock: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        told = read_json(path.read_bytes())
        clock = told if isinstance(told, dict) else {}
    seconds, where, measured = (clock.get(key) for key in ("seconds", "where", "measured"))
    return Done(
        {**result, **(measured if isinstance(measured, dict) else {})},
        float(seconds) if isinstance(seconds, int | float) else 0.0,
        where if isinstance(where, dict) else {},
    )


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Write a document as JSON that people may read, lists of numbers on one line."""
    return (_written(document, 0) + "\n").encode()


def _written(value: Any, depth: int) -> str:
    space = " " * (depth + 1)
    if isinstance(value, Mapping) and value:
        items = [
            f"{space}{json.dumps(str(key), ensure_ascii=False)}: {_written(item, depth + 1)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(items) + f"\n{' ' * depth}}}"
    if isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        items = [f"{space}{_written(item, depth + 1)}" for item in value]
        return "[\n" + ",\n".join(items) + f"\n{' ' * depth}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """Turn NumPy's numbers and arrays into JSON's; what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
