"""What a file does not say in its graph: what pixels mean, what classes are called.

People tell it, or the file's metadata do: `classes` (also `class_names`, `names`, `labels`),
`input_scale`, `mean`, `std`.
"""

import ast
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simplecell.errors import ModelError, UnknownName
from simplecell.spec.layers.layer import Shape

Numbers = float | Sequence[float]
Names = Sequence[str] | str | Path

LAYOUTS = ("nchw", "nhwc")
CLASS_KEYS = ("classes", "class_names", "names", "labels")
LONGEST_TEXT, LONGEST_NAME = 100_000, 100
BYTES = 255


@dataclass(frozen=True)
class Legend:
    """What a person says of a file; None where nothing is said."""

    input_scale: float | None = None
    mean: Numbers | None = None
    std: Numbers | None = None
    classes: Names | None = None
    layout: str | None = None
    shape: Shape | None = None
    fold: bool = False

    def __post_init__(self) -> None:
        if self.layout is not None and self.layout not in LAYOUTS:
            raise UnknownName("order of axes", str(self.layout), LAYOUTS)
        shape = self.shape
        if shape is None:
            return
        sides = tuple(shape) if isinstance(shape, Sequence) else ()
        if len(sides) != 3 or any(type(side) is not int or side < 1 for side in sides):
            raise ModelError(
                f"the shape of pictures is {shape!r}.\n  Give (channels, height, width), as"
                " (1, 28, 28) or (3, 32, 32)."
            )
        object.__setattr__(self, "shape", sides)

    def scales(
        self, metadata: Mapping[str, str], channels: int, usual: float, notes: list[str]
    ) -> tuple[list[float], list[float]]:
        """Give scale and shift of each channel: x = scale * pixel + shift.

            x = (input_scale * pixel - mean) / std

        `usual` is the scale unless told.

        Raises
            ModelError   numbers that are not finite, not one nor one for each channel; std 0
        """
        told = {"input_scale": self.input_scale, "mean": self.mean, "std": self.std}
        for key, value in told.items():
            if value is None and key in metadata:
                told[key] = _literal(metadata[key])
                notes.append(f"{key} is {metadata[key][:40]}, as the file's metadata say")
        if told["input_scale"] is None:
            notes.append(
                f"pixels of 0 to 255 are read as 0 to {255 * usual:g}, before mean and std;"
                " input_scale says otherwise"
            )
        scale = _numbers("input_scale", told["input_scale"], usual, channels)
        mean = _numbers("mean", told["mean"], 0.0, channels)
        std = _numbers("std", told["std"], 1.0, channels)
        if 0 in scale or 0 in std:
            raise ModelError("input_scale and std are numbers other than 0.")
        return (
            [s / d for s, d in zip(scale, std, strict=True)],
            [-m / d for m, d in zip(mean, std, strict=True)],
        )

    def names(self, metadata: Mapping[str, str], count: int, notes: list[str]) -> tuple[str, ...]:
        """Give the names of the classes: those told, the file's, or their numbers.

        Raises
            ModelError   another number of names than of outputs; a file that cannot be read
        """
        if self.classes is not None:
            found = _told_names(self.classes)
            if len(found) != count:
                raise ModelError(
                    f"{len(found)} class names for {count} outputs.\n"
                    "  Give one for each, in the order of the outputs."
                )
            return found
        for key in CLASS_KEYS:
            found = _listed_names(metadata.get(key, ""))
            if len(found) == count:
                notes.append(f"class names are those of the file's metadata, {key!r}")
                return found
        return tuple(str(k) for k in range(count))


def _numbers(name: str, value: Any, usual: float, channels: int) -> list[float]:
    """Give a number for each channel."""
    listed = [usual] if value is None else value if isinstance(value, Sequence) else [value]
    try:
        found = [float(one) for one in listed]
    except (TypeError, ValueError):
        found = [math.nan]
    if len(found) not in (1, channels) or not all(map(math.isfinite, found)):
        raise ModelError(
            f"{name} is {str(value)[:60]}.\n  Give one number, or one for each of the"
            f" {channels} channels."
        )
    return found * channels if len(found) == 1 else found


def _literal(text: str) -> Any:
    """Read a number, a list or a dictionary as JSON or Python writes them; else the text."""
    if len(text) > LONGEST_TEXT:
        return ""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]


def _listed_names(text: str) -> tuple[str, ...]:
    """Read names from metadata: a list, numbers with names, or a text with commas or lines."""
    found = _literal(text)
    if isinstance(found, Mapping):
        keys = {str(key): name for key, name in found.items()}
        found = [keys.get(str(k)) for k in range(len(keys))]
    if not isinstance(found, list | tuple) or not all(isinstance(n, str | int) for n in found):
        return ()
    return tuple(str(name)[:LONGEST_NAME] for name in found)


def _told_names(told: Names) -> tuple[str, ...]:
    if not isinstance(told, str | Path):
        return tuple(str(name) for name in told)
    if isinstance(told, Path) or ("," not in told and Path(told).is_file()):
        try:
            lines = Path(told).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as problem:
            why = getattr(problem, "strerror", None) or "it is no text"
            raise ModelError(f"the class names in {told} cannot be read: {why}.") from None
        return tuple(line.strip() for line in lines if line.strip())
    return tuple(name.strip() for name in told.split(",") if name.strip())
