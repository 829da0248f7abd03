"""Units of work on disk: one task with one seed, one file of JSON.

A file is whole or absent. It says under which settings it was measured, so that results of
another version, or of a quick look, never slip into a table.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simplecell.document import read_json
from simplecell.errors import ModelError
from simplecell.reproduce.experiment import Result
from simplecell.train.disk import make_folder, write_file

FORMAT = "simplecell.reproduce.unit"
VERSION = 1
FOLDER = "units"


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
    return out / FOLDER / f"{task}-{seed}.json"


def write_unit(out: Path, unit: Unit) -> Path:
    """Write a unit's file, whole or not at all."""
    path = unit_file(out, unit.task, unit.seed)
    make_folder(path.parent)
    document = {"format": FORMAT, "version": VERSION, **plain(vars(unit))}
    write_file(path, json_bytes(document))
    return path


def read_unit(out: Path, experiment: str, task: str, seed: int) -> Unit | None:
    """Read a unit's file; None if it is not there.

    Raises
        ModelError   a damaged file, or one of another experiment
    """
    path = unit_file(out, task, seed)
    try:
        document = read_json(path.read_bytes())
        known = document.pop("format") == FORMAT and document.pop("version") == VERSION
        unit = Unit(**document) if known else None
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ModelError(f"{path} cannot be read: {problem.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        unit = None
    if unit is None or (unit.task, unit.seed) != (task, seed):
        raise ModelError(
            f"{path} is damaged, or no result of this simplecell.\n"
            "  Delete it to measure that unit again, or name another folder with --out."
        )
    if unit.experiment != experiment:
        raise ModelError(
            f"{out} holds results of the experiment {unit.experiment}, and {experiment} was"
            " asked for.\n  Name another folder with --out."
        )
    return unit


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
